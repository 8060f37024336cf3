//! From the JSON schemas that Rust types give to the dialect that Kubernetes' clients read.

use serde_json::{Map, Value, json};

const REFERENCE: &str = "#/components/schemas/";

/// Members of a schema that say nothing to clients of the API.
const SILENT: &[&str] = &["$schema", "title", "default", "minimum", "maximum"];

/// References whose name `k8s-openapi` takes for certain, while clients may leave it out.
const MAY_LACK_NAMES: &[&str] = &[
    "ConfigMapEnvSource",
    "ConfigMapKeySelector",
    "ConfigMapProjection",
    "ConfigMapVolumeSource",
    "LocalObjectReference",
    "SecretEnvSource",
    "SecretKeySelector",
    "SecretProjection",
];

/// Adds what every object of a kind has, and which kind it is.
pub(super) fn describe_kind(definition: &mut Value, kind: &Value) {
    let kinds = &mut definition["x-kubernetes-group-version-kind"];
    match kinds.as_array_mut() {
        Some(kinds) => kinds.push(kind.clone()),
        None => *kinds = json!([kind]),
    }
    not_required(definition, "metadata");
    for (member, description) in [
        (
            "apiVersion",
            "The version in which this object is written, as GROUP/VERSION. The server refuses versions it does not know.",
        ),
        (
            "kind",
            "What the object is. It may be left out where the address already says so, and cannot be changed.",
        ),
    ] {
        if definition["properties"][member].is_null() {
            definition["properties"][member] = json!({"type": "string", "description": description});
        }
    }
}

/// Our own types are called by their package; those of Kubernetes already are.
pub(super) fn full_name(name: &str, package: &str) -> String {
    match name.contains('.') {
        true => name.to_owned(),
        false => format!("{package}.{name}"),
    }
}

/// One definition in Kubernetes' dialect.
pub(super) fn shape(name: &str, mut definition: Value, package: &str) -> Value {
    walk(&mut definition, package);
    if full_name(name, package) != name {
        unwrap_lines(&mut definition);
    }
    match name.rsplit('.').next() {
        Some(reference) if MAY_LACK_NAMES.contains(&reference) => not_required(&mut definition, "name"),
        Some("IntOrString") => choice(&mut definition, Some("int-or-string"), &["integer", "string"]),
        Some("Quantity") => choice(&mut definition, None, &["string", "number"]),
        _ => {}
    }
    definition
}

/// Doc comments are broken into lines; whoever shows them breaks them anew.
fn unwrap_lines(schema: &mut Value) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        let paragraphs: Vec<String> = text.split("\n\n").map(|lines| lines.replace('\n', " ")).collect();
        *text = paragraphs.join("\n\n");
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(unwrap_lines);
    }
}

fn not_required(definition: &mut Value, field: &str) {
    if let Some(required) = definition.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|required| required != field);
        if required.is_empty()
            && let Some(members) = definition.as_object_mut()
        {
            members.remove("required");
        }
    }
}

/// A value of one of several types, which has no `type` of its own.
fn choice(definition: &mut Value, format: Option<&str>, alternatives: &[&str]) {
    let Some(members) = definition.as_object_mut() else {
        return;
    };
    members.remove("x-kubernetes-int-or-string");
    let alternatives: Vec<Value> = alternatives.iter().map(|name| json!({"type": name})).collect();
    members.insert("oneOf".to_owned(), alternatives.into());
    if let Some(format) = format {
        members.insert("format".to_owned(), format.into());
    }
}

fn walk(schema: &mut Value, package: &str) {
    if let Value::Bool(_) = schema {
        *schema = json!({}); // "anything" in OpenAPI v3
    }
    let Some(members) = schema.as_object_mut() else { return };
    SILENT.iter().for_each(|silent| {
        members.remove(*silent);
    });
    unwrap_optional(members);
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        properties.values_mut().for_each(|property| walk(property, package));
    }
    for nested in ["items", "additionalProperties"] {
        if let Some(nested) = members.get_mut(nested) {
            walk(nested, package);
        }
    }
    if let Some(Value::Array(alternatives)) = members.get_mut("oneOf") {
        alternatives
            .iter_mut()
            .for_each(|alternative| walk(alternative, package));
    }
    refer(members, package);
}

/// `Option` is how Rust says that a field may be absent; every field may.
fn unwrap_optional(members: &mut Map<String, Value>) {
    if let Some(Value::Array(names)) = members.get("type") {
        let named = names.iter().find(|name| *name != "null").cloned();
        if let Some(named) = named {
            members.insert("type".to_owned(), named);
        }
    }
    let wrapped = members.get("anyOf").and_then(Value::as_array).and_then(|alternatives| {
        let mut real = alternatives.iter().filter(|schema| schema["type"] != "null");
        real.next().filter(|_| real.next().is_none()).cloned()
    });
    if let Some(Value::Object(wrapped)) = wrapped {
        members.remove("anyOf");
        for (member, value) in wrapped {
            members.entry(member).or_insert(value);
        }
    }
}

/// What stands beside a `$ref` is not read, so a reference with a description is wrapped.
fn refer(members: &mut Map<String, Value>, package: &str) {
    let Some(Value::String(reference)) = members.remove("$ref") else {
        return;
    };
    let name = reference.strip_prefix(REFERENCE).unwrap_or(&reference);
    let reference = json!(format!("{REFERENCE}{}", full_name(name, package)));
    if members.is_empty() {
        members.insert("$ref".to_owned(), reference);
    } else {
        members.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rust_says_is_said_as_kubernetes_says_it() {
        let table = [
            (json!(true), json!({})),
            (
                json!({"type": ["string", "null"], "default": null}),
                json!({"type": "string"}),
            ),
            (
                json!({"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}], "description": "d"}),
                json!({"allOf": [{"$ref": "#/components/schemas/com.x.A"}], "description": "d"}),
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/io.B"}}),
                json!({"type": "array", "items": {"$ref": "#/components/schemas/io.B"}}),
            ),
            (
                json!({"properties": {"a": {"title": "t", "type": "integer", "minimum": 0}}}),
                json!({"properties": {"a": {"type": "integer"}}}),
            ),
        ];
        for (rust, wanted) in table {
            assert_eq!(shape("C", rust.clone(), "com.x"), wanted, "{rust}");
        }
        assert_eq!(
            shape("io.Quantity", json!({"x-kubernetes-int-or-string": true}), "com.x"),
            json!({"oneOf": [{"type": "string"}, {"type": "number"}]})
        );
    }
}
