//! The fields that we describe against upstream's, where upstream's documents are at hand; and what clients read of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::machine::Machine;
use crate::json;

/// Names the directory with `openshift-openapi-v2.json` and `openapi-v3/`.
const UPSTREAM_DATA: &str = "WEIR_UPSTREAM_DATA";
const REFERENCE: &str = "#/components/schemas/";

/// Fields that are younger than the version of Kubernetes that we serve.
const YOUNGER: &[&str] = &[
    "io.k8s.api.core.v1.NodeStatus.declaredFeatures",
    "io.k8s.api.core.v1.PodCertificateProjection.userAnnotations",
    "io.k8s.api.core.v1.PodSpec.schedulingGroup",
    "io.k8s.api.core.v1.PodStatus.allocatedResources",
    "io.k8s.api.core.v1.PodStatus.nodeAllocatableResourceClaimStatuses",
    "io.k8s.api.core.v1.PodStatus.resources",
    "io.k8s.api.core.v1.ResourceHealth.message",
    "io.k8s.api.core.v1.VolumeMountStatus.volumeStatus",
    "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta.shardInfo",
];
/// Types that upstream has under several names, with the name we give them all.
const RENAMED: &[(&str, &str)] = &[
    ("com.github.openshift.api.build.v1.BitbucketWebHookCause", WEB_HOOK),
    ("com.github.openshift.api.build.v1.GenericWebHookCause", WEB_HOOK),
    ("com.github.openshift.api.build.v1.GitHubWebHookCause", WEB_HOOK),
    ("com.github.openshift.api.build.v1.GitLabWebHookCause", WEB_HOOK),
    (
        "com.github.openshift.api.build.v1.SecretLocalReference",
        "io.k8s.api.core.v1.LocalObjectReference",
    ),
];
const WEB_HOOK: &str = "com.github.openshift.api.build.v1.WebHookCause";
/// Stands only in lists that are replaced as a whole, so how its own lists merge does not matter.
const REPLACED: &str = "io.k8s.api.core.v1.ContainerStatus";

