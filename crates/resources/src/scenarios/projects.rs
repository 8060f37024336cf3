use serde_json::json;

use super::machine::Machine;

const REQUESTS: &str = "/apis/project.openshift.io/v1/projectrequests";
const PROJECTS: &str = "/apis/project.openshift.io/v1/projects";

#[tokio::test]
async fn a_project_request_makes_a_namespace_that_is_ready_to_build_in() {
    let machine = Machine::start().await;
    let status = machine.found(REQUESTS).await;
    assert_eq!(
        (status["kind"].as_str(), status["status"].as_str()),
        (Some("Status"), Some("Success"))
    );
    let request = json!({"metadata": {"name": "hello01"}, "displayName": "Hello", "description": "first"});
    let project = machine.created(REQUESTS, request.clone()).await;
    assert_eq!(
        (project["kind"].as_str(), project["metadata"]["name"].as_str()),
        (Some("Project"), Some("hello01"))
    );
    assert_eq!(
        project["metadata"]["annotations"]["openshift.io/requester"],
        "system:admin"
    );
    let accounts = machine.found("/api/v1/namespaces/hello01/serviceaccounts").await;
    let names: Vec<&str> = accounts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["builder", "default", "deployer"]);
    let (code, taken) = machine.post(REQUESTS, request).await;
    assert_eq!((code, taken["reason"].as_str()), (409, Some("AlreadyExists")));
    assert_eq!(
        taken["message"],
        "project.project.openshift.io \"hello01\" already exists"
    );
}

#[tokio::test]
async fn projects_are_namespaces_seen_by_their_users() {
    let machine = Machine::start().await;
    machine
        .created(
            REQUESTS,
            json!({"metadata": {"name": "hello01"}, "displayName": "Hello"}),
        )
        .await;
    assert_eq!(
        machine.table(PROJECTS).await,
        vec![
            vec![json!("default"), json!(""), json!("Active")],
            vec![json!("hello01"), json!("Hello"), json!("Active")],
            vec![json!("kube-public"), json!(""), json!("Active")],
            vec![json!("kube-system"), json!(""), json!("Active")],
            vec![json!("openshift"), json!(""), json!("Active")],
        ]
    );
    let (code, changed) = machine
        .patch(
            &format!("{PROJECTS}/hello01"),
            json!({"metadata": {"labels": {"a": "b"}}}),
        )
        .await;
    assert_eq!(
        (code, &changed["metadata"]["labels"]["a"]),
        (200, &json!("b")),
        "{changed}"
    );
    assert_eq!(
        machine.found("/api/v1/namespaces/hello01").await["metadata"]["labels"]["a"],
        "b"
    );
    let (code, missing) = machine.get(&format!("{PROJECTS}/nothing")).await;
    assert_eq!(
        (code, missing["message"].as_str()),
        (404, Some("projects.project.openshift.io \"nothing\" not found"))
    );
}

#[tokio::test]
async fn a_namespace_ends_when_its_content_is_gone() {
    let machine = Machine::with_namespace().await;
    let (code, ended) = machine.delete(&format!("{PROJECTS}/ns")).await;
    assert_eq!(
        (code, &ended["status"]["phase"]),
        (200, &json!("Terminating")),
        "{ended}"
    );
    let (code, _) = machine
        .post(
            "/api/v1/namespaces/ns/configmaps",
            json!({"metadata": {"name": "late"}}),
        )
        .await;
    assert_eq!(code, 403, "nothing new begins in a namespace that ends");
    let mut namespace = machine.found("/api/v1/namespaces/ns").await;
    namespace["spec"]["finalizers"] = json!([]);
    assert_eq!(machine.put("/api/v1/namespaces/ns/finalize", namespace).await.0, 200);
    assert_eq!(machine.get("/api/v1/namespaces/ns").await.0, 404);
}

