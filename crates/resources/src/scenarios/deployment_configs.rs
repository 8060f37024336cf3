use serde_json::{Value, json};

use super::machine::Machine;

const CONFIGS: &str = "/apis/apps.openshift.io/v1/namespaces/ns/deploymentconfigs";
pub(super) const CONFIG: &str = "/apis/apps.openshift.io/v1/namespaces/ns/deploymentconfigs/web";
const CONTROLLERS: &str = "/api/v1/namespaces/ns/replicationcontrollers";

pub(super) fn config(triggers: Value) -> Value {
    json!({
        "metadata": {"name": "web"},
        "spec": {"replicas": 1, "triggers": triggers,
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}},
    })
}

fn image_trigger(automatic: bool) -> Value {
    json!([{"type": "ImageChange", "imageChangeParams": {
        "automatic": automatic, "containerNames": ["c"], "from": {"kind": "ImageStreamTag", "name": "app:latest"}, "lastTriggeredImage": "old"}}])
}

fn request(latest: bool, force: bool) -> Value {
    json!({"kind": "DeploymentRequest", "apiVersion": "apps.openshift.io/v1", "name": "web", "latest": latest, "force": force})
}

pub(super) async fn make(machine: &Machine, triggers: Value) -> Value {
    machine.created(CONFIGS, config(triggers)).await
}

/// The replication controller of a rollout, as the controller makes it.
pub(super) async fn make_controller(machine: &Machine, version: i64, phase: &str) {
    let config = machine.found(CONFIG).await;
    let name = format!("web-{version}");
    let labels = json!({"app": "web", "deployment": name, "deploymentconfig": "web"});
    let controller = json!({
        "metadata": {"name": name, "annotations": {
            "openshift.io/deployment.phase": phase, "openshift.io/encoded-deployment-config": config.to_string()}},
        "spec": {"replicas": 0, "selector": labels,
            "template": {"metadata": {"labels": labels}, "spec": config["spec"]["template"]["spec"]}},
    });
    machine.created(CONTROLLERS, controller).await;
}

/// builds 101, 102
#[tokio::test]
async fn a_new_config_is_filled_and_starts_from_nothing() {
    let machine = Machine::with_namespace().await;
    let mut wish = config(json!(null));
    wish["status"] = json!({"latestVersion": 9});
    let made = machine.created(CONFIGS, wish).await;
    assert_eq!(made["spec"]["triggers"], json!([{"type": "ConfigChange"}]));
    assert_eq!(made["spec"]["selector"], json!({"app": "web"}));
    assert_eq!(made["spec"]["revisionHistoryLimit"], 10);
    assert_eq!(made["spec"]["strategy"]["type"], "Rolling");
    assert_eq!(
        (&made["status"]["latestVersion"], &made["metadata"]["generation"]),
        (&json!(0), &json!(1))
    );
    machine.delete(CONFIG).await;
    let made = machine.created(CONFIGS, config(image_trigger(true))).await;
    let params = &made["spec"]["triggers"][0]["imageChangeParams"];
    assert_eq!(params.get("lastTriggeredImage"), None);
    assert_eq!(params["from"]["namespace"], "ns");
}

#[tokio::test]
async fn the_status_belongs_to_the_controller() {
    let machine = Machine::with_namespace().await;
    make(&machine, json!(null)).await;
    let (code, kept) = machine
        .changed(CONFIG, |config| {
            config["spec"]["replicas"] = json!(2);
            config["status"] = json!({"latestVersion": 5, "replicas": 9});
        })
        .await;
    assert_eq!(
        (code, &kept["status"]["latestVersion"], &kept["status"]["replicas"]),
        (200, &json!(0), &json!(0))
    );
    assert_eq!(kept["metadata"]["generation"], 2);
    let (_, raised) = machine
        .changed(CONFIG, |config| config["status"]["latestVersion"] = json!(1))
        .await;
    assert_eq!(
        raised["status"]["latestVersion"], 1,
        "the next version may be asked for so"
    );
    let status = format!("{CONFIG}/status");
    let (code, _) = machine
        .changed(&status, |config| {
            config["status"] = json!({"latestVersion": 2, "observedGeneration": 3, "replicas": 1});
            config["spec"]["replicas"] = json!(7);
        })
        .await;
    assert_eq!(code, 200);
    let config = machine.found(CONFIG).await;
    assert_eq!(
        (&config["status"]["latestVersion"], &config["spec"]["replicas"]),
        (&json!(2), &json!(2))
    );
    let (code, refused) = machine
        .changed(&status, |config| config["status"]["latestVersion"] = json!(1))
        .await;
    assert_eq!(
        (code, refused["details"]["causes"][0]["field"].as_str()),
        (422, Some("status.latestVersion"))
    );
}

#[tokio::test]
async fn triggers_are_replaced_as_a_whole_and_containers_are_merged() {
    let machine = Machine::with_namespace().await;
    make(&machine, json!(null)).await;
    let (code, patched) = machine
        .patch(
            CONFIG,
            json!({"spec": {"triggers": image_trigger(true),
                "template": {"spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": "1"}]}]}}}}),
        )
        .await;
    assert_eq!(code, 200, "{patched}");
    assert_eq!(patched["spec"]["triggers"].as_array().unwrap().len(), 1);
    let containers = patched["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!((containers.len(), &containers[0]["image"]), (1, &json!("i:1")));
    assert_eq!(containers[0]["env"], json!([{"name": "A", "value": "1"}]));
}

