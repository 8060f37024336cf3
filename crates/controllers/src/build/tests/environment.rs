use k8s_openapi::api::core::v1::EnvVar;
use serde_json::{Value, json};

use super::{a_build, build};
use crate::build::environment::{Contents, Source, resolve, sources};
use crate::testing::object;

fn variables(list: Value) -> Vec<EnvVar> {
    object(list)
}

fn contents() -> Contents {
    Contents::from([(
        Source::Secret("s".into()),
        [("key".to_owned(), "hidden".to_owned())].into(),
    )])
}

fn resolved(list: Value) -> Result<Vec<(String, String)>, String> {
    let mut list = variables(list);
    resolve(&a_build(build(1, "New")), &mut list, &contents()).map_err(|error| error.to_string())?;
    assert!(list.iter().all(|variable| variable.value_from.is_none()));
    Ok(list
        .into_iter()
        .map(|variable| (variable.name, variable.value.unwrap_or_default()))
        .collect())
}

#[test]
fn values_come_from_the_build_from_secrets_and_from_earlier_variables() {
    let list = json!([
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "NUMBER", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['openshift.io/build.number']"}}},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "key"}}},
        {"name": "ALL", "value": "$(NAME)/$(TOKEN) $$(NAME) $(LATER) $"},
        {"name": "LATER", "value": "x"},
        {"name": "PERHAPS", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "k", "optional": true}}},
    ]);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair("NAME", "app-1"),
        pair("NUMBER", "1"),
        pair("TOKEN", "hidden"),
        pair("ALL", "app-1/hidden $(NAME) $(LATER) $"),
        pair("LATER", "x"),
    ];
    assert_eq!(resolved(list).expect("resolved"), expected);
}

#[test]
fn what_cannot_be_had_is_named() {
    let cases = [
        (
            json!({"secretKeyRef": {"name": "s", "key": "other"}}),
            "variable V: Secret s has no key other",
        ),
        (
            json!({"configMapKeyRef": {"name": "m", "key": "k"}}),
            "variable V: ConfigMap m not found",
        ),
        (
            json!({"fieldRef": {"fieldPath": "status.phase"}}),
            "variable V: field status.phase of a build cannot be referred to",
        ),
        (
            json!({"resourceFieldRef": {"resource": "limits.cpu"}}),
            "variable V: this kind of reference is not supported in a build",
        ),
    ];
    for (from, expected) in cases {
        let found = resolved(json!([{"name": "V", "valueFrom": from}]));
        assert_eq!(found.expect_err("no value"), expected);
    }
}

#[test]
fn each_object_is_read_once() {
    let list = variables(json!([
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "a"}}},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "b"}}},
        {"name": "C", "value": "c"},
    ]));
    assert_eq!(
        sources(&list).into_iter().collect::<Vec<_>>(),
        [Source::Secret("s".into())]
    );
}
