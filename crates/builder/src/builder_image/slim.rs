/// What becomes of a path of the root file system when the layer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    Yes,
    /// A directory stays, what is in it does not.
    Empty,
    No,
}

/// Directories whose content belongs to a running system or can be fetched again.
const EMPTY: [&str; 12] = [
    "dev",
    "proc",
    "run",
    "sys",
    "tmp",
    "var/cache/apt/archives",
    "var/cache/debconf",
    "var/cache/ldconfig",
    "var/lib/apt/lists",
    "var/log",
    "var/tmp",
    "boot",
];
/// Nobody reads them in a container.
const NOT_KEPT: [&str; 11] = [
    "debootstrap",
    "etc/apt/apt.conf.d/90builder-image",
    "etc/apt/auth.conf",
    "etc/apt/auth.conf.d",
    "etc/hostname",
    "etc/resolv.conf",
    "usr/sbin/policy-rc.d",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/man",
    "var/cache/apt/pkgcache.bin",
];

/// Decides by the path alone, relative to the root. Licences stay.
pub(super) fn keep(path: &str) -> Keep {
    if EMPTY.contains(&path) {
        return Keep::Empty;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let documentation = path
        .strip_prefix("usr/share/doc/")
        .is_some_and(|rest| rest.contains('/') && name != "copyright");
    let translation = path
        .strip_prefix("usr/share/locale/")
        .is_some_and(|rest| rest != "locale.alias");
    let cache = path == "var/cache/apt/srcpkgcache.bin" || name.ends_with(".pyc") || name == "__pycache__";
    let backup = (path.starts_with("etc/") && name.len() > 1 && name.ends_with('-'))
        || (path.starts_with("var/lib/dpkg/") && name.ends_with("-old"));
    if NOT_KEPT.contains(&path) || documentation || translation || cache || backup {
        Keep::No
    } else {
        Keep::Yes
    }
}

/// Settings of dpkg that leave the same things out when packages are unpacked.
pub(super) const DPKG_SETTINGS: &str = "\
force-unsafe-io
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/info/*
path-exclude=/usr/share/lintian/*
path-exclude=/usr/share/locale/*
path-include=/usr/share/locale/locale.alias
path-exclude=/usr/share/man/*
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_container_needs_is_kept() {
        let table = [
            ("usr/bin/node", Keep::Yes),
            ("usr/share/doc/nodejs", Keep::Yes),
            ("usr/share/doc/nodejs/copyright", Keep::Yes),
            ("usr/share/doc/nodejs/README.gz", Keep::No),
            ("usr/share/doc/nodejs/api/x.html", Keep::No),
            ("usr/share/locale", Keep::Yes),
            ("usr/share/locale/de", Keep::No),
            ("usr/share/locale/locale.alias", Keep::Yes),
            ("usr/share/man", Keep::No),
            ("var/lib/apt/lists", Keep::Empty),
            ("var/lib/dpkg/status", Keep::Yes),
            ("var/lib/dpkg/status-old", Keep::No),
            ("etc/passwd", Keep::Yes),
            ("etc/passwd-", Keep::No),
            ("etc/apt/auth.conf", Keep::No),
            ("proc", Keep::Empty),
            ("tmp", Keep::Empty),
            ("opt/app-root/src", Keep::Yes),
            ("usr/lib/python3/dist-packages/__pycache__", Keep::No),
            ("usr/share/nodejs/npm/man", Keep::Yes),
        ];
        for (path, expected) in table {
            assert_eq!(keep(path), expected, "{path}");
        }
    }
}
