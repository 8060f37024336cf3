//! Rules beyond one object: who is asked, with what in view, and that nobody slips past.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use weir_apiserver::{Admission, ApiError, Creation, GroupResource, Object, Reservation, StoredObjects};

use super::client::{Scene, scene_with, toy, toys};
use super::toy::TOYS;

/// As many toys as fit into the box of namespace `a`.
const BOX: usize = 5;

/// Names of toys that are about to be stored.
type Waiting = Arc<Mutex<BTreeSet<String>>>;

#[derive(Default)]
struct ToyBox {
    waiting: Waiting,
}

/// Keeps a place in the box.
struct Place {
    waiting: Waiting,
    names: Vec<String>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().expect("no panic");
        waiting.retain(|name| !self.names.contains(name));
    }
}

impl Admission for ToyBox {
    fn complete(&self, resource: &GroupResource, object: &mut Object) -> Result<(), ApiError> {
        if *resource == TOYS && object["spec"]["material"].is_null() {
            object["spec"]["material"] = "wooden".into();
        }
        Ok(())
    }

    fn concerns(&self, namespace: &str) -> bool {
        namespace == "a"
    }

    fn judge(&self, creations: &[Creation<'_>], stored: StoredObjects<'_>) -> Result<Reservation, ApiError> {
        let mut waiting = self.waiting.lock().expect("no panic");
        let there = |name: &str| stored.contains(TOYS.group, TOYS.resource, "a", name);
        let unseen = waiting.iter().filter(|name| !there(name)).count();
        let full = stored.count(TOYS.group, TOYS.resource, "a") + unseen + creations.len() > BOX;
        if let Some(creation) = creations.first().filter(|_| full) {
            return Err(ApiError::forbidden(creation.resource, creation.name, "the box is full"));
        }
        let names: Vec<String> = creations.iter().map(|creation| creation.name.to_owned()).collect();
        waiting.extend(names.iter().cloned());
        let waiting = self.waiting.clone();
        Ok(Box::new(Place { waiting, names }))
    }
}

async fn scene_with_a_box() -> (Scene, Waiting) {
    let toy_box = ToyBox::default();
    let waiting = toy_box.waiting.clone();
    let scene = scene_with(|builder| builder.admission(Arc::new(toy_box))).await;
    (scene, waiting)
}

#[tokio::test]
async fn what_admission_fills_in_is_stored() {
    let (scene, _) = scene_with_a_box().await;
    let created = scene.post(&toys("a"), &toy("plain", json!({}))).await.expect(201);
    assert_eq!(created["spec"]["material"], "wooden");
    let painted = toy("painted", json!({"material": "tin"}));
    let created = scene.post(&toys("a"), &painted).await.expect(201);
    assert_eq!(created["spec"]["material"], "tin");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_creations_at_once_exactly_those_that_fit_succeed() {
    let (scene, waiting) = scene_with_a_box().await;
    for round in 0..20 {
        let names: Vec<String> = (0..4 * BOX).map(|number| format!("t{round}-{number}")).collect();
        let objects: Vec<Value> = names.iter().map(|name| toy(name, json!({}))).collect();
        let path = toys("a");
        let answers = join_all(objects.iter().map(|object| scene.post(&path, object))).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(made, BOX, "round {round}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!(answer.status, 403);
            let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
            assert!(message.ends_with("the box is full"), "{message}");
        }
        assert!(
            waiting.lock().expect("no panic").is_empty(),
            "every place was given back"
        );
        scene.request(Method::DELETE, &path, &[], b"").await.expect(200);
    }
}

#[tokio::test]
async fn dry_runs_are_judged_and_keep_no_place() {
    let (scene, waiting) = scene_with_a_box().await;
    let dry = format!("{}?dryRun=All", toys("a"));
    for number in 0..2 * BOX {
        scene
            .post(&dry, &toy(&format!("t{number}"), json!({})))
            .await
            .expect(201);
    }
    for number in 0..BOX {
        scene
            .post(&toys("a"), &toy(&format!("t{number}"), json!({})))
            .await
            .expect(201);
    }
    scene.post(&dry, &toy("more", json!({}))).await.expect(403);
    assert!(waiting.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn changes_and_other_namespaces_are_not_judged() {
    let (scene, _) = scene_with_a_box().await;
    for number in 0..2 * BOX {
        scene
            .post(&toys("b"), &toy(&format!("t{number}"), json!({})))
            .await
            .expect(201);
    }
    for number in 0..BOX {
        scene
            .post(&toys("a"), &toy(&format!("t{number}"), json!({})))
            .await
            .expect(201);
    }
    let path = format!("{}/t0", toys("a"));
    let merge = [("content-type", "application/merge-patch+json")];
    let patch = json!({"spec": {"color": "blue"}}).to_string();
    scene
        .request(Method::PATCH, &path, &merge, patch.as_bytes())
        .await
        .expect(200);
    scene.request(Method::DELETE, &path, &[], b"").await.expect(200);
    scene.post(&toys("a"), &toy("again", json!({}))).await.expect(201);
    scene.post(&toys("a"), &toy("more", json!({}))).await.expect(403);
}

#[tokio::test]
async fn a_name_that_is_taken_gives_its_place_back() {
    let (scene, waiting) = scene_with_a_box().await;
    for _ in 0..2 {
        for number in 0..BOX - 1 {
            scene.post(&toys("a"), &toy(&format!("t{number}"), json!({}))).await;
        }
    }
    scene.post(&toys("a"), &toy("t0", json!({}))).await.expect(409);
    assert!(waiting.lock().expect("no panic").is_empty());
    scene.post(&toys("a"), &toy("last", json!({}))).await.expect(201);
}
