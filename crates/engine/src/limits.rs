//! Resource limits of processes in containers, said explicitly everywhere: what an engine takes by itself may lie
//! above what this session is allowed to set, and then no container starts.

use rustix::process::{Resource, getrlimit};

/// More open files than any server needs; engines that may would set a billion, which slows down programs that close
/// every descriptor they could have.
const MAX_OPEN_FILES: u64 = 1_048_576;
/// What kernels allow when they do not say.
const USUAL_PROCESSES: u64 = 32_768;

/// Open files of a process.
pub(crate) fn open_files() -> u64 {
    getrlimit(Resource::Nofile)
        .maximum
        .map_or(MAX_OPEN_FILES, |hard| hard.min(MAX_OPEN_FILES))
}

/// Processes of a user. Podman lowers its own limit to the kernel's number of process ids, so no more can be asked
/// for, whatever the session's limit is.
pub(crate) fn processes() -> u64 {
    let ids = std::fs::read_to_string("/proc/sys/kernel/pid_max")
        .ok()
        .and_then(|text| text.trim().parse().ok());
    let ids = ids.unwrap_or(USUAL_PROCESSES);
    getrlimit(Resource::Nproc).maximum.map_or(ids, |hard| hard.min(ids))
}
