//! Every user, namespace, verb and form of a request against a model of who may what that is written out here: nothing is
//! shown or done in one form that is refused in another.

use serde_json::{Value, json};

use super::machine::Machine;

const USERS: [&str; 6] = ["nobody", "viewer", "lister", "namer", "editor", "everywhere"];
const NAMESPACES: [&str; 2] = ["a", "b"];
const KINDS: [&str; 2] = ["configmaps", "secrets"];
const NAMES: [&str; 2] = ["one", "two"];
const ACCEPTS: [&str; 3] = [
    "application/json",
    "application/json;as=Table;v=v1;g=meta.k8s.io",
    "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
];

/// A request as the model sees it.
struct Form {
    method: &'static str,
    path: String,
    body: Value,
    verb: &'static str,
    /// Empty: all namespaces.
    namespace: &'static str,
    kind: &'static str,
    /// Empty: all names.
    name: &'static str,
}

/// The rights that [`give_rights`] gives, in other words.
fn allowed(user: &str, form: &Form) -> bool {
    let reads = ["get", "list", "watch"].contains(&form.verb);
    match user {
        "viewer" => form.namespace == "a" && form.kind == "configmaps" && reads,
        "lister" => form.kind == "configmaps" && form.verb == "list",
        "namer" => form.namespace == "a" && form.kind == "secrets" && form.name == "one" && form.verb != "create",
        "editor" => form.namespace == "b" && (form.kind == "configmaps" || form.kind == "secrets"),
        "everywhere" => form.kind == "secrets" && reads,
        _ => false,
    }
}

async fn give_rights(machine: &Machine) {
    let bindings = |namespace: &str| format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings");
    let binding = |role: &str, user: &str| json!({"metadata": {"name": role}, "roleRef": {"kind": "ClusterRole", "name": role}, "subjects": [{"kind": "User", "name": user}]});
    let rule = |verbs: &[&str], resource: &str| json!([{"verbs": verbs, "apiGroups": [""], "resources": [resource]}]);
    machine.created(&bindings("a"), binding("view", "viewer")).await;
    machine.created(&bindings("b"), binding("edit", "editor")).await;
    machine.role("lister", rule(&["list"], "configmaps")).await;
    machine
        .bind("lister", json!([{"kind": "User", "name": "lister"}]))
        .await;
    machine
        .role("everywhere", rule(&["get", "list", "watch"], "secrets"))
        .await;
    machine
        .bind("everywhere", json!([{"kind": "User", "name": "everywhere"}]))
        .await;
    let mut named = rule(&["*"], "secrets");
    named[0]["resourceNames"] = json!(["one"]);
    machine.role("namer", named).await;
    machine.created(&bindings("a"), binding("namer", "namer")).await;
}

fn object(kind: &str, name: &str) -> Value {
    let kind = if kind == "secrets" { "Secret" } else { "ConfigMap" };
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}})
}

fn forms() -> Vec<Form> {
    let mut forms = Vec::new();
    for kind in KINDS {
        let form = |method, path: &str, verb, (namespace, name), body| Form {
            method,
            path: path.to_owned(),
            body,
            verb,
            namespace,
            kind,
            name,
        };
        for namespace in NAMESPACES.into_iter().chain([""]) {
            let all = match namespace {
                "" => format!("/api/v1/{kind}"),
                namespace => format!("/api/v1/namespaces/{namespace}/{kind}"),
            };
            let here = (namespace, "");
            forms.push(form("GET", &all, "list", here, Value::Null));
            forms.push(form("GET", &format!("{all}?limit=1"), "list", here, Value::Null));
            forms.push(form(
                "GET",
                &format!("{all}?resourceVersion=0"),
                "list",
                here,
                Value::Null,
            ));
            forms.push(form("GET", &format!("{all}?watch=true"), "watch", here, Value::Null));
            for name in NAMES {
                let selected = format!("{all}?fieldSelector=metadata.name%3D{name}");
                forms.push(form("GET", &selected, "list", (namespace, name), Value::Null));
                forms.push(form(
                    "GET",
                    &format!("{selected}&watch=1"),
                    "watch",
                    (namespace, name),
                    Value::Null,
                ));
            }
            if namespace.is_empty() {
                continue;
            }
            let dry = "dryRun=All";
            forms.push(form(
                "POST",
                &format!("{all}?{dry}"),
                "create",
                here,
                object(kind, "new"),
            ));
            forms.push(form(
                "DELETE",
                &format!("{all}?{dry}"),
                "deletecollection",
                here,
                Value::Null,
            ));
            for name in NAMES {
                let one = format!("{all}/{name}");
                let here = (namespace, name);
                forms.push(form("GET", &one, "get", here, Value::Null));
                forms.push(form("HEAD", &one, "get", here, Value::Null));
                forms.push(form("PUT", &format!("{one}?{dry}"), "update", here, object(kind, name)));
                forms.push(form(
                    "PATCH",
                    &format!("{one}?{dry}"),
                    "patch",
                    here,
                    json!({"metadata": {"labels": {"a": "b"}}}),
                ));
                forms.push(form("DELETE", &format!("{one}?{dry}"), "delete", here, Value::Null));
            }
        }
    }
    forms
}

#[tokio::test]
async fn every_form_of_a_request_is_decided_alike() {
    let machine = Machine::start().await;
    for namespace in NAMESPACES {
        machine
            .created("/api/v1/namespaces", json!({"metadata": {"name": namespace}}))
            .await;
        for kind in KINDS {
            for name in NAMES {
                machine
                    .created(&format!("/api/v1/namespaces/{namespace}/{kind}"), object(kind, name))
                    .await;
            }
        }
    }
    give_rights(&machine).await;
    let mut tried = 0;
    for user in USERS {
        for form in forms() {
            for accept in ACCEPTS {
                let status = machine
                    .status_as(user, (form.method, &form.path), accept, &form.body)
                    .await;
                let Form { method, path, .. } = &form;
                assert_ne!(status, 401, "{user} {method} {path}");
                assert!(status < 500, "{user} {method} {path} {accept}: {status}");
                assert_eq!(
                    status != 403,
                    allowed(user, &form),
                    "{user} {method} {path} {accept}: {status}"
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried} requests");
}

#[tokio::test]
async fn projects_are_shown_to_those_who_may_see_them() {
    let machine = Machine::start().await;
    for namespace in NAMESPACES {
        machine
            .created("/api/v1/namespaces", json!({"metadata": {"name": namespace}}))
            .await;
    }
    give_rights(&machine).await;
    for (user, wanted) in [
        ("nobody", &[][..]),
        ("viewer", &["a"]),
        ("editor", &["b"]),
        ("everywhere", &[]),
    ] {
        for accept in ACCEPTS {
            let list = machine
                .list_as(user, "/apis/project.openshift.io/v1/projects", accept)
                .await;
            let names: Vec<&str> = ["items", "rows"]
                .into_iter()
                .flat_map(|field| list[field].as_array().into_iter().flatten())
                .filter_map(|item| {
                    item.pointer("/metadata/name")
                        .or(item.pointer("/object/metadata/name"))?
                        .as_str()
                })
                .collect();
            assert_eq!(names, wanted, "{user} {accept}");
        }
    }
}
