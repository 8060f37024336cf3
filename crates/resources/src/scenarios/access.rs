use serde_json::{Value, json};

use super::machine::{ADMIN_TOKEN, Machine};

const TOKENS: &str = "/api/v1/namespaces/ns/serviceaccounts/builder/token";
const SELF_REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

async fn token(machine: &Machine, spec: Value) -> String {
    let request = machine
        .created(TOKENS, json!({"kind": "TokenRequest", "spec": spec}))
        .await;
    request["status"]["token"].as_str().unwrap().to_owned()
}

async fn may(machine: &Machine, token: &str, verb: &str, name: &str) -> bool {
    let asked = json!({"spec": {"resourceAttributes": {
        "verb": verb, "group": "image.openshift.io", "resource": "imagestreams/layers", "namespace": "ns", "name": name}}});
    let (code, review) = machine.call_with_token(token, "POST", SELF_REVIEW, asked).await;
    assert_eq!(code, 201, "{review}");
    review["status"]["allowed"] == true
}

#[tokio::test]
async fn a_token_tells_whose_it_is() {
    let machine = Machine::with_namespace().await;
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let (code, review) = machine.call_with_token(ADMIN_TOKEN, "POST", path, json!({})).await;
    assert_eq!(
        (code, &review["status"]["userInfo"]["username"]),
        (201, &json!("system:admin"))
    );
    let builder = token(&machine, json!({})).await;
    let (_, review) = machine.call_with_token(&builder, "POST", path, json!({})).await;
    assert_eq!(
        review["status"]["userInfo"]["username"],
        "system:serviceaccount:ns:builder"
    );
    let (code, user) = machine
        .call_with_token(&builder, "GET", "/apis/user.openshift.io/v1/users/~", Value::Null)
        .await;
    assert_eq!(
        (code, &user["metadata"]["name"]),
        (200, &json!("system:serviceaccount:ns:builder"))
    );
    let (code, _) = machine.call_with_token("nonsense", "POST", path, json!({})).await;
    assert_eq!(code, 401);
}

#[tokio::test]
async fn a_token_dies_with_its_account() {
    let machine = Machine::with_namespace().await;
    let builder = token(&machine, json!({})).await;
    let path = "/api/v1/namespaces/ns/serviceaccounts/builder";
    assert_eq!(machine.delete(path).await.0, 200);
    machine
        .created(
            "/api/v1/namespaces/ns/serviceaccounts",
            json!({"metadata": {"name": "builder"}}),
        )
        .await;
    let review = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    assert_eq!(
        machine.call_with_token(&builder, "POST", review, json!({})).await.0,
        401
    );
}

#[tokio::test]
async fn a_token_for_one_repository_is_good_for_nothing_else() {
    let machine = Machine::with_namespace().await;
    let scoped = token(&machine, json!({"audiences": ["registry:ns/web"]})).await;
    assert!(may(&machine, &scoped, "get", "web").await);
    assert!(may(&machine, &scoped, "update", "web").await);
    assert!(!may(&machine, &scoped, "update", "db").await);
    let builds = "/apis/build.openshift.io/v1/namespaces/ns/builds/web-1";
    assert_eq!(
        machine.call_with_token(&scoped, "GET", builds, Value::Null).await.0,
        403
    );
    let whole = token(&machine, json!({})).await;
    assert!(may(&machine, &whole, "update", "db").await);
    assert_eq!(machine.call_with_token(&whole, "GET", builds, Value::Null).await.0, 404);
}

#[tokio::test]
async fn the_life_of_a_token_is_bounded() {
    let machine = Machine::with_namespace().await;
    let day = machine
        .created(TOKENS, json!({"spec": {"expirationSeconds": 86400}}))
        .await;
    assert_eq!(day["spec"]["expirationSeconds"], 3600);
    assert_eq!(day["status"]["expirationTimestamp"], "2027-01-15T09:00:00Z");
    let (code, _) = machine.post(TOKENS, json!({"spec": {"expirationSeconds": 1}})).await;
    assert_eq!(code, 422);
    let missing = "/api/v1/namespaces/ns/serviceaccounts/nobody/token";
    assert_eq!(machine.post(missing, json!({"spec": {}})).await.0, 404);
}

#[tokio::test]
async fn token_reviews_answer_for_others() {
    let machine = Machine::with_namespace().await;
    let path = "/apis/authentication.k8s.io/v1/tokenreviews";
    let vault = token(&machine, json!({"audiences": ["vault"]})).await;
    let review = machine
        .created(path, json!({"spec": {"token": vault, "audiences": ["vault", "other"]}}))
        .await;
    assert_eq!(review["status"]["authenticated"], true);
    assert_eq!(review["status"]["audiences"], json!(["vault"]));
    let review = machine.created(path, json!({"spec": {"token": vault}})).await;
    assert_eq!(review["status"]["authenticated"], false, "it is not for this API");
    let admin = machine.created(path, json!({"spec": {"token": ADMIN_TOKEN}})).await;
    assert_eq!(admin["status"]["user"]["username"], "system:admin");
    let builder = token(&machine, json!({})).await;
    let (code, _) = machine
        .call_with_token(&builder, "POST", path, json!({"spec": {"token": "x"}}))
        .await;
    assert_eq!(code, 403, "an ordinary account may not ask whose a token is");
}

