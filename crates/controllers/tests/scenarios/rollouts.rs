use k8s_openapi::api::core::v1::{Pod, ReplicationController};
use serde_json::{Value, json};
use weir_api::apps::DeploymentConfig;

use crate::machine::{HOST, Machine};
use crate::node::{Node, is_ready};

/// A config `web` whose image is that of the tag `app:latest`.
fn triggered(replicas: i32, strategy: Value) -> Value {
    json!({
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "strategy": strategy,
            "selector": {"app": "web"},
            "triggers": [
                {"type": "ConfigChange"},
                {"type": "ImageChange", "imageChangeParams": {"automatic": true, "containerNames": ["c"],
                    "from": {"kind": "ImageStreamTag", "name": "app:latest"}}},
            ],
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": " "}]}},
        },
    })
}

/// The same with an image of its own.
fn plain(replicas: i32, image: &str, strategy: Value) -> Value {
    let mut config = triggered(replicas, strategy);
    config["spec"]["triggers"] = json!([{"type": "ConfigChange"}]);
    config["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
    config
}

fn rolling() -> Value {
    json!({"type": "Rolling", "rollingParams": {"updatePeriodSeconds": 1, "timeoutSeconds": 120}})
}

fn progress(config: &DeploymentConfig) -> Option<(&str, &str, &str)> {
    let condition = config
        .status
        .conditions
        .iter()
        .find(|condition| condition.r#type == "Progressing")?;
    Some((
        condition.status.as_str(),
        condition.reason.as_str(),
        condition.message.as_str(),
    ))
}

/// What `oc rollout status` waits for.
fn is_rolled_out(config: &DeploymentConfig, version: i64) -> bool {
    let message = format!("replication controller \"web-{version}\" successfully rolled out");
    progress(config) == Some(("True", "NewReplicationControllerAvailable", message.as_str()))
        && Some(config.status.observed_generation) == config.metadata.generation
}

async fn rolled_out(machine: &Machine, version: i64) -> DeploymentConfig {
    machine
        .until("web", &format!("at version {version}"), |config| {
            is_rolled_out(config, version)
        })
        .await
}

fn note<'a>(controller: &'a ReplicationController, key: &str) -> Option<&'a str> {
    controller.metadata.annotations.as_ref()?.get(key).map(String::as_str)
}

