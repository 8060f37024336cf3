mod cost;

use serde_json::{Value, json};

use super::entry::Operation;
use super::*;
use crate::{Schema, schema};

static TOY: Schema = Schema::object(&[
    ("metadata", &schema::OBJECT_META),
    (
        "spec",
        &Schema::object(&[
            ("parts", &Schema::merge_by("name", &[])),
            ("template", &schema::POD_TEMPLATE_SPEC),
        ])
        .embedded(),
    ),
    ("status", &Schema::EMBEDDED),
]);

/// An object and its owners, as writes follow each other.
#[derive(Default)]
struct World {
    live: Value,
    managed: ManagedFields,
    second: u32,
}

impl World {
    fn writer(&mut self, manager: &str) -> Writer {
        self.second += 1;
        Writer {
            manager: manager.to_owned(),
            api_version: "toys.example.com/v1".to_owned(),
            subresource: String::new(),
            time: format!("2024-01-01T00:{:02}:{:02}Z", self.second / 60, self.second % 60),
        }
    }

    fn update(&mut self, manager: &str, spec: Value) {
        let writer = self.writer(manager);
        let object = toy(spec);
        let live = if self.live.is_null() {
            json!({})
        } else {
            self.live.clone()
        };
        let changes = changes(&TOY, Part::AllButStatus, &live, &object);
        record(&mut self.managed, &changes, &writer);
        self.live = object;
    }

    fn apply(&mut self, manager: &str, spec: Value) -> Result<(), String> {
        self.apply_object(manager, toy(spec), false)
    }

    fn force(&mut self, manager: &str, spec: Value) {
        self.apply_object(manager, toy(spec), true).expect("forced");
    }

    fn apply_object(&mut self, manager: &str, object: Value, force: bool) -> Result<(), String> {
        let wish = Wish {
            object: &object,
            applier: &self.writer(manager),
            force,
            part: Part::AllButStatus,
        };
        let live = if self.live.is_null() {
            json!({})
        } else {
            self.live.clone()
        };
        let applied = apply(&TOY, &live, &self.managed, &wish).map_err(|error| error.to_string())?;
        (self.live, self.managed) = (applied.object, applied.managed);
        Ok(())
    }

    fn spec(&self) -> &Value {
        &self.live["spec"]
    }

    /// `Apply a: .spec.x .spec.y`
    fn owners(&self) -> Vec<String> {
        let encoded = self.managed.clone().encode().unwrap_or_else(|| json!([]));
        let entries = ManagedFields::stored(&encoded).entries;
        entries
            .iter()
            .map(|entry| {
                format!(
                    "{:?} {}: {}",
                    entry.operation,
                    entry.manager,
                    entry.fields.paths().join(" ")
                )
            })
            .collect()
    }
}

fn toy(spec: Value) -> Value {
    json!({"apiVersion": "toys.example.com/v1", "kind": "Toy", "metadata": {"name": "t"}, "spec": spec})
}

#[test]
fn a_write_takes_what_it_changes_and_forgets_what_it_removes() {
    let mut world = World::default();
    world.update("make", json!({"a": 1, "b": 1}));
    assert_eq!(world.owners(), ["Update make: .spec.a .spec.b"]);
    world.update("edit", json!({"a": 2, "b": 1}));
    assert_eq!(world.owners(), ["Update make: .spec.b", "Update edit: .spec.a"]);
    world.update("other", json!({"a": 2}));
    assert_eq!(world.owners(), ["Update edit: .spec.a"]);
    world.update("other", json!({"a": 2}));
    assert_eq!(world.owners(), ["Update edit: .spec.a"]);
    world.update("make", json!({"a": 2, "c": 1}));
    world.update("make", json!({"a": 2, "c": 1, "d": 1}));
    assert_eq!(world.owners(), ["Update edit: .spec.a", "Update make: .spec.c .spec.d"]);
}