#[tokio::test]
async fn access_reviews_answer_for_others_to_those_who_may_ask() {
    let machine = Machine::with_namespace().await;
    let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    let asked = |user: &str| {
        json!({"spec": {"user": user, "groups": ["system:authenticated"],
            "resourceAttributes": {"verb": "update", "group": "build.openshift.io", "resource": "builds", "subresource": "details", "namespace": "ns"}}})
    };
    let review = machine.created(path, asked("system:serviceaccount:ns:builder")).await;
    assert_eq!(review["status"]["allowed"], true);
    let review = machine.created(path, asked("alice")).await;
    assert_eq!(review["status"]["allowed"], false);
    let (code, invalid) = machine.post(path, json!({"spec": {"user": "alice"}})).await;
    assert_eq!(
        (code, invalid["details"]["causes"][0]["field"].as_str()),
        (422, Some("spec.resourceAttributes"))
    );
    let local = "/apis/authorization.k8s.io/v1/namespaces/ns/localsubjectaccessreviews";
    let review = machine.created(local, asked("system:serviceaccount:ns:builder")).await;
    assert_eq!(review["status"]["allowed"], true);
    let elsewhere = "/apis/authorization.k8s.io/v1/namespaces/openshift/localsubjectaccessreviews";
    assert_eq!(machine.post(elsewhere, asked("alice")).await.0, 422);
}

#[tokio::test]
async fn the_older_review_answers_about_oneself() {
    let machine = Machine::with_namespace().await;
    let path = "/apis/authorization.openshift.io/v1/subjectaccessreviews";
    let builder = token(&machine, json!({})).await;
    let mine = json!({"verb": "list", "resourceAPIGroup": "project.openshift.io", "resource": "projectrequests", "namespace": ""});
    let (code, answer) = machine.call_with_token(&builder, "POST", path, mine).await;
    assert_eq!(
        (code, answer["kind"].as_str(), answer["allowed"].as_bool()),
        (201, Some("SubjectAccessReviewResponse"), Some(true))
    );
    let about_others = json!({"verb": "get", "resource": "secrets", "namespace": "ns", "user": "alice"});
    assert_eq!(
        machine
            .call_with_token(&builder, "POST", path, about_others.clone())
            .await
            .0,
        403
    );
    assert_eq!(machine.created(path, about_others).await["allowed"], false);
}

#[tokio::test]
async fn a_token_dies_with_the_object_it_is_bound_to() {
    let machine = Machine::with_namespace().await;
    let secrets = "/api/v1/namespaces/ns/secrets";
    let secret = machine.created(secrets, json!({"metadata": {"name": "s"}})).await;
    let bound = json!({"kind": "Secret", "apiVersion": "v1", "name": "s"});
    let request = machine
        .created(TOKENS, json!({"spec": {"boundObjectRef": bound}}))
        .await;
    assert_eq!(request["spec"]["boundObjectRef"]["uid"], secret["metadata"]["uid"]);
    let token = request["status"]["token"].as_str().unwrap().to_owned();
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    assert_eq!(machine.call_with_token(&token, "POST", path, json!({})).await.0, 201);
    machine.delete(&format!("{secrets}/s")).await;
    machine.created(secrets, json!({"metadata": {"name": "s"}})).await;
    assert_eq!(machine.call_with_token(&token, "POST", path, json!({})).await.0, 401);

    let of_another = json!({"kind": "Secret", "apiVersion": "v1", "name": "s", "uid": "old"});
    assert_eq!(
        machine
            .post(TOKENS, json!({"spec": {"boundObjectRef": of_another}}))
            .await
            .0,
        409
    );
    let missing = json!({"kind": "Secret", "apiVersion": "v1", "name": "none"});
    assert_eq!(
        machine
            .post(TOKENS, json!({"spec": {"boundObjectRef": missing}}))
            .await
            .0,
        404
    );

    let pod = json!({"metadata": {"name": "p"}, "spec": {"serviceAccountName": "builder",
        "containers": [{"name": "c", "image": "i"}]}});
    machine.created("/api/v1/namespaces/ns/pods", pod).await;
    let bound = json!({"kind": "Pod", "apiVersion": "v1", "name": "p"});
    let request = machine
        .created(TOKENS, json!({"spec": {"boundObjectRef": bound}}))
        .await;
    let token = request["status"]["token"].as_str().unwrap();
    let (_, review) = machine.call_with_token(token, "POST", path, json!({})).await;
    let extra = &review["status"]["userInfo"]["extra"];
    assert_eq!(extra["authentication.kubernetes.io/pod-name"], json!(["p"]));
    let deployer = "/api/v1/namespaces/ns/serviceaccounts/deployer/token";
    assert_eq!(
        machine
            .post(deployer, json!({"spec": {"boundObjectRef": bound}}))
            .await
            .0,
        400
    );
}
