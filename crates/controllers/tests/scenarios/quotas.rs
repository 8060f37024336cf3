use k8s_openapi::api::core::v1::{ConfigMap, Pod, ReplicationController, ResourceQuota};
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::node::Node;

fn quota(hard: Value) -> Value {
    json!({"metadata": {"name": "q"}, "spec": {"hard": hard}})
}

async fn used(machine: &Machine, name: &str, amount: &str) {
    let what = format!("with {amount} {name} used");
    machine
        .until::<ResourceQuota>("q", &what, |quota| {
            let used = quota.status.as_ref().and_then(|status| status.used.as_ref());
            used.and_then(|used| used.get(name))
                .is_some_and(|used| used.0 == amount)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_used_follows_what_comes_and_goes() {
    let machine = Machine::start().await;
    let there = machine.list::<ConfigMap>().await.len();
    let amount = |more: usize| (there + more).to_string();
    machine
        .create::<ResourceQuota>(quota(json!({"configmaps": "9", "pods": "9"})))
        .await;
    used(&machine, "configmaps", &amount(0)).await;
    for name in ["a", "b"] {
        machine.create::<ConfigMap>(json!({"metadata": {"name": name}})).await;
    }
    used(&machine, "configmaps", &amount(2)).await;
    machine.delete::<ConfigMap>("a").await;
    used(&machine, "configmaps", &amount(1)).await;
    machine
        .merge::<ResourceQuota>("q", json!({"spec": {"hard": {"configmaps": null, "secrets": "100"}}}))
        .await;
    machine
        .until::<ResourceQuota>("q", "without config maps", |quota| {
            let status = quota.status.clone().unwrap_or_default();
            let hard = status.hard.unwrap_or_default();
            hard.contains_key("secrets") && !hard.contains_key("configmaps")
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_without_room_says_so_and_goes_on_when_there_is_some() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    machine.create::<ResourceQuota>(quota(json!({"pods": "1"}))).await;
    let template = json!({"metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]}});
    machine
        .create::<ReplicationController>(json!({"metadata": {"name": "rc"},
            "spec": {"replicas": 2, "selector": {"app": "web"}, "template": template}}))
        .await;
    let failing = |controller: &ReplicationController| {
        let conditions = controller
            .status
            .clone()
            .unwrap_or_default()
            .conditions
            .unwrap_or_default();
        let failure = conditions
            .into_iter()
            .find(|condition| condition.type_ == "ReplicaFailure");
        failure.map(|failure| failure.message.unwrap_or_default())
    };
    let controller = machine
        .until("rc", "failing", |controller| failing(controller).is_some())
        .await;
    let message = failing(&controller).unwrap_or_default();
    let words = "exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1";
    assert!(message.ends_with(words), "{message}");
    machine.until_told("rc", "FailedCreate").await;
    assert_eq!(machine.list::<Pod>().await.len(), 1);
    used(&machine, "pods", "1").await;
    machine
        .merge::<ResourceQuota>("q", json!({"spec": {"hard": {"pods": "2"}}}))
        .await;
    machine.until_all("two pods", |pods: &[Pod]| pods.len() == 2).await;
    machine
        .until("rc", "content", |controller| failing(controller).is_none())
        .await;
    used(&machine, "pods", "2").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_is_right_after_a_restart() {
    let mut machine = Machine::start().await;
    machine
        .create::<ResourceQuota>(quota(json!({"configmaps": "99"})))
        .await;
    let there = machine.list::<ConfigMap>().await.len();
    used(&machine, "configmaps", &there.to_string()).await;
    machine.stop_loops().await;
    machine.create::<ConfigMap>(json!({"metadata": {"name": "a"}})).await;
    machine.start_loops().await;
    used(&machine, "configmaps", &(there + 1).to_string()).await;
}
