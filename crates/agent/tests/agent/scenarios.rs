//! The agent between an API in memory and an engine in memory: what happens to pods.

use std::collections::BTreeMap;

use crate::support::world::{NODE, REGISTRY, REGISTRY_ADDRESS, World, is_ready, waits_for};
use serde_json::json;
use weir_engine::fake::{End, Script};
use weir_engine::{Containers, EngineError, Events, Image, NetworkMode, Networks};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn exits(code: i64) -> Script {
    Script {
        end: End::Exit(code),
        ..Script::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_pod_comes_to_our_node_runs_and_is_reported() {
    let (world, engine) = World::with_fake();
    world.create_pod(json!({}));
    let pod = world.pod_when("ready", is_ready).await;
    assert_eq!(pod["spec"]["nodeName"], NODE);
    assert_eq!(pod["status"]["phase"], "Running");
    assert!(pod["status"]["podIP"].as_str().unwrap().starts_with("10.1."));
    let container = &pod["status"]["containerStatuses"][0];
    assert!(container["containerID"].as_str().unwrap().starts_with("podman://"));
    assert_eq!(container["image"], "img:1");
    for reason in ["Scheduled", "Pulled", "Created", "Started"] {
        world.event_when(reason).await;
    }
    let path: Vec<String> = engine
        .calls()
        .into_iter()
        .map(|call| call.split(' ').next().unwrap().to_owned())
        .collect();
    let own: Vec<&str> = path
        .iter()
        .map(String::as_str)
        .filter(|verb| *verb != "ensure_network")
        .collect();
    assert!(
        own.windows(4)
            .any(|calls| calls == ["image", "create", "start", "inspect"]),
        "nothing stands between the image and the start: {own:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_image_of_our_registry_is_pulled_from_where_it_listens() {
    let (world, engine) = World::with_fake();
    engine.publish(&format!("{REGISTRY_ADDRESS}/ns/app@{DIGEST}"), Image::default());
    let image = format!("{REGISTRY}/ns/app@{DIGEST}");
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": image}]}}));
    let pod = world.pod_when("ready", is_ready).await;
    let container = &pod["status"]["containerStatuses"][0];
    assert_eq!(
        (&container["image"], &container["imageID"]),
        (&json!(image), &json!(image))
    );
    assert!(
        engine
            .calls()
            .contains(&format!("pull {REGISTRY_ADDRESS}/ns/app@{DIGEST}"))
    );
    world.event_when("Pulling").await;
}

#[tokio::test(start_paused = true)]
async fn an_image_that_was_built_here_is_not_pulled() {
    let (world, engine) = World::with_fake();
    let built = engine.add_image(Image {
        tags: vec!["localhost/built:1".to_owned()],
        ..Image::default()
    });
    world.store.put(
        "images",
        json!({"metadata": {"name": DIGEST}, "dockerImageMetadata": {"Id": built.id}}),
    );
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": format!("{REGISTRY}/ns/app@{DIGEST}")}]}}));
    world.pod_when("ready", is_ready).await;
    assert!(
        !engine.calls().iter().any(|call| call.starts_with("pull")),
        "{:?}",
        engine.calls()
    );
    assert_eq!(engine.specs()[0].image, built.id);
}

#[tokio::test(start_paused = true)]
async fn a_failed_pull_is_shown_and_tried_again() {
    let (world, engine) = World::with_fake();
    let reference = format!("{REGISTRY_ADDRESS}/ns/app:1");
    engine.reject(
        &reference,
        EngineError::Registry {
            message: format!("cannot pull {reference}: connection refused"),
        },
    );
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": format!("{REGISTRY}/ns/app:1")}]}}));
    let pod = world.pod_when("the error", |pod| waits_for(pod, "ErrImagePull")).await;
    let message = pod["status"]["containerStatuses"][0]["state"]["waiting"]["message"]
        .as_str()
        .unwrap();
    assert!(message.contains("connection refused"), "{message}");
    world
        .pod_when("the back-off", |pod| waits_for(pod, "ImagePullBackOff"))
        .await;
    let event = world.event_when("Failed").await;
    assert_eq!(
        (&event["type"], &event["involvedObject"]["name"]),
        (&json!("Warning"), &json!("p"))
    );
    world.event_when("BackOff").await;

    engine.accept(&reference);
    engine.publish(&reference, Image::default());
    world.pod_when("ready", is_ready).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_no_image_is_called_so() {
    let (world, _engine) = World::with_fake();
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": "Not/An:Image:"}]}}));
    world
        .pod_when("the reason", |pod| waits_for(pod, "InvalidImageName"))
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_container_that_ends_is_restarted_and_then_waits_longer_and_longer() {
    let (world, engine) = World::with_fake();
    engine.script(&["crash"], exits(7));
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": "img:1", "command": ["crash"]}]}}));
    let pod = world
        .pod_when("the back-off", |pod| waits_for(pod, "CrashLoopBackOff"))
        .await;
    let container = &pod["status"]["containerStatuses"][0];
    assert_eq!(container["lastState"]["terminated"]["exitCode"], 7);
    assert_eq!(
        (&container["restartCount"], &pod["status"]["phase"]),
        (&json!(1), &json!("Running"))
    );
    let pod = world
        .pod_when("more restarts", |pod| {
            pod["status"]["containerStatuses"][0]["restartCount"] == 4
        })
        .await;
    assert!(!is_ready(&pod));
    let event = world.event_when("BackOff").await;
    assert!(
        event["message"]
            .as_str()
            .unwrap()
            .starts_with("Back-off restarting failed container c in pod p_ns"),
        "{event}"
    );
    let kept = engine.specs().len();
    assert!(kept <= 2, "{kept} containers are kept");
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_runs_once_ends_as_its_container_does() {
    for (code, phase) in [(0, "Succeeded"), (3, "Failed")] {
        let (world, engine) = World::with_fake();
        engine.script(&["once"], exits(code));
        world.create_pod(json!({"spec": {"restartPolicy": "Never",
            "containers": [{"name": "c", "image": "img:1", "command": ["once"]}]}}));
        let pod = world.pod_when(phase, |pod| pod["status"]["phase"] == phase).await;
        assert_eq!(
            pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"],
            code
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_not_there_is_named() {
    let (world, engine) = World::with_fake();
    let message = "exec: \"nope\": executable file not found in $PATH".to_owned();
    engine.script(
        &["nope"],
        Script {
            end: End::CannotStart { message },
            ..Script::default()
        },
    );
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": "img:1", "command": ["nope"]}]}}));
    let pod = world
        .pod_when("the error", |pod| waits_for(pod, "RunContainerError"))
        .await;
    let message = pod["status"]["containerStatuses"][0]["state"]["waiting"]["message"]
        .as_str()
        .unwrap();
    assert!(message.contains("executable file not found"), "{message}");
    assert!(engine.specs().is_empty(), "what did not start is removed");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_pod_is_stopped_and_goes() {
    let (world, engine) = World::with_fake();
    let pod = world.create_pod(json!({"spec": {"volumes": [{"name": "e", "emptyDir": {}}],
        "containers": [{"name": "c", "image": "img:1", "volumeMounts": [{"name": "e", "mountPath": "/e"}]}]}}));
    world.pod_when("ready", is_ready).await;
    let directory = world
        .data
        .path()
        .join("pods")
        .join(pod["metadata"]["uid"].as_str().unwrap());
    assert!(directory.exists());
    world.mark_deleted(30);
    world.pod_gone().await;
    assert!(engine.specs().is_empty());
    assert!(!directory.exists());
    assert!(engine.calls().iter().any(|call| call.starts_with("stop ")));
    world.event_when("Killing").await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_fails_is_tried_again() {
    let (world, engine) = World::with_fake();
    world.create_pod(json!({}));
    world.pod_when("ready", is_ready).await;
    for _ in 0..3 {
        engine.fail_next(
            "stop",
            EngineError::Failed {
                message: "the engine stumbled".to_owned(),
            },
        );
    }
    world.mark_deleted(30);
    world.pod_gone().await;
    let stops = engine.calls().iter().filter(|call| call.starts_with("stop ")).count();
    assert_eq!(stops, 4);
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_vanishes_is_torn_down() {
    let (world, engine) = World::with_fake();
    world.create_pod(json!({}));
    world.pod_when("ready", is_ready).await;
    let mut events = engine.events(&BTreeMap::new(), jiff::Timestamp::UNIX_EPOCH);
    world.store.remove("pods", "ns", "p");
    while !engine.specs().is_empty() {
        futures::StreamExt::next(&mut events).await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_agent_adopts_what_runs() {
    let (mut world, engine) = World::with_fake();
    world.create_pod(json!({}));
    let before = world.pod_when("ready", is_ready).await;
    world.stop().await;
    engine.forget_calls();
    world.start(std::sync::Arc::new(engine.clone()));
    world.create_pod(json!({"metadata": {"name": "q"}}));
    world
        .pod_when("the other pod", |pod| pod["metadata"]["name"] == "q" && is_ready(pod))
        .await;
    let created = engine.calls().iter().filter(|call| call.starts_with("create")).count();
    assert_eq!(created, 1, "only the new pod's container is made: {:?}", engine.calls());
    let after = world.store.get("pods", "ns", "p").unwrap();
    assert_eq!(after["status"], before["status"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_pod_left_behind_while_no_agent_ran_is_removed() {
    let (mut world, engine) = World::with_fake();
    let pod = world.create_pod(json!({"spec": {"volumes": [{"name": "e", "emptyDir": {}}]}}));
    world.pod_when("ready", is_ready).await;
    world.stop().await;
    world.store.remove("pods", "ns", "p");
    let mut events = engine.events(&BTreeMap::new(), jiff::Timestamp::UNIX_EPOCH);
    world.start(std::sync::Arc::new(engine.clone()));
    while !engine.specs().is_empty() {
        futures::StreamExt::next(&mut events).await.unwrap().unwrap();
    }
    let directory = world
        .data
        .path()
        .join("pods")
        .join(pod["metadata"]["uid"].as_str().unwrap());
    let removed = async {
        while directory.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(60), removed).await;
    assert!(waited.is_ok(), "its directory is removed after its containers");
}

#[tokio::test(start_paused = true)]
async fn without_an_engine_pods_say_so_and_run_when_it_comes() {
    let (world, engine) = World::with_fake();
    engine.set_away(true);
    world.create_pod(json!({}));
    let pod = world
        .pod_when("the reason", |pod| waits_for(pod, "ContainerEngineUnavailable"))
        .await;
    assert!(
        pod["status"]["message"].as_str().unwrap().contains("container engine"),
        "{}",
        pod["status"]
    );
    world.event_when("ContainerEngineUnavailable").await;
    engine.set_away(false);
    let pod = world.pod_when("ready", is_ready).await;
    assert!(pod["status"]["message"].is_null());
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_never_ran_can_be_deleted_without_an_engine() {
    let (world, engine) = World::with_fake();
    engine.set_away(true);
    world.create_pod(json!({}));
    world
        .pod_when("the reason", |pod| waits_for(pod, "ContainerEngineUnavailable"))
        .await;
    world.mark_deleted(30);
    world.pod_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_ran_stays_without_an_engine_says_why_and_ends_when_it_is_back() {
    let (world, engine) = World::with_fake();
    world.create_pod(json!({}));
    world.pod_when("ready", is_ready).await;
    engine.set_away(true);
    world.mark_deleted(1);
    let pod = world
        .pod_when("why it stays", |pod| pod["status"]["message"].is_string())
        .await;
    let message = pod["status"]["message"].as_str().unwrap();
    assert!(
        message.contains("does not answer") && message.contains("--force"),
        "{message}"
    );
    assert!(
        pod["status"]["containerStatuses"][0]["state"]["running"].is_object(),
        "what is known stays"
    );
    world.event_when("ContainerEngineUnavailable").await;
    assert_eq!(engine.specs().len(), 1, "its container was not forgotten");
    engine.set_away(false);
    world.pod_gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_container_that_dies_while_the_engine_is_away_is_restarted_when_it_is_back() {
    let (world, engine) = World::with_fake();
    world.create_pod(json!({}));
    world.pod_when("ready", is_ready).await;
    let name = engine.specs()[0].name.clone();
    engine.set_away(true);
    engine.exit(&name, 1);
    engine.set_away(false);
    world
        .pod_when("restarted", |pod| {
            pod["status"]["containerStatuses"][0]["restartCount"] == 1 && is_ready(pod)
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_named_and_the_pod_starts_when_it_comes() {
    let (world, engine) = World::with_fake();
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": "img:1", "env": [
        {"name": "WORD", "valueFrom": {"configMapKeyRef": {"name": "cm", "key": "word"}}}]}]}}));
    let pod = world
        .pod_when("the error", |pod| waits_for(pod, "CreateContainerConfigError"))
        .await;
    let message = pod["status"]["containerStatuses"][0]["state"]["waiting"]["message"]
        .as_str()
        .unwrap();
    assert!(message.contains("configmap \"cm\" not found"), "{message}");
    world.store.put(
        "configmaps",
        json!({"metadata": {"name": "cm", "namespace": "ns"}, "data": {"word": "hello"}}),
    );
    world.pod_when("ready", is_ready).await;
    assert_eq!(engine.specs()[0].env, [("WORD".to_owned(), "hello".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn init_containers_run_first() {
    let (world, engine) = World::with_fake();
    engine.script(&["prepare"], exits(0));
    world.create_pod(json!({"spec": {"initContainers": [{"name": "i", "image": "img:1", "command": ["prepare"]}]}}));
    let pod = world.pod_when("ready", is_ready).await;
    assert_eq!(
        pod["status"]["initContainerStatuses"][0]["state"]["terminated"]["reason"],
        "Completed"
    );
    let starts: Vec<String> = engine
        .calls()
        .into_iter()
        .filter(|call| call.starts_with("create"))
        .collect();
    assert!(
        starts[0].starts_with("create weir_i_p") && starts[1].starts_with("create weir_c_p"),
        "{starts:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn containers_of_a_pod_share_its_network() {
    let (world, engine) = World::with_fake();
    world.create_pod(
        json!({"spec": {"containers": [{"name": "a", "image": "img:1"}, {"name": "b", "image": "img:1"}]}}),
    );
    let pod = world.pod_when("ready", is_ready).await;
    let specs = engine.specs();
    assert_eq!(specs.len(), 3);
    let shared = specs
        .iter()
        .filter(|spec| matches!(spec.network, NetworkMode::Container(_)))
        .count();
    assert_eq!(shared, 2);
    assert!(pod["status"]["podIP"].is_string());
    let infra = specs
        .iter()
        .find(|spec| spec.name.contains("_infra_"))
        .unwrap()
        .name
        .clone();
    engine.kill(&infra).await.unwrap();
    let restarted = |pod: &serde_json::Value| {
        let statuses = pod["status"]["containerStatuses"].as_array().unwrap();
        is_ready(pod) && statuses.iter().all(|status| status["restartCount"] == 1)
    };
    world.pod_when("both restarted on a new network", restarted).await;
}

#[tokio::test(start_paused = true)]
async fn a_pod_is_ready_when_its_probe_says_so() {
    let (world, engine) = World::with_fake();
    engine.script(&["ask"], exits(1));
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": "img:1",
        "readinessProbe": {"exec": {"command": ["ask"]}, "periodSeconds": 5}}]}}));
    let pod = world
        .pod_when("running", |pod| pod["status"]["phase"] == "Running")
        .await;
    assert!(!is_ready(&pod));
    let event = world.event_when("Unhealthy").await;
    assert!(
        event["message"].as_str().unwrap().contains("Readiness probe failed"),
        "{event}"
    );
    engine.script(&["ask"], exits(0));
    world.pod_when("ready", is_ready).await;
    engine.script(&["ask"], exits(1));
    world.pod_when("not ready any more", |pod| !is_ready(pod)).await;
}

#[tokio::test(start_paused = true)]
async fn a_container_that_fails_its_liveness_probe_is_restarted() {
    let (world, engine) = World::with_fake();
    engine.script(&["alive"], exits(1));
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": "img:1",
        "livenessProbe": {"exec": {"command": ["alive"]}, "periodSeconds": 1, "failureThreshold": 2}}]}}));
    world
        .pod_when("restarted", |pod| {
            pod["status"]["containerStatuses"][0]["restartCount"] == 1
        })
        .await;
    let event = world.event_when("Killing").await;
    assert!(
        event["message"].as_str().unwrap().contains("failed liveness probe"),
        "{event}"
    );
}

#[tokio::test(start_paused = true)]
async fn equal_events_are_counted() {
    let (world, engine) = World::with_fake();
    engine.script(&["ask"], exits(1));
    world.create_pod(json!({"spec": {"containers": [{"name": "c", "image": "img:1",
        "readinessProbe": {"exec": {"command": ["ask"]}, "periodSeconds": 1}}]}}));
    let mut changes = world.store.subscribe();
    while !world
        .store
        .list("events")
        .1
        .iter()
        .any(|event| event["reason"] == "Unhealthy" && event["count"] == 3)
    {
        changes.recv().await.unwrap();
    }
    let (_, events) = world.store.list("events");
    assert_eq!(events.iter().filter(|event| event["reason"] == "Unhealthy").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_network_that_somebody_removed_is_made_again() {
    let (world, engine) = World::with_fake();
    world.create_pod(json!({"spec": {"restartPolicy": "Never"}}));
    world.pod_when("ready", is_ready).await;
    engine.remove(&engine.specs()[0].name, true).await.unwrap();
    engine.remove_network("weir-test").await.unwrap();
    world.create_pod(json!({"metadata": {"name": "q"}}));
    world
        .pod_when("the other pod", |pod| pod["metadata"]["name"] == "q" && is_ready(pod))
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_changed_image_replaces_the_container() {
    let (world, engine) = World::with_fake();
    engine.add_image(Image {
        tags: vec!["docker.io/library/img:2".to_owned()],
        ..Image::default()
    });
    world.create_pod(json!({}));
    let mut pod = world.pod_when("ready", is_ready).await;
    pod["spec"]["containers"][0]["image"] = json!("img:2");
    world.store.put("pods", pod);
    world
        .pod_when("the new image", |pod| {
            pod["status"]["containerStatuses"][0]["image"] == "img:2" && is_ready(pod)
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_status_is_written_only_when_it_differs() {
    let (world, _engine) = World::with_fake();
    world.create_pod(json!({}));
    let pod = world.pod_when("ready", is_ready).await;
    world.create_pod(json!({"metadata": {"name": "q"}}));
    world
        .pod_when("the other pod", |pod| pod["metadata"]["name"] == "q" && is_ready(pod))
        .await;
    let version = |pod: &serde_json::Value| pod["metadata"]["resourceVersion"].clone();
    assert_eq!(version(&world.store.get("pods", "ns", "p").unwrap()), version(&pod));
}
