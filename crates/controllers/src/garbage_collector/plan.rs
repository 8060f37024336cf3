use super::graph::{Graph, Node, Uid};

/// Finalizer of an object that goes only after its blocking dependants.
pub const FOREGROUND: &str = "foregroundDeletion";
/// Finalizer of an object whose dependants stay.
pub const ORPHAN: &str = "orphan";

/// Whether an owner exists, as far as the API can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Present,
    Absent,
}

/// What has to be done about one object.
#[derive(Debug, PartialEq)]
pub enum Plan {
    Nothing,
    /// All its owners are gone.
    Delete,
    /// Some of its owners are gone: keep only references to these uids.
    KeepOwners(Vec<String>),
    /// Delete these dependants; they block the object's own end.
    DeleteDependants(Vec<Uid>),
    /// Make these dependants forget the object.
    Disown(Vec<Uid>),
    /// What the finalizer waited for is done.
    RemoveFinalizer(&'static str),
}

/// Plans for the object `uid`. `owners` says of each of its owner references whether the owner exists.
pub fn plan(graph: &Graph, uid: &Uid, node: &Node, owners: &[Owner]) -> Plan {
    if node.deleting {
        return end(graph, uid, node);
    }
    let present = |(_, owner): &(_, &Owner)| **owner == Owner::Present;
    let kept: Vec<String> = node
        .owners
        .iter()
        .zip(owners)
        .filter(present)
        .map(|(reference, _)| reference.uid.clone())
        .collect();
    match (node.owners.len(), kept.len()) {
        (0, _) => Plan::Nothing,
        (_, 0) => Plan::Delete,
        (all, left) if left < all => Plan::KeepOwners(kept),
        _ => Plan::Nothing,
    }
}

/// The object is on its way out; see whether our finalizers still hold it.
fn end(graph: &Graph, uid: &Uid, node: &Node) -> Plan {
    let holds = |finalizer: &str| node.finalizers.iter().any(|held| held == finalizer);
    if holds(ORPHAN) {
        let dependants: Vec<Uid> = graph.dependants(uid).map(|(dependant, _)| dependant.clone()).collect();
        return if dependants.is_empty() {
            Plan::RemoveFinalizer(ORPHAN)
        } else {
            Plan::Disown(dependants)
        };
    }
    if holds(FOREGROUND) {
        let blocks = |dependant: &Node| {
            let reference = dependant.owners.iter().find(|owner| owner.uid == uid.0);
            reference.is_some_and(|owner| owner.block_owner_deletion == Some(true))
        };
        if !graph.dependants(uid).any(|(_, dependant)| blocks(dependant)) {
            return Plan::RemoveFinalizer(FOREGROUND);
        }
        let going: Vec<Uid> = graph
            .dependants(uid)
            .filter(|(_, dependant)| !dependant.deleting)
            .map(|(uid, _)| uid.clone())
            .collect();
        return if going.is_empty() {
            Plan::Nothing
        } else {
            Plan::DeleteDependants(going)
        };
    }
    Plan::Nothing
}
