use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use jiff::Timestamp;

/// A container to be made. There is no privileged mode, no host namespace and no device: Weir never asks for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerSpec {
    pub name: String,
    /// Reference or id of an image that is on the engine.
    pub image: String,
    /// `None`: the image's own.
    pub entrypoint: Option<Vec<String>>,
    /// `None`: the image's own, unless `entrypoint` is set.
    pub cmd: Option<Vec<String>>,
    /// Added to the image's environment, later ones win.
    pub env: Vec<(String, String)>,
    pub working_dir: Option<String>,
    /// `user`, `user:group`, or numbers. `None`: the image's own.
    pub user: Option<String>,
    pub additional_groups: Vec<String>,
    pub hostname: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub mounts: Vec<BindMount>,
    pub tmpfs: Vec<TmpfsMount>,
    pub network: NetworkMode,
    pub ports: Vec<PublishedPort>,
    pub dns_servers: Vec<IpAddr>,
    pub dns_search: Vec<String>,
    /// Additional lines of /etc/hosts.
    pub hosts: Vec<(String, IpAddr)>,
    pub resources: Resources,
    pub read_only_root: bool,
    pub capabilities_drop: Vec<String>,
    pub capabilities_add: Vec<String>,
    /// A process cannot gain more rights than its parent has (set-user-id programs lose their power).
    pub no_new_privileges: bool,
    pub tty: bool,
    /// Keep standard input open, for [`crate::Exec::attach`].
    pub stdin: bool,
}

/// A host directory or file seen inside. Callers pass only paths below their own data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindMount {
    pub source: PathBuf,
    pub target: String,
    pub read_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TmpfsMount {
    pub target: String,
    pub size_bytes: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NetworkMode {
    /// No network but loopback.
    #[default]
    None,
    /// A network made with [`crate::Networks::ensure_network`].
    Named(String),
    /// The network namespace of another container.
    Container(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Tcp,
    Udp,
}

/// A port of the host that leads to one of the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedPort {
    pub host_ip: Option<IpAddr>,
    pub host_port: u16,
    pub container_port: u16,
    pub transport: Transport,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    pub memory_bytes: Option<u64>,
    /// Billionths of a processor.
    pub nano_cpus: Option<u64>,
    pub cpu_shares: Option<u64>,
    pub pids: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    Created,
    Running,
    Paused,
    Exited,
}

/// A container as observed. From [`crate::Containers::list`] only `id`, `name`, `image_id`, `labels` and `state.run`
/// are known for certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    pub id: String,
    pub name: String,
    pub image_id: String,
    pub labels: BTreeMap<String, String>,
    pub state: ContainerState,
    pub addresses: Vec<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerState {
    pub run: RunState,
    /// Set when `run` is `Exited`.
    pub exit_code: Option<i64>,
    pub oom_killed: bool,
    /// Why it could not be started.
    pub error: Option<String>,
    pub created_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}

impl ContainerState {
    pub fn is_running(&self) -> bool {
        matches!(self.run, RunState::Running | RunState::Paused)
    }
}
