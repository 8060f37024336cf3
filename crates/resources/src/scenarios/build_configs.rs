use serde_json::{Value, json};

use super::machine::Machine;

pub(super) const CONFIGS: &str = "/apis/build.openshift.io/v1/namespaces/ns/buildconfigs";
pub(super) const CONFIG: &str = "/apis/build.openshift.io/v1/namespaces/ns/buildconfigs/web";

pub(super) fn config() -> Value {
    json!({
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {
            "source": {"git": {"uri": "https://git.example/web.git"}},
            "strategy": {"sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "nodejs:latest"}, "env": [{"name": "A", "value": "1"}]}},
            "output": {"to": {"kind": "ImageStream", "name": "web"}},
            "triggers": [{"type": "github", "github": {"secret": "s"}}, {"type": "ConfigChange"}, {"type": "ImageChange"}],
            "nodeSelector": null,
        },
        "status": {"lastVersion": 0},
    })
}

/// A machine with a builder image and the config.
pub(super) async fn ready() -> (Machine, String) {
    let machine = Machine::with_namespace().await;
    let image = machine.push("nodejs", '1').await;
    machine.created(CONFIGS, config()).await;
    (machine, image)
}

/// builds 22, 23, 24
#[tokio::test]
async fn a_new_config_is_filled_and_normalised() {
    let machine = Machine::with_namespace().await;
    let made = machine.created(CONFIGS, config()).await;
    let spec = &made["spec"];
    assert_eq!(spec["runPolicy"], "Serial");
    assert_eq!(
        (&spec["successfulBuildsHistoryLimit"], &spec["failedBuildsHistoryLimit"]),
        (&json!(5), &json!(5))
    );
    assert_eq!(
        spec["output"]["to"],
        json!({"kind": "ImageStreamTag", "name": "web:latest"})
    );
    assert_eq!(spec["triggers"][0]["type"], "GitHub");
    assert_eq!(spec["triggers"][2], json!({"type": "ImageChange", "imageChange": {}}));
    assert_eq!(
        (&spec["source"]["type"], &spec["strategy"]["type"]),
        (&json!("Git"), &json!("Source"))
    );
    assert_eq!(made["metadata"]["generation"], 1);
    assert_eq!(
        machine.table(CONFIGS).await,
        vec![vec![json!("web"), json!("Source"), json!("Git"), json!(0)]]
    );
}

/// builds 25, 26, 27
#[tokio::test]
async fn a_config_that_breaks_rules_is_refused_with_every_field() {
    let machine = Machine::with_namespace().await;
    let mut wrong = config();
    wrong["spec"]["source"]["binary"] = json!({});
    let (code, refused) = machine.post(CONFIGS, wrong).await;
    let fields: Vec<&str> = refused["details"]["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| cause["field"].as_str().unwrap())
        .collect();
    assert_eq!((code, fields), (422, vec!["spec.source.git", "spec.source.binary"]));
    let mut two = config();
    two["spec"]["strategy"]["dockerStrategy"] = json!({});
    let (code, refused) = machine.post(CONFIGS, two).await;
    assert_eq!(code, 422);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("must provide a value for exactly one of"),
        "{refused}"
    );
}

/// builds 35
#[tokio::test]
async fn the_last_version_never_goes_back() {
    let (machine, _) = ready().await;
    let (_, raised) = machine
        .changed(CONFIG, |config| config["status"]["lastVersion"] = json!(7))
        .await;
    assert_eq!(
        (&raised["status"]["lastVersion"], &raised["metadata"]["generation"]),
        (&json!(7), &json!(2))
    );
    let (code, kept) = machine
        .changed(CONFIG, |config| config["status"]["lastVersion"] = json!(3))
        .await;
    assert_eq!((code, &kept["status"]["lastVersion"]), (200, &json!(7)));
    let mut blind = machine.found(CONFIG).await;
    blind["metadata"]["resourceVersion"] = json!("");
    assert_eq!(machine.put(CONFIG, blind).await.0, 422, "a blind PUT is refused");
}

/// builds 33
#[tokio::test]
async fn each_strategy_is_a_right_of_its_own() {
    let machine = Machine::with_rights(&["buildconfigs", "builds/source"]).await;
    let (code, _) = machine.call_as_guest("POST", CONFIGS, config()).await;
    assert_eq!(code, 201);
    let mut docker = config();
    docker["metadata"]["name"] = json!("docker");
    docker["spec"]["strategy"] = json!({"dockerStrategy": {}});
    let (code, refused) = machine.call_as_guest("POST", CONFIGS, docker).await;
    assert_eq!(code, 403);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .ends_with("build strategy Docker is not allowed"),
        "{refused}"
    );
    let mut changed = machine.found(CONFIG).await;
    changed["spec"]["strategy"] = json!({"dockerStrategy": {}});
    assert_eq!(machine.call_as_guest("PUT", CONFIG, changed).await.0, 403);
}

/// builds 34
#[tokio::test]
async fn a_secret_may_say_for_which_repositories_it_is() {
    let machine = Machine::with_namespace().await;
    let secret = json!({"metadata": {"name": "git", "annotations": {"build.openshift.io/source-secret-match-uri-1": "https://git.example/*"}},
        "type": "kubernetes.io/basic-auth", "stringData": {"password": "p"}});
    machine.created("/api/v1/namespaces/ns/secrets", secret).await;
    let made = machine.created(CONFIGS, config()).await;
    assert_eq!(made["spec"]["source"]["sourceSecret"], json!({"name": "git"}));
}
