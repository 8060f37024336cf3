//! Quotas and limit ranges: what is refused, in which words, and that nobody slips past.

use futures::future::join_all;
use serde_json::{Value, json};

use super::machine::Machine;

const QUOTAS: &str = "/api/v1/namespaces/ns/resourcequotas";
const LIMITS: &str = "/api/v1/namespaces/ns/limitranges";
const PODS: &str = "/api/v1/namespaces/ns/pods";
const MAPS: &str = "/api/v1/namespaces/ns/configmaps";
const STREAMS: &str = "/apis/image.openshift.io/v1/namespaces/ns/imagestreams";

async fn machine_with_quota(spec: Value) -> Machine {
    let machine = Machine::with_namespace().await;
    machine
        .created(QUOTAS, json!({"metadata": {"name": "q"}, "spec": spec}))
        .await;
    machine
}

fn pod(name: &str, resources: Value) -> Value {
    json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i", "resources": resources}]}})
}

fn named(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

/// POST that must be refused with 403; what is said.
async fn refused(machine: &Machine, path: &str, object: Value) -> String {
    let (code, status) = machine.post(path, object).await;
    assert_eq!((code, &status["reason"]), (403, &json!("Forbidden")), "{status}");
    status["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_quota_is_stored_in_its_shortest_form_and_shown_with_what_is_used() {
    let hard = json!({"pods": 2, "requests.cpu": "0.5", "limits.memory": "1024Mi"});
    let machine = machine_with_quota(json!({"hard": hard})).await;
    let quota = machine.found(&format!("{QUOTAS}/q")).await;
    let hard = json!({"limits.memory": "1Gi", "pods": "2", "requests.cpu": "500m"});
    assert_eq!((&quota["spec"]["hard"], &quota["status"]), (&hard, &json!({})));
    let (code, _) = machine
        .changed(&format!("{QUOTAS}/q/status"), |quota| {
            quota["status"] = json!({"hard": hard, "used": {"pods": "1", "limits.memory": "512Mi"}});
            quota["spec"]["hard"] = json!({"pods": "9"});
        })
        .await;
    assert_eq!(code, 200);
    let row = &machine.table(QUOTAS).await[0];
    assert_eq!(
        row[1..3],
        [
            json!("pods: 1/2, requests.cpu: 0/500m"),
            json!("limits.memory: 512Mi/1Gi")
        ]
    );
    let (code, status) = machine
        .post(
            QUOTAS,
            json!({"metadata": {"name": "odd"}, "spec": {"hard": {"pods": "many"}}}),
        )
        .await;
    assert_eq!(code, 400, "{status}");
}

#[tokio::test]
async fn pods_past_the_quota_are_refused_until_one_goes() {
    let machine = machine_with_quota(json!({"hard": {"pods": "2"}})).await;
    for name in ["a", "b"] {
        machine.created(PODS, pod(name, json!({}))).await;
    }
    assert_eq!(
        refused(&machine, PODS, pod("c", json!({}))).await,
        "pods \"c\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"
    );
    let (code, _) = machine
        .changed(&format!("{PODS}/a/status"), |pod| {
            pod["status"]["phase"] = "Succeeded".into()
        })
        .await;
    assert_eq!(code, 200);
    machine.created(PODS, pod("c", json!({}))).await;
    refused(&machine, PODS, pod("d", json!({}))).await;
    machine.delete(&format!("{PODS}/b?gracePeriodSeconds=0")).await;
    machine.created(PODS, pod("d", json!({}))).await;
}

#[tokio::test]
async fn what_containers_ask_for_is_summed_and_must_be_said() {
    let hard = json!({"requests.cpu": "1", "limits.memory": "1Gi", "pods": "9"});
    let machine = machine_with_quota(json!({"hard": hard})).await;
    assert_eq!(
        refused(&machine, PODS, pod("a", json!({}))).await,
        "pods \"a\" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c"
    );
    let asking = |cpu: Value, memory: &str| json!({"requests": {"cpu": cpu}, "limits": {"memory": memory}});
    machine.created(PODS, pod("a", asking(json!("600m"), "512Mi"))).await;
    assert_eq!(
        refused(&machine, PODS, pod("b", asking(json!(0.5), "600Mi"))).await,
        "pods \"b\" is forbidden: exceeded quota: q, requested: limits.memory=600Mi,requests.cpu=500m, used: \
         limits.memory=512Mi,requests.cpu=600m, limited: limits.memory=1Gi,requests.cpu=1"
    );
    machine.created(PODS, pod("b", asking(json!("400m"), "512Mi"))).await;
}

#[tokio::test]
async fn objects_of_every_kind_are_counted_by_old_and_new_names() {
    let machine = Machine::with_namespace().await;
    let there = machine.found(MAPS).await["items"].as_array().map_or(0, Vec::len);
    let hard = json!({
        "configmaps": (there + 1).to_string(),
        "openshift.io/imagestreams": "1",
        "count/rolebindings.rbac.authorization.k8s.io": "0",
    });
    machine
        .created(QUOTAS, json!({"metadata": {"name": "q"}, "spec": {"hard": hard}}))
        .await;
    machine.created(MAPS, named("one")).await;
    let said = refused(&machine, MAPS, named("two")).await;
    assert!(
        said.starts_with("configmaps \"two\" is forbidden: exceeded quota: q, requested: configmaps=1"),
        "{said}"
    );
    machine.created(STREAMS, named("one")).await;
    assert_eq!(
        refused(&machine, STREAMS, named("two")).await,
        "imagestreams.image.openshift.io \"two\" is forbidden: exceeded quota: q, requested: \
         openshift.io/imagestreams=1, used: openshift.io/imagestreams=1, limited: openshift.io/imagestreams=1"
    );
    // A stream that comes into being with its tag is a stream like any other (87).
    let tag = json!({"metadata": {"name": "three:latest"}, "tag": {"from": {"kind": "DockerImage", "name": "a/b"}}});
    let (code, status) = machine
        .put(
            "/apis/image.openshift.io/v1/namespaces/ns/imagestreamtags/three:latest",
            tag,
        )
        .await;
    assert_eq!(code, 403, "{status}");
    let binding = json!({"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "view"}});
    refused(
        &machine,
        "/apis/rbac.authorization.k8s.io/v1/namespaces/ns/rolebindings",
        binding,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_pods_at_once_exactly_those_that_fit_are_made() {
    let machine = machine_with_quota(json!({"hard": {"pods": "5", "requests.cpu": "3"}})).await;
    for round in 0..5 {
        let pods: Vec<Value> = (0..20)
            .map(|number| pod(&format!("p{round}-{number}"), json!({"requests": {"cpu": "1"}})))
            .collect();
        let answers = join_all(pods.into_iter().map(|pod| machine.post(PODS, pod))).await;
        let made = answers.iter().filter(|(code, _)| *code == 201).count();
        assert_eq!(made, 3, "round {round}");
        assert!(answers.iter().all(|(code, _)| matches!(code, 201 | 403)));
        for (_, pod) in answers.iter().filter(|(code, _)| *code == 201) {
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            machine.delete(&format!("{PODS}/{name}?gracePeriodSeconds=0")).await;
        }
    }
}

#[tokio::test]
async fn dry_runs_are_told_and_charge_nothing() {
    let machine = machine_with_quota(json!({"hard": {"pods": "1"}})).await;
    let dry = format!("{PODS}?dryRun=All");
    for _ in 0..3 {
        machine.created(&dry, pod("a", json!({}))).await;
    }
    machine.created(PODS, pod("a", json!({}))).await;
    refused(&machine, &dry, pod("b", json!({}))).await;
}

#[tokio::test]
async fn a_quota_with_scopes_is_about_some_pods_only() {
    let machine = machine_with_quota(json!({"hard": {"pods": "0"}, "scopes": ["BestEffort"]})).await;
    refused(&machine, PODS, pod("a", json!({}))).await;
    machine
        .created(PODS, pod("a", json!({"requests": {"cpu": "1m"}})))
        .await;
    let (code, status) = machine
        .changed(&format!("{QUOTAS}/q"), |quota| {
            quota["spec"]["scopes"] = json!(["NotBestEffort"])
        })
        .await;
    assert_eq!(code, 422, "{status}");
}

#[tokio::test]
async fn a_quota_binds_as_long_as_it_is_there_and_as_it_is_now() {
    let machine = machine_with_quota(json!({"hard": {"configmaps": "0"}})).await;
    refused(&machine, MAPS, named("a")).await;
    let (code, _) = machine
        .changed(&format!("{QUOTAS}/q"), |quota| {
            quota["spec"]["hard"]["configmaps"] = "9".into()
        })
        .await;
    assert_eq!(code, 200);
    machine.created(MAPS, named("a")).await;
    let (code, _) = machine
        .changed(&format!("{QUOTAS}/q"), |quota| {
            quota["spec"]["hard"]["configmaps"] = "0".into()
        })
        .await;
    assert_eq!(code, 200);
    refused(&machine, MAPS, named("b")).await;
    machine.delete(&format!("{QUOTAS}/q")).await;
    machine.created(MAPS, named("b")).await;
}

#[tokio::test]
async fn limit_ranges_give_containers_what_they_do_not_ask_for() {
    let machine = Machine::with_namespace().await;
    let limits = json!([{"type": "Container", "max": {"cpu": "2"}, "default": {"cpu": "1", "memory": "1Gi"},
        "defaultRequest": {"cpu": "250m"}}]);
    machine
        .created(LIMITS, json!({"metadata": {"name": "l"}, "spec": {"limits": limits}}))
        .await;
    let made = machine
        .created(PODS, pod("a", json!({"requests": {"memory": "64Mi"}})))
        .await;
    assert_eq!(
        made["spec"]["containers"][0]["resources"],
        json!({"requests": {"cpu": "250m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}})
    );
    assert_eq!(
        made["metadata"]["annotations"]["kubernetes.io/limit-ranger"],
        "LimitRanger plugin set: cpu request for container c; cpu, memory limit for container c"
    );
    assert_eq!(made["status"]["qosClass"], "Burstable");
    assert_eq!(
        refused(&machine, PODS, pod("b", json!({"limits": {"cpu": 3}}))).await,
        "pods \"b\" is forbidden: maximum cpu usage per Container is 2, but limit is 3"
    );
    machine.delete(&format!("{LIMITS}/l")).await;
    let made = machine.created(PODS, pod("b", json!({"limits": {"cpu": 3}}))).await;
    assert!(made["metadata"]["annotations"].is_null());
}

#[tokio::test]
async fn what_limit_ranges_give_counts_for_quotas() {
    let machine = machine_with_quota(json!({"hard": {"limits.cpu": "1500m"}})).await;
    refused(&machine, PODS, pod("a", json!({}))).await;
    let limits = json!([{"type": "Container", "default": {"cpu": "1"}}]);
    machine
        .created(LIMITS, json!({"metadata": {"name": "l"}, "spec": {"limits": limits}}))
        .await;
    machine.created(PODS, pod("a", json!({}))).await;
    assert_eq!(
        refused(&machine, PODS, pod("b", json!({}))).await,
        "pods \"b\" is forbidden: exceeded quota: q, requested: limits.cpu=1, used: limits.cpu=1, limited: \
         limits.cpu=1500m"
    );
}

#[tokio::test]
async fn members_of_a_project_read_its_bounds_and_do_not_set_them() {
    let machine = machine_with_quota(json!({"hard": {"pods": "1"}})).await;
    for role in ["admin", "edit", "view"] {
        let binding = json!({"metadata": {"name": role}, "roleRef": {"kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "User", "name": role}]});
        machine
            .created("/apis/rbac.authorization.k8s.io/v1/namespaces/ns/rolebindings", binding)
            .await;
        for path in [QUOTAS, LIMITS] {
            let ask = |method, body| machine.call_in_group(role, "system:authenticated", method, path, body);
            assert_eq!(ask("GET", Value::Null).await.0, 200, "{role} reads {path}");
            assert_eq!(ask("POST", named("mine")).await.0, 403, "{role} writes {path}");
        }
    }
}
