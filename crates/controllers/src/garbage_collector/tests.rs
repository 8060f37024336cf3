use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use super::graph::{Graph, Node, Uid};
use super::plan::{Owner, Plan, Policy, plan};
use crate::testing::{ago, object};

const KIND: usize = 0;

fn uid(text: &str) -> Uid {
    Uid(text.to_owned())
}

fn owner(uid: &str, blocks: bool) -> Value {
    json!({"apiVersion": "v1", "kind": "Thing", "name": uid, "uid": uid, "blockOwnerDeletion": blocks})
}

/// An object with these owners and finalizers; with finalizers it is on its way out.
fn node(name: &str, owners: Vec<Value>, finalizers: &[&str]) -> (Uid, Node) {
    let deleted = (!finalizers.is_empty()).then(|| ago(1).to_string());
    let meta: ObjectMeta = object(
        json!({"name": name, "uid": name, "resourceVersion": "1", "ownerReferences": owners,
        "finalizers": finalizers, "deletionTimestamp": deleted}),
    );
    Node::of(KIND, &meta).expect("an object with a uid")
}

fn graph(nodes: Vec<(Uid, Node)>) -> Graph {
    let mut graph = Graph::default();
    for (uid, node) in nodes {
        graph.set(uid, node);
    }
    graph
}

fn planned(graph: &Graph, name: &str, owners: &[Owner]) -> Plan {
    let node = graph.get(&uid(name)).expect("the object").clone();
    plan(graph, &uid(name), &node, owners)
}

#[test]
fn an_object_goes_when_all_its_owners_are_gone_and_not_before() {
    use Owner::{Absent, Present};
    let graph = graph(vec![node("child", vec![owner("a", false), owner("b", false)], &[])]);
    assert_eq!(
        planned(&graph, "child", &[Absent, Absent]),
        Plan::Delete(Policy::Background)
    );
    assert_eq!(planned(&graph, "child", &[Present, Present]), Plan::Nothing);
    assert_eq!(
        planned(&graph, "child", &[Absent, Present]),
        Plan::KeepOwners(vec!["b".into()])
    );
}

#[test]
fn an_object_without_owners_is_left_alone() {
    let graph = graph(vec![node("free", vec![], &[])]);
    assert_eq!(planned(&graph, "free", &[]), Plan::Nothing);
}

#[test]
fn in_the_foreground_an_owner_goes_when_nothing_blocks_it() {
    let parent = || node("parent", vec![], &["foregroundDeletion"]);
    let both = graph(vec![
        parent(),
        node("blocks", vec![owner("parent", true)], &[]),
        node("free", vec![owner("parent", false)], &[]),
    ]);
    assert_eq!(planned(&both, "parent", &[]), Plan::Nothing, "it waits");
    let last = graph(vec![parent(), node("free", vec![owner("parent", false)], &[])]);
    assert_eq!(
        planned(&last, "parent", &[]),
        Plan::RemoveFinalizer("foregroundDeletion")
    );
}

#[test]
fn what_an_owner_waits_for_goes_after_its_own_dependants() {
    use Owner::{Absent, Present, Waiting};
    let graph = graph(vec![
        node("parent", vec![], &["foregroundDeletion"]),
        node("child", vec![owner("parent", true), owner("other", true)], &[]),
        node("grandchild", vec![owner("child", true)], &[]),
    ]);
    let table = [
        ("grandchild", vec![Waiting], Plan::Delete(Policy::Background)),
        ("child", vec![Waiting, Waiting], Plan::Delete(Policy::Foreground)),
        ("child", vec![Waiting, Absent], Plan::Delete(Policy::Foreground)),
        ("child", vec![Absent, Absent], Plan::Delete(Policy::Background)),
        ("child", vec![Waiting, Present], Plan::KeepOwners(vec!["other".into()])),
    ];
    for (name, owners, wanted) in table {
        assert_eq!(planned(&graph, name, &owners), wanted, "{name} {owners:?}");
    }
}

