use k8s_openapi::api::core::v1::ReplicationController;
use serde_json::{Value, json};
use weir_api::apps::{DeploymentConfig, DeploymentConfigStatus};

use super::controller_template::replication_controller;
use super::plan::{Action, Observed, plan, status_after_creation};
use crate::ownership::annotation;
use crate::testing::{a_config, a_controller, ago, config, deployment, now, with};

fn controllers(values: Vec<Value>) -> Vec<ReplicationController> {
    values.into_iter().map(a_controller).collect()
}

/// The plan, in words that can be compared.
fn planned(config: &DeploymentConfig, controllers: &[ReplicationController]) -> Vec<String> {
    let observed = Observed {
        config,
        controllers: controllers.iter().collect(),
        now: now(),
    };
    plan(&observed).iter().map(words).collect()
}

fn words(action: &Action<'_>) -> String {
    match action {
        Action::Adopt(controller) => format!("adopt {}", controller.metadata.name.as_deref().unwrap_or_default()),
        Action::Release(controller) => format!("release {}", controller.metadata.name.as_deref().unwrap_or_default()),
        Action::RollOut(details) => format!("roll out: {}", details.message),
        Action::FollowVersion => "follow version".into(),
        Action::Cancel(deployment) => format!("cancel {}", deployment.name()),
        Action::CreateDeployment => "create".into(),
        Action::Scale { deployment, replicas } => format!("scale {} to {replicas}", deployment.name()),
        Action::Prune(deployment) => format!("prune {}", deployment.name()),
        Action::WriteStatus(_) => "status".into(),
    }
}

fn written_status(config: &DeploymentConfig, controllers: &[ReplicationController]) -> DeploymentConfigStatus {
    let observed = Observed {
        config,
        controllers: controllers.iter().collect(),
        now: now(),
    };
    let status = plan(&observed).into_iter().find_map(|action| match action {
        Action::WriteStatus(status) => Some(status),
        _ => None,
    });
    status.expect("a status is written")
}

