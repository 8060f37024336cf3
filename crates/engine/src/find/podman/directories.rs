use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::ServiceError;

/// A path to a socket must fit into the kernel's 108 bytes.
const MAX_SOCKET_PATH: usize = 100;

/// Where our own engine keeps what.
#[derive(Clone, Debug)]
pub(super) struct Directories {
    /// Everything that must survive: `DATA/engine`.
    pub root: PathBuf,
    pub storage: PathBuf,
    pub networks: PathBuf,
    pub settings: PathBuf,
    /// Archives being unpacked.
    pub scratch: PathBuf,
    /// What must not survive a reboot, or podman would believe that its containers still run.
    pub volatile: PathBuf,
    pub socket: PathBuf,
}

impl Directories {
    pub fn of(data_dir: &Path) -> Self {
        let root = data_dir.join("engine");
        let volatile = volatile_parent().map_or_else(
            || root.join("run"),
            |parent| parent.join(format!("weir-{}", super::network::short_hash(data_dir))),
        );
        let near = root.join("podman.sock");
        let fits = near.as_os_str().len() <= MAX_SOCKET_PATH;
        Self {
            storage: root.join("storage"),
            networks: root.join("networks"),
            settings: root.join("settings"),
            scratch: root.join("scratch"),
            socket: if fits { near } else { volatile.join("podman.sock") },
            volatile,
            root,
        }
    }

    /// Makes them, for us alone.
    pub fn prepare(data_dir: &Path) -> Result<Self, ServiceError> {
        let directories = Self::of(data_dir);
        for path in [
            &directories.root,
            &directories.storage,
            &directories.networks,
            &directories.settings,
            &directories.scratch,
            &directories.volatile,
        ] {
            private(path).map_err(|source| ServiceError::Directory {
                path: path.clone(),
                source,
            })?;
        }
        Ok(directories)
    }

    /// Options that every podman command on these directories needs.
    pub fn options(&self) -> Vec<std::ffi::OsString> {
        let mut options: Vec<std::ffi::OsString> = vec!["--storage-driver".into(), "overlay".into()];
        for (name, path) in [
            ("--root", self.storage.clone()),
            ("--runroot", self.volatile.join("storage")),
            ("--tmpdir", self.volatile.join("libpod")),
            ("--network-config-dir", self.networks.clone()),
        ] {
            options.extend([name.into(), path.into_os_string()]);
        }
        options
    }

    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("CONTAINERS_CONF", self.settings.join("containers.conf")),
            ("CONTAINERS_REGISTRIES_CONF", self.settings.join("registries.conf")),
            ("CONTAINERS_STORAGE_CONF", self.settings.join("storage.conf")),
            ("TMPDIR", self.scratch.clone()),
        ]
    }
}

/// A directory that is emptied at boot and belongs to us.
fn volatile_parent() -> Option<PathBuf> {
    let user = rustix::process::getuid();
    let path = if user.is_root() {
        PathBuf::from("/run")
    } else {
        PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?)
    };
    path.metadata()
        .ok()
        .filter(|data| data.is_dir() && data.uid() == user.as_raw())
        .map(|_| path)
}

fn private(path: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
