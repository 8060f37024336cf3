//! Server-side apply with the tables of our kinds, and the owners that writes through other resources leave.

use serde_json::{Value, json};

use super::deployment_configs::CONFIG;
use super::machine::{Answer, Machine};

const STREAM: &str = "/apis/image.openshift.io/v1/namespaces/ns/imagestreams/web";
const SERVICE: &str = "/api/v1/namespaces/ns/services/web";

impl Machine {
    async fn apply(&self, path: &str, manager: &str, wish: Value) -> Answer {
        self.patch_as(
            &format!("{path}?fieldManager={manager}"),
            "application/apply-patch+yaml",
            wish,
        )
        .await
    }
}

fn owners(object: &Value) -> Vec<String> {
    let list = object["metadata"]["managedFields"].as_array();
    let entries = list.into_iter().flatten().map(|entry| {
        let text = |field: &str| entry[field].as_str().unwrap_or_default();
        format!("{} {} {}", text("operation"), text("manager"), text("subresource"))
            .trim()
            .to_owned()
    });
    entries.collect()
}

fn stream(tags: Value) -> Value {
    json!({"apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": {"name": "web"}, "spec": {"tags": tags}})
}

fn tag_names(stream: &Value) -> Vec<&str> {
    let tags = stream["spec"]["tags"].as_array().into_iter().flatten();
    tags.filter_map(|tag| tag["name"].as_str()).collect()
}

fn reference(name: &str, image: &str) -> Value {
    json!({"name": name, "from": {"kind": "DockerImage", "name": image}})
}

#[tokio::test]
async fn tags_of_a_stream_belong_to_whoever_applies_them() {
    let machine = Machine::with_namespace().await;
    let first = stream(json!([
        reference("v1", "example.com/web:1"),
        reference("v2", "example.com/web:2")
    ]));
    assert_eq!(machine.apply(STREAM, "one", first).await.0, 201);
    let second = stream(json!([reference("nightly", "example.com/web:n")]));
    let (code, both) = machine.apply(STREAM, "two", second).await;
    assert_eq!((code, tag_names(&both)), (200, vec!["nightly", "v1", "v2"]));
    let less = stream(json!([reference("v2", "example.com/web:2")]));
    let (code, rest) = machine.apply(STREAM, "one", less).await;
    assert_eq!((code, tag_names(&rest)), (200, vec!["nightly", "v2"]));

    let (code, refused) = machine
        .apply(
            STREAM,
            "one",
            stream(json!([reference("nightly", "example.com/other:n")])),
        )
        .await;
    assert_eq!(code, 409);
    assert_eq!(
        refused["details"]["causes"][0]["field"],
        ".spec.tags[name=\"nightly\"].from"
    );
}

#[tokio::test]
async fn a_tag_that_is_written_by_itself_is_noted_down_in_its_stream() {
    let machine = Machine::with_namespace().await;
    let tags = "/apis/image.openshift.io/v1/namespaces/ns/imagestreamtags?fieldManager=tagger";
    let tag = json!({"metadata": {"name": "web:v1"}, "tag": reference("v1", "example.com/web:1")});
    machine.created(tags, tag).await;
    let stream = machine.found(STREAM).await;
    let entry = &stream["metadata"]["managedFields"][0];
    assert_eq!(
        (&entry["manager"], &entry["apiVersion"]),
        (&json!("tagger"), &json!("image.openshift.io/v1"))
    );
    assert!(
        entry["fieldsV1"]["f:spec"]["f:tags"]["k:{\"name\":\"v1\"}"]["f:from"].is_object(),
        "{entry}"
    );
}

#[tokio::test]
async fn ports_of_one_number_and_two_protocols_are_two() {
    let machine = Machine::with_namespace().await;
    let service = |ports: Value| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": ports}})
    };
    let tcp = json!([{"name": "tcp", "port": 53}]);
    let udp = json!([{"name": "udp", "port": 53, "protocol": "UDP"}]);
    assert_eq!(machine.apply(SERVICE, "one", service(tcp)).await.0, 201);
    let (code, both) = machine.apply(SERVICE, "two", service(udp)).await;
    assert_eq!(
        (code, both["spec"]["ports"].as_array().map(Vec::len)),
        (200, Some(2)),
        "{both}"
    );
    let (_, rest) = machine.apply(SERVICE, "one", service(json!([]))).await;
    assert_eq!(rest["spec"]["ports"][0]["protocol"], "UDP");
}

#[tokio::test]
async fn conflicts_about_a_config_read_as_clients_expect() {
    let machine = Machine::with_namespace().await;
    let config = |replicas: i64, image: &str| {
        json!({"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig", "metadata": {"name": "web"},
            "spec": {"replicas": replicas, "template": {"metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": image}]}}}})
    };
    let path = "/apis/apps.openshift.io/v1/namespaces/ns/deploymentconfigs?fieldManager=kubectl-client-side-apply";
    machine.created(path, config(1, "nginx:1")).await;
    let (code, refused) = machine.apply(CONFIG, "kubectl", config(2, "nginx:2")).await;
    assert_eq!(
        (code, refused["message"].as_str()),
        (
            409,
            Some(
                "Apply failed with 2 conflicts: conflicts with \"kubectl-client-side-apply\" using \
                 apps.openshift.io/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name=\"web\"].image"
            )
        )
    );
}

#[tokio::test]
async fn a_scaler_owns_the_replicas_through_scale() {
    let machine = Machine::with_namespace().await;
    super::deployment_configs::make(&machine, json!([])).await;
    let scale = json!({"kind": "Scale", "apiVersion": "extensions/v1beta1", "metadata": {"name": "web"}, "spec": {"replicas": 4}});
    let (code, answer) = machine.put(&format!("{CONFIG}/scale?fieldManager=scaler"), scale).await;
    assert_eq!(code, 200, "{answer}");
    let config = machine.found(CONFIG).await;
    assert!(
        owners(&config).contains(&"Update scaler scale".to_owned()),
        "{:?}",
        owners(&config)
    );
}
