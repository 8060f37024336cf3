use std::ffi::OsString;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Progress;
use super::apt::{self, AptError, AptHost, AptSource};
use super::command::{CommandError, Tool};
use super::slim::DPKG_SETTINGS;
use netrc::credentials;
use phases::Phases;

mod netrc;
mod phases;

/// Runs what follows with process ids and mounts of its own, so that a program killed half-way leaves none behind.
const UNSHARE: [&str; 5] = ["--mount", "--propagation", "private", "--pid", "--fork"];
/// Mounts what package scripts look at, and runs a command with the new root.
const IN_ROOT: &str = r#"set -e
root=$1; shift
mount -t proc proc "$root/proc"
exec chroot "$root" "$@""#;
/// Tells package scripts not to start services.
const POLICY: &str = "#!/bin/sh\nexit 101\n";
const AUTH_FILES: [&str; 2] = ["etc/apt/auth.conf", "etc/apt/auth.conf.d"];

#[derive(Debug, thiserror::Error)]
pub enum DebianError {
    #[error(
        "building an image from packages needs root; run the command with sudo, or give an image with --from DIR or --from oci-archive:FILE"
    )]
    NotRoot,
    #[error(transparent)]
    Apt(#[from] AptError),
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error("cannot prepare the root file system in {}: {source}", path.display())]
    Files { path: PathBuf, source: io::Error },
}

/// Makes a root file system of the machine's own release with these packages in it.
pub(super) async fn root_file_system(
    root: &Path,
    packages: &[&str],
    progress: Progress<'_>,
) -> Result<(), DebianError> {
    if !rustix::process::geteuid().is_root() {
        return Err(DebianError::NotRoot);
    }
    let host = apt::host().await?;
    progress(&format!(
        "getting the base system of {} from {}",
        host.release,
        shown(&host.base)
    ));
    bootstrap(root, &host, progress).await?;
    let files = |source| DebianError::Files {
        path: root.to_owned(),
        source,
    };
    prepare(root, &host).map_err(files)?;
    progress(&format!("getting the packages {}", packages.join(", ")));
    in_root(root, ["apt-get", "--quiet", "update"], progress).await?;
    let install = [
        "apt-get",
        "--quiet",
        "--yes",
        "--no-install-recommends",
        "-o",
        "Dpkg::Use-Pty=0",
        "install",
    ];
    in_root(root, install.iter().chain(packages), progress).await?;
    in_root(root, ["apt-get", "clean"], progress).await?;
    publish_sources(root, &host).map_err(files)
}

async fn bootstrap(root: &Path, host: &AptHost, progress: Progress<'_>) -> Result<(), DebianError> {
    let files = |source| DebianError::Files {
        path: root.to_owned(),
        source,
    };
    let home = tempfile::Builder::new()
        .prefix("bootstrap-")
        .tempdir_in(root.parent().unwrap_or(Path::new("/tmp")))
        .map_err(files)?;
    std::fs::write(home.path().join(".netrc"), credentials().map_err(files)?).map_err(files)?;
    let wget = home.path().join("wgetrc");
    std::fs::write(&wget, host.settings.wget_settings()).map_err(files)?;
    let mut arguments: Vec<OsString> = UNSHARE.map(OsString::from).to_vec();
    arguments.extend(
        [
            "--kill-child",
            "--",
            "debootstrap",
            "--variant=minbase",
            "--include=ca-certificates",
        ]
        .map(OsString::from),
    );
    arguments.push(format!("--components={}", host.base.components.join(",")).into());
    match &host.base.signed_by {
        Some(keyring) => arguments.push(format!("--keyring={}", keyring.display()).into()),
        None if host.base.trusted => arguments.push("--no-check-gpg".into()),
        None => {}
    }
    arguments.extend([
        host.release.clone().into(),
        root.as_os_str().to_owned(),
        host.base.uri.clone().into(),
    ]);
    need("debootstrap", "debootstrap").await?;
    let mut phases = Phases::new(progress);
    Tool::new("unshare", "util-linux")
        .args(arguments)
        .envs(host.settings.proxy_environment())
        .envs([
            ("HOME".to_owned(), home.path().as_os_str().to_owned()),
            ("WGETRC".to_owned(), wget.into_os_string()),
        ])
        .run(|line| phases.see(line))
        .await?;
    Ok(())
}

/// `unshare` would say that it cannot run something; this says what to install.
async fn need(program: &'static str, package: &'static str) -> Result<(), CommandError> {
    Tool::new(program, package).args(["--version"]).output().await.map(drop)
}

/// Gives the new system what the machine's apt has: sources, key rings, proxies, credentials.
fn prepare(root: &Path, host: &AptHost) -> io::Result<()> {
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)
    };
    write("etc/dpkg/dpkg.cfg.d/builder-image", DPKG_SETTINGS)?;
    write("etc/apt/apt.conf.d/90builder-image", &host.settings.file())?;
    write("usr/sbin/policy-rc.d", POLICY)?;
    std::fs::set_permissions(root.join("usr/sbin/policy-rc.d"), PermissionsExt::from_mode(0o755))?;
    write_sources(root, &host.all)?;
    let keyrings = host.all.iter().filter_map(|source| source.signed_by.as_deref());
    for path in keyrings.chain(host.settings.files()) {
        copy_if_absent(path, &root.join(path.strip_prefix("/").unwrap_or(path)))?;
    }
    if Path::new("/etc/resolv.conf").exists() {
        std::fs::copy("/etc/resolv.conf", root.join("etc/resolv.conf"))?;
    }
    for path in AUTH_FILES {
        copy_all(&Path::new("/").join(path), &root.join(path))?;
    }
    Ok(())
}

/// What stays in the image names the sources, without the machine's credentials.
fn publish_sources(root: &Path, host: &AptHost) -> io::Result<()> {
    let public: Vec<AptSource> = host.all.iter().filter_map(AptSource::public).collect();
    write_sources(root, &public)
}

fn write_sources(root: &Path, sources: &[AptSource]) -> io::Result<()> {
    let list = root.join("etc/apt/sources.list");
    if list.exists() {
        std::fs::remove_file(list)?;
    }
    let directory = root.join("etc/apt/sources.list.d");
    std::fs::create_dir_all(&directory)?;
    let text: Vec<String> = sources.iter().map(AptSource::stanza).collect();
    std::fs::write(directory.join("host.sources"), text.join("\n"))
}

async fn in_root(
    root: &Path,
    command: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>,
    progress: Progress<'_>,
) -> Result<(), DebianError> {
    let mut phases = Phases::new(progress);
    Tool::new("unshare", "util-linux")
        .args(UNSHARE)
        .args(["--kill-child", "--", "sh", "-c", IN_ROOT, "sh"])
        .args([root])
        .args(command)
        .envs([
            ("DEBIAN_FRONTEND".to_owned(), "noninteractive".into()),
            ("HOME".to_owned(), "/root".into()),
            ("LC_ALL".to_owned(), "C".into()),
        ])
        .run(|line| phases.see(line))
        .await?;
    Ok(())
}

fn copy_if_absent(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() || !from.exists() {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::copy(from, to).map(drop)
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let name = entry?.file_name();
            copy_all(&from.join(&name), &to.join(&name))?;
        }
    } else if from.is_file() {
        std::fs::copy(from, to)?;
    }
    Ok(())
}

fn shown(source: &AptSource) -> String {
    source.public().map_or_else(|| source.uri.clone(), |public| public.uri)
}