/// builds 120
#[tokio::test]
async fn scaling_changes_the_number_of_replicas_alone() {
    let machine = Machine::with_namespace().await;
    make(&machine, json!(null)).await;
    let path = format!("{CONFIG}/scale");
    let scale = machine.found(&path).await;
    assert_eq!(
        (&scale["apiVersion"], &scale["spec"]["replicas"]),
        (&json!("extensions/v1beta1"), &json!(1))
    );
    assert_eq!(
        scale["status"]["selector"],
        json!({"app": "web", "deploymentconfig": "web"})
    );
    assert_eq!(scale["status"]["targetSelector"], "app=web,deploymentconfig=web");
    let mut wish = scale;
    wish["spec"]["replicas"] = json!(3);
    let (code, scaled) = machine.put(&path, wish.clone()).await;
    assert_eq!((code, &scaled["spec"]["replicas"]), (200, &json!(3)), "{scaled}");
    assert_eq!(
        machine.put(&path, wish).await.0,
        409,
        "it was read before the last change"
    );
    assert_eq!(machine.found(CONFIG).await["spec"]["replicas"], 3);
}

/// builds 107
#[tokio::test]
async fn a_paused_config_is_not_instantiated() {
    let machine = Machine::with_namespace().await;
    make(&machine, json!(null)).await;
    machine
        .changed(CONFIG, |config| config["spec"]["paused"] = json!(true))
        .await;
    let (code, refused) = machine
        .post(&format!("{CONFIG}/instantiate"), request(true, true))
        .await;
    assert_eq!(
        (code, refused["details"]["causes"][0]["field"].as_str()),
        (422, Some("spec.paused"))
    );
}

/// builds 114
#[tokio::test]
async fn unresolved_images_are_not_rolled_out() {
    let machine = Machine::with_namespace().await;
    make(&machine, image_trigger(true)).await;
    let (code, refused) = machine
        .post(&format!("{CONFIG}/instantiate"), request(true, true))
        .await;
    assert_eq!(
        (code, refused["message"].as_str()),
        (
            400,
            Some("cannot trigger a deployment for \"web\" because it contains unresolved images")
        )
    );
}

/// builds 115
#[tokio::test]
async fn a_rollout_without_a_reason_is_not_made() {
    let machine = Machine::with_namespace().await;
    make(&machine, json!(null)).await;
    let first = machine
        .created(&format!("{CONFIG}/instantiate"), request(true, false))
        .await;
    assert_eq!(first["status"]["details"]["message"], "config change");
    assert_eq!(first["status"]["latestVersion"], 1);
    make_controller(&machine, 1, "Complete").await;
    let (_, status) = machine
        .post(&format!("{CONFIG}/instantiate"), request(true, false))
        .await;
    assert_eq!(
        (status["kind"].as_str(), status["code"].as_i64()),
        (Some("Status"), Some(204)),
        "{status}"
    );
    assert_eq!(machine.found(CONFIG).await["status"]["latestVersion"], 1);
}

/// builds 116
#[tokio::test]
async fn a_forced_rollout_takes_the_newest_images_of_all_triggers() {
    let machine = Machine::with_namespace().await;
    make(&machine, image_trigger(false)).await;
    let image = machine.push("app", '1').await;
    let rolled = machine
        .created(&format!("{CONFIG}/instantiate"), request(true, true))
        .await;
    assert_eq!(
        rolled["status"]["details"],
        json!({"message": "manual change", "causes": [{"type": "Manual"}]})
    );
    assert_eq!(
        (&rolled["status"]["latestVersion"], &rolled["metadata"]["generation"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(
        rolled["spec"]["template"]["spec"]["containers"][0]["image"],
        json!(image)
    );
    assert_eq!(
        rolled["spec"]["triggers"][0]["imageChangeParams"]["lastTriggeredImage"],
        json!(image)
    );
}

/// builds 117, 118
#[tokio::test]
async fn a_rollback_is_computed_and_not_stored() {
    let machine = Machine::with_namespace().await;
    make(&machine, json!(null)).await;
    machine
        .created(&format!("{CONFIG}/instantiate"), request(true, true))
        .await;
    make_controller(&machine, 1, "Complete").await;
    let path = format!("{CONFIG}/rollback");
    let wish = json!({"kind": "DeploymentConfigRollback", "name": "web", "spec": {"includeTemplate": true}});
    let (code, refused) = machine.post(&path, wish.clone()).await;
    assert_eq!(code, 422);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("no previous deployment exists for"),
        "{refused}"
    );
    machine
        .changed(CONFIG, |config| {
            config["spec"]["template"]["spec"]["containers"][0]["image"] = "i:2".into()
        })
        .await;
    machine
        .created(&format!("{CONFIG}/instantiate"), request(true, true))
        .await;
    let back = machine.created(&path, wish).await;
    assert_eq!(back["spec"]["template"]["spec"]["containers"][0]["image"], "i:1");
    assert_eq!(back["status"]["latestVersion"], 3);
    assert_eq!(machine.found(CONFIG).await["status"]["latestVersion"], 2);
    let (code, written) = machine.put(CONFIG, back).await;
    assert_eq!(
        (code, &written["status"]["latestVersion"]),
        (200, &json!(3)),
        "the client writes it: {written}"
    );
}

/// builds 121
#[tokio::test]
async fn a_row_tells_how_the_config_stands() {
    let machine = Machine::with_namespace().await;
    let mut triggers = image_trigger(true);
    triggers.as_array_mut().unwrap().push(json!({"type": "ConfigChange"}));
    make(&machine, triggers).await;
    assert_eq!(
        machine.table(CONFIGS).await,
        vec![vec![
            json!("web"),
            json!(0),
            json!("1"),
            json!(0),
            json!("config,image(app:latest)")
        ]]
    );
}
