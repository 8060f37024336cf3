use serde_json::{Value, json};

use super::build_configs::ready;
use super::machine::Machine;

const NS: &str = "/api/v1/namespaces/ns";
const IMAGE: &str = "/apis/image.openshift.io/v1/namespaces/ns";
const APPS: &str = "/apis/apps.openshift.io/v1/namespaces/ns";

/// The store's revision, as lists tell it.
async fn revision(machine: &Machine) -> Value {
    machine.found("/api/v1/namespaces").await["metadata"]["resourceVersion"].clone()
}

fn deployment_config() -> Value {
    json!({"metadata": {"name": "app"}, "spec": {"replicas": 1, "selector": {"app": "a"},
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}})
}

#[tokio::test]
async fn a_dry_run_stores_nothing_whatever_computes_the_answer() {
    let (machine, image) = ready().await;
    machine
        .created(&format!("{APPS}/deploymentconfigs"), deployment_config())
        .await;
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    machine
        .created(
            &format!("{NS}/replicationcontrollers"),
            json!({"metadata": {"name": "rc"}, "spec": {"template": template}}),
        )
        .await;
    machine
        .created(
            &format!("{NS}/pods"),
            json!({"metadata": {"name": "p"}, "spec": template["spec"]}),
        )
        .await;
    let digest = format!("sha256:{}", "7".repeat(64));
    let tag =
        json!({"metadata": {"name": "new:1"}, "tag": {"name": "1", "from": {"kind": "DockerImage", "name": image}}});
    let mapping = json!({"metadata": {"name": "nodejs", "namespace": "ns"}, "tag": "next", "image": {"metadata": {"name": digest},
        "dockerImageReference": format!("registry:5000/ns/nodejs@{digest}"),
        "dockerImageMetadata": {"kind": "DockerImage", "apiVersion": "image.openshift.io/1.0"}}});
    let import = json!({"metadata": {"name": "imported"}, "spec": {"import": true,
        "images": [{"from": {"kind": "DockerImage", "name": "elsewhere:1/a/b:c"}, "to": {"name": "c"}}]}});
    let table = [
        ("POST", format!("{IMAGE}/imagestreamtags"), tag.clone(), 201),
        ("PUT", format!("{IMAGE}/imagestreamtags/new:1"), tag.clone(), 201),
        (
            "POST",
            format!("{IMAGE}/imagetags"),
            json!({"metadata": {"name": "nodejs:x"}, "spec": {"name": "x", "from": tag["tag"]["from"]}}),
            201,
        ),
        (
            "DELETE",
            format!("{IMAGE}/imagestreamtags/nodejs:latest"),
            Value::Null,
            200,
        ),
        ("POST", format!("{IMAGE}/imagestreammappings"), mapping, 201),
        ("POST", format!("{IMAGE}/imagestreamimports"), import, 201),
        (
            "POST",
            "/apis/build.openshift.io/v1/namespaces/ns/buildconfigs/web/instantiate".to_owned(),
            json!({"kind": "BuildRequest", "metadata": {"name": "web"}}),
            201,
        ),
        (
            "POST",
            format!("{APPS}/deploymentconfigs/app/instantiate"),
            json!({"kind": "DeploymentRequest", "name": "app", "force": true}),
            201,
        ),
        (
            "PUT",
            format!("{APPS}/deploymentconfigs/app/scale"),
            json!({"metadata": {"name": "app"}, "spec": {"replicas": 4}}),
            200,
        ),
        (
            "PUT",
            format!("{NS}/replicationcontrollers/rc/scale"),
            json!({"metadata": {"name": "rc"}, "spec": {"replicas": 4}}),
            200,
        ),
        (
            "POST",
            format!("{NS}/pods/p/binding"),
            json!({"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}}),
            201,
        ),
        ("DELETE", format!("{NS}/pods/p"), Value::Null, 200),
        ("DELETE", NS.to_owned(), Value::Null, 200),
        ("DELETE", format!("{APPS}/deploymentconfigs"), Value::Null, 200),
        (
            "POST",
            "/apis/project.openshift.io/v1/projectrequests".to_owned(),
            json!({"metadata": {"name": "mine"}}),
            201,
        ),
        (
            "POST",
            "/apis/project.openshift.io/v1/projects".to_owned(),
            json!({"metadata": {"name": "mine"}}),
            201,
        ),
        (
            "DELETE",
            "/apis/project.openshift.io/v1/projects/ns".to_owned(),
            Value::Null,
            200,
        ),
        (
            "POST",
            "/apis/events.k8s.io/v1/namespaces/ns/events".to_owned(),
            json!({"metadata": {"name": "e"}, "regarding": {"kind": "Pod", "namespace": "ns", "name": "p"}, "type": "Normal",
                "eventTime": "2027-01-15T08:00:00.000000Z", "reason": "R", "action": "A", "reportingController": "c",
                "reportingInstance": "i"}),
            201,
        ),
    ];
    let before = revision(&machine).await;
    let mut odd = Vec::new();
    for (method, path, body, wanted) in table {
        let dry = format!("{path}?dryRun=All");
        let (code, answer) = machine.call_as("system:admin", method, &dry, body).await;
        let after = revision(&machine).await;
        if (code, &after) != (wanted, &before) {
            odd.push(format!(
                "{method} {dry}: {code}, revision {before} is {after} then: {answer}"
            ));
        }
    }
    assert!(odd.is_empty(), "{}", odd.join("\n"));
}
