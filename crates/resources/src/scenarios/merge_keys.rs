//! Our tables of merge keys against upstream's schemas, where those are at hand.

use std::path::PathBuf;

use serde_json::Value;
use weir_apiserver::{ListType, Schema, schema};

use crate::json;

/// Deep enough for everything we serve; a schema that contains itself ends here.
const MAX_DEPTH: usize = 12;

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("WEIR_SHARED").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    named
        .into_iter()
        .chain([beside])
        .find(|path| path.join("data").is_dir())
}

fn document(name: &str) -> Option<Value> {
    let path = shared()?.join("data").join(name);
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).expect("the document is JSON"))
}

/// Follows references of both forms of OpenAPI.
fn resolve<'a>(document: &'a Value, mut schema: &'a Value) -> &'a Value {
    for _ in 0..MAX_DEPTH {
        let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref"));
        let Some(path) = reference
            .and_then(Value::as_str)
            .and_then(|text| text.strip_prefix('#'))
        else {
            break;
        };
        schema = document.pointer(path).unwrap_or(&Value::Null);
    }
    schema
}

/// What upstream says of one list.
fn upstream(property: &Value) -> Option<ListType> {
    let strategy = json::text(property, "/x-kubernetes-patch-strategy");
    if !strategy.split(',').any(|word| word == "merge") {
        return None;
    }
    Some(match json::text(property, "/x-kubernetes-patch-merge-key") {
        "" => ListType::Set,
        key => ListType::MergeBy(Box::leak(key.to_owned().into_boxed_str())),
    })
}

fn compare(document: &Value, theirs: &Value, ours: &Schema, path: &str, depth: usize, differences: &mut Vec<String>) {
    if depth == MAX_DEPTH {
        return;
    }
    let theirs = resolve(document, theirs);
    for (name, property) in json::members(theirs, "/properties") {
        let here = format!("{path}.{name}");
        let our = ours.field(name);
        let is_list = json::text(property, "/type") == "array";
        let expected = if is_list {
            upstream(property).unwrap_or(ListType::Atomic)
        } else {
            ListType::Atomic
        };
        if our.list != expected {
            differences.push(format!("{here}: ours {:?}, upstream {expected:?}", our.list));
        }
        let below = if is_list { &property["items"] } else { property };
        if !is_list || expected != ListType::Atomic {
            compare(document, below, our, &here, depth + 1, differences);
        }
    }
}

#[test]
fn lists_merge_as_upstream_says() {
    let (Some(openshift), Some(core)) = (
        document("openshift-openapi-v2.json"),
        document("openapi-v3/api__v1_openapi.json"),
    ) else {
        println!("skipped: no upstream documents beside the workspace (WEIR_SHARED names their directory)");
        return;
    };
    let openshift_kind =
        |group: &str, kind: &str| &openshift["definitions"][format!("com.github.openshift.api.{group}.v1.{kind}")];
    let core_kind = |kind: &str| &core["components"]["schemas"][format!("io.k8s.api.core.v1.{kind}")];
    let table: [(&Value, &Value, &Schema, &str); 10] = [
        (
            &openshift,
            openshift_kind("build", "BuildConfig"),
            crate::build::schema_of("buildconfigs"),
            "BuildConfig",
        ),
        (
            &openshift,
            openshift_kind("build", "Build"),
            crate::build::schema_of("builds"),
            "Build",
        ),
        (
            &openshift,
            openshift_kind("apps", "DeploymentConfig"),
            crate::apps::schema(),
            "DeploymentConfig",
        ),
        (&core, core_kind("Pod"), &schema::POD, "Pod"),
        (
            &core,
            core_kind("ReplicationController"),
            &schema::REPLICATION_CONTROLLER,
            "ReplicationController",
        ),
        (&core, core_kind("Service"), &schema::SERVICE, "Service"),
        (
            &core,
            core_kind("ServiceAccount"),
            &schema::SERVICE_ACCOUNT,
            "ServiceAccount",
        ),
        (&core, core_kind("Namespace"), &schema::NAMESPACE, "Namespace"),
        (&core, core_kind("Secret"), &schema::METADATA_ONLY, "Secret"),
        (&core, core_kind("Node"), crate::core::node_schema(), "Node"),
    ];
    let mut differences = Vec::new();
    for (document, theirs, ours, kind) in table {
        assert!(theirs.is_object(), "{kind} is in the document");
        compare(document, theirs, ours, kind, 0, &mut differences);
    }
    assert!(differences.is_empty(), "{differences:#?}");
}
