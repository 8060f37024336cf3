use bollard::models::ResourcesUlimits;

use crate::limits::{open_files, processes};

/// Processes and threads of one container when nothing else is asked: a fork bomb ends here.
pub(super) const DEFAULT_PIDS: i64 = 4096;

/// Limits for every container.
pub(super) fn ulimits() -> Vec<ResourcesUlimits> {
    vec![ulimit("nofile", open_files()), ulimit("nproc", processes())]
}

fn ulimit(name: &str, value: u64) -> ResourcesUlimits {
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(value),
        hard: Some(value),
    }
}
