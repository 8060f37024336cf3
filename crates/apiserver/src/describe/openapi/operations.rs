use serde_json::{Map, Value, json};

use super::schemas::{group_version_kind, reference};
use crate::catalog::Served;
use crate::{Handler, Subresource, Verb};

/// The paths of a resource, each with what can be done there.
pub(super) fn add(root: &str, served: &Served, paths: &mut Map<String, Value>) {
    let place = if served.is_namespaced() {
        "namespaces/{namespace}/"
    } else {
        ""
    };
    let collection = format!("/{root}/{place}{}", served.resource.plural);
    let verbs = served.verbs();
    add_path(
        paths,
        collection.clone(),
        served,
        verbs,
        &[Verb::List, Verb::Create, Verb::DeleteCollection],
        &[],
    );
    let named = format!("{collection}/{{name}}");
    add_path(
        paths,
        named.clone(),
        served,
        verbs,
        &[Verb::Get, Verb::Update, Verb::Patch, Verb::Delete],
        &["name"],
    );
    for subresource in served
        .resource
        .subresources
        .iter()
        .filter(|subresource| is_object(subresource))
    {
        let all = [Verb::Get, Verb::Create, Verb::Update, Verb::Patch];
        add_path(
            paths,
            format!("{named}/{}", subresource.name),
            served,
            subresource.verbs,
            &all,
            &["name"],
        );
    }
}

/// Subresources that answer with the object itself; the others are of kinds that this document does not describe.
fn is_object(subresource: &Subresource) -> bool {
    matches!(subresource.handler, Handler::Status)
}

fn add_path(
    paths: &mut Map<String, Value>,
    path: String,
    served: &Served,
    verbs: &[Verb],
    possible: &[Verb],
    names: &[&str],
) {
    let mut item = Map::new();
    for verb in possible.iter().filter(|verb| verbs.contains(verb)) {
        item.insert(method(*verb).to_owned(), operation(*verb, served));
    }
    if item.is_empty() {
        return;
    }
    let namespace = served.is_namespaced().then_some("namespace");
    let parameters = names
        .iter()
        .copied()
        .chain(namespace)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    item.insert("parameters".to_owned(), parameters.collect());
    paths.insert(path, Value::Object(item));
}

fn operation(verb: Verb, served: &Served) -> Value {
    let kind = served.kind();
    let schema = json!({"$ref": reference(kind)});
    let answer = match verb {
        Verb::List | Verb::DeleteCollection => json!({"$ref": format!("{}List", reference(kind))}),
        _ => schema.clone(),
    };
    let code = if verb == Verb::Create { "201" } else { "200" };
    let mut operation = json!({
        "tags": [served.resource.plural],
        "x-kubernetes-action": action(verb),
        "x-kubernetes-group-version-kind": group_version_kind(kind),
        "parameters": query_parameters(verb),
        "responses": {code: {"description": "OK", "content": {"application/json": {"schema": answer}}}},
    });
    let content = match verb {
        Verb::Create | Verb::Update => {
            json!({"application/json": {"schema": schema}, "application/yaml": {"schema": schema}})
        }
        Verb::Patch => json!({
            "application/json-patch+json": {"schema": {"type": "array"}},
            "application/merge-patch+json": {"schema": {"type": "object"}},
        }),
        _ => return operation,
    };
    operation["requestBody"] = json!({"required": true, "content": content});
    operation
}

fn query_parameters(verb: Verb) -> Value {
    let names: &[&str] = match verb {
        Verb::List => &[
            "labelSelector",
            "fieldSelector",
            "limit",
            "continue",
            "resourceVersion",
            "watch",
        ],
        Verb::DeleteCollection => &["labelSelector", "fieldSelector", "dryRun"],
        Verb::Create | Verb::Update | Verb::Patch => &["dryRun", "fieldManager", "fieldValidation"],
        Verb::Delete => &["dryRun", "gracePeriodSeconds", "propagationPolicy"],
        Verb::Get | Verb::Watch => &[],
    };
    let parameter = |name: &&str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
    names.iter().map(parameter).collect()
}

fn method(verb: Verb) -> &'static str {
    match verb {
        Verb::Get | Verb::List | Verb::Watch => "get",
        Verb::Create => "post",
        Verb::Update => "put",
        Verb::Patch => "patch",
        Verb::Delete | Verb::DeleteCollection => "delete",
    }
}

fn action(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "post",
        Verb::Update => "put",
        other => other.as_str(),
    }
}
