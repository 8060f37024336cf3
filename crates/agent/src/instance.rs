//! What the engine has for a pod.

use std::net::IpAddr;

use weir_engine::{Container, ContainerState, RunState};

use crate::labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Holds the network of a pod with several containers.
    Infra,
    Init,
    Main,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Infra => "infra",
            Self::Init => "init",
            Self::Main => "main",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Infra, Self::Init, Self::Main]
            .into_iter()
            .find(|role| role.as_str() == text)
    }
}

/// One container on the engine: one attempt at running a container of a pod.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instance {
    pub id: String,
    pub container: String,
    pub role: Role,
    pub attempt: u32,
    pub crashes: u32,
    /// As the pod named it when this was made.
    pub image: String,
    /// By digest.
    pub image_id: String,
    pub state: ContainerState,
    pub address: Option<IpAddr>,
}

impl Instance {
    /// `None`: not one of ours, or made by a version that labelled otherwise.
    pub fn from_engine(container: Container) -> Option<Self> {
        let label = |name: &str| container.labels.get(name).map(String::as_str).unwrap_or_default();
        Some(Self {
            role: Role::parse(label(labels::ROLE))?,
            attempt: label(labels::ATTEMPT).parse().ok()?,
            crashes: label(labels::CRASHES).parse().ok()?,
            container: label(labels::CONTAINER).to_owned(),
            image: label(labels::IMAGE).to_owned(),
            image_id: label(labels::IMAGE_ID).to_owned(),
            address: container.addresses.first().copied(),
            id: container.id,
            state: container.state,
        })
    }

    pub fn is_running(&self) -> bool {
        self.state.is_running()
    }

    pub fn has_ended(&self) -> bool {
        self.state.run == RunState::Exited
    }

    pub fn succeeded(&self) -> bool {
        self.has_ended() && self.state.exit_code == Some(0)
    }
}

/// All instances of one pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Observed {
    instances: Vec<Instance>,
}

impl Observed {
    pub fn new(mut instances: Vec<Instance>) -> Self {
        instances.sort_by_key(|instance| (instance.role, instance.attempt));
        Self { instances }
    }

    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Instance> {
        self.instances.iter()
    }

    /// All attempts at one container, the newest first.
    pub fn attempts<'a>(&'a self, role: Role, container: &'a str) -> impl Iterator<Item = &'a Instance> {
        self.all()
            .rev()
            .filter(move |instance| instance.role == role && instance.container == container)
    }

    pub fn newest(&self, role: Role, container: &str) -> Option<&Instance> {
        self.nth_newest(role, container, 0)
    }

    pub fn previous(&self, role: Role, container: &str) -> Option<&Instance> {
        self.nth_newest(role, container, 1)
    }

    fn nth_newest(&self, role: Role, container: &str, n: usize) -> Option<&Instance> {
        self.all()
            .rev()
            .filter(|instance| instance.role == role && instance.container == container)
            .nth(n)
    }

    /// The container that holds the pod's network.
    pub fn infra(&self) -> Option<&Instance> {
        self.all().rev().find(|instance| instance.role == Role::Infra)
    }

    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Instance> {
        self.all().filter(move |instance| instance.role == role)
    }
}
