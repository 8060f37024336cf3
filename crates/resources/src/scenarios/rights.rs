//! Rights end to end: what role objects say is what the next request is allowed.

use serde_json::{Value, json};

use super::machine::Machine;

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const IN_NS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/ns";

fn rule(verbs: &[&str], resource: &str) -> Value {
    json!({"verbs": verbs, "apiGroups": [""], "resources": [resource]})
}

fn role(name: &str, rules: &[Value]) -> Value {
    json!({"metadata": {"name": name}, "rules": rules})
}

fn binding(name: &str, kind: &str, role: &str, user: &str) -> Value {
    json!({"metadata": {"name": name}, "roleRef": {"kind": kind, "name": role}, "subjects": [{"kind": "User", "name": user}]})
}

async fn as_jane(machine: &Machine, method: &str, path: &str, body: Value) -> (u16, Value) {
    machine
        .call_in_group("jane", "system:authenticated", method, path, body)
        .await
}

#[tokio::test]
async fn the_request_after_a_binding_sees_it_and_the_one_after_its_end_does_not() {
    let machine = Machine::with_namespace().await;
    let pods = "/api/v1/namespaces/ns/pods";
    machine
        .created(&format!("{IN_NS}/roles"), role("reader", &[rule(&["list"], "pods")]))
        .await;
    for round in 0..20 {
        assert_eq!(
            as_jane(&machine, "GET", pods, Value::Null).await.0,
            403,
            "round {round}"
        );
        machine
            .created(&format!("{IN_NS}/rolebindings"), binding("b", "Role", "reader", "jane"))
            .await;
        assert_eq!(
            as_jane(&machine, "GET", pods, Value::Null).await.0,
            200,
            "round {round}"
        );
        assert_eq!(machine.delete(&format!("{IN_NS}/rolebindings/b")).await.0, 200);
    }
}

#[tokio::test]
async fn nobody_passes_on_what_he_does_not_hold() {
    let machine = Machine::with_namespace().await;
    let manage = [
        // Every verb would be every right: `escalate` and `bind` are among them.
        json!({"verbs": ["create", "get", "patch", "update"], "apiGroups": ["rbac.authorization.k8s.io"],
            "resources": ["roles", "rolebindings"]}),
        rule(&["get", "list"], "pods"),
    ];
    machine
        .created(&format!("{IN_NS}/roles"), role("manager", &manage))
        .await;
    machine
        .created(
            &format!("{IN_NS}/rolebindings"),
            binding("m", "Role", "manager", "jane"),
        )
        .await;
    let held = role("readers", &[rule(&["get"], "pods")]);
    assert_eq!(as_jane(&machine, "POST", &format!("{IN_NS}/roles"), held).await.0, 201);

    let more = role("more", &[rule(&["get", "delete"], "pods"), rule(&["get"], "secrets")]);
    let (code, refused) = as_jane(&machine, "POST", &format!("{IN_NS}/roles"), more).await;
    assert_eq!(code, 403);
    assert_eq!(
        refused["message"],
        "roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"jane\" (groups=[\"system:authenticated\"]) is attempting \
         to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}\n\
         {APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}"
    );
    let path = format!("{IN_NS}/roles/readers");
    let patch = json!({"rules": [rule(&["*"], "pods")]});
    assert_eq!(machine.patch_by("jane", &path, patch).await.0, 403, "nor by a patch");

    let bindings = format!("{IN_NS}/rolebindings");
    let (code, _) = as_jane(&machine, "POST", &bindings, binding("e", "ClusterRole", "edit", "joe")).await;
    assert_eq!(code, 403);
    let (code, missing) = as_jane(
        &machine,
        "POST",
        &bindings,
        binding("e", "ClusterRole", "nothing", "joe"),
    )
    .await;
    assert_eq!((code, missing["reason"].as_str()), (404, Some("NotFound")));
    let (code, _) = as_jane(&machine, "POST", &bindings, binding("r", "Role", "readers", "joe")).await;
    assert_eq!(code, 201);
}