fn condition(status: &DeploymentConfigStatus, kind: &str) -> (String, String, String) {
    let condition = status
        .conditions
        .iter()
        .find(|condition| condition.r#type == kind)
        .expect("the condition is there");
    (
        condition.status.clone(),
        condition.reason.clone(),
        condition.message.clone(),
    )
}

fn image_trigger(last: &str) -> Value {
    json!({"type": "ImageChange", "imageChangeParams": {"automatic": true, "containerNames": ["c"],
        "from": {"kind": "ImageStreamTag", "name": "app:latest"}, "lastTriggeredImage": last}})
}

#[test]
fn the_first_rollout_begins_by_config_change_and_not_without_triggers() {
    assert_eq!(planned(&a_config(config(2, 0)), &[]), ["roll out: config change"]);
    let manual = a_config(with(config(2, 0), json!({"spec": {"triggers": []}})));
    assert_eq!(planned(&manual, &[]), ["status"]);
}

#[test]
fn the_first_rollout_waits_until_every_image_trigger_has_an_image() {
    let waiting = with(
        config(2, 0),
        json!({"spec": {"triggers": [image_trigger("x@sha256:1"), image_trigger("")]}}),
    );
    assert_eq!(planned(&a_config(waiting), &[]), ["status"]);
    let known = with(
        config(2, 0),
        json!({"spec": {"triggers": [image_trigger("x@sha256:1")]}}),
    );
    assert_eq!(planned(&a_config(known), &[]), ["roll out: config change"]);
}

#[test]
fn a_blank_image_postpones_everything() {
    let blank = json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": " "}]}}}});
    assert_eq!(planned(&a_config(with(config(2, 0), blank.clone())), &[]), ["status"]);
    let complete = controllers(vec![deployment(1, "Complete", 2)]);
    assert_eq!(planned(&a_config(with(config(2, 1), blank)), &complete), ["status"]);
}

#[test]
fn the_deployment_of_the_latest_version_is_made_when_it_is_missing() {
    assert_eq!(planned(&a_config(config(2, 1)), &[]), ["create"]);
    let complete = controllers(vec![deployment(1, "Complete", 2)]);
    assert_eq!(planned(&a_config(config(2, 2)), &complete), ["create"]);
}

#[test]
fn a_deployment_of_a_later_version_is_followed() {
    let later = controllers(vec![deployment(1, "Complete", 2), deployment(3, "Complete", 0)]);
    assert_eq!(planned(&a_config(config(2, 1)), &later), ["follow version"]);
}

#[test]
fn a_running_rollout_that_is_out_of_date_is_cancelled_and_awaited_before_the_next_is_made() {
    let running = controllers(vec![deployment(1, "Running", 1)]);
    assert_eq!(planned(&a_config(config(2, 2)), &running)[..1], ["cancel web-1"]);
    let cancelled = json!({"metadata": {"annotations": {"openshift.io/deployment.cancelled": "true"}}});
    let cancelling = controllers(vec![with(deployment(1, "Running", 1), cancelled.clone())]);
    assert_eq!(planned(&a_config(config(2, 2)), &cancelling), ["status"], "only waits");
    let ended = controllers(vec![with(deployment(1, "Failed", 1), cancelled)]);
    assert_eq!(planned(&a_config(config(2, 2)), &ended), ["create"]);
}

#[test]
fn a_changed_template_rolls_out_even_while_a_rollout_runs() {
    let changed = json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i:2"}]}}}});
    for phase in ["New", "Running", "Complete", "Failed"] {
        let existing = controllers(vec![deployment(1, phase, 2)]);
        assert_eq!(
            planned(&a_config(with(config(2, 1), changed.clone())), &existing),
            ["roll out: config change"]
        );
    }
}

#[test]
fn a_changed_image_under_an_image_trigger_names_the_image_as_the_cause() {
    let changed = json!({"spec": {
        "triggers": [{"type": "ConfigChange"}, image_trigger("i@sha256:2")],
        "template": {"spec": {"containers": [{"name": "c", "image": "i@sha256:2"}]}},
    }});
    let config = a_config(with(config(2, 1), changed));
    let existing = controllers(vec![deployment(1, "Complete", 2)]);
    let observed = Observed {
        config: &config,
        controllers: existing.iter().collect(),
        now: now(),
    };
    let actions = plan(&observed);
    let [Action::RollOut(details)] = actions.as_slice() else {
        panic!("one rollout: {actions:?}")
    };
    assert_eq!(details.message, "image change");
    let cause = details.causes[0].image_trigger.as_ref().expect("an image");
    assert_eq!(cause.from.name.as_deref(), Some("i@sha256:2"));
}

#[test]
fn without_a_config_change_trigger_only_images_roll_out() {
    let other = json!({"spec": {"triggers": [image_trigger("i:1")],
        "template": {"metadata": {"labels": {"new": "label"}}}}});
    let existing = controllers(vec![deployment(1, "Complete", 2)]);
    assert_eq!(planned(&a_config(with(config(2, 1), other)), &existing), ["status"]);
}

#[test]
fn after_a_failed_rollout_the_last_complete_deployment_gets_its_replicas_back() {
    let existing = controllers(vec![deployment(1, "Complete", 0), deployment(2, "Failed", 1)]);
    let planned = planned(&a_config(config(2, 2)), &existing);
    assert_eq!(planned[..2], ["scale web-1 to 2", "scale web-2 to 0"]);
    let status = written_status(&a_config(config(2, 2)), &existing);
    let expected = (
        "False",
        "ProgressDeadlineExceeded",
        "replication controller \"web-2\" has failed progressing",
    );
    let found = condition(&status, "Progressing");
    assert_eq!((found.0.as_str(), found.1.as_str(), found.2.as_str()), expected);
}

#[test]
fn while_a_rollout_runs_replicas_belong_to_the_deployer() {
    let existing = controllers(vec![deployment(1, "Complete", 1), deployment(2, "Running", 1)]);
    assert_eq!(planned(&a_config(config(5, 2)), &existing), ["status"]);
}

#[test]
fn replicas_of_the_config_reach_the_active_deployment_and_a_test_config_runs_none() {
    let existing = controllers(vec![deployment(1, "Complete", 2)]);
    assert_eq!(planned(&a_config(config(3, 1)), &existing)[0], "scale web-1 to 3");
    let test = a_config(with(config(3, 1), json!({"spec": {"test": true}})));
    assert_eq!(planned(&test, &existing)[0], "scale web-1 to 0");
}

#[test]
fn old_deployments_beyond_the_history_limit_go_the_oldest_first() {
    let existing = controllers(
        (1..=6)
            .map(|version| deployment(version, "Complete", if version == 6 { 2 } else { 0 }))
            .collect(),
    );
    let limited = a_config(with(config(2, 6), json!({"spec": {"revisionHistoryLimit": 3}})));
    assert_eq!(planned(&limited, &existing)[..2], ["prune web-1", "prune web-2"]);
    assert_eq!(
        planned(&a_config(config(2, 6)), &existing),
        ["status"],
        "no limit keeps all"
    );
}

#[test]
fn a_paused_config_prunes_and_counts_and_does_nothing_else() {
    let paused = json!({"spec": {"paused": true, "revisionHistoryLimit": 0,
        "template": {"spec": {"containers": [{"name": "c", "image": "i:2"}]}}}});
    let existing = controllers(vec![deployment(1, "Complete", 0), deployment(2, "Complete", 1)]);
    assert_eq!(
        planned(&a_config(with(config(2, 2), paused)), &existing),
        ["prune web-1", "status"]
    );
}

#[test]
fn a_config_on_its_way_out_only_counts() {
    let going = with(
        config(2, 1),
        json!({"metadata": {"deletionTimestamp": ago(1).to_string()}}),
    );
    assert_eq!(planned(&a_config(going), &[]), ["status"]);
}

#[test]
fn orphans_of_the_config_are_adopted() {
    let orphan = with(
        deployment(1, "Complete", 2),
        json!({"metadata": {"ownerReferences": null}}),
    );
    assert_eq!(
        planned(&a_config(config(2, 1)), &controllers(vec![orphan])),
        ["adopt web-1", "status"]
    );
}

#[test]
fn conditions_say_what_clients_wait_for() {
    let cancelled = json!({"metadata": {"annotations": {"openshift.io/deployment.cancelled": "true"}}});
    let cases = [
        (
            deployment(1, "New", 0),
            ("True", "NewReplicationControllerCreated"),
            "False",
        ),
        (
            deployment(1, "Running", 2),
            ("True", "ReplicationControllerUpdated"),
            "True",
        ),
        (
            deployment(1, "Complete", 2),
            ("True", "NewReplicationControllerAvailable"),
            "True",
        ),
        (
            with(deployment(1, "Failed", 0), cancelled),
            ("False", "RolloutCancelled"),
            "False",
        ),
    ];
    for (deployment, progressing, available) in cases {
        let status = written_status(&a_config(config(2, 1)), &controllers(vec![deployment]));
        let (found, reason, _) = condition(&status, "Progressing");
        assert_eq!((found.as_str(), reason.as_str()), progressing);
        assert_eq!(condition(&status, "Available").0, available, "{reason}");
    }
}

#[test]
fn the_generation_counts_as_observed_only_when_nothing_is_under_way() {
    let newer = with(config(2, 1), json!({"metadata": {"generation": 5}}));
    let running = written_status(
        &a_config(newer.clone()),
        &controllers(vec![deployment(1, "Running", 2)]),
    );
    assert_eq!(running.observed_generation, 1);
    let complete = written_status(&a_config(newer), &controllers(vec![deployment(1, "Complete", 2)]));
    assert_eq!(complete.observed_generation, 5);
}

#[test]
fn a_status_that_is_true_is_not_written_again() {
    let existing = controllers(vec![deployment(1, "Complete", 2)]);
    let mut config = a_config(config(2, 1));
    config.status = written_status(&config, &existing);
    assert!(planned(&config, &existing).is_empty());
}

#[test]
fn a_new_deployment_carries_its_version_its_config_and_no_replicas() {
    let config = a_config(with(
        config(2, 3),
        json!({
            "metadata": {"labels": {"team": "a"}, "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
            "status": {"details": {"message": "image change", "causes": []}},
            "spec": {"minReadySeconds": 5, "template": {"spec": {"containers": [{"name": "c", "image": " i:1 "}]}}},
        }),
    ));
    let made = replication_controller(&config).expect("a replication controller");
    let note = |key: &str| annotation(&made.metadata, key).unwrap_or_default().to_owned();
    assert_eq!(made.metadata.name.as_deref(), Some("web-3"));
    assert_eq!(note("openshift.io/deployment.phase"), "New");
    assert_eq!(note("openshift.io/deployment-config.latest-version"), "3");
    assert_eq!(note("openshift.io/deployment.status-reason"), "image change");
    assert_eq!(note("kubectl.kubernetes.io/desired-replicas"), "2");
    assert_eq!(note("openshift.io/deployment.replicas"), "0");
    let encoded: Value = serde_json::from_str(&note("openshift.io/encoded-deployment-config")).expect("JSON");
    assert_eq!(
        (&encoded["kind"], &encoded["apiVersion"]),
        (&json!("DeploymentConfig"), &json!("apps.openshift.io/v1"))
    );
    assert_eq!(encoded["metadata"]["annotations"], json!({}));

    let made = serde_json::to_value(&made).expect("JSON");
    assert_eq!(
        made["metadata"]["labels"],
        json!({"team": "a", "openshift.io/deployment-config.name": "web"})
    );
    let selector = json!({"app": "web", "deploymentconfig": "web", "deployment": "web-3"});
    assert_eq!(made["spec"]["selector"], selector);
    assert_eq!(
        (&made["spec"]["replicas"], &made["spec"]["minReadySeconds"]),
        (&json!(0), &json!(5))
    );
    let template = &made["spec"]["template"];
    assert_eq!(template["metadata"]["labels"], selector);
    assert_eq!(
        template["metadata"]["annotations"]["openshift.io/deployment.name"],
        "web-3"
    );
    assert_eq!(template["spec"]["containers"][0]["image"], "i:1");
    let owner = &made["metadata"]["ownerReferences"][0];
    assert_eq!(
        (&owner["controller"], &owner["blockOwnerDeletion"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn the_condition_after_creation_names_the_deployment_or_the_error() {
    let config = a_config(with(config(2, 3), json!({"metadata": {"generation": 9}})));
    let made = status_after_creation(&config, None, now());
    assert_eq!(
        condition(&made, "Progressing").2,
        "Created new replication controller \"web-3\" for version 3"
    );
    assert_eq!(made.observed_generation, 9);
    let refused = status_after_creation(&config, Some("quota"), now());
    assert_eq!(condition(&refused, "Progressing").1, "ReplicationControllerCreateError");
    assert_eq!(refused.observed_generation, 1, "the generation has not been acted on");
}