#[test]
fn an_applier_removes_what_it_no_longer_says() {
    let mut world = World::default();
    world
        .apply(
            "a",
            json!({"x": 1, "y": 1, "parts": [{"name": "p"}, {"name": "q", "z": 1}]}),
        )
        .expect("applied");
    world
        .apply("a", json!({"x": 1, "parts": [{"name": "q"}]}))
        .expect("applied");
    assert_eq!(*world.spec(), json!({"x": 1, "parts": [{"name": "q"}]}));
    assert_eq!(
        world.owners(),
        [r#"Apply a: .spec.parts[name="q"] .spec.parts[name="q"].name .spec.x"#]
    );
    world.apply("a", json!({})).expect("applied");
    assert_eq!(*world.spec(), json!({}), "an empty wish is a wish too");
    assert_eq!(world.live["metadata"]["name"], "t");
}

#[test]
fn what_others_own_or_nobody_owns_stays() {
    let mut world = World::default();
    world.apply("a", json!({"x": 1, "o": {"p": 1}})).expect("applied");
    world.update("u", json!({"x": 1, "o": {"p": 1, "q": 2}, "w": 1}));
    world
        .apply("b", json!({"x": 1}))
        .expect("the same value is no conflict");
    world.live["spec"]["o"]["default"] = json!("of nobody");
    world.apply("a", json!({})).expect("applied");
    assert_eq!(
        *world.spec(),
        json!({"x": 1, "o": {"q": 2, "default": "of nobody"}, "w": 1})
    );
    assert_eq!(
        world.owners(),
        ["Apply b: .spec.x", "Apply a: .spec", "Update u: .spec.o.q .spec.w"]
    );
}

#[test]
fn other_values_of_others_are_conflicts_until_forced() {
    let mut world = World::default();
    world.update(
        "kubectl-create",
        json!({"x": 1, "parts": [{"name": "p", "image": "one"}]}),
    );
    let wish = json!({"x": 2, "parts": [{"name": "p", "image": "two"}]});
    assert_eq!(
        world.apply("a", wish.clone()).expect_err("conflicts"),
        "Apply failed with 2 conflicts: conflicts with \"kubectl-create\" using toys.example.com/v1:\n\
         - .spec.parts[name=\"p\"].image\n- .spec.x"
    );
    assert_eq!(*world.spec(), json!({"x": 1, "parts": [{"name": "p", "image": "one"}]}));
    world.force("a", wish.clone());
    assert_eq!(*world.spec(), wish);
    let error = world.apply("b", json!({"x": 3})).expect_err("a conflict");
    assert_eq!(error, "Apply failed with 1 conflict: conflict with \"a\": .spec.x");
}

#[test]
fn an_applier_gets_back_in_line_by_saying_what_is() {
    let mut world = World::default();
    world.apply("a", json!({"x": 1})).expect("applied");
    world.update("hand", json!({"x": 2}));
    assert_eq!(world.owners(), ["Update hand: .spec.x"]);
    world
        .apply("a", json!({"x": 1}))
        .expect_err("somebody changed it by hand");
    world.apply("a", json!({"x": 2})).expect("that is what it is");
    assert_eq!(world.owners(), ["Apply a: .spec.x", "Update hand: .spec.x"]);
}

#[test]
fn elements_of_lists_are_owned_by_several_managers() {
    let template = |containers: Value| json!({"template": {"spec": {"containers": containers}}});
    let mut world = World::default();
    world
        .apply(
            "app",
            template(json!([{"name": "web", "image": "w:1", "ports": [{"containerPort": 80}]}])),
        )
        .expect("applied");
    world
        .apply("mesh", template(json!([{"name": "proxy", "image": "p:1"}])))
        .expect("applied");
    let containers = |world: &World| -> Vec<String> {
        let list = world
            .live
            .pointer("/spec/template/spec/containers")
            .and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .map(|container| container["image"].to_string())
            .collect()
    };
    assert_eq!(containers(&world), ["\"w:1\"", "\"p:1\""]);
    world
        .apply("app", template(json!([{"name": "web", "image": "w:2"}])))
        .expect("applied");
    assert_eq!(containers(&world), ["\"w:2\"", "\"p:1\""]);
    assert!(world.live.pointer("/spec/template/spec/containers/0/ports").is_none());
    world.apply("mesh", json!({})).expect("applied");
    assert_eq!(containers(&world), ["\"w:2\""]);
}

#[test]
fn what_was_there_before_anybody_was_noted_down_belongs_to_nobody_in_particular() {
    let mut world = World {
        live: toy(json!({"x": 1, "y": 1})),
        ..World::default()
    };
    assert_eq!(
        world.apply("a", json!({"x": 2})).expect_err("a conflict"),
        "Apply failed with 1 conflict: conflict with \"before-first-apply\" using toys.example.com/v1: .spec.x"
    );
    world.apply("a", json!({"x": 1})).expect("applied");
    assert_eq!(
        world.owners(),
        ["Apply a: .spec.x", "Update before-first-apply: .spec.x .spec.y"]
    );
}

#[test]
fn what_kubectl_applied_on_the_client_is_its_own() {
    let noted =
        |x: i64| json!({"kubectl.kubernetes.io/last-applied-configuration": toy(json!({"x": x, "y": 1})).to_string()});
    let mut live = toy(json!({"x": 1, "y": 1}));
    live["metadata"]["annotations"] = noted(1);
    let start = || {
        let mut world = World::default();
        world.update("kubectl-client-side-apply", json!({"x": 1, "y": 1}));
        world.live = live.clone();
        world
    };
    let mut world = start();
    world
        .apply("kubectl", json!({"x": 2}))
        .expect("kubectl goes on with what it applied");
    let annotation = world
        .live
        .pointer("/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration");
    let annotation: Value = serde_json::from_str(annotation.and_then(Value::as_str).expect("kept")).expect("JSON");
    assert_eq!(annotation, toy(json!({"x": 2})), "the annotation follows");

    let mut world = start();
    world
        .apply("another", json!({"x": 2}))
        .expect_err("it is not another's");
    let mut world = start();
    world.live["metadata"]["annotations"] = noted(7);
    world
        .apply("kubectl", json!({"x": 2}))
        .expect_err("somebody changed it since");
}

#[test]
fn wishes_that_cannot_be_understood_are_refused() {
    let mut world = World::default();
    let mut with_owners = toy(json!({}));
    with_owners["metadata"]["managedFields"] = json!([]);
    assert_eq!(
        world.apply_object("a", with_owners, false).expect_err("refused"),
        "metadata.managedFields must be nil"
    );
    assert_eq!(
        world
            .apply("a", json!({"parts": [{"name": "p"}, {"name": "p"}]}))
            .expect_err("refused"),
        "failed to create typed patch object (/t; toys.example.com/v1, Kind=Toy): \
         .spec.parts[name=\"p\"]: duplicate entries for this key"
    );
}

#[test]
fn a_wish_owns_only_the_part_it_can_change() {
    let object = json!({"apiVersion": "toys.example.com/v1", "kind": "Toy",
        "metadata": {"name": "t", "labels": {"l": "v"}}, "spec": {"x": 1}, "status": {"s": 1}});
    let table = [
        (Part::AllButStatus, ".metadata.labels.l .spec.x"),
        (Part::Status, ".status.s"),
        (Part::Whole, ".metadata.labels.l .spec.x .status.s"),
    ];
    for (part, wanted) in table {
        let wish = Wish {
            object: &object,
            applier: &World::default().writer("a"),
            force: false,
            part,
        };
        let applied = apply(&TOY, &json!({}), &ManagedFields::default(), &wish).expect("applied");
        let paths = applied.managed.entries[0].fields.paths().join(" ");
        assert_eq!(paths, wanted, "{part:?}");
    }
}

#[test]
fn the_oldest_of_too_many_writers_become_one() {
    let mut world = World::default();
    let mut spec = json!({});
    for number in 0..13 {
        spec[format!("f{number:02}")] = number.into();
        world.update(&format!("writer-{number:02}"), spec.clone());
    }
    let owners = world.owners();
    assert_eq!(owners.len(), 10);
    assert_eq!(
        owners[0],
        "Update ancient-changes: .spec.f00 .spec.f01 .spec.f02 .spec.f03"
    );
    assert_eq!(owners[9], "Update writer-12: .spec.f12");
}

#[test]
fn clients_may_hand_over_fields_and_forget_everybody_but_not_break_the_list() {
    let entry = |manager: &str, fields: Value| {
        json!({"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "time": "2024-01-01T00:00:00Z", "fieldsV1": fields})
    };
    let live = json!([entry("old", json!({"f:spec": {"f:x": {}}}))]);
    let table = [
        (None, "old"),
        (Some(live.clone()), "old"),
        (Some(json!([entry("new", json!({"f:spec": {"f:x": {}}}))])), "new"),
        (Some(json!([{}])), ""),
        (Some(json!([])), ""),
        (Some(json!("x")), "old"),
        (
            Some(json!([{"manager": "m", "operation": "Wish", "fieldsType": "FieldsV1"}])),
            "old",
        ),
        (Some(json!([{"manager": "m", "operation": "Update"}])), "old"),
        (Some(json!([entry("new", json!({"x": {}}))])), "old"),
    ];
    for (sent, wanted) in table {
        let managed = claimed(sent.as_ref(), &live);
        let names: Vec<&str> = managed.entries.iter().map(|entry| entry.manager.as_str()).collect();
        assert_eq!(names.join(" "), wanted, "{sent:?}");
    }
}

#[test]
fn lists_of_owners_are_the_same_whatever_their_times() {
    let entry = |manager: &str, second: u32| {
        json!({"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "time": format!("2024-01-01T00:00:{second:02}Z"), "fieldsV1": {"f:a": {}}})
    };
    let one = json!([entry("a", 1), entry("b", 2)]);
    let later = json!([entry("b", 2), entry("a", 3)]);
    assert!(is_same_but_for_times(Some(&one), Some(&later)));
    assert!(!is_same_but_for_times(Some(&one), Some(&json!([entry("a", 1)]))));
    assert!(!is_same_but_for_times(
        Some(&one),
        Some(&json!([entry("a", 1), entry("c", 2)]))
    ));
    assert!(!is_same_but_for_times(None, Some(&one)));
    assert!(is_same_but_for_times(None, None));
}

#[test]
fn the_list_shows_appliers_first_and_then_who_wrote_last() {
    let mut world = World::default();
    world.update("first", json!({"a": 1}));
    world.update("second", json!({"a": 1, "b": 1}));
    world.apply("applier", json!({"c": 1})).expect("applied");
    world.update("first", json!({"a": 1, "b": 1, "c": 1, "d": 1}));
    let names: Vec<String> = world
        .owners()
        .iter()
        .map(|owner| owner.split(':').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(names, ["Apply applier", "Update second", "Update first"]);
    let operations = world
        .managed
        .entries
        .iter()
        .filter(|entry| entry.operation == Operation::Update);
    assert_eq!(operations.count(), 2);
}
