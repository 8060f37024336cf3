use super::*;
use crate::Target;

fn get<'a>(namespace: &'a str, resource: &'a str) -> Request<'a> {
    let target = Target::Resource {
        group: "",
        resource,
        subresource: "",
        namespace,
        name: "x",
    };
    Request { verb: "get", target }
}

fn reads(resource: &str) -> Vec<PolicyRule> {
    vec![PolicyRule::resources(&["get"], &[""], &[resource])]
}

fn binding(role: RoleRef, subjects: &[Subject]) -> Binding {
    Binding {
        role,
        subjects: subjects.to_vec(),
    }
}

fn who<'a>(name: &'a str, groups: &'a [String]) -> Who<'a> {
    Who { name, groups }
}

#[test]
fn a_cluster_role_bound_in_a_namespace_counts_there_only() {
    let mut index = Index::default();
    index.put_role("", "reader", reads("pods"));
    index.put_binding(
        "a",
        "readers",
        binding(RoleRef::cluster_role("reader"), &[Subject::user("jane")]),
    );
    let jane = who("jane", &[]);
    let grant = index.allows(jane, &get("a", "pods")).expect("a grant");
    assert_eq!(
        (grant.namespace, grant.binding, grant.role.name.as_str()),
        ("a", "readers", "reader")
    );
    assert_eq!(index.allows(jane, &get("b", "pods")), None);
    assert_eq!(index.allows(jane, &get("", "pods")), None);
}

#[test]
fn a_role_of_another_namespace_is_not_found() {
    let mut index = Index::default();
    index.put_role("a", "reader", reads("pods"));
    index.put_binding(
        "b",
        "readers",
        binding(RoleRef::role("reader"), &[Subject::user("jane")]),
    );
    index.put_binding(
        "",
        "readers",
        binding(RoleRef::role("reader"), &[Subject::user("jane")]),
    );
    assert_eq!(index.allows(who("jane", &[]), &get("b", "pods")), None);
    assert_eq!(index.allows(who("jane", &[]), &get("a", "pods")), None);
    assert!(index.rules_of_role("b", &RoleRef::role("reader")).is_err());
}

#[test]
fn every_kind_of_subject_is_found() {
    let mut index = Index::default();
    index.put_role("", "reader", reads("pods"));
    let subjects = [
        Subject::user("jane"),
        Subject::group("staff"),
        Subject::service_account("ci", "builder"),
        Subject::service_account("", "default"),
    ];
    index.put_binding("a", "readers", binding(RoleRef::cluster_role("reader"), &subjects));
    let staff = ["staff".to_owned()];
    let table = [
        (who("jane", &[]), true),
        (who("staff", &[]), false),
        (who("joe", &staff), true),
        (who("system:serviceaccount:ci:builder", &[]), true),
        (who("system:serviceaccount:a:builder", &[]), false),
        (who("system:serviceaccount:a:default", &[]), true),
    ];
    for (who, wanted) in table {
        assert_eq!(index.allows(who, &get("a", "pods")).is_some(), wanted, "{who:?}");
    }
    let holders = index.holders(&get("a", "pods"));
    assert!(holders.users.contains("system:serviceaccount:a:default") && holders.groups.contains("staff"));
}

#[test]
fn what_is_removed_gives_nothing_and_leaves_nothing() {
    let mut index = Index::default();
    index.put_role("a", "reader", reads("pods"));
    index.put_binding(
        "a",
        "x",
        binding(RoleRef::role("reader"), &[Subject::user("jane"), Subject::user("jane")]),
    );
    assert!(index.allows(who("jane", &[]), &get("a", "pods")).is_some());
    index.put_binding("a", "x", binding(RoleRef::role("reader"), &[Subject::user("joe")]));
    assert!(index.allows(who("jane", &[]), &get("a", "pods")).is_none());
    assert!(index.allows(who("joe", &[]), &get("a", "pods")).is_some());
    index.remove_role("a", "reader");
    assert!(index.allows(who("joe", &[]), &get("a", "pods")).is_none());
    index.remove_binding("a", "x");
    assert!(index.namespaces.is_empty());
}

#[test]
fn paths_are_a_matter_of_the_cluster() {
    let mut index = Index::default();
    index.put_role("", "metrics", vec![PolicyRule::paths(&["get"], &["/metrics"])]);
    let asked = Request {
        verb: "get",
        target: Target::Path("/metrics"),
    };
    index.put_binding(
        "a",
        "x",
        binding(RoleRef::cluster_role("metrics"), &[Subject::user("jane")]),
    );
    assert!(index.allows(who("jane", &[]), &asked).is_none());
    index.put_binding(
        "",
        "x",
        binding(RoleRef::cluster_role("metrics"), &[Subject::user("jane")]),
    );
    assert!(index.allows(who("jane", &[]), &asked).is_some());
}
