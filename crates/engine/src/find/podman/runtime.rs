use std::path::{Path, PathBuf};

use rustix::fs::statfs;

/// The file system type of a unified (v2) cgroup tree, `CGROUP2_SUPER_MAGIC` of the kernel.
const CGROUP2: u64 = 0x6367_7270;

/// A runtime that works here. crun refuses trees that are partly v1; runc takes all.
pub(super) fn choose() -> Option<String> {
    let unified = statfs("/sys/fs/cgroup").is_ok_and(|answer| answer.f_type.cast_unsigned() == CGROUP2);
    pick(unified, in_path("crun").is_some(), in_path("runc").is_some()).map(str::to_owned)
}

fn pick(unified_cgroups: bool, crun: bool, runc: bool) -> Option<&'static str> {
    match (unified_cgroups, crun, runc) {
        (true, true, _) => Some("crun"),
        (_, _, true) => Some("runc"),
        (false, true, false) => None,
        (_, false, false) => None,
    }
}

pub(super) fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(system)
        .map(|directory| directory.join(name))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_fits_the_cgroup_tree() {
        for (unified, crun, runc, expected) in [
            (true, true, true, Some("crun")),
            (true, false, true, Some("runc")),
            (false, true, true, Some("runc")),
            (false, true, false, None),
            (true, false, false, None),
        ] {
            assert_eq!(pick(unified, crun, runc), expected);
        }
    }
}
