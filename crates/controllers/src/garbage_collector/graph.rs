use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use crate::census::Census;
use crate::key::Key;

/// Finalizer of an object that goes only after its blocking dependants.
pub const FOREGROUND: &str = "foregroundDeletion";
/// Finalizer of an object whose dependants stay.
pub const ORPHAN: &str = "orphan";

/// An object by its uid, with a name for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub String);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What matters of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub uid: Uid,
    /// Position in the list of served kinds.
    pub kind: usize,
    pub key: Key,
    pub version: String,
    pub owners: Vec<OwnerReference>,
    pub finalizers: Vec<String>,
    pub deleting: bool,
}

impl Node {
    pub fn of(kind: usize, meta: &ObjectMeta) -> Option<(Uid, Self)> {
        let uid = Uid(meta.uid.clone()?);
        let node = Self {
            uid: uid.clone(),
            kind,
            key: Key::new(
                meta.namespace.clone().unwrap_or_default(),
                meta.name.clone().unwrap_or_default(),
            ),
            version: meta.resource_version.clone().unwrap_or_default(),
            owners: meta.owner_references.clone().unwrap_or_default(),
            finalizers: meta.finalizers.clone().unwrap_or_default(),
            deleting: meta.deletion_timestamp.is_some(),
        };
        Some((uid, node))
    }

    /// Whether it goes only after the dependants that block it.
    pub fn waits_for_dependants(&self) -> bool {
        self.deleting && self.finalizers.iter().any(|finalizer| finalizer == FOREGROUND)
    }

    /// Whether a pass over the object could have anything to do.
    pub fn is_of_interest(&self) -> bool {
        !self.owners.is_empty() || (self.deleting && !self.finalizers.is_empty())
    }
}

/// Who owns whom, as last seen.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: HashMap<Uid, Node>,
    dependants: HashMap<Uid, BTreeSet<Uid>>,
    /// For every kind that is being listed: what the list has shown.
    listing: HashMap<usize, HashSet<Uid>>,
    /// Told of whatever comes and goes.
    census: Arc<Census>,
}

impl Graph {
    pub fn new(census: Arc<Census>) -> Self {
        Self {
            census,
            ..Self::default()
        }
    }

    pub fn get(&self, uid: &Uid) -> Option<&Node> {
        self.nodes.get(uid)
    }

    pub fn dependants(&self, owner: &Uid) -> impl Iterator<Item = (&Uid, &Node)> {
        let dependants = self.dependants.get(owner).into_iter().flatten();
        dependants.filter_map(|uid| Some((uid, self.nodes.get(uid)?)))
    }

    /// Takes in an object; answers who has to be looked at.
    pub fn set(&mut self, uid: Uid, node: Node) -> Vec<Uid> {
        // An owner may have waited for being forgotten.
        let before = self.nodes.get(&uid);
        let mut concerned = before.map(|before| self.deleting_owners(before)).unwrap_or_default();
        self.unlink(&uid);
        for owner in &node.owners {
            self.dependants
                .entry(Uid(owner.uid.clone()))
                .or_default()
                .insert(uid.clone());
        }
        if let Some(listing) = self.listing.get_mut(&node.kind) {
            listing.insert(uid.clone());
        }
        concerned.extend(self.deleting_owners(&node));
        if node.is_of_interest() {
            concerned.push(uid.clone());
        }
        if node.waits_for_dependants() {
            concerned.extend(self.dependants.get(&uid).into_iter().flatten().cloned());
        }
        let (kind, namespace) = (node.kind, node.key.namespace.clone());
        if self.nodes.insert(uid, node).is_none() {
            self.census.born(kind, &namespace);
        }
        concerned
    }

    /// An object is gone; answers who has to be looked at: its dependants, and owners that waited for it to go.
    pub fn remove(&mut self, uid: &Uid) -> Vec<Uid> {
        self.unlink(uid);
        let Some(node) = self.nodes.remove(uid) else {
            return Vec::new();
        };
        self.census.gone(node.kind, &node.key.namespace);
        let mut concerned = self.deleting_owners(&node);
        concerned.extend(self.dependants.get(uid).into_iter().flatten().cloned());
        concerned
    }

    /// A complete list of a kind begins.
    pub fn begin_listing(&mut self, kind: usize) {
        self.listing.insert(kind, HashSet::new());
    }

    /// It ends: what it did not show is gone.
    pub fn end_listing(&mut self, kind: usize) -> Vec<Uid> {
        let listed = self.listing.remove(&kind).unwrap_or_default();
        let of_kind = self
            .nodes
            .iter()
            .filter(|(uid, node)| node.kind == kind && !listed.contains(*uid));
        let gone: Vec<Uid> = of_kind.map(|(uid, _)| uid.clone()).collect();
        gone.iter().flat_map(|uid| self.remove(uid)).collect()
    }

    fn unlink(&mut self, uid: &Uid) {
        let owners: Vec<Uid> = self
            .nodes
            .get(uid)
            .into_iter()
            .flat_map(|node| &node.owners)
            .map(|owner| Uid(owner.uid.clone()))
            .collect();
        for owner in owners {
            if let Some(dependants) = self.dependants.get_mut(&owner) {
                dependants.remove(uid);
                if dependants.is_empty() {
                    self.dependants.remove(&owner);
                }
            }
        }
    }

    fn deleting_owners(&self, node: &Node) -> Vec<Uid> {
        let owners = node.owners.iter().map(|owner| Uid(owner.uid.clone()));
        owners
            .filter(|owner| self.nodes.get(owner).is_some_and(|owner| owner.deleting))
            .collect()
    }
}