async fn change_image(machine: &Machine, image: &str) {
    let containers = json!([{"name": "c", "image": image}]);
    machine
        .merge::<DeploymentConfig>(
            "web",
            json!({"spec": {"template": {"spec": {"containers": containers}}}}),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_config_is_rolled_out_and_says_so() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<DeploymentConfig>(plain(2, "image:1", rolling())).await;
    let config = rolled_out(&machine, 1).await;
    assert_eq!((config.status.replicas, config.status.available_replicas), (2, 2));
    let controller = machine.get::<ReplicationController>("web-1").await;
    assert_eq!(note(&controller, "openshift.io/deployment.phase"), Some("Complete"));
    assert_eq!(note(&controller, "openshift.io/deployment.replicas"), Some("2"));
    assert_eq!(note(&controller, "kubectl.kubernetes.io/desired-replicas"), None);
    assert_eq!(
        note(&controller, "openshift.io/deployment.status-reason"),
        Some("config change")
    );
    assert_eq!(
        note(&controller, "weir.dev/deployment.log"),
        Some("--> Scaling web-1 to 2\n--> Success\n")
    );
    let pods = machine.list::<Pod>().await;
    assert!(pods.len() == 2 && pods.iter().all(is_ready));
    machine.until_told("web", "DeploymentCreated").await;
    machine.until_told("web-1", "SuccessfulCreate").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_moved_tag_replaces_every_pod_and_two_stay_available() {
    let machine = Machine::start().await;
    let node = Node::start(&machine);
    machine.create::<DeploymentConfig>(triggered(2, rolling())).await;
    let first = machine.push("app", "latest", '1').await;
    rolled_out(&machine, 1).await;
    node.forget();

    let second = machine.push("app", "latest", '2').await;
    let config = rolled_out(&machine, 2).await;
    let pods = machine
        .until_all("only new pods", |pods: &[Pod]| {
            let image = |pod: &Pod| pod.spec.as_ref().and_then(|spec| spec.containers[0].image.clone());
            pods.len() == 2 && pods.iter().all(|pod| image(pod).as_deref() == Some(&second))
        })
        .await;
    assert!(pods.iter().all(is_ready));
    assert_eq!(node.fewest_ready(), 2, "never below what must be available");
    assert!(node.most_alive() <= 4, "one more than wanted, and one on its way out");
    assert_ne!(first, second);
    let details = config.status.details.expect("details");
    assert_eq!(details.message, "image change");
    // As created, with the first image, with the second: a moved tag is one change of the template.
    assert_eq!((config.status.latest_version, config.metadata.generation), (2, Some(3)));
    let log = machine.get::<ReplicationController>("web-2").await;
    let expected = "--> Scaling up web-2 from 0 to 2, scaling down web-1 from 2 to 0 \
                    (keep 2 pods available, don't exceed 3 pods)\n    \
                    Scaling web-2 up to 1\n    Scaling web-1 down to 1\n    \
                    Scaling web-2 up to 2\n    Scaling web-1 down to 0\n--> Success\n";
    assert_eq!(note(&log, "weir.dev/deployment.log"), Some(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollout_goes_on_where_it_was_after_the_loops_have_died_in_the_middle() {
    let mut machine = Machine::start().await;
    let node = Node::start(&machine);
    machine.create::<DeploymentConfig>(triggered(2, rolling())).await;
    machine.push("app", "latest", '1').await;
    rolled_out(&machine, 1).await;
    node.forget();

    machine.push("app", "latest", '2').await;
    for size in [1, 2] {
        let reached =
            |controller: &ReplicationController| controller.spec.as_ref().and_then(|spec| spec.replicas) == Some(size);
        machine.until("web-2", "half way", reached).await;
        machine.stop_loops().await;
        machine.start_loops().await;
    }
    let config = rolled_out(&machine, 2).await;
    assert_eq!(config.status.latest_version, 2, "one moved tag is one version");
    assert_eq!(node.fewest_ready(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tag_that_moves_while_nobody_looks_is_rolled_out_once_after_the_start() {
    let mut machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<DeploymentConfig>(triggered(1, rolling())).await;
    machine.push("app", "latest", '1').await;
    rolled_out(&machine, 1).await;
    machine.stop_loops().await;
    machine.push("app", "latest", '2').await;
    let last = machine.push("app", "latest", '3').await;
    machine.start_loops().await;
    let config = rolled_out(&machine, 2).await;
    let template = config
        .spec
        .template
        .and_then(|template| template.spec)
        .expect("a template");
    assert_eq!(template.containers[0].image.as_deref(), Some(last.as_str()));
    assert_eq!(config.status.latest_version, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_rollout_that_fails_the_old_pods_are_back_and_the_reason_is_told() {
    let machine = Machine::start().await;
    let node = Node::start(&machine);
    let impatient = json!({"type": "Rolling", "rollingParams": {"updatePeriodSeconds": 1, "timeoutSeconds": 2}});
    machine.create::<DeploymentConfig>(plain(2, "image:1", impatient)).await;
    rolled_out(&machine, 1).await;
    node.forget();
    change_image(&machine, "image:broken").await;
    let failed = "replication controller \"web-2\" has failed progressing";
    machine
        .until::<DeploymentConfig>("web", "failed", |config| {
            progress(config) == Some(("False", "ProgressDeadlineExceeded", failed)) && config.status.replicas == 2
        })
        .await;
    let controller = machine.get::<ReplicationController>("web-2").await;
    let reason = note(&controller, "openshift.io/deployment.status-reason").unwrap_or_default();
    assert!(
        reason.starts_with("timed out waiting for any update progress to be made; pod web-2-"),
        "{reason}"
    );
    assert!(
        reason.ends_with("container c: CrashLoopBackOff: it does not start"),
        "{reason}"
    );
    assert_eq!(controller.spec.and_then(|spec| spec.replicas), Some(0));
    assert_eq!(node.fewest_ready(), 2);
    let told = machine.until_told("web", "RolloutFailed").await;
    assert_eq!(told.type_.as_deref(), Some("Warning"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_version_cancels_the_rollout_that_runs_without_losing_a_pod() {
    let machine = Machine::start().await;
    let node = Node::start(&machine);
    machine.create::<DeploymentConfig>(plain(2, "image:1", rolling())).await;
    rolled_out(&machine, 1).await;
    node.forget();
    change_image(&machine, "image:broken").await;
    machine
        .until::<ReplicationController>("web-2", "running", |controller| {
            note(controller, "openshift.io/deployment.phase") == Some("Running")
        })
        .await;
    change_image(&machine, "image:3").await;
    rolled_out(&machine, 3).await;
    let cancelled = machine.get::<ReplicationController>("web-2").await;
    assert_eq!(note(&cancelled, "openshift.io/deployment.phase"), Some("Failed"));
    let reason = note(&cancelled, "openshift.io/deployment.status-reason");
    assert_eq!(reason, Some("newer deployment was found running"));
    assert_eq!(node.fewest_ready(), 2);
    machine.until_told("web", "DeploymentCancelled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recreate_never_mixes_old_and_new_pods() {
    let machine = Machine::start().await;
    let node = Node::start(&machine);
    let recreate = json!({"type": "Recreate", "recreateParams": {"timeoutSeconds": 120}});
    machine.create::<DeploymentConfig>(plain(2, "image:1", recreate)).await;
    rolled_out(&machine, 1).await;
    node.forget();
    change_image(&machine, "image:2").await;
    rolled_out(&machine, 2).await;
    assert!(!node.ever_mixed());
    let controller = machine.get::<ReplicationController>("web-2").await;
    let expected = "--> Scaling web-1 down to zero\n\
                    --> Scaling web-2 to 1 before performing acceptance check\n\
                    --> Scaling web-2 to 2\n--> Success\n";
    assert_eq!(note(&controller, "weir.dev/deployment.log"), Some(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_rolled_out_before_the_image_is_known_and_the_image_is_by_digest() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<DeploymentConfig>(triggered(1, rolling())).await;
    machine
        .until::<DeploymentConfig>("web", "looked at", |config| config.status.observed_generation > 0)
        .await;
    assert!(machine.list::<ReplicationController>().await.is_empty());
    let image = machine.push("app", "latest", '1').await;
    rolled_out(&machine, 1).await;
    let pods = machine.list::<Pod>().await;
    let running = pods[0].spec.as_ref().and_then(|spec| spec.containers[0].image.clone());
    assert_eq!(running.as_deref(), Some(image.as_str()));
    assert!(image.starts_with(&format!("{HOST}/ns/app@sha256:")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_a_user_overwrites_is_put_back() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<DeploymentConfig>(triggered(1, rolling())).await;
    let image = machine.push("app", "latest", '1').await;
    rolled_out(&machine, 1).await;
    change_image(&machine, "other:image").await;
    machine
        .until::<DeploymentConfig>("web", "put back", |config| {
            let template = config
                .spec
                .template
                .as_ref()
                .and_then(|template| template.spec.as_ref());
            template.and_then(|spec| spec.containers[0].image.as_deref()) == Some(&image)
                && config.metadata.generation > Some(3)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollout_with_a_hook_fails_with_a_word_about_hooks() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    let hook = json!({"failurePolicy": "Abort", "execNewPod": {"command": ["true"], "containerName": "c"}});
    let strategy = json!({"type": "Rolling", "rollingParams": {"pre": hook}});
    machine.create::<DeploymentConfig>(plain(1, "image:1", strategy)).await;
    let told = machine.until_told("web", "RolloutFailed").await;
    assert!(
        told.message
            .is_some_and(|text| text.contains("the pre hook of the strategy is not supported"))
    );
    assert!(machine.list::<Pod>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollout_asked_for_by_hand_makes_the_next_version_of_the_same_template() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<DeploymentConfig>(plain(1, "image:1", rolling())).await;
    rolled_out(&machine, 1).await;
    let request = weir_api::apps::DeploymentRequest {
        name: "web".into(),
        latest: true,
        force: true,
        ..weir_api::apps::DeploymentRequest::default()
    };
    weir_client::instantiate_deployment(&machine.client, "ns", &request)
        .await
        .expect("instantiated");
    rolled_out(&machine, 2).await;
    let controller = machine.get::<ReplicationController>("web-2").await;
    assert_eq!(
        note(&controller, "openshift.io/deployment.status-reason"),
        Some("manual change")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollout_that_a_user_cancels_is_undone_and_can_be_tried_again() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<DeploymentConfig>(plain(1, "image:1", rolling())).await;
    rolled_out(&machine, 1).await;
    change_image(&machine, "image:broken").await;
    machine
        .until::<ReplicationController>("web-2", "running", |controller| {
            note(controller, "openshift.io/deployment.phase") == Some("Running")
        })
        .await;
    let cancel = json!({"metadata": {"annotations": {"openshift.io/deployment.cancelled": "true",
        "openshift.io/deployment.status-reason": "cancelled by the user"}}});
    machine.merge::<ReplicationController>("web-2", cancel).await;
    let message = "rollout of replication controller \"web-2\" was cancelled";
    machine
        .until::<DeploymentConfig>("web", "cancelled", |config| {
            progress(config) == Some(("False", "RolloutCancelled", message))
        })
        .await;
    machine.until_told("web-2", "RolloutCancelled").await;
    machine
        .until::<ReplicationController>("web-2", "without pods", |controller| {
            controller.status.as_ref().is_some_and(|status| status.replicas == 0)
        })
        .await;

    let again = json!({"metadata": {"annotations": {"openshift.io/deployment.cancelled": null,
        "openshift.io/deployment.status-reason": null, "openshift.io/deployment.phase": "New"}}});
    machine.merge::<ReplicationController>("web-2", again).await;
    machine
        .until::<ReplicationController>("web-2", "running again", |controller| {
            note(controller, "openshift.io/deployment.phase") == Some("Running")
                && controller.spec.as_ref().and_then(|spec| spec.replicas) == Some(1)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_config_that_is_scaled_scales_its_deployment_without_a_new_version() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<DeploymentConfig>(plain(1, "image:1", rolling())).await;
    rolled_out(&machine, 1).await;
    machine
        .merge::<DeploymentConfig>("web", json!({"spec": {"replicas": 3}}))
        .await;
    let scaled = machine
        .until::<DeploymentConfig>("web", "with three pods", |config| config.status.available_replicas == 3)
        .await;
    assert_eq!(scaled.status.latest_version, 1);
    machine.until_told("web", "ReplicationControllerScaled").await;
    // Whoever scales the deployment itself is corrected.
    machine
        .merge::<ReplicationController>("web-1", json!({"spec": {"replicas": 0}}))
        .await;
    machine
        .until::<ReplicationController>("web-1", "back at three", |controller| {
            controller.spec.as_ref().and_then(|spec| spec.replicas) == Some(3)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_config_is_rolled_out_when_it_is_resumed() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<DeploymentConfig>(plain(1, "image:1", rolling())).await;
    rolled_out(&machine, 1).await;
    machine
        .merge::<DeploymentConfig>("web", json!({"spec": {"paused": true}}))
        .await;
    change_image(&machine, "image:2").await;
    let seen = machine
        .until::<DeploymentConfig>("web", "seen", |config| {
            Some(config.status.observed_generation) == config.metadata.generation
        })
        .await;
    assert_eq!(seen.status.latest_version, 1);
    machine
        .merge::<DeploymentConfig>("web", json!({"spec": {"paused": false}}))
        .await;
    rolled_out(&machine, 2).await;
}