#[tokio::test]
async fn the_machines_own_namespaces_stay() {
    let machine = Machine::start().await;
    let (code, refused) = machine.delete("/api/v1/namespaces/openshift").await;
    assert_eq!((code, refused["reason"].as_str()), (403, Some("Forbidden")));
}

#[tokio::test]
async fn a_watch_of_projects_shows_everybody_his_own() {
    let machine = Machine::start().await;
    let token = super::oauth::login(&machine, "jane").await;
    let path = format!(
        "{PROJECTS}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    );
    let mut watch = machine.follow_with_token(&token, &path).await;
    let mut next = async || {
        let line = watch.next().await.unwrap();
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        let text = |pointer: &str| {
            event
                .pointer(pointer)
                .and_then(|text| text.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        (text("/type"), text("/object/kind"), text("/object/metadata/name"))
    };
    assert_eq!(next().await.0, "BOOKMARK", "there is nothing yet that she may see");
    machine.created(REQUESTS, json!({"metadata": {"name": "others"}})).await;
    let (code, _) = machine
        .call_with_token(&token, "POST", REQUESTS, json!({"metadata": {"name": "mine"}}))
        .await;
    assert_eq!(code, 201);
    let seen = |kind: &str| (kind.to_owned(), "Project".to_owned(), "mine".to_owned());
    assert_eq!(next().await, seen("ADDED"));
    let label = json!({"metadata": {"labels": {"a": "b"}}});
    assert_eq!(machine.patch(&format!("{PROJECTS}/others"), label.clone()).await.0, 200);
    assert_eq!(machine.patch(&format!("{PROJECTS}/mine"), label).await.0, 200);
    assert_eq!(next().await, seen("MODIFIED"));
    let binding = "/apis/rbac.authorization.k8s.io/v1/namespaces/mine/rolebindings/admin";
    assert_eq!(machine.delete(binding).await.0, 200);
    let label = json!({"metadata": {"labels": {"a": "c"}}});
    assert_eq!(machine.patch(&format!("{PROJECTS}/mine"), label).await.0, 200);
    assert_eq!(next().await, seen("DELETED"), "she may not see it any more");
}

#[tokio::test]
async fn whoever_resumes_a_watch_hears_of_the_end_of_a_project_he_may_not_see_any_more() {
    let machine = Machine::start().await;
    let token = super::oauth::login(&machine, "jane").await;
    let mine = json!({"metadata": {"name": "mine"}});
    let (_, project) = machine.call_with_token(&token, "POST", REQUESTS, mine).await;
    let version = project["metadata"]["resourceVersion"].as_str().unwrap();
    let path = format!("{PROJECTS}?watch=true&resourceVersion={version}&fieldSelector=metadata.name=mine");
    let mut watch = machine.follow_with_token(&token, &path).await;
    let binding = "/apis/rbac.authorization.k8s.io/v1/namespaces/mine/rolebindings/admin";
    assert_eq!(machine.delete(binding).await.0, 200);
    assert_eq!(machine.delete(&format!("{PROJECTS}/mine")).await.0, 200);
    let line = watch.next().await.unwrap();
    assert!(line.starts_with("{\"type\":\"DELETED\",\"object\":{"), "{line}");
}

#[tokio::test]
async fn who_may_not_touch_a_project_is_told_so_in_its_namespace() {
    let machine = Machine::start().await;
    machine.created(REQUESTS, json!({"metadata": {"name": "others"}})).await;
    for (method, verb) in [("GET", "get"), ("DELETE", "delete")] {
        let (code, refused) = machine
            .call_as_guest(method, &format!("{PROJECTS}/others"), json!({}))
            .await;
        assert_eq!(code, 403);
        assert_eq!(
            refused["message"],
            format!(
                "projects.project.openshift.io \"others\" is forbidden: User \"guest\" cannot {verb} resource \"projects\" in \
                 API group \"project.openshift.io\" in the namespace \"others\""
            )
        );
    }
}
