//! What can be done where.

use serde_json::{Map, Value, json};

use super::components::{Components, group_version_kind};
use super::parameters;
use crate::catalog::Served;
use crate::{GroupVersionKind, Subresource, Verb};

/// Formats in which bodies are read, and in which objects are answered.
const WRITTEN: &[&str] = &["application/json", "application/yaml"];
const ANSWERED: &[&str] = &["application/json"];
const PATCHES: &[&str] = &[
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
];

const COLLECTION: &[Verb] = &[Verb::List, Verb::Create, Verb::DeleteCollection];
const NAMED: &[Verb] = &[Verb::Get, Verb::Update, Verb::Patch, Verb::Delete];
const BELOW: &[Verb] = &[Verb::Get, Verb::Create, Verb::Update, Verb::Patch, Verb::Delete];

/// The paths of a resource, each with what can be done there.
pub(super) fn add(root: &str, served: &Served, components: &mut Components<'_>, paths: &mut Map<String, Value>) {
    let plural = served.resource.plural;
    let kind = *served.kind();
    let mut place = Place {
        served,
        components,
        kind,
        suffix: String::new(),
        names: Vec::new(),
    };
    if served.is_namespaced() {
        place.suffix = "ForAllNamespaces".to_owned();
        let everywhere = place.operations(served.verbs(), &[Verb::List]);
        insert(paths, format!("/{root}/{plural}"), everywhere);
        place.suffix.clear();
        place.names.push("namespace");
    }
    let within = if served.is_namespaced() {
        "namespaces/{namespace}/"
    } else {
        ""
    };
    let collection = format!("/{root}/{within}{plural}");
    insert(paths, collection.clone(), place.operations(served.verbs(), COLLECTION));
    place.names.push("name");
    let named = format!("{collection}/{{name}}");
    insert(paths, named.clone(), place.operations(served.verbs(), NAMED));
    for subresource in &served.resource.subresources {
        place.kind = subresource.kind;
        place.suffix = capitalized(subresource.name);
        let item = match subresource.is_connect() {
            true => place.connections(subresource),
            false => place.operations(subresource.verbs, BELOW),
        };
        let below = format!("{named}/{}", subresource.name);
        if subresource.takes_path() {
            insert(paths, format!("{below}/{{path}}"), place.below(subresource));
        }
        insert(paths, below, item);
    }
}

fn insert(paths: &mut Map<String, Value>, path: String, item: Option<Value>) {
    if let Some(item) = item {
        paths.insert(path, item);
    }
}

/// One path, while it is described.
struct Place<'a, 'c> {
    served: &'a Served,
    components: &'a mut Components<'c>,
    /// Of the objects here.
    kind: GroupVersionKind,
    /// Tells operations of the same kind apart.
    suffix: String,
    /// Parts of the path that stand for something.
    names: Vec<&'static str>,
}

impl Place<'_, '_> {
    /// `None` when nothing can be done here.
    fn operations(&mut self, verbs: &[Verb], possible: &[Verb]) -> Option<Value> {
        let mut item = Map::new();
        for verb in possible.iter().filter(|verb| verbs.contains(verb)) {
            item.insert(method(*verb).to_owned(), self.operation(*verb));
        }
        self.with_names(item)
    }

    /// A raw stream: a log, a terminal, an upload.
    fn connections(&mut self, subresource: &Subresource) -> Option<Value> {
        let mut item = Map::new();
        for verb in subresource.verbs {
            let mut operation = self.outline("connect", &format!("{}Of", method(*verb)));
            operation["responses"] = json!({"200": {
                "description": "OK", "content": {"*/*": {"schema": {"type": "string"}}},
            }});
            item.insert(method(*verb).to_owned(), operation);
        }
        self.with_names(item)
    }

    /// The same with a path of its own.
    fn below(&mut self, subresource: &Subresource) -> Option<Value> {
        self.names.push("path");
        self.suffix.push_str("WithPath");
        let item = self.connections(subresource);
        self.names.pop();
        item
    }

    fn with_names(&self, mut item: Map<String, Value>) -> Option<Value> {
        if item.is_empty() {
            return None;
        }
        item.insert("parameters".to_owned(), parameters::of_path(&self.names));
        Some(Value::Object(item))
    }

    fn operation(&mut self, verb: Verb) -> Value {
        let answer = match verb {
            Verb::List => self.components.list(&self.kind),
            Verb::Delete | Verb::DeleteCollection => self.components.meta("Status"),
            _ => self.components.kind(&self.kind),
        };
        let mut operation = self.outline(action(verb), word(verb));
        operation["parameters"] = parameters::of_verb(verb);
        operation["responses"] = responses(verb, &answer);
        if let Some(body) = self.body(verb) {
            operation["requestBody"] = body;
        }
        operation
    }

    /// What all operations have.
    fn outline(&self, action: &str, word: &str) -> Value {
        let (group, version) = (group_word(self.served.kind().group), self.served.kind().version);
        let namespaced = if self.names.contains(&"namespace") {
            "Namespaced"
        } else {
            ""
        };
        let kind = self.served.kind().kind;
        let mut tag = group.clone();
        tag[..1].make_ascii_lowercase();
        json!({
            "operationId": format!("{word}{group}{}{namespaced}{kind}{}", capitalized(version), self.suffix),
            "tags": [format!("{tag}_{version}")],
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": group_version_kind(&self.kind),
        })
    }

    fn body(&mut self, verb: Verb) -> Option<Value> {
        let (required, formats, schema) = match verb {
            Verb::Create | Verb::Update => (true, WRITTEN, self.components.kind(&self.kind)),
            Verb::Patch => (true, PATCHES, self.components.meta("Patch")),
            Verb::Delete | Verb::DeleteCollection => (false, WRITTEN, self.components.meta("DeleteOptions")),
            Verb::Get | Verb::List | Verb::Watch => return None,
        };
        Some(json!({"required": required, "content": content(formats, &schema)}))
    }
}

fn responses(verb: Verb, answer: &Value) -> Value {
    let codes: &[(&str, &str)] = match verb {
        Verb::Create => &[("200", "OK"), ("201", "Created"), ("202", "Accepted")],
        Verb::Update | Verb::Patch => &[("200", "OK"), ("201", "Created")],
        Verb::Delete => &[("200", "OK"), ("202", "Accepted")],
        _ => &[("200", "OK")],
    };
    let mut responses = Map::new();
    for (code, description) in codes {
        let response = json!({"description": description, "content": content(ANSWERED, answer)});
        responses.insert((*code).to_owned(), response);
    }
    responses.insert("401".to_owned(), json!({"description": "Unauthorized"}));
    Value::Object(responses)
}

fn content(formats: &[&str], schema: &Value) -> Value {
    let formats = formats
        .iter()
        .map(|format| ((*format).to_owned(), json!({"schema": schema})));
    Value::Object(formats.collect())
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

/// The verb as the names of operations begin.
fn word(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "read",
        Verb::Update => "replace",
        Verb::DeleteCollection => "deleteCollection",
        other => other.as_str(),
    }
}

/// `ImageOpenshiftIo`; Kubernetes' own groups without the domain, as everybody's generated clients name them.
fn group_word(group: &str) -> String {
    let short = group.strip_suffix(".k8s.io").unwrap_or(group);
    let parts = short.split('.').filter(|part| !part.is_empty()).map(capitalized);
    match parts.collect::<String>() {
        empty if empty.is_empty() => "Core".to_owned(),
        word => word,
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
