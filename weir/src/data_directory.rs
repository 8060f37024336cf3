use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where everything of one instance lives.
///
/// ```text
/// kubeconfig  ca.crt  ca.key  admin-token  service-account.key   credentials, mode 0600
/// htpasswd  htpasswd.lock                                        users who log in with a password, mode 0600
/// store.db  lock                                                 objects
/// registry/                                                      blobs, manifests, uploads
/// builds/  pods/  engine/                                        work of the builder, the agent, the engine's child
/// run/                                                           where this instance listens, which engine it uses
/// ```
#[derive(Clone, Debug)]
pub struct DataDirectory {
    path: PathBuf,
}

impl DataDirectory {
    /// The directory that is used when nobody names one: `/var/lib/weir` for root, the XDG data directory otherwise.
    pub fn default_path() -> Option<PathBuf> {
        if rustix::process::geteuid().is_root() {
            return Some("/var/lib/weir".into());
        }
        let data = std::env::var_os("XDG_DATA_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/share"));
        Some(data.or_else(home)?.join("weir"))
    }

    pub fn named(path: Option<PathBuf>) -> Result<Self> {
        let path = path
            .or_else(Self::default_path)
            .context("neither HOME nor XDG_DATA_HOME is set; name a --data-dir")?;
        let path = std::path::absolute(&path).with_context(|| path.display().to_string())?;
        Ok(Self { path })
    }

    /// Makes the directory and those below it, for their owner only.
    pub fn create(&self) -> Result<()> {
        for place in [
            self.path.clone(),
            self.registry(),
            self.builds(),
            self.pods(),
            self.run(),
        ] {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&place);
            made.with_context(|| format!("the data directory {} cannot be made", place.display()))?;
        }
        Ok(())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.path.join("kubeconfig")
    }

    pub fn admin_token(&self) -> PathBuf {
        self.path.join("admin-token")
    }

    pub fn service_account_key(&self) -> PathBuf {
        self.path.join("service-account.key")
    }

    /// Users and the hashes of their passwords.
    pub fn htpasswd(&self) -> PathBuf {
        self.path.join("htpasswd")
    }

    /// Held while that file is changed.
    pub fn htpasswd_lock(&self) -> PathBuf {
        self.path.join("htpasswd.lock")
    }

    pub fn registry(&self) -> PathBuf {
        self.path.join("registry")
    }

    pub fn builds(&self) -> PathBuf {
        self.path.join("builds")
    }

    pub fn pods(&self) -> PathBuf {
        self.path.join("pods")
    }

    pub fn run(&self) -> PathBuf {
        self.path.join("run")
    }

    /// Names the engine that was used last.
    pub fn engine(&self) -> PathBuf {
        self.run().join("engine")
    }
}
