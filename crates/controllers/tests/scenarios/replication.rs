use k8s_openapi::api::core::v1::{Pod, ReplicationController};
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::node::Node;

fn controller(replicas: i32) -> Value {
    json!({
        "metadata": {"name": "rc"},
        "spec": {
            "replicas": replicas,
            "selector": {"app": "web"},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
        },
    })
}

fn is_owned(pod: &Pod) -> bool {
    pod.metadata
        .owner_references
        .iter()
        .flatten()
        .any(|owner| owner.name == "rc")
}

async fn available(machine: &Machine, replicas: i32) {
    machine
        .until::<ReplicationController>("rc", &format!("with {replicas} available"), |controller| {
            let status = controller.status.as_ref();
            status
                .is_some_and(|status| status.replicas == replicas && status.available_replicas.unwrap_or(0) == replicas)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_as_many_pods_are_made_as_are_wanted() {
    let machine = Machine::start().await;
    let node = Node::start(&machine);
    machine.create::<ReplicationController>(controller(20)).await;
    available(&machine, 20).await;
    assert_eq!(
        node.most_alive(),
        20,
        "no pod was made twice from a cache that was behind"
    );
    machine
        .merge::<ReplicationController>("rc", json!({"spec": {"replicas": 3}}))
        .await;
    machine.until_all("three pods", |pods: &[Pod]| pods.len() == 3).await;
    available(&machine, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_goes_is_replaced() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<ReplicationController>(controller(1)).await;
    let first = machine.until_all("one pod", |pods: &[Pod]| pods.len() == 1).await;
    let name = first[0].metadata.name.clone().expect("a name");
    assert!(name.starts_with("rc-") && name.len() == "rc-".len() + 5, "{name}");
    machine.delete::<Pod>(&name).await;
    machine
        .until_all("another pod", |pods: &[Pod]| {
            pods.len() == 1 && pods[0].metadata.name.as_deref() != Some(&name)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orphan_that_matches_counts() {
    let machine = Machine::start().await;
    let node = Node::start(&machine);
    let orphan = json!({"metadata": {"name": "orphan", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]}});
    machine
        .create_pod(&serde_json::from_value(orphan).expect("a pod"))
        .await;
    machine.create::<ReplicationController>(controller(1)).await;
    machine.until("orphan", "adopted", is_owned).await;
    available(&machine, 1).await;
    assert_eq!(node.most_alive(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pod_that_is_taken_out_of_the_selector_is_released_and_replaced() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<ReplicationController>(controller(1)).await;
    available(&machine, 1).await;
    let name = machine.list::<Pod>().await[0].metadata.name.clone().expect("a name");
    machine
        .merge::<Pod>(&name, json!({"metadata": {"labels": {"app": "under-inspection"}}}))
        .await;
    machine.until(&name, "released", |pod: &Pod| !is_owned(pod)).await;
    machine
        .until_all("a replacement", |pods: &[Pod]| {
            pods.iter().filter(|pod| is_owned(pod)).count() == 1
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_pod_is_replaced_and_kept_to_look_at() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<ReplicationController>(controller(1)).await;
    available(&machine, 1).await;
    let name = machine.list::<Pod>().await[0].metadata.name.clone().expect("a name");
    machine
        .merge_status::<Pod>(&name, json!({"status": {"phase": "Failed"}}))
        .await;
    machine.until_all("a replacement", |pods: &[Pod]| pods.len() == 2).await;
    available(&machine, 1).await;
}
