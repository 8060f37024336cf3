use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use serde_json::{Value, json};
use weir_api::names::annotation;

use super::docker_config;
use super::plan::{Action, link, plan};

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn hosts() -> Vec<String> {
    vec!["registry:5000".into(), "127.0.0.1:5000".into()]
}

fn account() -> ServiceAccount {
    serde_json::from_value(json!({"metadata": {"name": "builder", "namespace": "ns", "uid": "u1"}})).unwrap()
}

fn linked(secret: &str) -> ServiceAccount {
    let patch = link(&account(), secret);
    let mut account = account();
    account.metadata.annotations = serde_json::from_value(patch["metadata"]["annotations"].clone()).unwrap();
    account.secrets = serde_json::from_value(patch["secrets"].clone()).unwrap();
    account.image_pull_secrets = serde_json::from_value(patch["imagePullSecrets"].clone()).unwrap();
    account
}

/// A secret of the account whose token expires in so many minutes.
fn secret(name: &str, minutes: i64) -> Secret {
    let mut secret: Secret = serde_json::from_value(json!({"metadata": {
        "name": name, "namespace": "ns",
        "annotations": {
            annotation::PULL_SECRET_ACCOUNT: "builder",
            annotation::PULL_SECRET_EXPIRES: (now() + SignedDuration::from_mins(minutes)).to_string(),
        },
        "ownerReferences": [{"apiVersion": "v1", "kind": "ServiceAccount", "name": "builder", "uid": "u1"}],
    }}))
    .unwrap();
    let content = docker_config::render(&hosts(), "t0ken");
    secret.data = Some([(".dockercfg".to_owned(), ByteString(content.into_bytes()))].into());
    secret
}

fn planned(account: &ServiceAccount, secrets: &[Secret]) -> Action {
    let secrets: Vec<Arc<Secret>> = secrets.iter().cloned().map(Arc::new).collect();
    plan(account, &secrets, &hosts(), now())
}

#[test]
fn an_account_gets_a_secret_with_a_token_and_then_names_it() {
    assert_eq!(planned(&account(), &[]), Action::Create);
    let mut empty = secret("a", 60);
    empty.data = Some([(".dockercfg".to_owned(), ByteString(b"{}".to_vec()))].into());
    assert_eq!(planned(&account(), &[empty]), Action::Renew("a".into()));
    assert_eq!(planned(&account(), &[secret("a", 60)]), Action::Link("a".into()));
    assert_eq!(
        planned(&linked("a"), &[secret("a", 60)]),
        Action::Wait(Duration::from_secs(36 * 60))
    );
}

#[test]
fn a_token_is_renewed_long_before_it_expires() {
    assert_eq!(
        planned(&linked("a"), &[secret("a", 25)]),
        Action::Wait(Duration::from_secs(60))
    );
    for minutes in [24, 1, 0, -100, 100_000] {
        assert_eq!(
            planned(&linked("a"), &[secret("a", minutes)]),
            Action::Renew("a".into()),
            "{minutes}"
        );
    }
    let mut moved = secret("a", 60);
    let content = docker_config::render(&["elsewhere:5000".into()], "t0ken");
    moved.data = Some([(".dockercfg".to_owned(), ByteString(content.into_bytes()))].into());
    assert_eq!(planned(&linked("a"), &[moved]), Action::Renew("a".into()));
}

#[test]
fn secrets_of_others_do_not_count() {
    let mut of_former = secret("a", 60);
    of_former.metadata.owner_references.as_mut().unwrap()[0].uid = "u0".into();
    let mut ending = secret("b", 60);
    ending.metadata.deletion_timestamp = Some(k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(now()));
    let mut of_another = secret("c", 60);
    let annotations = of_another.metadata.annotations.as_mut().unwrap();
    annotations.insert(annotation::PULL_SECRET_ACCOUNT.into(), "default".into());
    assert_eq!(planned(&account(), &[of_former, ending, of_another]), Action::Create);
    assert_eq!(
        planned(&linked("z"), &[secret("a", 60), secret("z", 60)]),
        Action::Wait(Duration::from_secs(36 * 60)),
        "the one that the account names"
    );
}

#[test]
fn what_others_put_into_an_account_stays() {
    let mut account = linked("old");
    account
        .secrets
        .as_mut()
        .unwrap()
        .push(serde_json::from_value(json!({"name": "mine"})).unwrap());
    account
        .image_pull_secrets
        .as_mut()
        .unwrap()
        .insert(0, serde_json::from_value(json!({"name": "hub"})).unwrap());
    let patch = link(&account, "new");
    assert_eq!(patch["secrets"], json!([{"name": "mine"}, {"name": "new"}]));
    assert_eq!(patch["imagePullSecrets"], json!([{"name": "hub"}, {"name": "new"}]));
    assert_eq!(patch["metadata"]["annotations"][annotation::PULL_SECRET], "new");
}

#[test]
fn a_docker_config_has_the_token_for_every_name_of_the_registry() {
    let content = docker_config::render(&hosts(), "t0ken");
    let read: Value = serde_json::from_str(&content).unwrap();
    assert_eq!(read["registry:5000"]["password"], "t0ken");
    assert_eq!(read["127.0.0.1:5000"]["auth"], "PHRva2VuPjp0MGtlbg==");
    assert!(docker_config::is_for(content.as_bytes(), &hosts()));
    assert!(!docker_config::is_for(content.as_bytes(), &hosts()[..1]));
    assert!(!docker_config::is_for(b"nonsense", &hosts()));
}
