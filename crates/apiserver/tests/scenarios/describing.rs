use http::Method;
use serde_json::{Value, json};

use super::client::{scene, scene_with, toys};
use super::toy_definitions::described;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

#[tokio::test]
async fn aggregated_discovery_lists_everything_at_once() {
    let scene = scene().await;
    let answer = scene.get_as("/apis", AGGREGATED).await;
    assert_eq!(
        answer.headers["content-type"],
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    );
    let list = answer.expect(200);
    assert_eq!(list["apiVersion"], "apidiscovery.k8s.io/v2");
    assert_eq!(list["items"][0]["metadata"]["name"], "toys.example.com");
    let resources = list["items"][0]["versions"][0]["resources"]
        .as_array()
        .expect("resources");
    assert_eq!(
        resources[0],
        json!({
            "resource": "toys", "scope": "Namespaced", "singularResource": "toy", "shortNames": ["ty"], "categories": ["all"],
            "responseKind": {"group": "toys.example.com", "version": "v1", "kind": "Toy"},
            "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            "subresources": [
                {"subresource": "status", "verbs": ["get", "update", "patch"],
                    "responseKind": {"group": "toys.example.com", "version": "v1", "kind": "Toy"}},
                {"subresource": "size", "verbs": ["get", "update", "patch"],
                    "responseKind": {"group": "sizes.example.com", "version": "v1beta1", "kind": "Size"}},
                {"subresource": "copy", "verbs": ["create"],
                    "responseKind": {"group": "toys.example.com", "version": "v1", "kind": "ToyCopy"}},
                {"subresource": "bell", "verbs": ["get", "create"],
                    "responseKind": {"group": "toys.example.com", "version": "v1", "kind": "Toy"}},
                {"subresource": "knock", "verbs": ["create"],
                    "responseKind": {"group": "toys.example.com", "version": "v1", "kind": "Toy"}},
            ],
        })
    );
    assert_eq!(
        resources[1]["verbs"],
        json!(["get", "list", "update", "patch", "delete", "watch"])
    );
    assert_eq!(resources[2]["scope"], "Cluster");
    let core = scene.get_as("/api", AGGREGATED).await.expect(200);
    assert!(core["items"][0]["metadata"]["name"].is_null());
    assert_eq!(
        core["items"][0]["versions"][0]["resources"][0]["resource"],
        "namespaces"
    );
}

