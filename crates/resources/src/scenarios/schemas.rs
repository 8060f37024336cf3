//! Our tables of merge keys and owners against upstream's schemas, where those are at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use weir_apiserver::{ListType, PatchStrategy, Resource, Schema, Serving, Topology, Verb};

use super::machine::Machine;
use crate::json;

/// Names the directory with `openshift-openapi-v2.json` and `openapi-v3/`.
const UPSTREAM_DATA: &str = "WEIR_UPSTREAM_DATA";
/// Deep enough for everything we serve; a schema that contains itself ends here.
const MAX_DEPTH: usize = 14;

/// Upstream's description of a kind, and the document that its references are about.
struct Described<'a> {
    document: &'a Value,
    schema: &'a Value,
}

#[test]
fn tables_of_merge_keys_and_owners_are_those_of_upstream() {
    let Some(directory) = std::env::var_os(UPSTREAM_DATA).map(PathBuf::from) else {
        println!("skipped: {UPSTREAM_DATA} does not name a directory with upstream's documents");
        return;
    };
    let documents = documents(&directory);
    let kinds: BTreeMap<String, Described<'_>> = documents.iter().flat_map(kinds).collect();
    let mut differences = Vec::new();
    for resource in patched() {
        let kind = kind_name(resource.kind.group, resource.kind.version, resource.kind.kind);
        match kinds.get(&kind) {
            Some(described) => {
                let mut walk = Walk {
                    document: described.document,
                    differences: &mut differences,
                };
                walk.members(described.schema, resource.schema, &kind, 0, Owned::Apart);
            }
            None => println!("{kind} is not in upstream's documents"),
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

/// What clients can patch.
fn patched() -> impl Iterator<Item = Resource> {
    let served = crate::resources(Machine::config()).into_iter();
    served.filter(|resource| match &resource.serving {
        Serving::Stored(_) => true,
        Serving::Virtual { verbs, .. } => verbs.contains(&Verb::Patch),
    })
}

fn documents(directory: &Path) -> Vec<Value> {
    let mut paths = vec![directory.join("openshift-openapi-v2.json")];
    let listed = std::fs::read_dir(directory.join("openapi-v3")).expect("the directory has openapi-v3/");
    paths.extend(listed.map(|entry| entry.expect("an entry").path()));
    paths.sort();
    let read = |path: &PathBuf| std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    paths
        .iter()
        .map(|path| serde_json::from_slice(&read(path)).expect("the document is JSON"))
        .collect()
}

fn kinds(document: &Value) -> impl Iterator<Item = (String, Described<'_>)> {
    let schemas = [document.get("definitions"), document.pointer("/components/schemas")];
    let schemas = schemas.into_iter().flatten().filter_map(Value::as_object).flatten();
    schemas.flat_map(move |(name, schema)| {
        let named = json::items(schema, "/x-kubernetes-group-version-kind")
            .iter()
            .map(|kind| {
                let text = |field: &str| kind[field].as_str().unwrap_or_default();
                kind_name(text("group"), text("version"), text("kind"))
            });
        // Not every definition of OpenShift's kinds says which kind it is.
        let parts: Vec<&str> = name.rsplit('.').take(3).collect();
        let by_name = name.starts_with("com.github.openshift.api.").then(|| match parts[..] {
            [kind, version, group] => kind_name(&format!("{group}.openshift.io"), version, kind),
            _ => name.clone(),
        });
        let names: Vec<String> = named.chain(by_name).collect();
        names
            .into_iter()
            .map(move |name| (name, Described { document, schema }))
    })
}

fn kind_name(group: &str, version: &str, kind: &str) -> String {
    format!("{group}/{version} {kind}")
}

/// Is the value owned in parts here, or does it belong to something that is owned as a whole?
#[derive(Clone, Copy, PartialEq)]
enum Owned {
    Apart,
    InWhole,
}

struct Walk<'a> {
    document: &'a Value,
    differences: &'a mut Vec<String>,
}

impl Walk<'_> {
    fn members(&mut self, theirs: &Value, ours: &Schema, path: &str, depth: usize, owned: Owned) {
        if depth == MAX_DEPTH {
            return;
        }
        let theirs = resolve(self.document, theirs);
        let required = json::items(theirs, "/required");
        for (name, property) in json::members(theirs, "/properties") {
            let here = format!("{path}.{name}");
            let ours = ours.field(name);
            let is_required = required.iter().any(|required| required == name);
            if owned == Owned::Apart {
                self.same(
                    &here,
                    "always there",
                    always_there(property, is_required, ours),
                    ours.is_embedded,
                );
            }
            self.field(property, ours, &here, depth + 1, owned);
        }
        if let Some(values) = theirs.get("additionalProperties").filter(|values| values.is_object()) {
            self.field(values, ours.field("*"), &format!("{path}.*"), depth + 1, owned);
        }
    }

    fn field(&mut self, property: &Value, ours: &Schema, path: &str, depth: usize, owned: Owned) {
        let referred = resolve(self.document, property);
        let is_list = json::text(property, "/type") == "array";
        self.same(path, "patch strategy", patch_strategy(property), shown_strategy(ours));
        if owned == Owned::Apart {
            let theirs = if is_list {
                list_type(property)
            } else {
                map_type(property, referred)
            };
            self.same(path, "topology", theirs, shown_topology(ours, is_list));
        }
        let is_atomic = match is_list {
            true => ours.list_type() == ListType::Atomic,
            false => ours.topology == Topology::Atomic,
        };
        let owned = if is_atomic || ours.atomic_elements {
            Owned::InWhole
        } else {
            owned
        };
        let is_replaced = is_list && !matches!(ours.patch, PatchStrategy::MergeBy(_));
        match is_list {
            true if owned == Owned::InWhole && is_replaced => {}
            true => {
                let elements = &property["items"];
                if owned == Owned::Apart || ours.atomic_elements {
                    let atomic = is_atomic_struct(resolve(self.document, elements));
                    self.same(path, "atomic elements", atomic, ours.atomic_elements);
                }
                self.members(elements, ours, path, depth, owned);
            }
            false => self.members(property, ours, path, depth, owned),
        }
    }

    fn same<T: PartialEq + std::fmt::Debug>(&mut self, path: &str, what: &str, theirs: T, ours: T) {
        if theirs != ours {
            self.differences
                .push(format!("{path}: {what}: upstream {theirs:?}, ours {ours:?}"));
        }
    }
}

/// Follows references of both forms of OpenAPI.
fn resolve<'a>(document: &'a Value, mut schema: &'a Value) -> &'a Value {
    for _ in 0..MAX_DEPTH {
        let reference = schema.get("$ref").or_else(|| schema.pointer("/allOf/0/$ref"));
        let path = reference
            .and_then(Value::as_str)
            .and_then(|text| text.strip_prefix('#'));
        let Some(path) = path else { break };
        schema = document.pointer(path).unwrap_or(&Value::Null);
    }
    schema
}

/// Objects whose default is to be empty, and lists of elements that no object is without.
fn always_there(property: &Value, is_required: bool, ours: &Schema) -> bool {
    match json::text(property, "/type") {
        "array" => is_required && ours.list_type() != ListType::Atomic,
        _ => property.get("default") == Some(&json!({})),
    }
}

fn patch_strategy(property: &Value) -> String {
    let strategy = json::text(property, "/x-kubernetes-patch-strategy");
    let key = json::text(property, "/x-kubernetes-patch-merge-key");
    format!("{strategy} {key}").trim().to_owned()
}

fn shown_strategy(ours: &Schema) -> String {
    let (strategy, key) = match ours.patch {
        PatchStrategy::Default => ("", ""),
        PatchStrategy::Replace => ("replace", ""),
        PatchStrategy::MergeSet => ("merge", ""),
        PatchStrategy::MergeBy(key) => ("merge", key.name),
    };
    let separator = if strategy.is_empty() { "" } else { "," };
    let strategy = match ours.retain_keys {
        true => format!("{strategy}{separator}retainKeys"),
        false => strategy.to_owned(),
    };
    format!("{strategy} {key}").trim().to_owned()
}

/// What upstream's server makes of a list: without a list type, the patch strategy decides.
fn list_type(property: &Value) -> String {
    let merge = json::text(property, "/x-kubernetes-patch-strategy").starts_with("merge");
    let keys: Vec<&str> = json::items(property, "/x-kubernetes-list-map-keys")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    match (
        json::text(property, "/x-kubernetes-list-type"),
        json::text(property, "/x-kubernetes-patch-merge-key"),
    ) {
        ("map", _) => keys.join(","),
        ("set", _) => "set".to_owned(),
        ("", "") if merge => "set".to_owned(),
        ("", key) if merge => key.to_owned(),
        _ => "atomic".to_owned(),
    }
}

fn map_type(property: &Value, referred: &Value) -> String {
    let declared = json::text(property, "/x-kubernetes-map-type") == "atomic";
    match declared || is_atomic_struct(referred) {
        true => "atomic".to_owned(),
        false => String::new(),
    }
}

/// Owned as a whole: because it says so, or because it is an object of which nothing is known.
fn is_atomic_struct(schema: &Value) -> bool {
    let says_so = json::text(schema, "/x-kubernetes-map-type") == "atomic";
    let is_object = json::text(schema, "/type") == "object";
    let is_unknown = schema.get("properties").is_none() && schema.get("additionalProperties").is_none();
    says_so || is_object && is_unknown
}

fn shown_topology(ours: &Schema, is_list: bool) -> String {
    if !is_list {
        return match ours.topology {
            Topology::Atomic => "atomic".to_owned(),
            _ => String::new(),
        };
    }
    match ours.list_type() {
        ListType::Atomic => "atomic".to_owned(),
        ListType::Set => "set".to_owned(),
        ListType::Map(keys) => keys.iter().map(|key| key.name).collect::<Vec<_>>().join(","),
    }
}
