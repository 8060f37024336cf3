use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Podman goes on with a step, and may begin the next one, when its client has gone away. How long we look for that.
const LOOK_OUT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);

static BUILDS: AtomicU64 = AtomicU64::new(0);

/// The processes of a build's steps, found by a control group that is theirs alone. Dropped before the build has ended,
/// it ends them: Podman 4 does not.
pub(super) struct BuildSteps {
    group: String,
    ended: bool,
}

impl BuildSteps {
    pub fn new() -> Self {
        let number = BUILDS.fetch_add(1, Ordering::Relaxed);
        let group = format!("/weir-build-{}-{number}", std::process::id());
        Self { group, ended: false }
    }

    /// The parameter by which Podman is told the group.
    pub fn parameter(&self) -> String {
        format!("cgroupparent={}", self.group)
    }

    /// The engine has ended the build itself.
    pub fn have_ended(&mut self) {
        self.ended = true;
    }
}

impl Drop for BuildSteps {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let group = std::mem::take(&mut self.group);
        kill(&group);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(look_out(group));
        }
    }
}

/// A killed step fails its build, so that there is no third one to wait for.
async fn look_out(group: String) {
    let watch = async {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            // The kernel tells nobody but a parent of new processes.
            ticks.tick().await;
            kill(&group);
        }
    };
    let _looked_long_enough = tokio::time::timeout(LOOK_OUT, watch).await;
}

fn kill(group: &str) {
    for process in members(Path::new("/proc"), group) {
        // It may have ended by itself meanwhile.
        let _gone = kill_process(process, Signal::KILL);
    }
}

/// Processes whose control group is this one or inside it.
fn members(proc: &Path, group: &str) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir(proc) else {
        return Vec::new();
    };
    let processes = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let inside = |process: &i32| {
        let groups = std::fs::read_to_string(proc.join(process.to_string()).join("cgroup")).unwrap_or_default();
        groups
            .lines()
            .filter_map(|line| line.splitn(3, ':').nth(2))
            .any(|path| is_inside(path, group))
    };
    processes.filter(inside).filter_map(Pid::from_raw).collect()
}

fn is_inside(path: &str, group: &str) -> bool {
    path.strip_prefix(group)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_processes_of_the_group_are_found() {
        let directory = tempfile::tempdir().unwrap();
        for (process, groups) in [
            ("10", "9:pids:/weir-build-1-2\n0::/weir-build-1-2\n"),
            ("11", "0::/weir-build-1-2/inner\n"),
            ("12", "0::/weir-build-1-23\n"),
            ("13", "0::/\n"),
            ("self", "0::/weir-build-1-2\n"),
        ] {
            std::fs::create_dir(directory.path().join(process)).unwrap();
            std::fs::write(directory.path().join(process).join("cgroup"), groups).unwrap();
        }
        let mut found: Vec<i32> = members(directory.path(), "/weir-build-1-2")
            .into_iter()
            .map(Pid::as_raw_pid)
            .collect();
        found.sort();
        assert_eq!(found, [10, 11]);
    }

    #[test]
    fn every_build_has_a_group_of_its_own() {
        let (mut one, mut other) = (BuildSteps::new(), BuildSteps::new());
        assert_ne!(one.parameter(), other.parameter());
        one.have_ended();
        other.have_ended();
    }
}
