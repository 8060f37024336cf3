use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::plan::{Plan, plan};

const BINDINGS: [&str; 3] = ["system:image-pullers", "system:image-builders", "system:deployers"];

fn namespace() -> Namespace {
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some("ns".to_owned());
    namespace
}

#[test]
fn missing_accounts_are_made_and_others_left_alone() {
    let missing = |existing: &[&str]| plan(&namespace(), existing, &BINDINGS).accounts;
    assert_eq!(missing(&[]), ["builder", "default", "deployer"]);
    assert_eq!(missing(&["default", "mine"]), ["builder", "deployer"]);
    assert!(missing(&["builder", "default", "deployer"]).is_empty());
}

#[test]
fn missing_bindings_are_made_for_the_accounts_of_the_namespace() {
    let missing = plan(&namespace(), &[], &["system:deployers", "mine"]).bindings;
    let names: Vec<&str> = missing.iter().map(|binding| binding.name).collect();
    assert_eq!(names, ["system:image-pullers", "system:image-builders"]);
    assert_eq!(missing[0].subject.name, "system:serviceaccounts:ns");
    assert_eq!(missing[1].subject.namespace, "ns");
}

#[test]
fn a_namespace_on_its_way_out_gets_nothing() {
    let mut namespace = namespace();
    namespace.metadata.deletion_timestamp = Some(Time("2026-01-02T03:04:05Z".parse().unwrap()));
    assert_eq!(plan(&namespace, &[], &[]), Plan::default());
}
