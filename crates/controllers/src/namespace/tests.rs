use k8s_openapi::api::core::v1::{Namespace, NamespaceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::plan::{finalized, is_to_be_emptied, rank};

fn namespace(finalizers: &[&str], deleting: bool) -> Namespace {
    let mut namespace = Namespace::default();
    let finalizers = finalizers.iter().map(|finalizer| (*finalizer).to_owned()).collect();
    namespace.spec = Some(NamespaceSpec {
        finalizers: Some(finalizers),
    });
    namespace.metadata.deletion_timestamp = deleting.then(|| Time("2026-01-02T03:04:05Z".parse().unwrap()));
    namespace
}

#[test]
fn only_a_namespace_that_is_deleted_and_held_by_us_is_emptied() {
    assert!(is_to_be_emptied(&namespace(&["kubernetes"], true)));
    assert!(!is_to_be_emptied(&namespace(&["kubernetes"], false)));
    assert!(!is_to_be_emptied(&namespace(&["somebody.else/y"], true)));
}

#[test]
fn finalizers_of_others_stay() {
    let left = finalized(&namespace(&["kubernetes", "somebody.else/y"], true))
        .spec
        .and_then(|spec| spec.finalizers);
    assert_eq!(left, Some(vec!["somebody.else/y".to_owned()]));
}

#[test]
fn what_makes_things_goes_before_the_things_and_accounts_go_last() {
    let mut kinds = [
        "serviceaccounts",
        "imagestreams",
        "pods",
        "secrets",
        "deploymentconfigs",
        "replicationcontrollers",
    ];
    kinds.sort_by_key(|kind| rank(kind));
    let expected = [
        "deploymentconfigs",
        "replicationcontrollers",
        "pods",
        "imagestreams",
        "secrets",
        "serviceaccounts",
    ];
    assert_eq!(kinds, expected);
}
