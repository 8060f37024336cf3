//! What must be on the machine besides Rust, as Debian and Ubuntu name it.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::cargo;

/// A file that shows that a package is there, and the package.
struct Need {
    file: &'static str,
    package: &'static str,
}

const fn need(file: &'static str, package: &'static str) -> Need {
    Need { file, package }
}

/// For the demo: an engine with a runtime that works on every cgroup layout, networks for it, git with its HTTP
/// backend, and what a builder image is made of.
const DEMO: &[Need] = &[
    need("/usr/bin/cc", "gcc"),
    need("/usr/bin/podman", "podman"),
    need("/usr/sbin/runc", "runc"),
    need("/usr/lib/podman/netavark", "netavark"),
    need("/usr/lib/podman/aardvark-dns", "aardvark-dns"),
    need("/usr/sbin/iptables", "iptables"),
    need("/usr/lib/git-core/git-http-backend", "git"),
    need("/usr/sbin/debootstrap", "debootstrap"),
    need(
        "/usr/share/keyrings/debian-archive-keyring.gpg",
        "debian-archive-keyring",
    ),
];

/// For the tests besides: clients that push, the other engine, and a tiny userland for images from scratch.
const TESTS: &[Need] = &[
    need("/usr/bin/skopeo", "skopeo"),
    need("/usr/sbin/dockerd", "docker.io"),
    need("/bin/busybox", "busybox-static"),
    need("/usr/bin/curl", "curl"),
];

pub fn for_demo() -> Result<()> {
    install(DEMO.iter())
}

pub fn for_tests() -> Result<()> {
    install(DEMO.iter().chain(TESTS))
}

fn install<'a>(needs: impl Iterator<Item = &'a Need>) -> Result<()> {
    let missing: Vec<&str> = needs
        .filter(|need| !is_present(need))
        .map(|need| need.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" ");
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("please install, in your system's names: {packages}");
    }
    if !is_root() {
        bail!(
            "please install what is missing and start again:\n  sudo apt-get update && sudo apt-get install --yes {packages}"
        );
    }
    eprintln!("installing {packages}");
    cargo::status(apt_get().args(["update", "--quiet=2"]), "apt-get update")?;
    let mut command = apt_get();
    command
        .args(["install", "--yes", "--quiet=2", "--no-install-recommends"])
        .args(&missing);
    cargo::status(&mut command, "apt-get install")
}

/// Some files have another place on other releases; the directories are the same everywhere.
fn is_present(need: &Need) -> bool {
    let Some((_, name)) = need.file.rsplit_once('/') else {
        return false;
    };
    let places = [
        "/usr/bin",
        "/usr/sbin",
        "/bin",
        "/sbin",
        "/usr/local/bin",
        "/usr/lib/podman",
        "/usr/libexec/podman",
    ];
    Path::new(need.file).exists() || places.iter().any(|place| Path::new(place).join(name).exists())
}

/// Package installation must not start services of its own: the tests start theirs.
fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout == b"0\n")
}