#[tokio::test]
async fn every_field_is_there_and_of_the_type_that_upstream_says() {
    let Some(directory) = std::env::var_os(UPSTREAM_DATA).map(PathBuf::from) else {
        println!("skipped: {UPSTREAM_DATA} does not name a directory with upstream's documents");
        return;
    };
    let theirs = upstream(&directory);
    let mut differences = BTreeSet::new();
    for (name, ours) in served().await {
        let Some(theirs) = theirs.get(&name) else {
            println!("{name} is not in upstream's documents");
            continue;
        };
        let (ours, theirs) = (fields(&name, &ours), fields(&name, theirs));
        for field in ours.keys().chain(theirs.keys()) {
            let (ours, theirs) = (ours.get(field), theirs.get(field));
            if ours != theirs && !(ours.is_none() && YOUNGER.contains(&field.as_str())) {
                differences.insert(format!("{field}: {ours:?}, upstream {theirs:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

/// Clients compute patches from what the documents say about merging.
#[tokio::test]
async fn lists_merge_as_upstream_says() {
    let Some(directory) = std::env::var_os(UPSTREAM_DATA).map(PathBuf::from) else {
        println!("skipped: {UPSTREAM_DATA} does not name a directory with upstream's documents");
        return;
    };
    let theirs = upstream(&directory);
    let mut differences = BTreeSet::new();
    for (name, ours) in served().await.into_iter().filter(|(name, _)| name != REPLACED) {
        let Some(theirs) = theirs.get(&name) else { continue };
        for (field, property) in json::members(&ours, "/properties") {
            for say in ["patch-merge-key", "patch-strategy"] {
                let key = format!("x-kubernetes-{say}");
                let (ours, theirs) = (&property[&key], &theirs["properties"][field][&key]);
                if ours != theirs {
                    differences.insert(format!("{name}.{field} {say}: {ours}, upstream {theirs}"));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

/// All schemas that our documents contain.
async fn served() -> BTreeMap<String, Value> {
    let machine = Machine::start().await;
    let (_, index) = machine.get("/openapi/v3").await;
    let mut schemas = BTreeMap::new();
    for (path, entry) in index["paths"].as_object().expect("an index") {
        let url = entry["serverRelativeURL"].as_str().expect("a URL");
        let (code, document) = machine.get(url).await;
        assert_eq!(code, 200, "{path}");
        let found = document["components"]["schemas"].as_object().expect("schemas");
        schemas.extend(found.iter().map(|(name, schema)| (name.clone(), schema.clone())));
    }
    schemas
}

fn upstream(directory: &Path) -> BTreeMap<String, Value> {
    let read = |path: &Path| -> Value {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_slice(&bytes).expect("the document is JSON")
    };
    let openshift = read(&directory.join("openshift-openapi-v2.json"));
    let mut schemas = BTreeMap::new();
    for (name, schema) in openshift["definitions"].as_object().expect("definitions") {
        schemas.insert(name.clone(), schema.clone());
    }
    for entry in std::fs::read_dir(directory.join("openapi-v3")).expect("the directory has openapi-v3/") {
        let document = read(&entry.expect("an entry").path());
        let found = document["components"]["schemas"].as_object().into_iter().flatten();
        schemas.extend(found.map(|(name, schema)| (name.clone(), schema.clone())));
    }
    schemas
}

/// The type of each field of a schema, by its full name.
fn fields(name: &str, schema: &Value) -> BTreeMap<String, String> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let fields = properties.map(|(field, schema)| (format!("{name}.{field}"), type_of(schema)));
    fields.chain([(name.to_owned(), type_of(schema))]).collect()
}

fn type_of(schema: &Value) -> String {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    if let Some(reference) = reference {
        let name = reference
            .trim_start_matches(REFERENCE)
            .trim_start_matches("#/definitions/");
        let renamed = RENAMED.iter().find(|(theirs, _)| *theirs == name);
        return renamed.map_or(name, |(_, ours)| ours).to_owned();
    }
    if let Some(alternatives) = schema["oneOf"].as_array() {
        let alternatives: Vec<String> = alternatives.iter().map(type_of).collect();
        return format!("{} {}", schema["format"], alternatives.join(" or "));
    }
    match (schema["type"].as_str(), &schema["additionalProperties"]) {
        (Some("array"), _) => format!("list of {}", type_of(&schema["items"])),
        (Some("object"), Value::Object(_)) => format!("map of {}", type_of(&schema["additionalProperties"])),
        (value, _) => format!("{} {}", value.unwrap_or("anything"), schema["format"]),
    }
}

#[tokio::test]
async fn every_field_of_our_kinds_is_described() {
    let mut silent = Vec::new();
    for (name, schema) in served().await {
        if !name.starts_with("com.github.openshift.api.") {
            continue;
        }
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            if property["description"].as_str().is_none_or(str::is_empty) {
                silent.push(format!("{name}.{field}"));
            }
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}

#[tokio::test]
async fn every_kind_that_is_served_has_fields() {
    let open: Vec<String> = served()
        .await
        .into_iter()
        .filter(|(_, schema)| schema["x-kubernetes-preserve-unknown-fields"] == true)
        .map(|(name, _)| name)
        .collect();
    assert_eq!(open, Vec::<String>::new());
}

#[tokio::test]
async fn documents_say_how_clients_may_patch() {
    let machine = Machine::start().await;
    let (_, document) = machine.get("/openapi/v3/apis/image.openshift.io/v1").await;
    let patch = &document["paths"]["/apis/image.openshift.io/v1/namespaces/{namespace}/imagestreams/{name}"]["patch"];
    assert_eq!(
        patch["x-kubernetes-group-version-kind"],
        json!({"group": "image.openshift.io", "version": "v1", "kind": "ImageStream"})
    );
    let content = patch["requestBody"]["content"].as_object().expect("content");
    assert!(content.contains_key("application/strategic-merge-patch+json"));
    let parameters = patch["parameters"].as_array().expect("parameters");
    assert!(
        parameters
            .iter()
            .any(|parameter| parameter["name"] == "fieldValidation")
    );
    let spec = &document["components"]["schemas"]["com.github.openshift.api.image.v1.ImageStreamSpec"];
    let tags = &spec["properties"]["tags"];
    assert_eq!(
        (
            &tags["x-kubernetes-patch-merge-key"],
            &tags["x-kubernetes-patch-strategy"]
        ),
        (&json!("name"), &json!("merge"))
    );
}

#[tokio::test]
async fn unknown_fields_of_our_kinds_are_refused_or_dropped() {
    let machine = Machine::with_namespace().await;
    let path = "/apis/image.openshift.io/v1/namespaces/ns/imagestreams";
    let stream = json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": {"name": "s"},
        "spec": {"x": 1, "tags": [{"name": "latest", "from": {"kind": "DockerImage", "name": "a/b:c", "nam": "d"}}]},
    });
    let (code, status) = machine
        .post(&format!("{path}?fieldValidation=Strict"), stream.clone())
        .await;
    assert_eq!(
        (code, status["message"].as_str()),
        (
            400,
            Some(
                "ImageStream in version \"v1\" cannot be handled as a ImageStream: strict decoding error: unknown field \
                 \"spec.tags[0].from.nam\", unknown field \"spec.x\""
            )
        )
    );
    let made = machine.created(path, stream).await;
    assert!(made["spec"]["x"].is_null() && made["spec"]["tags"][0]["from"]["nam"].is_null());
    let mut pod =
        json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i", "ports": "none"}]}});
    let (code, status) = machine.post("/api/v1/namespaces/ns/pods", pod.clone()).await;
    assert_eq!(
        (code, status["message"].as_str()),
        (
            400,
            Some(
                "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal string into Go struct field \
                 Container.spec.containers.ports of type []v1.ContainerPort"
            )
        )
    );
    pod["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80}]);
    machine
        .created("/api/v1/namespaces/ns/pods?fieldValidation=Strict", pod)
        .await;
}
