/// Which engine answers, as far as its behaviour differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    Docker,
    Podman,
}

impl std::fmt::Display for EngineKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        })
    }
}

/// What an engine says about itself and its machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaemonInfo {
    pub kind: EngineKind,
    pub version: String,
    pub api_version: String,
    pub operating_system: String,
    pub kernel: String,
    /// As in `amd64`.
    pub architecture: String,
    pub cpus: u32,
    pub memory_bytes: u64,
}
