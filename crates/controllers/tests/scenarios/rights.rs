use k8s_openapi::api::rbac::v1::{ClusterRole, RoleBinding};
use kube::Api;
use kube::runtime::wait::await_condition;
use serde_json::{Value, json};

use crate::machine::{Machine, PATIENCE};

const CLUSTER_ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";

async fn until_role(machine: &Machine, name: &str, what: &str, wanted: impl Fn(&[String]) -> bool) {
    let roles: Api<ClusterRole> = Api::all(machine.client.clone());
    let holds = |role: Option<&ClusterRole>| role.is_some_and(|role| wanted(&resources(role)));
    let found = tokio::time::timeout(PATIENCE, await_condition(roles, name, holds)).await;
    found
        .unwrap_or_else(|_| panic!("{name} {what}: not in time"))
        .expect("a watch");
}

fn resources(role: &ClusterRole) -> Vec<String> {
    let rules = role.rules.iter().flatten();
    rules.filter_map(|rule| rule.resources.clone()).flatten().collect()
}

fn part(name: &str, resource: &str) -> Value {
    json!({
        "metadata": {"name": name, "labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}},
        "rules": [{"apiGroups": ["example.com"], "resources": [resource], "verbs": ["get"]}],
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_reaches_every_role_that_it_is_part_of_and_leaves_it_again() {
    let machine = Machine::start().await;
    let has = |resources: &[String]| resources.iter().any(|resource| resource == "unicorns");
    machine.post(CLUSTER_ROLES, part("unicorn-viewer", "unicorns")).await;
    for role in ["view", "edit", "admin", "cluster-reader"] {
        until_role(&machine, role, "has the part", has).await;
    }
    let roles: Api<ClusterRole> = Api::all(machine.client.clone());
    roles
        .delete("unicorn-viewer", &kube::api::DeleteParams::default())
        .await
        .expect("deleted");
    for role in ["view", "edit", "admin", "cluster-reader"] {
        until_role(&machine, role, "has lost the part", |resources| !has(resources)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_binding_of_a_service_account_that_is_missing_is_made_again() {
    let machine = Machine::start().await;
    machine.delete::<RoleBinding>("system:image-builders").await;
    let is_whole = |binding: &RoleBinding| {
        let mut subjects = binding.subjects.iter().flatten();
        subjects.any(|subject| subject.kind == "ServiceAccount" && subject.name == "builder")
    };
    machine
        .until::<RoleBinding>("system:image-builders", "names the builder", is_whole)
        .await;
}
