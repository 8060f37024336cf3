use http::Method;
use serde_json::{Value, json};

use super::client::{Answer, JSON_PATCH, MERGE, STRATEGIC, Scene, scene_with, toy, toys};
use super::toy_definitions::described;

async fn scene() -> Scene {
    scene_with(described).await
}

fn with(mode: &str, path: &str) -> String {
    format!("{path}?fieldValidation={mode}")
}

fn warnings(answer: &Answer) -> Vec<&str> {
    let values = answer.headers.get_all("warning").iter();
    values.map(|value| value.to_str().expect("plain text")).collect()
}

const TWICE: &[u8] = br#"{"kind": "Toy", "apiVersion": "toys.example.com/v1", "metadata": {"name": "t"},
    "spec": {"colour": "red", "parts": [{"name": "a"}, {"nam": "b", "name": "b"}], "weight": 1, "weight": 2}}"#;

#[tokio::test]
async fn a_strict_request_with_fields_that_do_not_exist_or_stand_twice_is_refused() {
    let scene = scene().await;
    let answer = scene
        .request(Method::POST, &with("Strict", &toys("a")), &[], TWICE)
        .await;
    assert_eq!(
        answer.error(),
        "400 BadRequest Toy in version \"v1\" cannot be handled as a Toy: strict decoding error: unknown field \
         \"spec.colour\", unknown field \"spec.parts[1].nam\", duplicate field \"spec.weight\""
    );
    assert_eq!(scene.get(&format!("{}/t", toys("a"))).await.status, 404);
}

#[tokio::test]
async fn without_a_wish_such_fields_are_dropped_and_the_client_is_warned() {
    let scene = scene().await;
    let answer = scene.request(Method::POST, &toys("a"), &[], TWICE).await;
    assert_eq!(
        warnings(&answer),
        [
            r#"299 - "unknown field \"spec.colour\"""#,
            r#"299 - "unknown field \"spec.parts[1].nam\"""#,
            r#"299 - "duplicate field \"spec.weight\"""#,
        ]
    );
    let made = answer.expect(201);
    assert_eq!(
        made["spec"],
        json!({"color": "grey", "parts": [{"name": "a"}, {"name": "b"}], "weight": 2})
    );
}

#[tokio::test]
async fn who_wants_to_hear_nothing_is_told_nothing() {
    let scene = scene().await;
    let answer = scene
        .request(Method::POST, &with("Ignore", &toys("a")), &[], TWICE)
        .await;
    assert_eq!(warnings(&answer), Vec::<&str>::new());
    assert_eq!(answer.expect(201)["spec"]["colour"], Value::Null);
}

#[tokio::test]
async fn yaml_is_judged_like_json() {
    let scene = scene().await;
    let yaml = b"metadata:\n  name: y\nspec:\n  color: red\n  color: blue\n  wheels: 4\n  labels:\n    a: b\n";
    let headers = [("content-type", "application/yaml")];
    let strict = scene
        .request(Method::POST, &with("Strict", &toys("a")), &headers, yaml)
        .await;
    assert_eq!(
        strict.error(),
        "400 BadRequest Toy in version \"v1\" cannot be handled as a Toy: strict decoding error: duplicate field \
         \"spec.color\", unknown field \"spec.wheels\""
    );
    let warned = scene.request(Method::POST, &toys("a"), &headers, yaml).await;
    assert_eq!(warnings(&warned).len(), 2);
    assert_eq!(
        warned.expect(201)["spec"],
        json!({"color": "blue", "labels": {"a": "b"}})
    );
}

