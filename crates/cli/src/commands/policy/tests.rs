use serde_json::{Value, json};

use crate::testing::{Server, status};

const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/myproject/rolebindings";
const CLUSTER_BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";

fn binding(name: &str, role: &str, users: &[&str]) -> Value {
    let subjects = users
        .iter()
        .map(|user| json!({"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}));
    json!({"metadata": {"name": name}, "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": subjects.collect::<Vec<_>>()})
}

fn server(path: &str, bindings: &[Value]) -> Server {
    let server = Server::new();
    server.on(&format!("GET {path}"), 200, json!({"items": bindings}));
    server.on(&format!("GET {ROLES}/view"), 200, json!({}));
    server.on(&format!("POST {path}"), 201, json!({}));
    server
}

#[tokio::test]
async fn a_role_is_given_by_a_new_binding_of_its_name() {
    let server = server(BINDINGS, &[]);
    let outcome = server.run("policy add-role-to-user view developer").await;
    assert_eq!(
        outcome.out,
        "clusterrole.rbac.authorization.k8s.io/view added: \"developer\"\n"
    );
    assert_eq!(outcome.err, "Warning: User 'developer' not found\n");
    let made = server.body(&format!("POST {BINDINGS}"));
    assert_eq!(made["metadata"], json!({"name": "view", "namespace": "myproject"}));
    assert_eq!(made["roleRef"]["name"], "view");
    assert_eq!(made["subjects"][0]["name"], "developer");
}

#[tokio::test]
async fn a_name_that_is_taken_gets_a_number_and_who_holds_the_role_gets_nothing() {
    let taken = server(BINDINGS, &[binding("view", "view", &["jane"])]);
    taken.run("policy add-role-to-user view developer").await;
    assert_eq!(taken.body(&format!("POST {BINDINGS}"))["metadata"]["name"], "view-0");
    let held = server(BINDINGS, &[binding("view", "view", &["jane", "developer"])]);
    let outcome = held.run("policy add-role-to-user view developer").await;
    assert_eq!(outcome.code, 0);
    assert!(held.calls().iter().all(|call| !call.starts_with("POST")));
}

#[tokio::test]
async fn a_role_can_be_given_before_it_is_made() {
    let server = server(BINDINGS, &[]);
    server.on(&format!("GET {ROLES}/later"), 404, status(404, "NotFound", "not found"));
    let outcome = server.run("policy add-role-to-user later system:someone").await;
    assert_eq!(
        (outcome.err.as_str(), outcome.code),
        ("Warning: role 'later' not found\n", 0)
    );
    assert_eq!(server.body(&format!("POST {BINDINGS}"))["roleRef"]["name"], "later");
}

#[tokio::test]
async fn groups_and_accounts_hold_roles_too() {
    let groups = server(BINDINGS, &[]);
    let outcome = groups.run("policy add-role-to-group view a b").await;
    assert_eq!(
        outcome.out,
        "clusterrole.rbac.authorization.k8s.io/view added: [\"a\" \"b\"]\n"
    );
    let accounts = server(BINDINGS, &[]);
    accounts.run("policy add-role-to-user view -z bot").await;
    assert_eq!(
        accounts.body(&format!("POST {BINDINGS}"))["subjects"],
        json!([{"kind": "ServiceAccount", "name": "bot", "namespace": "myproject"}])
    );
}

#[tokio::test]
async fn a_binding_that_loses_its_last_subject_goes() {
    let server = server(
        BINDINGS,
        &[
            binding("view", "view", &["developer"]),
            binding("view-0", "view", &["developer", "jane"]),
        ],
    );
    server.on(&format!("DELETE {BINDINGS}/view"), 200, json!({}));
    server.on(&format!("PUT {BINDINGS}/view-0"), 200, json!({}));
    let outcome = server.run("policy remove-role-from-user view developer").await;
    assert_eq!(
        outcome.out,
        "clusterrole.rbac.authorization.k8s.io/view removed: \"developer\"\n"
    );
    let left = server.body(&format!("PUT {BINDINGS}/view-0"));
    assert_eq!(left["subjects"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_is_not_held_cannot_be_taken() {
    let nothing = server(BINDINGS, &[]);
    let outcome = nothing.run("policy remove-role-from-user view developer").await;
    assert_eq!(
        outcome.err,
        "error: unable to locate any RoleBinding for ClusterRole \"view\"\n"
    );
    let others = server(BINDINGS, &[binding("view", "view", &["jane"])]);
    let outcome = others.run("policy remove-role-from-user view developer").await;
    assert_eq!(outcome.err, "error: unable to find target [developer]\n");
}

#[tokio::test]
async fn administrators_give_roles_everywhere() {
    let server = server(CLUSTER_BINDINGS, &[]);
    let outcome = server.run("adm policy add-cluster-role-to-user view bob").await;
    assert_eq!(
        outcome.out,
        "clusterrole.rbac.authorization.k8s.io/view added: \"bob\"\n"
    );
    assert_eq!(
        server.body(&format!("POST {CLUSTER_BINDINGS}"))["kind"],
        "ClusterRoleBinding"
    );
}

#[tokio::test]
async fn who_can_lists_users_and_groups() {
    let server = Server::new();
    let call = "POST /apis/authorization.openshift.io/v1/namespaces/myproject/localresourceaccessreviews";
    server.on(
        call,
        201,
        json!({"users": ["admin", "developer"], "groups": ["system:masters"]}),
    );
    let outcome = server.run("policy who-can get imagestreams").await;
    assert_eq!(
        outcome.out,
        "resourceaccessreviewresponse.authorization.openshift.io/<unknown> \n\nNamespace: myproject\nVerb:      get\n\
         Resource:  imagestreams.image.openshift.io\n\nUsers:  admin\n        developer\nGroups: system:masters\n\n"
    );
    assert_eq!(server.body(call)["resourceAPIGroup"], "image.openshift.io");
}
