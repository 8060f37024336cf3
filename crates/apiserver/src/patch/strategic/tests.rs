use serde_json::{Value, json};

use super::*;
use crate::schema;

static TOY: Schema = Schema::object(&[
    ("metadata", &schema::OBJECT_META),
    (
        "spec",
        &Schema::object(&[
            ("tags", &Schema::merge_by("name", &[("items", &Schema::SET)])),
            ("template", &schema::POD_TEMPLATE_SPEC),
            ("byName", &Schema::map_of(&TAGS)),
        ]),
    ),
]);
static TAGS: Schema = Schema::merge_by("name", &[]);

fn spec(patch: Value, object: Value) -> Value {
    let patched = apply(&TOY, &json!({"spec": object}), &json!({"spec": patch.clone()}));
    patched.unwrap_or_else(|error| panic!("{patch}: {error}"))["spec"].take()
}

#[test]
fn members_merge_and_null_removes() {
    let table = [
        (
            "scalars",
            json!({"a": 1}),
            json!({"a": 0, "b": 2}),
            json!({"a": 1, "b": 2}),
        ),
        (
            "null removes",
            json!({"a": null}),
            json!({"a": 0, "b": 2}),
            json!({"b": 2}),
        ),
        (
            "null of what is not there",
            json!({"a": null}),
            json!({"b": 2}),
            json!({"b": 2}),
        ),
        (
            "objects merge",
            json!({"o": {"x": 1}}),
            json!({"o": {"y": 2}}),
            json!({"o": {"x": 1, "y": 2}}),
        ),
        (
            "null inside a new object",
            json!({"o": {"x": null, "y": 1}}),
            json!({}),
            json!({"o": {"y": 1}}),
        ),
        (
            "another type replaces",
            json!({"o": [1]}),
            json!({"o": {"y": 2}}),
            json!({"o": [1]}),
        ),
        (
            "unknown lists replace",
            json!({"l": [3]}),
            json!({"l": [1, 2]}),
            json!({"l": [3]}),
        ),
        (
            "replace",
            json!({"o": {"$patch": "replace", "x": 1}}),
            json!({"o": {"y": 2}}),
            json!({"o": {"x": 1}}),
        ),
        (
            "delete",
            json!({"o": {"$patch": "delete"}}),
            json!({"o": {"y": 2}}),
            json!({"o": {}}),
        ),
        (
            "merge",
            json!({"o": {"$patch": "merge", "x": 1}}),
            json!({"o": {"y": 2}}),
            json!({"o": {"x": 1, "y": 2}}),
        ),
        (
            "retain keys",
            json!({"o": {"$retainKeys": ["x"], "x": 1, "y": null}}),
            json!({"o": {"y": 2, "z": 3}}),
            json!({"o": {"x": 1}}),
        ),
    ];
    for (name, patch, object, wanted) in table {
        assert_eq!(spec(patch, object), wanted, "{name}");
    }
}

#[test]
fn lists_merge_by_their_key() {
    let current = json!({"tags": [{"name": "a", "v": 1}, {"name": "b", "v": 2}]});
    let table = [
        (
            "merges",
            json!([{"name": "b", "w": 3}]),
            json!([{"name": "a", "v": 1}, {"name": "b", "v": 2, "w": 3}]),
        ),
        (
            "appends",
            json!([{"name": "c"}]),
            json!([{"name": "a", "v": 1}, {"name": "b", "v": 2}, {"name": "c"}]),
        ),
        (
            "deletes",
            json!([{"name": "a", "$patch": "delete"}]),
            json!([{"name": "b", "v": 2}]),
        ),
        (
            "deletes what is not there",
            json!([{"name": "z", "$patch": "delete"}]),
            json!([{"name": "a", "v": 1}, {"name": "b", "v": 2}]),
        ),
        (
            "replaces the list",
            json!([{"$patch": "replace"}, {"name": "z"}]),
            json!([{"name": "z"}]),
        ),
        (
            "empty changes nothing",
            json!([]),
            json!([{"name": "a", "v": 1}, {"name": "b", "v": 2}]),
        ),
        (
            "replaces one element",
            json!([{"name": "a", "$patch": "merge", "v": null, "w": 1}]),
            json!([{"name": "a", "w": 1}, {"name": "b", "v": 2}]),
        ),
    ];
    for (name, patch, wanted) in table {
        assert_eq!(spec(json!({"tags": patch}), current.clone())["tags"], wanted, "{name}");
    }
}

