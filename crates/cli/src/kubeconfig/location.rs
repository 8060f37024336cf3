use std::env;
use std::path::{Path, PathBuf};

use kube::config::Kubeconfig;

use crate::failure::Failure;
use crate::global::GlobalOptions;

/// Where the kubeconfig is: several files when `KUBECONFIG` lists several, the first that mentions a thing wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    files: Vec<PathBuf>,
}

impl Location {
    /// The file that counts: the one asked for, else that of the local server, else the user's.
    pub fn find(global: &GlobalOptions) -> Self {
        if let Some(list) = global.kubeconfig.as_deref().filter(|list| !list.is_empty()) {
            return Self {
                files: env::split_paths(list)
                    .filter(|path| !path.as_os_str().is_empty())
                    .collect(),
            };
        }
        if let Some(directory) = &global.data_dir {
            return Self::of_server(directory);
        }
        let local = default_data_dir().map(|directory| Self::of_server(&directory));
        match local {
            Some(local) if local.exists() => local,
            _ => Self {
                files: vec![home().unwrap_or_default().join(".kube/config")],
            },
        }
    }

    fn of_server(data_dir: &Path) -> Self {
        Self {
            files: vec![data_dir.join("kubeconfig")],
        }
    }

    fn exists(&self) -> bool {
        self.files.iter().any(|file| file.exists())
    }

    /// The file that changes are written to.
    pub fn target(&self) -> &Path {
        let existing = self.files.iter().find(|file| file.exists());
        existing
            .or(self.files.first())
            .map_or(Path::new("kubeconfig"), PathBuf::as_path)
    }

    /// What the files say together; `None` when there is none.
    pub fn read(&self) -> Result<Option<Kubeconfig>, Failure> {
        let mut merged: Option<Kubeconfig> = None;
        for file in self.files.iter().filter(|file| file.exists()) {
            let wrong = |error: kube::config::KubeconfigError| {
                Failure::refused(format!("cannot use the kubeconfig {}: {error}", file.display()))
            };
            let read = Kubeconfig::read_from(file).map_err(wrong)?;
            merged = Some(match merged {
                None => read,
                Some(earlier) => earlier.merge(read).map_err(wrong)?,
            });
        }
        Ok(merged)
    }
}

/// Where a local server keeps its data when it is not told: `/var/lib/weir` for root, else the user's data directory.
pub fn default_data_dir() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some("/var/lib/weir".into());
    }
    let base = env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    Some(base.or_else(|| Some(home()?.join(".local/share")))?.join("weir"))
}

fn home() -> Option<PathBuf> {
    env::var_os("HOME")
        .map(PathBuf::from)
        .filter(|path| !path.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_asked_for_wins_over_the_data_directory() {
        let global = GlobalOptions {
            kubeconfig: Some("/a:/b".into()),
            data_dir: Some("/data".into()),
            ..GlobalOptions::default()
        };
        assert_eq!(
            Location::find(&global).files,
            [PathBuf::from("/a"), PathBuf::from("/b")]
        );
        let global = GlobalOptions {
            data_dir: Some("/data".into()),
            ..GlobalOptions::default()
        };
        assert_eq!(Location::find(&global).target(), Path::new("/data/kubeconfig"));
    }
}
