//! Where the machine gets its packages from: its own sources, proxies and credentials, so that what works for `apt-get`
//! works here, and no address of ours is needed.

mod settings;
mod sources;

use std::io;
use std::path::{Path, PathBuf};

use super::command::{CommandError, Tool};
pub(super) use settings::AptSettings;
pub(super) use sources::AptSource;
use sources::{choose, parse};

const SOURCES_LIST: &str = "/etc/apt/sources.list";
const SOURCES_DIRECTORY: &str = "/etc/apt/sources.list.d";

#[derive(Debug, thiserror::Error)]
pub enum AptError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "this machine is no Debian or Ubuntu (/etc/os-release names no release); give an image with --from DIR or --from oci-archive:FILE"
    )]
    NoRelease,
    #[error(
        "the package sources in {SOURCES_LIST} and {SOURCES_DIRECTORY} have no entry for \"{0} main\"; add one, or give an image with --from DIR or --from oci-archive:FILE"
    )]
    NoSource(String),
    #[error(transparent)]
    Command(#[from] CommandError),
}

/// What is needed to get packages of the machine's own release.
#[derive(Clone, Debug)]
pub(super) struct AptHost {
    /// Name of the release, such as `bookworm`.
    pub release: String,
    /// The source for the base system.
    pub base: AptSource,
    /// All sources of the release: updates and security fixes too.
    pub all: Vec<AptSource>,
    pub settings: AptSettings,
}

/// Looks at the machine's settings.
pub(super) async fn host() -> Result<AptHost, AptError> {
    let release = release(&read(Path::new("/etc/os-release"))?).ok_or(AptError::NoRelease)?;
    let mut sources = Vec::new();
    for path in source_files()? {
        let text = read(&path)?;
        sources.extend(parse(
            &text,
            path.extension().is_some_and(|extension| extension == "sources"),
        ));
    }
    let (base, all) = choose(&release, sources).ok_or_else(|| AptError::NoSource(release.clone()))?;
    let dump = Tool::new("apt-config", "apt")
        .args(["dump", "Acquire"])
        .output()
        .await?;
    let mut settings = AptSettings::parse(&dump);
    settings.detect_proxy(&base.uri).await?;
    Ok(AptHost {
        release,
        base,
        all,
        settings,
    })
}

fn source_files() -> Result<Vec<PathBuf>, AptError> {
    let mut files: Vec<PathBuf> = Vec::new();
    match std::fs::read_dir(SOURCES_DIRECTORY) {
        Ok(entries) => {
            for entry in entries {
                let path = entry
                    .map_err(|source| AptError::Read {
                        path: SOURCES_DIRECTORY.into(),
                        source,
                    })?
                    .path();
                let known = path
                    .extension()
                    .is_some_and(|extension| extension == "list" || extension == "sources");
                if known {
                    files.push(path);
                }
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => {
            return Err(AptError::Read {
                path: SOURCES_DIRECTORY.into(),
                source,
            });
        }
    }
    files.sort();
    if Path::new(SOURCES_LIST).exists() {
        files.insert(0, SOURCES_LIST.into());
    }
    Ok(files)
}

fn read(path: &Path) -> Result<String, AptError> {
    std::fs::read_to_string(path).map_err(|source| AptError::Read {
        path: path.to_owned(),
        source,
    })
}

/// `VERSION_CODENAME` of a Debian-like system.
fn release(os_release: &str) -> Option<String> {
    let value = |key: &str| {
        let line = os_release
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim_matches(['"', '\'']).to_owned())
    };
    let family = format!(
        "{} {}",
        value("ID").unwrap_or_default(),
        value("ID_LIKE").unwrap_or_default()
    );
    let ours = family
        .split_whitespace()
        .any(|word| word == "debian" || word == "ubuntu");
    value("VERSION_CODENAME").filter(|name| ours && !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_is_known_on_debian_and_its_like() {
        let table = [
            ("ID=debian\nVERSION_CODENAME=bookworm\n", Some("bookworm")),
            ("ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=\"noble\"\n", Some("noble")),
            ("ID=fedora\nVERSION_CODENAME=\"\"\n", None),
            ("ID=alpine\nVERSION_CODENAME=edge\n", None),
            ("ID=debian\nVERSION_CODENAME=--x\n", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(release(text).as_deref(), expected, "{text:?}");
        }
    }
}
