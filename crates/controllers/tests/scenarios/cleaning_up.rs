use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, ReplicationController, ServiceAccount};
use kube::Api;
use kube::api::{DeleteParams, PropagationPolicy};
use serde_json::json;
use weir_api::apps::DeploymentConfig;

use crate::machine::{Machine, NAMESPACE};
use crate::node::Node;

async fn running_config(machine: &Machine) {
    machine
        .create::<DeploymentConfig>(json!({
            "metadata": {"name": "web"},
            "spec": {
                "replicas": 1,
                "selector": {"app": "web"},
                "template": {"metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "c", "image": "image:1"}]}},
            },
        }))
        .await;
    machine.until_all("a pod", |pods: &[Pod]| pods.len() == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_deleted_config_made_goes_with_it() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    running_config(&machine).await;
    machine.delete::<DeploymentConfig>("web").await;
    machine.until_gone::<ReplicationController>("web-1").await;
    machine.until_all("no pods", |pods: &[Pod]| pods.is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orphans_stay_and_forget_their_owner() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    running_config(&machine).await;
    let orphan = DeleteParams {
        propagation_policy: Some(PropagationPolicy::Orphan),
        ..DeleteParams::default()
    };
    machine
        .api::<DeploymentConfig>()
        .delete("web", &orphan)
        .await
        .expect("deleted");
    machine.until_gone::<DeploymentConfig>("web").await;
    let left = machine.get::<ReplicationController>("web-1").await;
    assert!(left.metadata.owner_references.unwrap_or_default().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_foreground_the_owner_goes_last() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    running_config(&machine).await;
    machine
        .api::<DeploymentConfig>()
        .delete("web", &DeleteParams::foreground())
        .await
        .expect("deleted");
    machine.until_gone::<DeploymentConfig>("web").await;
    assert!(machine.list::<ReplicationController>().await.is_empty());
    assert!(
        machine.list::<Pod>().await.is_empty(),
        "pods go before their controller"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_in_another_namespace_counts_for_nothing_and_is_told_of() {
    let mut machine = Machine::without_loops().await;
    let namespaces: Api<Namespace> = Api::all(machine.client.clone());
    let other: Namespace = serde_json::from_value(json!({"metadata": {"name": "other"}})).expect("a namespace");
    namespaces.create(&Default::default(), &other).await.expect("created");
    let owner: ConfigMap = serde_json::from_value(json!({"metadata": {"name": "owner"}})).expect("a config map");
    let owner = Api::namespaced(machine.client.clone(), "other")
        .create(&Default::default(), &owner)
        .await
        .expect("created");
    let reference = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.metadata.uid});
    machine
        .create::<ConfigMap>(json!({"metadata": {"name": "lost", "ownerReferences": [reference]}}))
        .await;
    let stray = json!({"metadata": {"name": "stray", "ownerReferences": [reference]}});
    let stray: Namespace = serde_json::from_value(stray).expect("a namespace");
    namespaces.create(&Default::default(), &stray).await.expect("created");
    machine.start_loops().await;
    machine.until_gone::<ConfigMap>("lost").await;
    machine.until_told("lost", "OwnerRefInvalidNamespace").await;
    let left = namespaces.get("stray").await.expect("it stays");
    assert!(left.metadata.deletion_timestamp.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_whose_owner_never_was_is_collected_and_one_with_a_living_owner_stays() {
    let mut machine = Machine::without_loops().await;
    let owner = machine
        .create::<ConfigMap>(json!({"metadata": {"name": "owner"}}))
        .await;
    let owned = |name: &str, owners: serde_json::Value| json!({"metadata": {"name": name, "ownerReferences": owners}});
    let reference = |uid: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid});
    let uid = owner.metadata.uid.expect("a uid");
    machine
        .create::<ConfigMap>(owned("lost", json!([reference("another-uid")])))
        .await;
    machine
        .create::<ConfigMap>(owned("held", json!([reference("another-uid"), reference(&uid)])))
        .await;
    machine
        .create::<ConfigMap>(owned(
            "kept",
            json!([{"apiVersion": "x.test/v1", "kind": "Thing", "name": "a", "uid": "b"}]),
        ))
        .await;
    machine.start_loops().await;
    machine.until_gone::<ConfigMap>("lost").await;
    machine
        .until("held", "with one owner left", |map: &ConfigMap| {
            map.metadata
                .owner_references
                .as_ref()
                .is_some_and(|owners| owners.len() == 1)
        })
        .await;
    machine.get::<ConfigMap>("kept").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_namespace_is_emptied_and_then_goes() {
    let machine = Machine::start().await;
    let _node = Node::start(&machine);
    running_config(&machine).await;
    let namespaces: Api<Namespace> = Api::all(machine.client.clone());
    let uid = namespaces
        .get(NAMESPACE)
        .await
        .expect("the namespace")
        .metadata
        .uid
        .expect("a uid");
    namespaces
        .delete(NAMESPACE, &DeleteParams::default())
        .await
        .expect("deleted");
    let gone =
        kube::runtime::wait::await_condition(namespaces, NAMESPACE, kube::runtime::wait::conditions::is_deleted(&uid));
    let gone = tokio::time::timeout(std::time::Duration::from_secs(60), gone).await;
    gone.expect("in time").expect("a watch");
    assert!(machine.list::<Pod>().await.is_empty() && machine.list::<ServiceAccount>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_that_cannot_be_emptied_tells_why() {
    let machine = Machine::start().await;
    machine
        .create::<ConfigMap>(json!({"metadata": {"name": "held", "finalizers": ["example.com/keep"]}}))
        .await;
    let namespaces: Api<Namespace> = Api::all(machine.client.clone());
    let uid = namespaces
        .get(NAMESPACE)
        .await
        .expect("it")
        .metadata
        .uid
        .expect("a uid");
    namespaces
        .delete(NAMESPACE, &DeleteParams::default())
        .await
        .expect("deleted");
    let says = |namespace: Option<&Namespace>, kind: &str, message: &str| {
        let conditions = namespace.and_then(|it| it.status.as_ref()?.conditions.as_ref());
        conditions.into_iter().flatten().any(|condition| {
            condition.type_ == kind && condition.status == "True" && condition.message.as_deref() == Some(message)
        })
    };
    let told = kube::runtime::wait::await_condition(namespaces.clone(), NAMESPACE, |it: Option<&Namespace>| {
        says(
            it,
            "NamespaceContentRemaining",
            "Some resources are remaining: configmaps. has 1 resource instances",
        ) && says(
            it,
            "NamespaceFinalizersRemaining",
            "Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances",
        )
    });
    let told = tokio::time::timeout(std::time::Duration::from_secs(60), told).await;
    told.expect("in time").expect("a watch");
    let released = json!({"metadata": {"finalizers": null}});
    machine
        .api::<ConfigMap>()
        .patch("held", &Default::default(), &kube::api::Patch::Merge(&released))
        .await
        .expect("released");
    let gone =
        kube::runtime::wait::await_condition(namespaces, NAMESPACE, kube::runtime::wait::conditions::is_deleted(&uid));
    let gone = tokio::time::timeout(std::time::Duration::from_secs(60), gone).await;
    gone.expect("in time").expect("a watch");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_that_is_missing_is_made_again() {
    let machine = Machine::start().await;
    machine.until("builder", "there", |_: &ServiceAccount| true).await;
    let before = machine.get::<ServiceAccount>("builder").await.metadata.uid;
    machine.delete::<ServiceAccount>("builder").await;
    machine
        .until("builder", "again", |account: &ServiceAccount| {
            account.metadata.uid != before
        })
        .await;
}

/// Nobody ends the pods of a node that is not there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_names_the_pods_that_their_node_does_not_end() {
    let machine = Machine::start().await;
    let pod = json!({"metadata": {"name": "stuck"}, "spec": {"nodeName": "away", "terminationGracePeriodSeconds": 1,
        "containers": [{"name": "c", "image": "i"}]}});
    machine.create::<Pod>(pod).await;
    let why = "the engine does not answer";
    machine
        .merge_status::<Pod>("stuck", json!({"status": {"phase": "Running", "message": why}}))
        .await;
    let namespaces: Api<Namespace> = Api::all(machine.client.clone());
    namespaces
        .delete(NAMESPACE, &DeleteParams::default())
        .await
        .expect("deleted");
    let message = "Some resources are remaining: pods. has 1 resource instances; \
                   pod stuck has not been ended by node away: the engine does not answer";
    let told = kube::runtime::wait::await_condition(namespaces, NAMESPACE, |it: Option<&Namespace>| {
        let conditions = it.and_then(|it| it.status.as_ref()?.conditions.as_ref());
        let mut conditions = conditions.into_iter().flatten();
        conditions.any(|condition| condition.message.as_deref() == Some(message))
    });
    let told = tokio::time::timeout(std::time::Duration::from_secs(60), told).await;
    told.expect("in time").expect("a watch");
}