#[tokio::test]
async fn bind_and_escalate_are_rights_of_their_own() {
    let machine = Machine::with_namespace().await;
    let rights = json!([
        {"verbs": ["create"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"]},
        {"verbs": ["bind"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "resourceNames": ["view"]},
        {"verbs": ["escalate"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"]},
    ]);
    machine.role("grantor", rights).await;
    machine.bind("grantor", json!([{"kind": "User", "name": "jane"}])).await;
    let bindings = format!("{IN_NS}/rolebindings");
    let bind = |name: &str, role: &str| binding(name, "ClusterRole", role, "joe");
    assert_eq!(as_jane(&machine, "POST", &bindings, bind("v", "view")).await.0, 201);
    assert_eq!(as_jane(&machine, "POST", &bindings, bind("e", "edit")).await.0, 403);
    let any = role("any", &[rule(&["*"], "*")]);
    assert_eq!(as_jane(&machine, "POST", &format!("{IN_NS}/roles"), any).await.0, 201);
}

#[tokio::test]
async fn only_who_may_do_everything_makes_aggregated_roles() {
    let machine = Machine::with_namespace().await;
    let rights =
        json!([{"verbs": ["create"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"]}]);
    machine.role("roles", rights).await;
    machine.bind("roles", json!([{"kind": "User", "name": "jane"}])).await;
    let sum = json!({"metadata": {"name": "other"}, "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
    let (code, refused) = as_jane(&machine, "POST", &format!("{RBAC}/clusterroles"), sum.clone()).await;
    assert_eq!(code, 403);
    assert_eq!(
        refused["message"],
        "clusterroles.rbac.authorization.k8s.io \"other\" is forbidden: must have cluster-admin privileges to use an aggregationRule"
    );
    machine.created(&format!("{RBAC}/clusterroles"), sum).await;
}

#[tokio::test]
async fn roles_and_bindings_are_validated() {
    let machine = Machine::with_namespace().await;
    let table = [
        (
            "roles",
            role("r", &[json!({"verbs": [], "apiGroups": [""], "resources": ["pods"]})]),
            "rules[0].verbs",
        ),
        (
            "roles",
            role("r", &[json!({"verbs": ["get"], "resources": ["pods"]})]),
            "rules[0].apiGroups",
        ),
        (
            "roles",
            role("r", &[json!({"verbs": ["get"], "apiGroups": [""]})]),
            "rules[0].resources",
        ),
        (
            "roles",
            role("r", &[json!({"verbs": ["get"], "nonResourceURLs": ["/x"]})]),
            "rules[0].nonResourceURLs",
        ),
        ("rolebindings", binding("b", "Roll", "view", "jane"), "roleRef.kind"),
        ("rolebindings", binding("b", "ClusterRole", "", "jane"), "roleRef.name"),
        (
            "rolebindings",
            binding("b", "ClusterRole", "view", ""),
            "subjects[0].name",
        ),
    ];
    for (plural, object, field) in table {
        let (code, answer) = machine.post(&format!("{IN_NS}/{plural}"), object).await;
        assert_eq!(
            (code, answer["details"]["causes"][0]["field"].as_str()),
            (422, Some(field)),
            "{answer}"
        );
    }
    let path = format!("{IN_NS}/rolebindings");
    let made = machine
        .created(&path, binding("b", "ClusterRole", "view", "jane"))
        .await;
    assert_eq!(made["roleRef"]["apiGroup"], "rbac.authorization.k8s.io");
    assert_eq!(made["subjects"][0]["apiGroup"], "rbac.authorization.k8s.io");
    let (code, answer) = machine
        .changed(&format!("{path}/b"), |binding| {
            binding["roleRef"]["name"] = "edit".into()
        })
        .await;
    assert_eq!(
        (code, answer["details"]["causes"][0]["field"].as_str()),
        (422, Some("roleRef"))
    );
    assert!(
        answer["message"]
            .as_str()
            .is_some_and(|message| message.contains("cannot change roleRef"))
    );
}

#[tokio::test]
async fn whoever_asks_for_a_project_runs_it_and_its_accounts_have_their_rights() {
    let machine = Machine::start().await;
    let request = json!({"metadata": {"name": "mine"}});
    let (code, _) = machine
        .call_in_groups(
            "jane",
            &["system:authenticated", "system:authenticated:oauth"],
            "POST",
            "/apis/project.openshift.io/v1/projectrequests",
            request,
        )
        .await;
    assert_eq!(code, 201);
    let bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/mine/rolebindings";
    let (code, list) = as_jane(&machine, "GET", bindings, Value::Null).await;
    let names: Vec<&str> = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["metadata"]["name"].as_str())
        .collect();
    assert_eq!(
        (code, names),
        (
            200,
            vec![
                "admin",
                "system:deployers",
                "system:image-builders",
                "system:image-pullers"
            ]
        )
    );
    let (_, projects) = as_jane(&machine, "GET", "/apis/project.openshift.io/v1/projects", Value::Null).await;
    assert_eq!(
        projects["items"].as_array().map(Vec::len),
        Some(1),
        "he sees his own project only"
    );
    assert_eq!(
        as_jane(
            &machine,
            "GET",
            "/apis/project.openshift.io/v1/projects/mine",
            Value::Null
        )
        .await
        .0,
        200
    );
    assert_eq!(
        as_jane(
            &machine,
            "GET",
            "/apis/project.openshift.io/v1/projects/default",
            Value::Null
        )
        .await
        .0,
        403
    );
    let (code, _) = as_jane(
        &machine,
        "POST",
        bindings,
        binding("view", "ClusterRole", "view", "joe"),
    )
    .await;
    assert_eq!(code, 201, "and lets others in");
    let (code, _) = as_jane(
        &machine,
        "POST",
        bindings,
        binding("all", "ClusterRole", "cluster-admin", "joe"),
    )
    .await;
    assert_eq!(code, 403, "but not to more than he may do himself");
}

#[tokio::test]
async fn a_second_start_writes_nothing_and_mends_what_was_taken_away() {
    let machine = Machine::start().await;
    assert_eq!(machine.establish().await, crate::Established::default());
    let path = format!("{RBAC}/clusterroles/system:image-puller");
    let (code, _) = machine.changed(&path, |role| role["rules"] = json!([])).await;
    assert_eq!(code, 200);
    assert_eq!(
        machine
            .delete(&format!("{RBAC}/clusterrolebindings/basic-users"))
            .await
            .0,
        200
    );
    let mended = crate::Established { created: 1, changed: 1 };
    assert_eq!(machine.establish().await, mended);
    assert_eq!(
        machine.found(&path).await["rules"][0]["resources"],
        json!(["imagestreams/layers"])
    );
}

#[tokio::test]
async fn reviews_list_rules_and_holders() {
    let machine = Machine::with_namespace().await;
    machine
        .created(
            &format!("{IN_NS}/rolebindings"),
            binding("v", "ClusterRole", "view", "jane"),
        )
        .await;
    let rules = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let (code, review) = as_jane(&machine, "POST", rules, json!({"spec": {"namespace": "ns"}})).await;
    let listed = review["status"]["resourceRules"].to_string();
    assert_eq!(
        (code, listed.contains("imagestreams"), listed.contains("secrets")),
        (201, true, false),
        "{review}"
    );
    assert_eq!(as_jane(&machine, "POST", rules, json!({"spec": {}})).await.0, 400);

    let holders = "/apis/authorization.openshift.io/v1/namespaces/ns/localresourceaccessreviews";
    let question = json!({"verb": "list", "resourceAPIGroup": "", "resource": "pods"});
    let answer = machine.created(holders, question.clone()).await;
    let users = answer["users"].as_array().cloned().unwrap_or_default();
    assert!(
        users.contains(&json!("jane")) && answer["groups"] == json!(["system:masters"]),
        "{answer}"
    );
    assert_eq!(
        as_jane(&machine, "POST", holders, question).await.0,
        403,
        "a viewer does not see who else there is"
    );

    let review = machine
        .created(
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            json!({"spec": {"user": "jane", "resourceAttributes": {"namespace": "ns", "verb": "get", "resource": "pods"}}}),
        )
        .await;
    assert_eq!(
        review["status"],
        json!({"allowed": true, "reason": "RBAC: allowed by RoleBinding \"v/ns\" of ClusterRole \"view\" to User \"jane\""})
    );
}

#[tokio::test]
async fn who_may_impersonate_whom_is_a_matter_of_roles() {
    let machine = Machine::with_namespace().await;
    machine
        .role(
            "as-bob",
            json!([{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"], "resourceNames": ["bob"]}]),
        )
        .await;
    machine.bind("as-bob", json!([{"kind": "User", "name": "jane"}])).await;
    machine
        .created(
            &format!("{IN_NS}/rolebindings"),
            binding("v", "ClusterRole", "view", "bob"),
        )
        .await;
    let pods = "/api/v1/namespaces/ns/pods";
    let table: [(&[(&str, &str)], u16); 4] = [
        (&[], 403),
        (&[("impersonate-user", "bob")], 200),
        (&[("impersonate-user", "system:admin")], 403),
        (
            &[("impersonate-user", "bob"), ("impersonate-group", "system:masters")],
            403,
        ),
    ];
    for (headers, wanted) in table {
        assert_eq!(
            machine.get_with_headers("jane", pods, headers).await,
            wanted,
            "{headers:?}"
        );
    }
}
