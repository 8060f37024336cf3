use super::graph::{FOREGROUND, Graph, Node, ORPHAN, Uid};

/// What there is of an owner, as far as the API can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Present,
    /// It is being deleted and goes after those of its dependants that block it.
    Waiting,
    Absent,
    /// It cannot be: an object without a namespace names an owner that needs one. Nobody knows what was meant.
    Misplaced,
}

/// What becomes of the dependants of an object that is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Background,
    Foreground,
    Orphan,
}

/// What has to be done about one object.
#[derive(Debug, PartialEq)]
pub enum Plan {
    Nothing,
    /// All its owners are gone, or wait for it to go.
    Delete(Policy),
    /// Keep only references to these uids: the other owners are gone, or do not wait for this object any more.
    KeepOwners(Vec<String>),
    /// Stop blocking its owners: they block the object in turn, and nothing of it would ever go.
    Unblock,
    /// Make these dependants forget the object.
    Disown(Vec<Uid>),
    /// What the finalizer waited for is done.
    RemoveFinalizer(&'static str),
}

/// Plans for the object `uid`. `owners` says of each of its owner references what there is of the owner.
pub fn plan(graph: &Graph, uid: &Uid, node: &Node, owners: &[Owner]) -> Plan {
    if node.deleting {
        return end(graph, uid, node);
    }
    if owners.is_empty() || owners.contains(&Owner::Misplaced) {
        return Plan::Nothing;
    }
    let references = node.owners.iter().zip(owners);
    let kept: Vec<String> = references
        .filter(|(_, owner)| **owner == Owner::Present)
        .map(|(reference, _)| reference.uid.clone())
        .collect();
    match kept.len() {
        0 => collect(graph, uid, node, owners.contains(&Owner::Waiting)),
        all if all == owners.len() => Plan::Nothing,
        _ => Plan::KeepOwners(kept),
    }
}

/// The object has nobody left. When an owner waits for it, its own dependants go before it.
fn collect(graph: &Graph, uid: &Uid, node: &Node, owner_waits: bool) -> Plan {
    if owner_waits && graph.dependants(uid).next().is_some() {
        let is_circle = graph
            .dependants(uid)
            .any(|(_, dependant)| dependant.waits_for_dependants());
        let blocks = node.owners.iter().any(|owner| owner.block_owner_deletion == Some(true));
        return match is_circle && blocks {
            true => Plan::Unblock,
            false => Plan::Delete(Policy::Foreground),
        };
    }
    let holds = |finalizer: &str| node.finalizers.iter().any(|held| held == finalizer);
    Plan::Delete(match () {
        () if holds(ORPHAN) => Policy::Orphan,
        () if holds(FOREGROUND) => Policy::Foreground,
        () => Policy::Background,
    })
}

/// The object is on its way out; see whether our finalizers still hold it.
fn end(graph: &Graph, uid: &Uid, node: &Node) -> Plan {
    if node.finalizers.iter().any(|held| held == ORPHAN) {
        let dependants: Vec<Uid> = graph.dependants(uid).map(|(dependant, _)| dependant.clone()).collect();
        return match dependants.is_empty() {
            true => Plan::RemoveFinalizer(ORPHAN),
            false => Plan::Disown(dependants),
        };
    }
    let blocks = |dependant: &Node| {
        let reference = dependant.owners.iter().find(|owner| owner.uid == uid.0);
        reference.is_some_and(|owner| owner.block_owner_deletion == Some(true))
    };
    // Dependants are looked at themselves; they see that the object waits for them.
    let is_blocked = graph.dependants(uid).any(|(_, dependant)| blocks(dependant));
    match node.waits_for_dependants() && !is_blocked {
        true => Plan::RemoveFinalizer(FOREGROUND),
        false => Plan::Nothing,
    }
}
