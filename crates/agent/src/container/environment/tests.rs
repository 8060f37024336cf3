use serde_json::json;

use super::*;
use crate::fixtures::pod;

fn sources() -> Sources {
    let data = |pairs: &[(&str, &str)]| {
        Some(
            pairs
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
                .collect(),
        )
    };
    Sources {
        config_maps: [
            ("cm".to_owned(), data(&[("A", "1"), ("file.name", "x"), ("2bad", "y")])),
            ("no".to_owned(), None),
        ]
        .into(),
        secrets: [("s".to_owned(), data(&[("PASSWORD", "geheim")]))].into(),
    }
}

fn of(container: serde_json::Value) -> Result<Vec<(String, String)>, ConfigError> {
    let pod = pod(json!({"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [container]}}));
    let whereabouts = Whereabouts {
        host_ip: "192.0.2.1".to_owned(),
        pod_ip: "10.1.0.2".to_owned(),
    };
    environment(&pod, &pod.main_containers()[0], &sources(), &whereabouts)
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn values_come_from_everywhere() {
    let environment = of(json!({"name": "c", "env": [
        {"name": "PLAIN", "value": "p"},
        {"name": "USES", "value": "$(PLAIN)-$(LATER)"},
        {"name": "LATER", "value": "l"},
        {"name": "MAP", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "A"}}},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "PASSWORD"}}},
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "EMPTY"},
    ]}));
    let expected = [
        ("PLAIN", "p"),
        ("USES", "p-$(LATER)"),
        ("LATER", "l"),
        ("MAP", "1"),
        ("SECRET", "geheim"),
        ("NAME", "p"),
        ("APP", "x"),
        ("IP", "10.1.0.2"),
        ("EMPTY", ""),
    ];
    assert_eq!(environment.unwrap(), pairs(&expected));
}

#[test]
fn whole_objects_come_first_and_are_overridden() {
    let environment = of(json!({"name": "c",
        "envFrom": [{"prefix": "P_", "configMapRef": {"name": "cm"}}, {"secretRef": {"name": "s"}}],
        "env": [{"name": "P_A", "value": "mine"}]}));
    assert_eq!(
        environment.unwrap(),
        pairs(&[
            ("P_2bad", "y"),
            ("P_file.name", "x"),
            ("PASSWORD", "geheim"),
            ("P_A", "mine")
        ])
    );
}

#[test]
fn what_is_missing_is_named_unless_it_is_optional() {
    let key = |name: &str, key: &str, optional: bool| {
        of(json!({"name": "c", "env": [{"name": "V", "valueFrom":
            {"configMapKeyRef": {"name": name, "key": key, "optional": optional}}}]}))
    };
    assert!(
        key("no", "A", false)
            .unwrap_err()
            .0
            .starts_with("configmap \"no\" not found")
    );
    assert!(key("cm", "B", false).unwrap_err().0.contains("couldn't find key B"));
    assert_eq!(key("no", "A", true).unwrap(), []);
    assert_eq!(key("cm", "B", true).unwrap(), []);
    let all = of(json!({"name": "c", "envFrom": [{"secretRef": {"name": "no"}}]}));
    assert!(all.unwrap_err().0.starts_with("secret \"no\" not found"));
}

#[test]
fn fields_that_are_not_known_are_refused() {
    let field = of(json!({"name": "c", "env": [{"name": "V", "valueFrom": {"fieldRef": {"fieldPath": "spec.x"}}}]}));
    assert!(field.unwrap_err().0.contains("spec.x"));
}