#[tokio::test]
async fn legacy_discovery_says_the_same_in_pieces() {
    let scene = scene().await;
    assert_eq!(scene.get("/api").await.expect(200)["versions"], json!(["v1"]));
    let groups = scene.get("/apis").await.expect(200);
    let version = json!({"groupVersion": "toys.example.com/v1", "version": "v1"});
    let group = json!({"name": "toys.example.com", "versions": [version], "preferredVersion": version});
    assert_eq!(groups["groups"], json!([group]));
    assert_eq!(
        scene.get("/apis/toys.example.com").await.expect(200)["kind"],
        "APIGroup"
    );
    let core = scene.get("/api/v1").await.expect(200);
    assert_eq!(
        (&core["groupVersion"], &core["resources"][0]["name"]),
        (&json!("v1"), &json!("namespaces"))
    );
    let resources = scene.get("/apis/toys.example.com/v1").await.expect(200);
    let names: Vec<&str> = resources["resources"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|r| r["name"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            "toys",
            "toys/status",
            "toys/size",
            "toys/copy",
            "toys/bell",
            "toys/knock",
            "toynames",
            "mirrors",
            "marbles"
        ]
    );
    let size = &resources["resources"][2];
    assert_eq!(
        (&size["group"], &size["version"]),
        (&json!("sizes.example.com"), &json!("v1beta1"))
    );
    for missing in ["/apis/none", "/apis/none/v1", "/apis/toys.example.com/v9", "/api/v9"] {
        assert_eq!(scene.get(missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn documents_that_did_not_change_are_not_sent_again() {
    let scene = scene().await;
    for path in ["/api", "/apis", "/openapi/v3", "/version"] {
        let first = scene.get_as(path, AGGREGATED).await;
        let etag = first.headers["etag"].to_str().expect("a tag");
        let headers = [("accept", AGGREGATED), ("if-none-match", etag)];
        let second = scene.request(Method::GET, path, &headers, b"").await;
        assert_eq!((second.status, second.body.len()), (304, 0), "{path}");
        assert_eq!(second.headers["etag"], etag);
    }
}

#[tokio::test]
async fn documents_are_packed_for_those_who_unpack_them() {
    let scene = scene_with(described).await;
    for path in [
        "/apis",
        "/apis/toys.example.com/v1",
        "/openapi/v3/apis/toys.example.com/v1",
    ] {
        let plain = scene.get(path).await;
        let packed = scene
            .request(Method::GET, path, &[("accept-encoding", "gzip")], b"")
            .await;
        assert_eq!(
            packed.headers.get("content-encoding").is_some(),
            plain.body.len() >= 1024,
            "{path}"
        );
        assert!(plain.headers.get("content-encoding").is_none());
        assert_eq!(packed.headers["etag"], plain.headers["etag"]);
        assert_eq!(packed.unpacked(), plain.body, "{path}");
    }
}

#[tokio::test]
async fn openapi_names_kinds_paths_and_how_to_patch() {
    let scene = scene_with(described).await;
    let index = scene.get("/openapi/v3").await.expect(200);
    let url = index["paths"]["apis/toys.example.com/v1"]["serverRelativeURL"]
        .as_str()
        .expect("a URL")
        .to_owned();
    let answer = scene.get(&url).await;
    assert_eq!(answer.headers["cache-control"], "public, immutable");
    let old = scene.get("/openapi/v3/apis/toys.example.com/v1?hash=OLD").await;
    assert_eq!(
        (old.status, &old.headers["location"]),
        (301, &url.parse().expect("a header"))
    );
    let document = answer.expect(200);
    let toy = json!({"group": "toys.example.com", "version": "v1", "kind": "Toy"});
    let item = &document["paths"]["/apis/toys.example.com/v1/namespaces/{namespace}/toys/{name}"];
    let patch = &item["patch"];
    assert_eq!(patch["x-kubernetes-group-version-kind"], toy);
    let parameters: Vec<&str> = patch["parameters"]
        .as_array()
        .expect("parameters")
        .iter()
        .filter_map(|p| p["name"].as_str())
        .collect();
    assert!(parameters.contains(&"fieldValidation"));
    let content: Vec<&String> = patch["requestBody"]["content"]
        .as_object()
        .expect("content")
        .keys()
        .collect();
    assert_eq!(
        content,
        [
            "application/apply-patch+yaml",
            "application/json-patch+json",
            "application/merge-patch+json",
            "application/strategic-merge-patch+json"
        ]
    );
    let schemas = &document["components"]["schemas"];
    let schema = &schemas["com.example.toys.v1.Toy"];
    assert_eq!(schema["x-kubernetes-group-version-kind"], json!([toy]));
    let parts = &schemas["com.example.toys.v1.ToySpec"]["properties"]["parts"];
    assert_eq!(
        (&parts["x-kubernetes-patch-merge-key"], &parts["x-kubernetes-list-type"]),
        (&json!("name"), &json!("map"))
    );
    assert_eq!(
        schemas["com.example.toys.v1.ToyList"]["properties"]["items"]["items"]["$ref"],
        "#/components/schemas/com.example.toys.v1.Toy"
    );
    assert!(schemas["com.example.toys.v1.Unused"].is_null());
    assert_eq!(
        document["paths"]["/apis/toys.example.com/v1/toys"]["get"]["x-kubernetes-action"],
        "list"
    );
    assert_eq!(scene.get("/openapi/v3/apis/none/v1").await.status, 404);
}

#[tokio::test]
async fn openapi_names_the_path_that_follows_a_connection() {
    let scene = scene_with(described).await;
    let document = scene.get("/openapi/v3/apis/toys.example.com/v1").await.expect(200);
    let toy = "/apis/toys.example.com/v1/namespaces/{namespace}/toys/{name}";
    let item = |path: &str| &document["paths"][format!("{toy}/{path}")];
    let parameters = |path: &str| -> Vec<&str> {
        let all = item(path)["parameters"].as_array().expect("parameters");
        all.iter().filter_map(|parameter| parameter["name"].as_str()).collect()
    };
    assert_eq!(parameters("knock"), ["namespace", "name"]);
    assert_eq!(parameters("knock/{path}"), ["namespace", "name", "path"]);
    assert_ne!(
        item("knock")["post"]["operationId"],
        item("knock/{path}")["post"]["operationId"]
    );
    assert!(item("bell/{path}").is_null());
}

#[tokio::test]
async fn version_health_and_metrics_are_served() {
    let scene = scene().await;
    let version = scene.get("/version").await.expect(200);
    assert_eq!(
        (&version["major"], &version["minor"], &version["gitVersion"]),
        (&json!("1"), &json!("34"), &json!("v1.34.0+toy"))
    );
    assert_eq!(scene.get("/readyz").await.text(), "ok");
    assert!(scene.get("/readyz?verbose").await.text().contains("[+]watch-cache ok"));
    assert_eq!(scene.get("/readyz/watch-cache").await.status, 200);
    assert_eq!(scene.get("/readyz/none").await.status, 404);
    scene.make("t", json!({})).await;
    scene.get(&format!("{}/none", toys("a"))).await;
    scene.get("/api/v1/odd").await;
    let metrics = scene.get("/metrics").await.text();
    for line in [
        r#"apiserver_request_total{verb="create",group="toys.example.com",resource="toys",subresource="",code="201"} 1"#,
        r#"apiserver_request_total{verb="get",group="toys.example.com",resource="toys",subresource="",code="404"} 1"#,
        r#"apiserver_request_total{verb="list",group="",resource="",subresource="",code="404"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(metrics.contains("apiserver_request_duration_seconds_bucket"));
}

#[tokio::test]
async fn the_root_lists_paths() {
    let scene = scene().await;
    let paths = scene.get("/").await.expect(200)["paths"].clone();
    let paths: Vec<&str> = paths
        .as_array()
        .expect("paths")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(paths.contains(&"/apis/toys.example.com/v1"), "{paths:?}");
    assert_eq!(scene.request(Method::POST, "/version", &[], b"").await.status, 405);
}
