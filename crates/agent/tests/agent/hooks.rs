//! Lifecycle hooks, with an engine in memory.

use serde_json::{Value, json};
use weir_engine::fake::{End, FakeEngine, Script};

use crate::support::world::{World, is_ready};

fn with_hooks(hooks: Value) -> Value {
    json!({"spec": {"containers": [{"name": "c", "image": "img:1", "lifecycle": hooks}]}})
}

fn exits(code: i64) -> Script {
    Script {
        end: End::Exit(code),
        ..Script::default()
    }
}

/// The verbs of the calls about containers' lives, in order.
fn verbs(engine: &FakeEngine) -> Vec<String> {
    let calls = engine.calls().into_iter();
    calls
        .filter_map(|call| call.split(' ').next().map(str::to_owned))
        .filter(|verb| ["start", "exec", "stop", "kill"].contains(&verb.as_str()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_pre_stop_hook_runs_before_the_stop_signal() {
    let (world, engine) = World::with_fake();
    engine.script(&["drain"], exits(0));
    world.create_pod(with_hooks(json!({"preStop": {"exec": {"command": ["drain"]}}})));
    world.pod_when("ready", is_ready).await;
    world.mark_deleted(30);
    world.pod_gone().await;
    assert_eq!(verbs(&engine), ["start", "exec", "stop"]);
}

#[tokio::test(start_paused = true)]
async fn a_sleep_before_the_stop_takes_its_time_and_no_more() {
    let (world, engine) = World::with_fake();
    world.create_pod(with_hooks(json!({"preStop": {"sleep": {"seconds": 7}}})));
    world.pod_when("ready", is_ready).await;
    let begun = tokio::time::Instant::now();
    world.mark_deleted(30);
    world.pod_gone().await;
    let took = begun.elapsed().as_secs();
    assert!((7..=8).contains(&took), "{took} s");
    assert_eq!(verbs(&engine), ["start", "stop"]);
}

#[tokio::test(start_paused = true)]
async fn a_pre_stop_hook_that_fails_is_told_of_and_holds_up_nothing() {
    let (world, engine) = World::with_fake();
    engine.script(&["drain"], exits(3));
    world.create_pod(with_hooks(json!({"preStop": {"exec": {"command": ["drain"]}}})));
    world.pod_when("ready", is_ready).await;
    world.mark_deleted(30);
    world.pod_gone().await;
    let event = world.event_when("FailedPreStopHook").await;
    assert!(event["message"].as_str().unwrap().contains("exit code 3"), "{event}");
    assert_eq!(verbs(&engine), ["start", "exec", "stop"]);
}

#[tokio::test(start_paused = true)]
async fn a_pre_stop_hook_ends_with_the_grace_period() {
    let (world, engine) = World::with_fake();
    world.create_pod(with_hooks(json!({"preStop": {"sleep": {"seconds": 3600}}})));
    world.pod_when("ready", is_ready).await;
    let begun = tokio::time::Instant::now();
    world.mark_deleted(5);
    world.pod_gone().await;
    assert!(begun.elapsed().as_secs() <= 8, "{:?}", begun.elapsed());
    let verbs = verbs(&engine);
    assert!(
        verbs.contains(&"kill".to_owned()) || verbs.contains(&"stop".to_owned()),
        "{verbs:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_container_is_ready_when_its_post_start_hook_has_ended() {
    let (world, _engine) = World::with_fake();
    world.create_pod(with_hooks(json!({"postStart": {"sleep": {"seconds": 20}}})));
    let running = world.pod_when("runs", |pod| pod["status"]["phase"] == "Running").await;
    assert!(!is_ready(&running));
    assert_eq!(running["status"]["containerStatuses"][0]["started"], false);
    let begun = tokio::time::Instant::now();
    world.pod_when("ready", is_ready).await;
    assert!(begun.elapsed().as_secs() >= 15, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_container_whose_post_start_hook_fails_is_started_anew() {
    let (world, engine) = World::with_fake();
    engine.script(&["warm-up"], exits(1));
    world.create_pod(with_hooks(json!({"postStart": {"exec": {"command": ["warm-up"]}}})));
    world.event_when("FailedPostStartHook").await;
    engine.script(&["warm-up"], exits(0));
    let pod = world.pod_when("ready", is_ready).await;
    let restarts = pod["status"]["containerStatuses"][0]["restartCount"].as_i64();
    assert!(restarts >= Some(1), "{restarts:?}");
    let killing = world.event_when("Killing").await;
    let message = killing["message"].as_str().unwrap();
    assert!(message.contains("postStart hook"), "{message}");
}
