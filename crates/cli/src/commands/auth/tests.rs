use serde_json::json;

use crate::testing::Server;

const REVIEWS: &str = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const RULES: &str = "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews";

fn answering(allowed: bool) -> Server {
    let server = Server::new();
    server.on(REVIEWS, 201, json!({"status": {"allowed": allowed}}));
    server
}

#[tokio::test]
async fn yes_and_no_are_words_and_exit_codes() {
    let yes = answering(true).run("auth can-i get is").await;
    assert_eq!((yes.out.as_str(), yes.code), ("yes\n", 0));
    let no = answering(false).run("auth can-i get is").await;
    assert_eq!((no.out.as_str(), no.err.as_str(), no.code), ("no\n", "", 1));
    let quiet = answering(false).run("auth can-i get is -q").await;
    assert_eq!((quiet.out.as_str(), quiet.code), ("", 1));
}

#[tokio::test]
async fn the_question_names_the_kind_as_the_server_knows_it() {
    let server = answering(true);
    server.run("auth can-i update dc/web --subresource=scale").await;
    let asked = &server.body(REVIEWS)["spec"]["resourceAttributes"];
    assert_eq!(
        *asked,
        json!({"namespace": "myproject", "verb": "update", "group": "apps.openshift.io", "version": "v1",
            "resource": "deploymentconfigs", "subresource": "scale", "name": "web"})
    );
    server.run("auth can-i get /metrics").await;
    assert_eq!(
        server.body(REVIEWS)["spec"],
        json!({"nonResourceAttributes": {"verb": "get", "path": "/metrics"}})
    );
}

#[tokio::test]
async fn kinds_of_the_cluster_and_kinds_unknown_are_worth_a_word() {
    let of_cluster = answering(true).run("auth can-i list projects").await;
    assert_eq!(
        of_cluster.err,
        "Warning: resource 'projects' is not namespace scoped in group 'project.openshift.io'\n\n"
    );
    let unknown = answering(true).run("auth can-i list unicorns").await;
    assert_eq!(
        unknown.err,
        "Warning: the server doesn't have a resource type 'unicorns'\n\n"
    );
}

#[tokio::test]
async fn the_list_has_a_row_for_every_resource_and_path() {
    let server = Server::new();
    let status = json!({"status": {
        "resourceRules": [
            {"verbs": ["get"], "apiGroups": [""], "resources": ["pods", "services"]},
            {"verbs": ["list", "get"], "apiGroups": [""], "resources": ["pods"]},
            {"verbs": ["update"], "apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": ["web"]},
        ],
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/api", "/version"]}],
        "incomplete": false,
    }});
    server.on(RULES, 201, status);
    let outcome = server.run("auth can-i --list").await;
    assert_eq!(
        outcome.out,
        "\
Resources                Non-Resource URLs   Resource Names   Verbs
pods                     []                  []               [get list]
                         [/api]              []               [get]
                         [/version]          []               [get]
services                 []                  []               [get]
deployments.apps/scale   []                  [web]            [update]
"
    );
    assert_eq!(server.body(RULES)["spec"]["namespace"], "myproject");
}

#[tokio::test]
async fn whoami_prints_what_the_server_knows() {
    let server = Server::new();
    let user = json!({"username": "jane", "groups": ["a", "b"], "extra": {"scopes": ["user:full"]}});
    server.on(
        "POST /apis/authentication.k8s.io/v1/selfsubjectreviews",
        201,
        json!({"status": {"userInfo": user}}),
    );
    assert_eq!(
        server.run("auth whoami").await.out,
        "ATTRIBUTE       VALUE\nUsername        jane\nGroups          [a b]\nExtra: scopes   [user:full]\n"
    );
    let words = ["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"];
    assert_eq!(server.run_words(&words, "").await.out, "jane");
}
