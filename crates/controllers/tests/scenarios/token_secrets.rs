use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use serde_json::{Value, json};

use crate::machine::{AUTHORITY, Machine};

const OWN_SECRETS: &str = "/api/v1/namespaces/ns/secrets/kept";
const WHO_AM_I: &str = "/apis/user.openshift.io/v1/users/~";

fn wanted(annotations: Value) -> Value {
    json!({"metadata": {"name": "kept", "annotations": annotations}, "type": "kubernetes.io/service-account-token"})
}

fn of(account: &str) -> Value {
    wanted(json!({"kubernetes.io/service-account.name": account}))
}

fn entry(secret: &Secret, name: &str) -> Option<String> {
    let bytes = secret.data.as_ref()?.get(name)?;
    String::from_utf8(bytes.0.clone()).ok()
}

async fn account(machine: &Machine) -> ServiceAccount {
    machine.create(json!({"metadata": {"name": "robot"}})).await
}

/// A secret with a token of the account `robot`, once it is filled.
async fn filled(machine: &Machine) -> Secret {
    machine.create::<Secret>(of("robot")).await;
    machine
        .until("kept", "has a token", |secret: &Secret| {
            entry(secret, "token").is_some()
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_secret_is_filled_and_its_token_is_good_until_the_secret_goes() {
    let machine = Machine::start().await;
    let account = account(&machine).await;
    let secret = filled(&machine).await;
    assert_eq!(entry(&secret, "namespace").as_deref(), Some("ns"));
    assert_eq!(entry(&secret, "ca.crt").as_deref(), Some(AUTHORITY));
    let annotations = secret.metadata.annotations.clone().unwrap_or_default();
    assert_eq!(
        annotations.get("kubernetes.io/service-account.uid"),
        account.metadata.uid.as_ref()
    );

    let token = entry(&secret, "token").unwrap();
    assert_eq!(machine.get_with_token(&token, WHO_AM_I).await, 200);
    assert_eq!(
        machine.get_with_token(&token, OWN_SECRETS).await,
        403,
        "it has the account's rights"
    );
    machine.delete::<Secret>("kept").await;
    assert_eq!(machine.get_with_token(&token, WHO_AM_I).await, 401);
    machine.create::<Secret>(json!({"metadata": {"name": "kept"}})).await;
    assert_eq!(
        machine.get_with_token(&token, WHO_AM_I).await,
        401,
        "another secret keeps another token"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_taken_out_is_refused_and_made_anew() {
    let machine = Machine::start().await;
    account(&machine).await;
    let first = entry(&filled(&machine).await, "token").unwrap();
    machine.merge::<Secret>("kept", json!({"data": {"token": null}})).await;
    assert_eq!(machine.get_with_token(&first, WHO_AM_I).await, 401);
    let other = |secret: &Secret| entry(secret, "token").is_some_and(|token| token != first);
    let secret = machine.until("kept", "has another token", other).await;
    let second = entry(&secret, "token").unwrap();
    assert_eq!(machine.get_with_token(&second, WHO_AM_I).await, 200);
    assert_eq!(machine.get_with_token(&first, WHO_AM_I).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_secret_goes_with_its_account() {
    let machine = Machine::start().await;
    account(&machine).await;
    let token = entry(&filled(&machine).await, "token").unwrap();
    machine.delete::<ServiceAccount>("robot").await;
    assert_eq!(machine.get_with_token(&token, WHO_AM_I).await, 401);
    machine.until_gone::<Secret>("kept").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_secret_of_nobody_is_deleted() {
    let machine = Machine::start().await;
    machine.create::<Secret>(of("nobody")).await;
    machine.until_gone::<Secret>("kept").await;
    account(&machine).await;
    let of_former = json!({
        "kubernetes.io/service-account.name": "robot",
        "kubernetes.io/service-account.uid": "of-one-that-was-here-before",
    });
    machine.create::<Secret>(wanted(of_former)).await;
    machine.until_gone::<Secret>("kept").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_that_was_away_finds_what_is_to_be_filled_and_deleted() {
    let mut machine = Machine::start().await;
    account(&machine).await;
    filled(&machine).await;
    machine.stop_loops().await;
    machine.delete::<ServiceAccount>("robot").await;
    account(&machine).await;
    let late = json!({"metadata": {"name": "late", "annotations": {"kubernetes.io/service-account.name": "robot"}},
        "type": "kubernetes.io/service-account-token"});
    machine.create::<Secret>(late).await;
    machine.start_loops().await;
    machine.until_gone::<Secret>("kept").await;
    machine
        .until("late", "has a token", |secret: &Secret| {
            entry(secret, "token").is_some()
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_immutable_secret_is_not_filled_and_says_so() {
    let machine = Machine::start().await;
    account(&machine).await;
    let mut secret = of("robot");
    secret["immutable"] = true.into();
    machine.create::<Secret>(secret).await;
    machine.until_told("kept", "TokenNotFilled").await;
    assert_eq!(entry(&machine.get::<Secret>("kept").await, "token"), None);
}
