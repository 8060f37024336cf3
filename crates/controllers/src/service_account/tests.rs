use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::plan::plan;

#[test]
fn missing_accounts_are_made_and_others_left_alone() {
    let namespace = Namespace::default();
    assert_eq!(plan(&namespace, &[]), ["builder", "default", "deployer"]);
    assert_eq!(plan(&namespace, &["default", "mine"]), ["builder", "deployer"]);
    assert!(plan(&namespace, &["builder", "default", "deployer"]).is_empty());
}

#[test]
fn a_namespace_on_its_way_out_gets_no_accounts() {
    let mut namespace = Namespace::default();
    namespace.metadata.deletion_timestamp = Some(Time("2026-01-02T03:04:05Z".parse().unwrap()));
    assert!(plan(&namespace, &[]).is_empty());
}
