use serde_json::json;

use super::machine::Machine;

const NS: &str = "/api/v1/namespaces/ns";

#[tokio::test]
async fn secrets_and_config_maps_are_kept_and_listed() {
    let machine = Machine::with_namespace().await;
    let secret = machine
        .created(
            &format!("{NS}/secrets"),
            json!({"metadata": {"name": "s"}, "stringData": {"password": "p"}}),
        )
        .await;
    assert_eq!(
        (&secret["type"], &secret["data"]["password"]),
        (&json!("Opaque"), &json!("cA=="))
    );
    assert_eq!(secret.get("stringData"), None);
    machine
        .created(
            &format!("{NS}/configmaps"),
            json!({"metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}}),
        )
        .await;
    assert_eq!(
        machine.table(&format!("{NS}/secrets")).await,
        vec![vec![json!("s"), json!("Opaque"), json!(1), json!("0s")]]
    );
    assert_eq!(
        machine.table(&format!("{NS}/configmaps")).await,
        vec![vec![json!("c"), json!(2), json!("0s")]]
    );
    let typed = machine
        .found(&format!("{NS}/secrets?fieldSelector=type%3DOpaque"))
        .await;
    assert_eq!(typed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn services_get_no_address_that_nothing_serves() {
    let machine = Machine::with_namespace().await;
    let service = json!({"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}});
    machine.created(&format!("{NS}/services"), service).await;
    assert_eq!(
        machine.table(&format!("{NS}/services")).await,
        vec![vec![
            json!("web"),
            json!("ClusterIP"),
            json!("None"),
            json!("<none>"),
            json!("80/TCP"),
            json!("0s"),
            json!("app=web")
        ]]
    );
    let (code, refused) = machine
        .post(
            &format!("{NS}/services"),
            json!({"metadata": {"name": "1web"}, "spec": {"ports": [{"port": 80}]}}),
        )
        .await;
    assert_eq!(
        (code, refused["details"]["causes"][0]["field"].as_str()),
        (422, Some("metadata.name"))
    );
}

#[tokio::test]
async fn events_are_found_by_what_they_are_about() {
    let machine = Machine::with_namespace().await;
    let event = |name: &str, about: &str| {
        json!({"metadata": {"name": name}, "involvedObject": {"kind": "Pod", "namespace": "ns", "name": about}, "type": "Normal",
            "reason": "Started", "message": "Started container\n", "source": {"component": "agent"}, "count": 2,
            "firstTimestamp": "2027-01-15T07:58:00Z", "lastTimestamp": "2027-01-15T07:59:30Z"})
    };
    machine.created(&format!("{NS}/events"), event("a", "web-1")).await;
    machine.created(&format!("{NS}/events"), event("b", "web-2")).await;
    let rows = machine
        .table(&format!(
            "{NS}/events?fieldSelector=involvedObject.kind%3DPod,involvedObject.name%3Dweb-1"
        ))
        .await;
    assert_eq!(
        rows,
        vec![vec![
            json!("30s"),
            json!("Normal"),
            json!("Started"),
            json!("pod/web-1"),
            json!(""),
            json!("agent"),
            json!("Started container"),
            json!("2m"),
            json!("2"),
            json!("a")
        ]]
    );
    let mut foreign = event("c", "web-1");
    foreign["involvedObject"]["namespace"] = json!("other");
    assert_eq!(machine.post(&format!("{NS}/events"), foreign).await.0, 422);
}

#[tokio::test]
async fn replication_controllers_scale_and_count_their_generations() {
    let machine = Machine::with_namespace().await;
    let template =
        json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let made = machine
        .created(
            &format!("{NS}/replicationcontrollers"),
            json!({"metadata": {"name": "web"}, "spec": {"template": template}}),
        )
        .await;
    assert_eq!(
        (&made["spec"]["replicas"], &made["spec"]["selector"]),
        (&json!(1), &json!({"app": "web"}))
    );
    assert_eq!(made["metadata"]["generation"], 1);
    let path = format!("{NS}/replicationcontrollers/web");
    let scale = machine.found(&format!("{path}/scale")).await;
    assert_eq!(
        (&scale["kind"], &scale["apiVersion"]),
        (&json!("Scale"), &json!("autoscaling/v1"))
    );
    assert_eq!(scale["status"]["selector"], "app=web");
    let (code, scaled) = machine
        .patch(&format!("{path}/scale"), json!({"spec": {"replicas": 3}}))
        .await;
    assert_eq!((code, &scaled["spec"]["replicas"]), (200, &json!(3)), "{scaled}");
    let controller = machine.found(&path).await;
    assert_eq!(
        (&controller["spec"]["replicas"], &controller["metadata"]["generation"]),
        (&json!(3), &json!(2))
    );
    let (code, _) = machine
        .changed(&format!("{path}/status"), |object| {
            object["spec"]["replicas"] = json!(9);
            object["status"] = json!({"replicas": 2, "readyReplicas": 1});
        })
        .await;
    assert_eq!(code, 200);
    assert_eq!(
        machine.table(&format!("{NS}/replicationcontrollers")).await,
        vec![vec![
            json!("web"),
            json!(3),
            json!(2),
            json!(1),
            json!("0s"),
            json!("c"),
            json!("i"),
            json!("app=web")
        ]]
    );
    let (code, _) = machine
        .put(
            &format!("{path}/scale"),
            json!({"metadata": {"name": "web"}, "spec": {"replicas": -1}}),
        )
        .await;
    assert_eq!(code, 422);
}

#[tokio::test]
async fn an_object_of_the_wrong_shape_is_a_bad_request() {
    let machine = Machine::with_namespace().await;
    let template =
        json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    for spec in [
        json!({"replicas": "two", "template": template}),
        json!({"template": 1}),
        json!("text"),
    ] {
        let (code, refused) = machine
            .post(
                &format!("{NS}/replicationcontrollers"),
                json!({"metadata": {"name": "x"}, "spec": spec}),
            )
            .await;
        assert_eq!(
            (code, refused["reason"].as_str()),
            (400, Some("BadRequest")),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn nodes_are_described_by_their_agents() {
    let machine = Machine::start().await;
    machine
        .created(
            "/api/v1/nodes",
            json!({"metadata": {"name": "host", "labels": {"node-role.kubernetes.io/worker": ""}}}),
        )
        .await;
    let (code, _) = machine
        .changed("/api/v1/nodes/host/status", |node| {
            node["status"] = json!({"conditions": [{"type": "Ready", "status": "True"}],
                "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}], "nodeInfo": {"kubeletVersion": "v1"}});
        })
        .await;
    assert_eq!(code, 200);
    let row = &machine.table("/api/v1/nodes").await[0];
    assert_eq!(row[..3], [json!("host"), json!("Ready"), json!("worker")]);
    assert_eq!(row[5], "10.0.0.1");
}
