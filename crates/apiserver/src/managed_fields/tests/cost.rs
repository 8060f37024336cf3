//! What owners cost a write of a 2 KiB object. Run with
//! `cargo test --release -p weir-apiserver owners_cost -- --ignored --nocapture`.

use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};

use super::super::{ManagedFields, Part, Writer, changes, claimed, is_same_but_for_times, record};
use super::TOY;

const ROUNDS: u32 = 20_000;

/// Like a config of a deployment: two containers with ten environment variables each.
fn object() -> Value {
    let env: Vec<Value> = (0..10)
        .map(|number| json!({"name": format!("VARIABLE_{number}"), "value": format!("some value {number}")}))
        .collect();
    let container = |name: &str| {
        json!({"name": name, "image": "docker.io/library/nginx:1.27", "imagePullPolicy": "IfNotPresent", "env": env,
            "ports": [{"containerPort": 8080, "protocol": "TCP"}], "terminationMessagePath": "/dev/termination-log"})
    };
    json!({"apiVersion": "toys.example.com/v1", "kind": "Toy",
        "metadata": {"name": "web", "namespace": "myproject", "labels": {"app": "web", "tier": "front"}},
        "spec": {"replicas": 1, "selector": {"app": "web"}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [container("web"), container("sidecar")], "restartPolicy": "Always"}}},
        "status": {"observedGeneration": 1, "replicas": 1}})
}

fn writer(manager: &str) -> Writer {
    Writer {
        manager: manager.to_owned(),
        api_version: "toys.example.com/v1".to_owned(),
        subresource: String::new(),
        time: "2024-01-01T00:00:00Z".to_owned(),
    }
}

fn created(object: &Value) -> Option<Value> {
    let mut managed = ManagedFields::default();
    record(
        &mut managed,
        &changes(&TOY, Part::AllButStatus, &json!({}), object),
        &writer("kubectl-create"),
    );
    managed.encode()
}

fn updated(part: Part, old: &Value, new: &Value, live: &Value) -> Option<Value> {
    let changes = changes(&TOY, part, old, new);
    let mut managed = claimed(None, live);
    record(&mut managed, &changes, &writer("agent"));
    let managed = managed.encode();
    assert!(!is_same_but_for_times(Some(live), managed.as_ref()));
    managed
}

fn time(what: &str, mut work: impl FnMut()) {
    let start = Instant::now();
    (0..ROUNDS).for_each(|_| work());
    println!(
        "{what:<50} {:>8.2} us",
        start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS)
    );
}

#[test]
#[ignore = "prints what owners cost a write; it decides nothing"]
fn owners_cost_a_write_little() {
    let (old, mut new) = (object(), object());
    new["status"]["replicas"] = 2.into();
    let live = created(&old).expect("somebody owns it");
    let mut whole = old.clone();
    whole["metadata"]["managedFields"] = live.clone();
    let (plain, owned) = (old.to_string(), whole.to_string());
    println!("an object of {} bytes, with owners {}", plain.len(), owned.len());
    time("create: find the owners", || drop(black_box(created(&old))));
    time("status update: find the owners", || {
        drop(black_box(updated(Part::Status, &old, &new, &live)))
    });
    time("no change: find that out", || {
        drop(black_box(changes(&TOY, Part::Whole, &old, &old)))
    });
    time("read the object without owners", || {
        drop(black_box(serde_json::from_str::<Value>(&plain)))
    });
    time("read the object with owners", || {
        drop(black_box(serde_json::from_str::<Value>(&owned)))
    });
    time("write the object without owners", || drop(black_box(old.to_string())));
    time("write the object with owners", || drop(black_box(whole.to_string())));
}
