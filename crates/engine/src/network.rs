use std::collections::BTreeMap;
use std::net::IpAddr;

/// A bridge network: containers on it reach each other, the host and, through it, the outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSpec {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    /// As in `10.88.0.0/16`; `None`: the engine chooses.
    pub subnet: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    pub id: String,
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub subnets: Vec<String>,
    /// The host's address on this network, as containers see it.
    pub gateway: Option<IpAddr>,
}