#[tokio::test]
async fn values_of_a_wrong_type_are_refused_whatever_the_client_wants() {
    let scene = scene().await;
    let table = [
        (
            json!({"weight": "heavy"}),
            "cannot unmarshal string into Go struct field ToySpec.spec.weight of type int32",
        ),
        (
            json!({"weight": 1.5}),
            "cannot unmarshal number 1.5 into Go struct field ToySpec.spec.weight of type int32",
        ),
        (
            json!({"weight": 3_000_000_000_u64}),
            "cannot unmarshal number 3000000000 into Go struct field ToySpec.spec.weight of type int32",
        ),
        (
            json!({"color": ["red"]}),
            "cannot unmarshal array into Go struct field ToySpec.spec.color of type string",
        ),
        (
            json!({"parts": {"name": "a"}}),
            "cannot unmarshal object into Go struct field ToySpec.spec.parts of type []v1.ToyPart",
        ),
        (
            json!({"parts": [{"name": "a", "glued": "no"}]}),
            "cannot unmarshal string into Go struct field ToyPart.spec.parts.glued of type bool",
        ),
        (
            json!({"labels": {"a": 1}}),
            "cannot unmarshal number into Go struct field ToySpec.spec.labels of type string",
        ),
        (
            json!({"limit": true}),
            "cannot unmarshal bool into Go struct field ToySpec.spec.limit of type intstr.IntOrString",
        ),
        (
            json!("text"),
            "cannot unmarshal string into Go struct field Toy.spec of type v1.ToySpec",
        ),
    ];
    for (spec, wanted) in table {
        for mode in ["Ignore", "Warn", "Strict"] {
            let answer = scene.post(&with(mode, &toys("a")), &toy("t", spec.clone())).await;
            let wanted = format!("400 BadRequest Toy in version \"v1\" cannot be handled as a Toy: json: {wanted}");
            assert_eq!(answer.error(), wanted);
        }
    }
}

#[tokio::test]
async fn what_fits_passes_strictly() {
    let scene = scene().await;
    let spec = json!({
        "color": "red", "weight": 3, "limit": "25%", "labels": {"any": "key"}, "parts": [{"name": "a", "glued": true}],
        "extra": {"free": [1, {"form": null}]},
    });
    let mut object = toy("t", spec);
    object["metadata"]["creationTimestamp"] = Value::Null;
    scene.post(&with("Strict", &toys("a")), &object).await.expect(201);
    let path = format!("{}/t", toys("a"));
    let mut stored = scene.get(&path).await.expect(200);
    assert_eq!(stored["spec"]["limit"], "25%");
    stored["spec"]["limit"] = 4.into();
    scene.put(&with("Strict", &path), &stored).await.expect(200);
}

#[tokio::test]
async fn patches_are_judged_by_what_they_make() {
    let scene = scene().await;
    let path = format!("{}/t", toys("a"));
    scene.make("t", json!({"color": "red"})).await;
    let table = [
        (MERGE, json!({"spec": {"wheels": 4}})),
        (STRATEGIC, json!({"spec": {"wheels": 4}})),
        (JSON_PATCH, json!([{"op": "add", "path": "/spec/wheels", "value": 4}])),
    ];
    for (content_type, patch) in table {
        let refused = scene.patch(&with("Strict", &path), content_type, &patch).await;
        let error = refused.error();
        assert!(
            error.starts_with("422 Invalid  \"\" is invalid: patch: Invalid value: "),
            "{error}"
        );
        assert!(
            error.ends_with(": strict decoding error: unknown field \"spec.wheels\""),
            "{error}"
        );
        let warned = scene.patch(&path, content_type, &patch).await;
        assert_eq!(warnings(&warned), [r#"299 - "unknown field \"spec.wheels\"""#]);
        assert_eq!(warned.expect(200)["spec"], json!({"color": "red"}));
    }
    let twice = br#"{"spec": {"color": "blue", "color": "red"}}"#;
    let refused = scene
        .request(Method::PATCH, &with("Strict", &path), &[("content-type", MERGE)], twice)
        .await;
    assert!(
        refused.error().contains("duplicate field \"spec.color\""),
        "{}",
        refused.error()
    );
    let mistyped = scene.patch(&path, MERGE, &json!({"spec": {"weight": "x"}})).await;
    assert!(
        mistyped.error().contains("json: cannot unmarshal string"),
        "{}",
        mistyped.error()
    );
}

#[tokio::test]
async fn a_flood_of_unknown_fields_is_answered_shortly() {
    let scene = scene().await;
    let spec: serde_json::Map<String, Value> = (0..20_000)
        .map(|n| (format!("{n}{}", "x".repeat(80)), Value::Null))
        .collect();
    let object = toy("t", spec.into());
    let refused = scene.post(&with("Strict", &toys("a")), &object).await;
    assert!(refused.body.len() < 20_000 && refused.error().contains("and 19950 more"));
    assert_eq!(warnings(&scene.post(&toys("a"), &object).await).len(), 50);
}
