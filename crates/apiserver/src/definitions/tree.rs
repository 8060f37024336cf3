//! The fields of all kinds without their descriptions: what is needed to read a body.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::GroupVersionKind;

#[derive(Default)]
pub(crate) struct Tree {
    structs: Vec<Struct>,
    kinds: HashMap<Kind, Shape>,
}

/// An object whose fields are known.
pub(crate) struct Struct {
    /// Its name in the schemas' source.
    pub definition: Box<str>,
    /// In the order of their names.
    fields: Box<[(Box<str>, Shape)]>,
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Any,
    Text,
    /// Base64.
    Bytes,
    Boolean,
    Integer(Width),
    Number,
    IntOrString,
    Quantity,
    /// By its index in the tree.
    Struct(u32),
    List(Box<Shape>),
    Map(Box<Shape>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Bits32,
    Bits64,
}

impl Tree {
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        let schemas: BTreeMap<Box<str>, Schema> = serde_json::from_slice(json)?;
        let indexes: HashMap<&str, u32> = schemas.keys().map(|name| &**name).zip(0..).collect();
        let mut tree = Self::default();
        for (name, schema) in &schemas {
            let shaper = Shaper {
                schemas: &schemas,
                indexes: &indexes,
            };
            let fields = schema.properties.iter();
            tree.structs.push(Struct {
                definition: name.clone(),
                fields: fields
                    .map(|(field, schema)| (field.clone(), shaper.shape(schema)))
                    .collect(),
            });
            for kind in &schema.kinds {
                tree.kinds.insert(kind.clone(), shaper.named(name));
            }
        }
        Ok(tree)
    }

    pub fn kind(&self, kind: &GroupVersionKind) -> Option<Shape> {
        let key = Kind {
            group: kind.group.into(),
            version: kind.version.into(),
            kind: kind.kind.into(),
        };
        self.kinds.get(&key).cloned()
    }

    pub fn get(&self, index: u32) -> Option<&Struct> {
        self.structs.get(usize::try_from(index).ok()?)
    }

    /// The name of a kind's definition.
    pub fn definition_of(&self, kind: &GroupVersionKind) -> Option<&str> {
        match self.kind(kind)? {
            Shape::Struct(index) => self.get(index).map(|found| &*found.definition),
            _ => None,
        }
    }
}

impl Struct {
    pub fn field(&self, name: &str) -> Option<&Shape> {
        let at = self.fields.binary_search_by(|(field, _)| (**field).cmp(name)).ok()?;
        Some(&self.fields[at].1)
    }

    /// As Go calls it, which error messages do: `v1.PodSpec`.
    pub fn go_name(&self) -> &str {
        let mut dots = self.definition.rmatch_indices('.').map(|(at, _)| at);
        match dots.nth(1) {
            Some(at) => &self.definition[at + 1..],
            None => &self.definition,
        }
    }

    /// The same without its package.
    pub fn name(&self) -> &str {
        self.definition.rsplit('.').next().unwrap_or(&self.definition)
    }
}

impl Shape {
    /// As Go calls the type.
    pub fn go_name(&self, tree: &Tree) -> String {
        match self {
            Self::Any => "runtime.RawExtension".to_owned(),
            Self::Text => "string".to_owned(),
            Self::Bytes => "[]uint8".to_owned(),
            Self::Boolean => "bool".to_owned(),
            Self::Integer(Width::Bits32) => "int32".to_owned(),
            Self::Integer(Width::Bits64) => "int64".to_owned(),
            Self::Number => "float64".to_owned(),
            Self::IntOrString => "intstr.IntOrString".to_owned(),
            Self::Quantity => "resource.Quantity".to_owned(),
            Self::Struct(index) => tree.get(*index).map_or("object", Struct::go_name).to_owned(),
            Self::List(items) => format!("[]{}", items.go_name(tree)),
            Self::Map(values) => format!("map[string]{}", values.go_name(tree)),
        }
    }
}

/// The members of a schema that decide about shapes.
#[derive(Deserialize)]
struct Schema {
    #[serde(rename = "type", default)]
    value: Option<Box<str>>,
    #[serde(default)]
    format: Option<Box<str>>,
    #[serde(rename = "$ref", default)]
    reference: Option<Box<str>>,
    #[serde(rename = "allOf", default)]
    all_of: Vec<Schema>,
    #[serde(rename = "oneOf", default)]
    one_of: Vec<Schema>,
    #[serde(default)]
    properties: BTreeMap<Box<str>, Schema>,
    #[serde(default)]
    items: Option<Box<Schema>>,
    #[serde(rename = "additionalProperties", default)]
    values: Option<Box<Schema>>,
    #[serde(rename = "x-kubernetes-group-version-kind", default)]
    kinds: Vec<Kind>,
}

#[derive(Clone, Deserialize, PartialEq, Eq, Hash)]
struct Kind {
    group: Box<str>,
    version: Box<str>,
    kind: Box<str>,
}

struct Shaper<'a> {
    schemas: &'a BTreeMap<Box<str>, Schema>,
    indexes: &'a HashMap<&'a str, u32>,
}

impl Shaper<'_> {
    /// References to something unknown, and to schemas that say nothing, allow anything.
    fn shape(&self, schema: &Schema) -> Shape {
        if let Some(reference) = &schema.reference {
            return self.named(reference.rsplit('/').next().unwrap_or_default());
        }
        if let [only] = schema.all_of.as_slice() {
            return self.shape(only);
        }
        if let [_, _, ..] = schema.one_of.as_slice() {
            return match schema.format.as_deref() {
                Some("int-or-string") => Shape::IntOrString,
                _ => Shape::Quantity,
            };
        }
        match (schema.value.as_deref(), schema.format.as_deref()) {
            (Some("string"), Some("byte")) => Shape::Bytes,
            (Some("string"), _) => Shape::Text,
            (Some("boolean"), _) => Shape::Boolean,
            (Some("integer"), Some("int32")) => Shape::Integer(Width::Bits32),
            (Some("integer"), _) => Shape::Integer(Width::Bits64),
            (Some("number"), _) => Shape::Number,
            (Some("array"), _) => Shape::List(Box::new(self.optional(schema.items.as_deref()))),
            (Some("object"), _) if schema.values.is_some() => {
                Shape::Map(Box::new(self.optional(schema.values.as_deref())))
            }
            _ => Shape::Any,
        }
    }

    fn optional(&self, schema: Option<&Schema>) -> Shape {
        schema.map_or(Shape::Any, |schema| self.shape(schema))
    }

    fn named(&self, name: &str) -> Shape {
        match (self.schemas.get(name), self.indexes.get(name)) {
            (Some(schema), Some(index)) if !schema.properties.is_empty() => Shape::Struct(*index),
            (Some(schema), _) => self.shape(schema),
            _ => Shape::Any,
        }
    }
}
