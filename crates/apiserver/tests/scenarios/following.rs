//! Clients that follow a collection through cuts, restarts and compaction: what they know at the end is what is there,
//! and nothing was skipped on the way unless they were told to list again.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use weir_store::Store;

use super::client::{Lines, MERGE, Scene, scene, toys, version};

/// Writes that the follower has to follow.
const WRITES: usize = 1_500;
const TOYS: usize = 12;

/// A client that lists once, then watches, and resumes from the last revision it saw.
struct Follower {
    /// Of each toy: how many writes it had seen.
    known: BTreeMap<String, u64>,
    revision: String,
    watch: Option<Lines>,
    relists: usize,
}

impl Follower {
    async fn new(scene: &Scene) -> Self {
        let mut follower = Self {
            known: BTreeMap::new(),
            revision: String::new(),
            watch: None,
            relists: 0,
        };
        follower.list(scene).await;
        follower.relists = 0;
        follower
    }

    /// Page by page; a page that is gone starts the list again.
    async fn list(&mut self, scene: &Scene) {
        self.relists += 1;
        self.known.clear();
        let mut path = format!("{}?limit=5", toys("a"));
        loop {
            let page = scene.get(&path).await;
            if page.status == 410 {
                let status = page.json();
                assert_eq!(status["reason"], "Expired");
                assert!(status["metadata"]["continue"].is_string(), "a way on is shown");
                self.known.clear();
                path = format!("{}?limit=5", toys("a"));
                continue;
            }
            let page = page.expect(200);
            for item in page["items"].as_array().expect("items") {
                self.known.insert(name(item), count(item));
            }
            self.revision = version(&page).to_owned();
            match page["metadata"]["continue"].as_str() {
                Some(token) => path = format!("{}?limit=5&continue={token}", toys("a")),
                None => return,
            }
        }
    }

    fn cut(&mut self) {
        self.watch = None;
    }

    fn has_caught_up(&self, scene: &Scene) -> bool {
        self.revision.parse::<u64>().expect("a number") >= scene.store.revision().0
    }

    async fn catch_up(&mut self, scene: &Scene) {
        while !self.has_caught_up(scene) {
            self.step(scene).await;
        }
    }

    /// Hears of one more change, if there is one.
    async fn step(&mut self, scene: &Scene) {
        if self.has_caught_up(scene) {
            return;
        }
        let watch = match &mut self.watch {
            Some(watch) => watch,
            None => {
                let path = format!("{}?watch=true&resourceVersion={}", toys("a"), self.revision);
                self.watch.insert(scene.watch(&path).await)
            }
        };
        match watch.next().await {
            Some(event) => self.learn(scene, &event).await,
            None => self.cut(),
        }
    }

    async fn learn(&mut self, scene: &Scene, event: &Value) {
        let object = &event["object"];
        let known = self.known.get(&name(object)).copied();
        match (event["type"].as_str().expect("a type"), known) {
            ("ADDED", None) => self.known.insert(name(object), count(object)),
            ("MODIFIED", Some(before)) => {
                assert_eq!(count(object), before + 1, "a change was skipped or repeated: {event}");
                self.known.insert(name(object), count(object))
            }
            ("DELETED", Some(_)) => self.known.remove(&name(object)),
            ("ERROR", _) => {
                assert_eq!((&object["code"], &object["reason"]), (&json!(410), &json!("Expired")));
                self.cut();
                return self.list(scene).await;
            }
            (_, known) => panic!("{known:?} does not go with {event}"),
        };
        let seen: u64 = version(object).parse().expect("a number");
        assert!(
            seen > self.revision.parse().expect("a number"),
            "revisions only grow: {event}"
        );
        self.revision = seen.to_string();
    }
}

fn name(object: &Value) -> String {
    object["metadata"]["name"].as_str().unwrap_or_default().to_owned()
}

fn count(object: &Value) -> u64 {
    object["spec"]["count"].as_u64().unwrap_or_default()
}

/// One write of the kind that `random` says: a creation, a deletion, or one more of a count.
async fn write(scene: &Scene, random: &mut StdRng, counts: &mut BTreeMap<String, u64>) {
    let name = format!("t{:02}", random.random_range(0..TOYS));
    let path = format!("{}/{name}", toys("a"));
    match counts.get_mut(&name) {
        None => {
            scene.make(&name, json!({"count": 0})).await;
            counts.insert(name, 0);
        }
        Some(_) if random.random_range(0..10) == 0 => {
            scene.delete(&path, json!(null)).await.expect(200);
            counts.remove(&name);
        }
        Some(count) => {
            *count += 1;
            scene
                .patch(&path, MERGE, &json!({"spec": {"count": *count}}))
                .await
                .expect(200);
        }
    }
}

#[tokio::test]
async fn a_client_that_is_cut_off_at_random_misses_nothing() {
    let scene = scene().await;
    let (mut random, mut counts) = (StdRng::seed_from_u64(14), BTreeMap::new());
    let mut follower = Follower::new(&scene).await;
    for _ in 0..WRITES {
        write(&scene, &mut random, &mut counts).await;
        if random.random_range(0..4) == 0 {
            follower.step(&scene).await;
        }
        if random.random_range(0..40) == 0 {
            follower.cut();
        }
    }
    follower.catch_up(&scene).await;
    assert_eq!(follower.known, counts);
    assert_eq!(follower.relists, 0, "history reached back to every cut");
}

#[tokio::test]
async fn a_client_goes_on_where_it_was_after_the_server_started_again() {
    let mut scene = scene().await;
    let (mut random, mut counts) = (StdRng::seed_from_u64(15), BTreeMap::new());
    let mut follower = Follower::new(&scene).await;
    for round in 0..10 {
        for _ in 0..WRITES / 10 {
            write(&scene, &mut random, &mut counts).await;
        }
        if round % 3 == 0 {
            follower.step(&scene).await;
        }
        follower.cut();
        scene = scene.restarted().await;
    }
    follower.catch_up(&scene).await;
    assert_eq!(follower.known, counts);
    assert_eq!(follower.relists, 0, "the store's history survived every start");
}

#[tokio::test]
async fn compaction_all_the_time_makes_clients_list_again_and_never_lie() {
    let mut scene = scene().await;
    let (mut random, mut counts) = (StdRng::seed_from_u64(16), BTreeMap::new());
    let mut follower = Follower::new(&scene).await;
    for _ in 0..WRITES {
        write(&scene, &mut random, &mut counts).await;
        if random.random_range(0..6) == 0 {
            follower.step(&scene).await;
        }
        if random.random_range(0..20) == 0 {
            follower.cut();
        }
        if random.random_range(0..10) == 0 {
            scene.store.compact(scene.store.revision()).await.expect("compacts");
        }
        if random.random_range(0..100) == 0 {
            // A cache remembers some changes itself; after a start only the store is left to ask.
            follower.cut();
            scene.store.compact(scene.store.revision()).await.expect("compacts");
            scene = scene.restarted().await;
        }
    }
    follower.catch_up(&scene).await;
    assert_eq!(follower.known, counts);
    assert!(follower.relists > 0, "history did not reach back to some cuts");
}
