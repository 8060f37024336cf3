use serde_json::{Value, json};

use super::*;
use crate::{ListKey, schema};

static TOY: Schema = Schema::object(&[("metadata", &schema::OBJECT_META), ("spec", &TOY_SPEC)]);

static TOY_SPEC: Schema = Schema::object(&[
    ("atomic", &Schema::ATOMIC),
    ("byName", &Schema::map_of(&Schema::ANY)),
    ("parts", &PARTS),
    ("refs", &Schema::merge_by("name", &[]).with_atomic_elements()),
    ("set", &Schema::SET),
])
.embedded();

static PARTS: Schema = Schema::merge_by("name", &[("ports", &PORTS)]);

static PORTS: Schema =
    Schema::merge_by("port", &[]).owned_by(&[ListKey::required("port"), ListKey::with_default("protocol", "TCP")]);

fn set(fields: Value) -> FieldSet {
    FieldSet::decode(&fields).expect("a set of fields")
}

#[test]
fn collecting_finds_the_leaves_the_elements_and_what_is_empty() {
    let table = [
        (
            json!({"spec": {"a": 1, "b": {"c": "x"}}}),
            json!({"f:spec": {"f:a": {}, "f:b": {"f:c": {}}}}),
        ),
        (
            json!({"spec": {"list": [1, 2], "o": {}}}),
            json!({"f:spec": {"f:list": {}, "f:o": {}}}),
        ),
        (
            json!({"spec": {"atomic": {"a": {"b": 1}}}}),
            json!({"f:spec": {"f:atomic": {}}}),
        ),
        (
            json!({"spec": {"set": ["x", "y"]}}),
            json!({"f:spec": {"f:set": {"v:\"x\"": {}, "v:\"y\"": {}}}}),
        ),
        (json!({"spec": {"set": []}}), json!({})),
        (
            json!({"spec": {"byName": {"k": {"x": 1}}}}),
            json!({"f:spec": {"f:byName": {"f:k": {".": {}, "f:x": {}}}}}),
        ),
        (
            json!({"spec": {"parts": [{"name": "a", "x": 1}]}}),
            json!({"f:spec": {"f:parts": {"k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:x": {}}}}}),
        ),
        (
            json!({"spec": {"refs": [{"name": "a", "x": 1}]}}),
            json!({"f:spec": {"f:refs": {"k:{\"name\":\"a\"}": {}}}}),
        ),
        (
            json!({"spec": {"parts": [{"name": "a", "ports": [{"port": 80}]}]}}),
            json!({"f:spec": {"f:parts": {"k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:ports": {
                "k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}}}}}),
        ),
    ];
    for (object, wanted) in table {
        assert_eq!(
            collect_strict(&TOY, &object).expect("fits"),
            set(wanted.clone()),
            "{object}"
        );
        assert_eq!(collect(&TOY, &object), set(wanted), "{object}");
    }
}

#[test]
fn a_wish_with_unclear_elements_is_refused_and_a_live_object_is_not() {
    let table = [
        (
            json!({"spec": {"parts": [{"x": 1}]}}),
            ".spec.parts: associative list with keys has an element that omits key field \"name\" (and doesn't have default value)",
        ),
        (
            json!({"spec": {"parts": [{"name": "a"}, {"name": "a"}]}}),
            ".spec.parts[name=\"a\"]: duplicate entries for this key",
        ),
        (
            json!({"spec": {"parts": ["a"]}}),
            ".spec.parts: associative list with keys may not have non-map elements: \"a\"",
        ),
        (
            json!({"spec": {"set": ["a", "a"]}}),
            ".spec.set[=\"a\"]: duplicate entries",
        ),
        (
            json!({"spec": {"set": [{}]}}),
            ".spec.set: associative list without keys has an element that's an explicit null or is not a primitive value: {}",
        ),
    ];
    for (object, wanted) in table {
        let misfit = collect_strict(&TOY, &object).expect_err("a misfit");
        assert_eq!(misfit.to_string(), wanted);
        assert!(!collect(&TOY, &object).is_empty(), "{object}");
    }
}

#[test]
fn comparing_tells_added_changed_and_removed_fields_apart() {
    let table = [
        (
            json!({"spec": {"a": 1}}),
            json!({"spec": {"a": 1}}),
            [json!({}), json!({}), json!({})],
        ),
        (
            json!({"spec": {"a": 1}}),
            json!({"spec": {"a": 1.0}}),
            [json!({}), json!({}), json!({})],
        ),
        (
            json!({"spec": {"a": 1, "c": 1}}),
            json!({"spec": {"a": 2, "b": 3}}),
            [
                json!({"f:spec": {"f:b": {}}}),
                json!({"f:spec": {"f:a": {}}}),
                json!({"f:spec": {"f:c": {}}}),
            ],
        ),
        // An object that comes to be is a field of its own; one that is always there is not.
        (
            json!({}),
            json!({"metadata": {"labels": {"l": "v"}}, "spec": {"o": {"a": 1}}}),
            [
                json!({"f:metadata": {"f:labels": {".": {}, "f:l": {}}}, "f:spec": {"f:o": {".": {}, "f:a": {}}}}),
                json!({}),
                json!({}),
            ],
        ),
        (
            json!({"spec": {"o": {"a": 1}}}),
            json!({"spec": {}}),
            [json!({}), json!({}), json!({"f:spec": {"f:o": {".": {}, "f:a": {}}}})],
        ),
        (
            json!({"spec": {"parts": [{"name": "a", "x": 1}, {"name": "b"}]}}),
            json!({"spec": {"parts": [{"name": "c"}, {"name": "a", "x": 2}]}}),
            [
                json!({"f:spec": {"f:parts": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}}}}}),
                json!({"f:spec": {"f:parts": {"k:{\"name\":\"a\"}": {"f:x": {}}}}}),
                json!({"f:spec": {"f:parts": {"k:{\"name\":\"b\"}": {".": {}, "f:name": {}}}}}),
            ],
        ),
        // Another order is no change of any field.
        (
            json!({"spec": {"set": ["a", "b"]}}),
            json!({"spec": {"set": ["b", "a"]}}),
            [json!({}), json!({}), json!({})],
        ),
        (
            json!({"spec": {"list": ["a", "b"]}}),
            json!({"spec": {"list": ["b", "a"]}}),
            [json!({}), json!({"f:spec": {"f:list": {}}}), json!({})],
        ),
        // Elements of one name are compared together.
        (
            json!({"spec": {"parts": [{"name": "a", "x": 1}, {"name": "a", "x": 2}]}}),
            json!({"spec": {"parts": [{"name": "a", "x": 1}, {"name": "a", "x": 3}]}}),
            [
                json!({}),
                json!({"f:spec": {"f:parts": {"k:{\"name\":\"a\"}": {}}}}),
                json!({}),
            ],
        ),
        // What cannot be told apart is one field, and so is what changes its form.
        (
            json!({"spec": {"parts": [{"x": 1}]}}),
            json!({"spec": {"parts": [{"x": 2}]}}),
            [json!({}), json!({"f:spec": {"f:parts": {}}}), json!({})],
        ),
        (
            json!({"spec": {"o": {"a": 1}}}),
            json!({"spec": {"o": "text"}}),
            [json!({}), json!({"f:spec": {"f:o": {}}}), json!({})],
        ),
    ];
    for (old, new, [added, modified, removed]) in table {
        let wanted = Changes {
            added: set(added),
            modified: set(modified),
            removed: set(removed),
        };
        assert_eq!(compare(&TOY, &old, &new), wanted, "{old} -> {new}");
    }
}

#[test]
fn merging_keeps_what_the_wish_does_not_name() {
    let table = [
        (
            json!({"spec": {"a": 1, "b": 1}}),
            json!({"spec": {"b": 2}}),
            json!({"spec": {"a": 1, "b": 2}}),
        ),
        (
            json!({"spec": {"atomic": {"a": 1}, "list": [1]}}),
            json!({"spec": {"atomic": {"b": 1}, "list": [2]}}),
            json!({"spec": {"atomic": {"b": 1}, "list": [2]}}),
        ),
        (
            json!({"spec": {"parts": [{"name": "a", "x": 1}, {"name": "b"}]}}),
            json!({"spec": {"parts": [{"name": "a", "y": 2}]}}),
            json!({"spec": {"parts": [{"name": "a", "x": 1, "y": 2}, {"name": "b"}]}}),
        ),
        (
            json!({"spec": {"refs": [{"name": "a", "x": 1}]}}),
            json!({"spec": {"refs": [{"name": "a", "y": 2}]}}),
            json!({"spec": {"refs": [{"name": "a", "y": 2}]}}),
        ),
        (
            json!({"spec": {"parts": [{"name": "a", "ports": [{"port": 80, "x": 1}]}]}}),
            json!({"spec": {"parts": [{"name": "a", "ports": [{"port": 80, "protocol": "UDP"}]}]}}),
            json!({"spec": {"parts": [{"name": "a", "ports": [{"port": 80, "x": 1}, {"port": 80, "protocol": "UDP"}]}]}}),
        ),
    ];
    for (live, wish, wanted) in table {
        assert_eq!(merge(&TOY, &live, &wish), wanted, "{live} + {wish}");
    }
}

#[test]
fn merged_lists_take_the_order_of_the_wish_and_keep_the_rest_in_place() {
    let table = [
        ("a b c", "", "a b c"),
        ("", "a b", "a b"),
        ("a b c", "c a", "b c a"),
        ("a b c", "c", "a b c"),
        ("a b c", "x b", "a x b c"),
        ("a b c", "b x", "a b c x"),
        ("a b c d", "d x b", "a c d x b"),
        ("1 2 3", "3 2 1", "3 2 1"),
    ];
    let list = |text: &str| -> Value { text.split_whitespace().collect::<Vec<_>>().into() };
    for (live, wish, wanted) in table {
        let (live, wish) = (
            json!({"spec": {"set": list(live)}}),
            json!({"spec": {"set": list(wish)}}),
        );
        assert_eq!(
            merge(&TOY, &live, &wish)["spec"]["set"],
            list(wanted),
            "{live} + {wish}"
        );
    }
}

#[test]
fn removing_takes_whole_elements_and_what_becomes_empty() {
    let object = json!({"spec": {"a": 1, "o": {"b": 1}, "set": ["x", "y"],
        "parts": [{"name": "a", "x": 1}, {"name": "b"}]}});
    let table = [
        (json!({}), object.clone()),
        (
            json!({"f:spec": {"f:o": {"f:b": {}}, "f:set": {"v:\"x\"": {}}, "f:parts": {"k:{\"name\":\"b\"}": {}}}}),
            json!({"spec": {"a": 1, "set": ["y"], "parts": [{"name": "a", "x": 1}]}}),
        ),
        (
            json!({"f:spec": {"f:a": {}, "f:parts": {"k:{\"name\":\"a\"}": {"f:x": {}}}}}),
            json!({"spec": {"o": {"b": 1}, "set": ["x", "y"], "parts": [{"name": "a"}, {"name": "b"}]}}),
        ),
        (json!({"f:spec": {}}), json!({"spec": {}})),
    ];
    for (fields, wanted) in table {
        assert_eq!(remove(&TOY, &object, &set(fields.clone())), wanted, "{fields}");
    }
}

#[test]
fn sets_are_united_subtracted_and_intersected_node_by_node() {
    let left = set(json!({"f:a": {}, "f:b": {".": {}, "f:c": {}}, "f:d": {"f:e": {}}}));
    let right = set(json!({"f:a": {"f:x": {}}, "f:b": {}, "f:d": {".": {}, "f:e": {}}}));
    let mut union = left.clone();
    union.unite(&right);
    assert_eq!(
        union,
        set(json!({"f:a": {".": {}, "f:x": {}}, "f:b": {".": {}, "f:c": {}}, "f:d": {".": {}, "f:e": {}}}))
    );
    let mut difference = left.clone();
    difference.subtract(&right);
    assert_eq!(difference, set(json!({"f:a": {}, "f:b": {"f:c": {}}})));
    assert_eq!(left.intersection(&right), set(json!({"f:b": {}, "f:d": {"f:e": {}}})));
}

#[test]
fn named_fields_join_their_members_and_free_keys_do_not() {
    let fields =
        set(json!({"f:spec": {"f:byName": {"f:k": {"f:x": {}}}, "f:parts": {"k:{\"name\":\"a\"}": {"f:x": {}}}}}));
    let wanted = json!({"f:spec": {".": {}, "f:byName": {".": {}, "f:k": {"f:x": {}}},
        "f:parts": {".": {}, "k:{\"name\":\"a\"}": {"f:x": {}}}}});
    assert_eq!(fields.with_named_fields(&TOY), set(wanted));
}

#[test]
fn paths_read_as_people_write_them() {
    let fields = set(json!({
        "f:metadata": {"f:labels": {"f:app.example.com/name": {}}},
        "f:spec": {
            "f:parts": {"k:{\"name\":\"a\"}": {".": {}, "f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {"f:x": {}}}}},
            "f:set": {"v:\"x\"": {}, "v:3": {}},
            "f:list": {"i:2": {}},
        },
    }));
    let wanted = [
        ".metadata.labels.app.example.com/name",
        ".spec.list[2]",
        ".spec.parts[name=\"a\"]",
        ".spec.parts[name=\"a\"].ports[port=80,protocol=\"TCP\"].x",
        ".spec.set[=\"x\"]",
        ".spec.set[=3]",
    ];
    assert_eq!(fields.paths(), wanted);
}

#[test]
fn sets_from_outside_are_checked_and_take_the_one_form() {
    let spaced = json!({"f:l": {"k:{\"b\": 1, \"a\":\"x\"}": {".": {}}}});
    assert_eq!(
        set(spaced).into_value(),
        json!({"f:l": {"k:{\"a\":\"x\",\"b\":1}": {}}})
    );
    for broken in [
        json!([]),
        json!({"x": {}}),
        json!({"f:a": 1}),
        json!({"k:{": {}}),
        json!({"i:-1": {}}),
        json!({"v:": {}}),
    ] {
        assert!(FieldSet::decode(&broken).is_err(), "{broken}");
    }
}