#[test]
fn maps_with_free_keys_know_their_values() {
    let patched = spec(
        json!({"byName": {"k": [{"name": "b"}]}}),
        json!({"byName": {"k": [{"name": "a"}]}}),
    );
    assert_eq!(patched, json!({"byName": {"k": [{"name": "a"}, {"name": "b"}]}}));
}

#[test]
fn new_lists_lose_their_directives() {
    let patched = spec(
        json!({"tags": [{"name": "a", "$patch": "delete"}, {"name": "b", "$patch": "merge"}]}),
        json!({}),
    );
    assert_eq!(patched, json!({"tags": [{"name": "b"}]}));
}

#[test]
fn sets_are_added_to_and_taken_from() {
    let current = json!({"metadata": {"finalizers": ["a", "b"]}});
    let table = [
        (json!({"finalizers": ["b", "c"]}), json!(["a", "b", "c"])),
        (json!({"$deleteFromPrimitiveList/finalizers": ["a"]}), json!(["b"])),
        (
            json!({"$deleteFromPrimitiveList/finalizers": ["a"], "$setElementOrder/finalizers": ["c", "b"], "finalizers": ["c"]}),
            json!(["c", "b"]),
        ),
    ];
    for (patch, wanted) in table {
        let patched = apply(&TOY, &current, &json!({"metadata": patch})).expect("fits");
        assert_eq!(patched["metadata"]["finalizers"], wanted);
    }
}

#[test]
fn element_order_is_the_wish_with_others_in_their_place() {
    let names = |value: &Value| -> String {
        value["tags"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|tag| tag["name"].as_str())
            .collect()
    };
    let tags = |text: &str| -> Vec<Value> { text.chars().map(|name| json!({"name": name.to_string()})).collect() };
    let table = [
        ("abc", "", "cba", "cba"),
        ("abc", "d", "dabc", "dabc"),
        ("axb", "", "ba", "xba"),
        ("xab", "", "ba", "xba"),
        ("abx", "c", "cab", "cabx"),
        ("axbyc", "", "abc", "axbyc"),
    ];
    for (current, patch, order, wanted) in table {
        let patch = json!({"$setElementOrder/tags": tags(order), "tags": tags(patch)});
        assert_eq!(
            names(&spec(patch, json!({"tags": tags(current)}))),
            wanted,
            "{current} {order}"
        );
    }
    let only_order = json!({"$setElementOrder/tags": tags("ba")});
    assert_eq!(names(&spec(only_order, json!({"tags": tags("ab")}))), "ba");
}

#[test]
fn pod_templates_merge_as_clients_expect() {
    let current = json!({"template": {"spec": {
        "containers": [{"name": "web", "image": "a", "env": [{"name": "A", "value": "1"}],
            "ports": [{"containerPort": 80}], "volumeMounts": [{"mountPath": "/x", "name": "v"}]}],
        "volumes": [{"name": "v", "emptyDir": {}}],
        "tolerations": [{"key": "a"}],
    }}});
    let patch = json!({"template": {"spec": {
        "containers": [{"name": "web", "image": "b", "env": [{"name": "B", "value": "2"}],
            "ports": [{"containerPort": 80, "name": "http"}], "volumeMounts": [{"mountPath": "/y", "name": "v"}]}],
        "volumes": [{"name": "v", "$retainKeys": ["name", "secret"], "secret": {"secretName": "s"}}],
        "tolerations": [{"key": "b"}],
    }}});
    let wanted = json!({
        "containers": [{"name": "web", "image": "b", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "ports": [{"containerPort": 80, "name": "http"}],
            "volumeMounts": [{"mountPath": "/x", "name": "v"}, {"mountPath": "/y", "name": "v"}]}],
        "volumes": [{"name": "v", "secret": {"secretName": "s"}}],
        "tolerations": [{"key": "b"}],
    });
    assert_eq!(spec(patch, current)["template"]["spec"], wanted);
}

#[test]
fn malformed_patches_are_refused() {
    let table = [
        json!({"o": {"$patch": "explode"}}),
        json!({"o": {"$patch": 1}}),
        json!({"tags": [{"v": 1}]}),
        json!({"tags": ["a"]}),
        json!({"o": {"$retainKeys": ["x"], "y": 1}}),
        json!({"$setElementOrder/tags": 1, "tags": []}),
        json!({"$deleteFromPrimitiveList/tags": 1}),
    ];
    for patch in table {
        let result = apply(
            &TOY,
            &json!({"spec": {"tags": [{"name": "a"}]}}),
            &json!({"spec": patch.clone()}),
        );
        assert!(matches!(result, Err(PatchError::Malformed(_))), "{patch}");
    }
}
