use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use serde_json::{Value, json};

use super::plan::{Action, Missing, plan};
use crate::testing::{object, with};

const AUTHORITY: &str = "PEM";
/// `PEM`, `ns` and a token in base64.
const FILLED: &str = r#"{"ca.crt": "UEVN", "namespace": "bnM=", "token": "dDBrZW4="}"#;

fn account(change: Value) -> ServiceAccount {
    object(with(
        json!({"metadata": {"name": "robot", "namespace": "ns", "uid": "u1"}}),
        change,
    ))
}

fn filled() -> Value {
    json!({
        "metadata": {"name": "kept", "namespace": "ns", "annotations": {
            "kubernetes.io/service-account.name": "robot", "kubernetes.io/service-account.uid": "u1"}},
        "type": "kubernetes.io/service-account-token",
        "data": serde_json::from_str::<Value>(FILLED).unwrap(),
    })
}

fn secret(change: Value) -> Secret {
    object(with(filled(), change))
}

fn is_left_alone(change: Value) -> bool {
    plan(&secret(change), Some(&account(json!({}))), AUTHORITY) == Action::Nothing
}

#[test]
fn a_filled_secret_is_left_alone() {
    assert!(is_left_alone(json!({})));
    let of_another_name = json!({"data": {"namespace": "b3RoZXI="}});
    assert!(is_left_alone(of_another_name), "what stands there stays");
}

#[test]
fn what_a_secret_lacks_is_filled_in() {
    let annotations = json!({"annotations": {"kubernetes.io/service-account.uid": null}});
    let all = Missing {
        token: true,
        authority: true,
        namespace: true,
        uid: true,
    };
    let none = Missing::default();
    let table = [
        (json!({"data": null, "metadata": annotations}), all),
        (json!({"data": {"token": null}}), Missing { token: true, ..none }),
        (json!({"data": {"token": ""}}), Missing { token: true, ..none }),
        (
            json!({"data": {"namespace": null}}),
            Missing {
                namespace: true,
                ..none
            },
        ),
        (
            json!({"data": {"ca.crt": "b2xk"}}),
            Missing {
                authority: true,
                ..none
            },
        ),
        (json!({"metadata": annotations}), Missing { uid: true, ..none }),
    ];
    for (change, missing) in table {
        let account = account(json!({}));
        let planned = plan(&secret(change.clone()), Some(&account), AUTHORITY);
        assert_eq!(planned, Action::Fill(&account, missing), "{change}");
    }
}

#[test]
fn a_secret_goes_with_its_account() {
    let secret = secret(json!({}));
    assert_eq!(plan(&secret, None, AUTHORITY), Action::Delete);
    let again = account(json!({"metadata": {"uid": "u2"}}));
    assert_eq!(plan(&secret, Some(&again), AUTHORITY), Action::Delete);
}

#[test]
fn what_is_on_its_way_out_is_left_alone() {
    let ending = json!({"metadata": {"deletionTimestamp": "2026-01-02T03:04:05Z"}, "data": null});
    assert!(is_left_alone(ending.clone()));
    let secret = secret(json!({"data": null}));
    assert_eq!(plan(&secret, Some(&account(ending)), AUTHORITY), Action::Nothing);
}

#[test]
fn secrets_of_other_types_are_nobodys_business_here() {
    let secret = secret(json!({"type": "Opaque", "data": null}));
    assert_eq!(plan(&secret, None, AUTHORITY), Action::Nothing);
}

#[test]
fn an_immutable_secret_is_not_filled() {
    assert!(is_left_alone(json!({"immutable": true})));
    let secret = secret(json!({"immutable": true, "data": {"token": null}}));
    assert_eq!(plan(&secret, Some(&account(json!({}))), AUTHORITY), Action::Refuse);
}
