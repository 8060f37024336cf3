use std::path::{Path, PathBuf};

/// A place where an engine usually listens.
pub(super) struct UsualSocket {
    pub of: &'static str,
    pub path: PathBuf,
}

/// Podman's before Docker's, the system's before the user's.
pub(super) fn usual() -> Vec<UsualSocket> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let mut sockets = vec![UsualSocket {
        of: "Podman's socket",
        path: "/run/podman/podman.sock".into(),
    }];
    if let Some(runtime) = &runtime {
        sockets.push(UsualSocket {
            of: "Podman's user socket",
            path: runtime.join("podman/podman.sock"),
        });
    }
    sockets.push(UsualSocket {
        of: "Docker's socket",
        path: "/var/run/docker.sock".into(),
    });
    if let Some(runtime) = &runtime {
        sockets.push(UsualSocket {
            of: "Docker's user socket",
            path: runtime.join("docker.sock"),
        });
    }
    if let Some(home) = &home {
        sockets.push(UsualSocket {
            of: "Docker Desktop's socket",
            path: home.join(".docker/run/docker.sock"),
        });
    }
    sockets
}

pub(super) enum State {
    Missing,
    Present,
}

pub(super) fn state(path: &Path) -> State {
    if path.exists() { State::Present } else { State::Missing }
}