#[test]
fn a_circle_of_owners_that_wait_for_each_other_is_broken() {
    let circle = |blocks: bool| {
        let (a, mut first) = node("a", vec![owner("b", true)], &["foregroundDeletion"]);
        first.deleting = true;
        graph(vec![(a, first), node("b", vec![owner("a", blocks)], &[])])
    };
    assert_eq!(planned(&circle(true), "b", &[Owner::Waiting]), Plan::Unblock);
    assert_eq!(
        planned(&circle(false), "b", &[Owner::Waiting]),
        Plan::Delete(Policy::Foreground),
        "once"
    );
}

#[test]
fn nothing_is_done_about_an_object_whose_owner_cannot_be() {
    let graph = graph(vec![node("child", vec![owner("a", true), owner("b", true)], &[])]);
    assert_eq!(
        planned(&graph, "child", &[Owner::Misplaced, Owner::Absent]),
        Plan::Nothing
    );
}

#[test]
fn what_the_object_itself_asks_for_its_dependants_is_done() {
    for (finalizer, policy) in [
        ("orphan", Policy::Orphan),
        ("foregroundDeletion", Policy::Foreground),
        ("some.body/else", Policy::Background),
    ] {
        let (child, mut object) = node("child", vec![owner("a", false)], &[finalizer]);
        object.deleting = false;
        let graph = graph(vec![(child, object)]);
        assert_eq!(planned(&graph, "child", &[Owner::Absent]), Plan::Delete(policy));
    }
}

#[test]
fn orphans_forget_their_owner_before_it_goes() {
    let parent = || node("parent", vec![], &["orphan"]);
    let with_child = graph(vec![parent(), node("child", vec![owner("parent", true)], &[])]);
    assert_eq!(planned(&with_child, "parent", &[]), Plan::Disown(vec![uid("child")]));
    assert_eq!(
        planned(&graph(vec![parent()]), "parent", &[]),
        Plan::RemoveFinalizer("orphan")
    );
}

#[test]
fn finalizers_of_others_are_not_ours_to_remove() {
    let graph = graph(vec![node("held", vec![], &["somebody/else"])]);
    assert_eq!(planned(&graph, "held", &[]), Plan::Nothing);
}

#[test]
fn when_an_owner_goes_its_dependants_are_looked_at() {
    let mut graph = graph(vec![
        node("parent", vec![], &[]),
        node("child", vec![owner("parent", true)], &[]),
    ]);
    assert_eq!(graph.remove(&uid("parent")), [uid("child")]);
    assert_eq!(graph.remove(&uid("parent")), [], "once");
}

#[test]
fn when_an_owner_begins_to_wait_its_dependants_are_looked_at() {
    let mut graph = graph(vec![node("child", vec![owner("parent", true)], &[])]);
    let (parent, waiting) = node("parent", vec![], &["foregroundDeletion"]);
    assert_eq!(graph.set(parent, waiting), [uid("parent"), uid("child")]);
}

#[test]
fn when_a_dependant_goes_an_owner_that_waits_for_it_is_looked_at() {
    let mut graph = graph(vec![
        node("parent", vec![], &["foregroundDeletion"]),
        node("child", vec![owner("parent", true)], &[]),
    ]);
    assert_eq!(graph.remove(&uid("child")), [uid("parent")]);
}

#[test]
fn what_a_new_list_does_not_show_is_gone() {
    let mut graph = graph(vec![
        node("parent", vec![], &[]),
        node("child", vec![owner("parent", true)], &[]),
    ]);
    graph.begin_listing(KIND);
    let (child, same) = node("child", vec![owner("parent", true)], &[]);
    graph.set(child, same);
    assert_eq!(graph.end_listing(KIND), [uid("child")], "its owner was not listed");
    assert!(graph.get(&uid("parent")).is_none() && graph.get(&uid("child")).is_some());
}

#[test]
fn an_owner_that_leaves_its_dependants_behind_is_looked_at_when_the_last_one_has_forgotten_it() {
    let mut graph = graph(vec![
        node("parent", vec![], &["orphan"]),
        node("child", vec![owner("parent", true)], &[]),
    ]);
    assert_eq!(planned(&graph, "parent", &[]), Plan::Disown(vec![uid("child")]));
    let (child, forgetful) = node("child", vec![], &[]);
    assert_eq!(graph.set(child, forgetful), [uid("parent")]);
    assert_eq!(planned(&graph, "parent", &[]), Plan::RemoveFinalizer("orphan"));
}
