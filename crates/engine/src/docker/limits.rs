use bollard::models::ResourcesUlimits;
use rustix::process::{Resource, getrlimit};

/// More open files than any server needs; engines that may would set a billion, which slows down programs that close
/// every descriptor they could have.
const MAX_OPEN_FILES: u64 = 1_048_576;
/// Processes and threads of one container when nothing else is asked: a fork bomb ends here.
pub(super) const DEFAULT_PIDS: i64 = 4096;

/// Limits for every container, said explicitly: what an engine takes by itself may lie above what this session is
/// allowed to set, and then no container starts.
pub(super) fn ulimits() -> Vec<ResourcesUlimits> {
    let files = getrlimit(Resource::Nofile)
        .maximum
        .map_or(MAX_OPEN_FILES, |hard| hard.min(MAX_OPEN_FILES));
    let processes = getrlimit(Resource::Nproc)
        .maximum
        .and_then(|hard| i64::try_from(hard).ok())
        .unwrap_or(-1);
    vec![
        ulimit("nofile", i64::try_from(files).unwrap_or(i64::MAX)),
        ulimit("nproc", processes),
    ]
}

fn ulimit(name: &str, value: i64) -> ResourcesUlimits {
    ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(value),
        hard: Some(value),
    }
}
