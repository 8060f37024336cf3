use serde_json::{Map, Value};

use crate::resource::Resource;

/// The schemas of one OpenAPI document.
pub struct Schemas {
    document: Value,
}

/// References that lead in a circle are followed only so far.
const REFERENCES: usize = 16;

impl Schemas {
    pub fn of(document: Value) -> Self {
        Self { document }
    }

    fn all(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.document["components"]["schemas"].as_object().into_iter().flatten()
    }

    pub fn of_kind(&self, resource: &Resource) -> Option<&Value> {
        let is_kind = |schema: &Value| {
            let kinds = schema["x-kubernetes-group-version-kind"].as_array();
            kinds.into_iter().flatten().any(|kind| {
                kind["group"] == resource.group && kind["version"] == resource.version && kind["kind"] == resource.kind
            })
        };
        self.all().find(|(_, schema)| is_kind(schema)).map(|(_, schema)| schema)
    }

    /// The schema itself, behind references and wrappings of one.
    pub fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..REFERENCES {
            if let Some(next) = self.referred(schema) {
                schema = next;
            } else if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
                schema = only;
            } else {
                break;
            }
        }
        schema
    }

    fn referred(&self, schema: &Value) -> Option<&Value> {
        let name = reference(schema)?;
        self.document["components"]["schemas"].get(name)
    }

    /// The fields of an object, of the items of a list, or of the values of a map.
    pub fn fields<'a>(&'a self, schema: &'a Value) -> Option<&'a Map<String, Value>> {
        self.inner(schema)["properties"].as_object()
    }

    /// What a list or a map is of, or the schema itself.
    pub fn inner<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let mut schema = self.resolve(schema);
        for _ in 0..REFERENCES {
            let below = [&schema["items"], &schema["additionalProperties"]];
            match below.into_iter().find(|below| below.is_object()) {
                Some(below) => schema = self.resolve(below),
                None => break,
            }
        }
        schema
    }

    /// The type in the words of Go, as other clients show it.
    pub fn type_name(&self, schema: &Value) -> String {
        self.named(schema, REFERENCES)
    }

    fn named(&self, schema: &Value, depth: usize) -> String {
        if depth == 0 {
            return "Object".into();
        }
        let wrapped = schema["allOf"].as_array().and_then(|all| all.first());
        if let Some(name) = reference(schema).or_else(|| reference(wrapped?)) {
            let target = self.resolve(schema);
            return match target["properties"].is_object() || target["type"] == "object" {
                true => name.rsplit('.').next().unwrap_or(name).to_owned(),
                false => self.named(target, depth - 1),
            };
        }
        match schema["type"].as_str() {
            Some("array") => format!("[]{}", self.named(&schema["items"], depth - 1)),
            Some("object") if schema["additionalProperties"].is_object() => {
                format!("map[string]{}", self.named(&schema["additionalProperties"], depth - 1))
            }
            Some("object") | None => "Object".into(),
            Some(plain) => plain.to_owned(),
        }
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}
