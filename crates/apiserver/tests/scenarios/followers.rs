//! Whoever follows a resource knows of a write before its writer is answered.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::Method;
use serde_json::{Value, json};
use weir_apiserver::{Followed, Follower, GroupResource};
use weir_store::MemoryStore;

use super::client::{scene_with, toy, toys};
use super::toy::{self, TOYS};

/// Remembers the size of every toy.
#[derive(Default)]
struct Sizes(Mutex<BTreeMap<String, i64>>);

impl Sizes {
    fn of(&self, name: &str) -> Option<i64> {
        self.0.lock().expect("no panic").get(name).copied()
    }
}

impl Follower for Sizes {
    fn reset(&self, resource: &GroupResource, objects: &[Followed<'_>]) {
        self.0.lock().expect("no panic").clear();
        objects.iter().for_each(|object| self.changed(resource, *object));
    }

    fn changed(&self, resource: &GroupResource, object: Followed<'_>) {
        assert_eq!((resource, object.namespace), (&TOYS, "a"));
        let mut sizes = self.0.lock().expect("no panic");
        match object.value {
            Some(value) => {
                let toy: Value = serde_json::from_slice(value).expect("stored objects are JSON");
                sizes.insert(object.name.to_owned(), toy["spec"]["size"].as_i64().unwrap_or(0));
            }
            None => drop(sizes.remove(object.name)),
        }
    }
}

#[tokio::test]
async fn an_answered_write_is_known_to_the_follower() {
    let sizes = Arc::new(Sizes::default());
    let scene = scene_with(|builder| builder.follow(&[TOYS], sizes.clone())).await;
    for round in 0..50 {
        let name = format!("t{round}");
        scene
            .post(&toys("a"), &toy(&name, json!({"size": round})))
            .await
            .expect(201);
        assert_eq!(sizes.of(&name), Some(round));
        let path = format!("{}/{name}", toys("a"));
        let patch = json!({"spec": {"size": 1000 + round}}).to_string();
        let merge = [("content-type", "application/merge-patch+json")];
        scene
            .request(Method::PATCH, &path, &merge, patch.as_bytes())
            .await
            .expect(200);
        assert_eq!(sizes.of(&name), Some(1000 + round));
        scene.request(Method::DELETE, &path, &[], b"").await.expect(200);
        assert_eq!(sizes.of(&name), None);
    }
}

#[tokio::test]
async fn a_follower_begins_with_what_is_stored() {
    let scene = scene_with(|builder| builder).await;
    scene
        .post(&toys("a"), &toy("old", json!({"size": 7})))
        .await
        .expect(201);
    let sizes = Arc::new(Sizes::default());
    let again = toy::builder(scene.store.clone()).follow(&[TOYS], sizes.clone());
    again.build().await.expect("a second server");
    assert_eq!(sizes.of("old"), Some(7));
}

#[tokio::test]
async fn what_is_not_stored_cannot_be_followed() {
    let unknown = GroupResource {
        group: "toys.example.com",
        resource: "unicorns",
    };
    let build = |resources: &[GroupResource]| {
        toy::builder(Arc::new(MemoryStore::new()))
            .follow(resources, Arc::new(Sizes::default()))
            .build()
    };
    assert!(build(&[unknown]).await.is_err());
    assert!(build(&[TOYS, TOYS]).await.is_err(), "one follower for each");
}
