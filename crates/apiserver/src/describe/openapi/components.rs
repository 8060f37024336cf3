//! The schemas of one document.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::GroupVersionKind;
use crate::definitions::tree::Tree;

const REFERENCE: &str = "#/components/schemas/";
const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// Schemas that are referred to so far, with all that they refer to.
pub(super) struct Components<'a> {
    source: &'a Map<String, Value>,
    tree: &'a Tree,
    chosen: BTreeMap<String, Value>,
}

impl<'a> Components<'a> {
    pub fn new(source: &'a Map<String, Value>, tree: &'a Tree) -> Self {
        Self {
            source,
            tree,
            chosen: BTreeMap::new(),
        }
    }

    /// A reference to a kind. Kinds that nobody described are open objects, unless they are lists of what is described.
    pub fn kind(&mut self, kind: &GroupVersionKind) -> Value {
        let name = self.name(kind);
        if !self.choose(&name) {
            let items = kind
                .kind
                .strip_suffix("List")
                .map(|items| GroupVersionKind { kind: items, ..*kind });
            if let Some(items) = items.filter(|items| self.tree.kind(items).is_some()) {
                return self.list(&items);
            }
            self.chosen.insert(name.clone(), open(kind));
        }
        reference(&name)
    }

    /// A reference to the list of a kind.
    pub fn list(&mut self, kind: &GroupVersionKind) -> Value {
        let items = self.kind(kind);
        let name = format!("{}List", self.name(kind));
        if !self.chosen.contains_key(&name) {
            let metadata = self.meta("ListMeta");
            self.chosen.insert(name.clone(), list(kind, items, metadata));
        }
        reference(&name)
    }

    /// A reference to one of the machinery's own schemas.
    pub fn meta(&mut self, name: &str) -> Value {
        let name = format!("{META}.{name}");
        if self.choose(&name) {
            reference(&name)
        } else {
            json!({"type": "object"})
        }
    }

    pub fn finish(self) -> BTreeMap<String, Value> {
        self.chosen
    }

    fn name(&self, kind: &GroupVersionKind) -> String {
        match self.tree.definition_of(kind) {
            Some(name) => name.to_owned(),
            None => reversed(kind),
        }
    }

    /// Takes a schema of the source and what it refers to. `false` when there is none of this name.
    fn choose(&mut self, name: &str) -> bool {
        let mut wanted = vec![name.to_owned()];
        while let Some(name) = wanted.pop() {
            if self.chosen.contains_key(&name) {
                continue;
            }
            if let Some(schema) = self.source.get(&name) {
                references(schema, &mut wanted);
                self.chosen.insert(name, schema.clone());
            }
        }
        self.chosen.contains_key(name)
    }
}

/// The names of all schemas that a schema refers to.
fn references(schema: &Value, names: &mut Vec<String>) {
    match schema {
        Value::Object(members) => members
            .iter()
            .for_each(|(member, value)| match (member.as_str(), value) {
                ("$ref", Value::String(text)) => names.extend(text.strip_prefix(REFERENCE).map(str::to_owned)),
                _ => references(value, names),
            }),
        Value::Array(items) => items.iter().for_each(|item| references(item, names)),
        _ => {}
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("{REFERENCE}{name}")})
}

pub(super) fn group_version_kind(kind: &GroupVersionKind) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}

/// The group's parts in reverse, its version and the kind: `com.example.toys.v1.Toy`.
fn reversed(kind: &GroupVersionKind) -> String {
    let group = if kind.group.is_empty() { "core" } else { kind.group };
    let parts: Vec<&str> = group.rsplit('.').chain([kind.version, kind.kind]).collect();
    parts.join(".")
}

fn open(kind: &GroupVersionKind) -> Value {
    json!({
        "type": "object",
        "x-kubernetes-group-version-kind": [group_version_kind(kind)],
        "x-kubernetes-preserve-unknown-fields": true,
    })
}

fn list(kind: &GroupVersionKind, items: Value, metadata: Value) -> Value {
    let mut list_kind = group_version_kind(kind);
    list_kind["kind"] = format!("{}List", kind.kind).into();
    json!({
        "type": "object",
        "description": format!("A list of objects of the kind {}.", kind.kind),
        "x-kubernetes-group-version-kind": [list_kind],
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string", "description": "The version in which this list is written, as GROUP/VERSION."},
            "kind": {"type": "string", "description": "What this is."},
            "metadata": {"allOf": [metadata], "description": "The revision that the list shows, and how to go on reading it."},
            "items": {"type": "array", "items": items, "description": "The objects."},
        },
    })
}
