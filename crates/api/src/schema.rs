//! What every field of every kind is, as the `components.schemas` of OpenAPI documents say it.
//!
//! The kinds of our groups are described by their structs: a field's doc comment is what `oc explain` prints. The kinds
//! of Kubernetes are described by `k8s-openapi`. Both are needed only by whoever serves them, and once, when a binary is
//! made: hence the feature `schema`.

mod base64;
mod kinds;
mod openapi;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Value, json};

pub(crate) use base64::Base64;

/// Schemas by their names, such as `io.k8s.api.core.v1.Pod`; they refer to each other as
/// `#/components/schemas/NAME`. A kind names its group, version and kind in `x-kubernetes-group-version-kind`.
pub fn definitions() -> BTreeMap<String, Value> {
    let mut definitions = BTreeMap::new();
    for collect in [
        kinds::kubernetes,
        kinds::image,
        kinds::build,
        kinds::apps,
        kinds::project,
        kinds::authorization,
        kinds::oauth,
        kinds::user,
        kinds::extensions,
    ] {
        definitions.extend(collect().finish());
    }
    definitions
}

/// The definitions of one group's types.
struct Collection {
    generator: SchemaGenerator,
    /// Stands before the names of our own types, so that they are called as they are upstream.
    package: &'static str,
    /// Kinds by the names of their definitions, before the package is added.
    kinds: Vec<(String, Value)>,
}

impl Collection {
    fn new(package: &'static str) -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
        });
        Self {
            generator: settings.into_generator(),
            package,
            kinds: Vec::new(),
        }
    }

    /// A kind that says itself what it is called.
    fn kind<T: JsonSchema + k8s_openapi::Resource>(self) -> Self {
        self.named::<T>(T::GROUP, T::VERSION, T::KIND)
    }

    /// A kind that is served by one group or several.
    fn named<T: JsonSchema>(mut self, group: &str, version: &str, kind: &str) -> Self {
        self.generator.subschema_for::<T>();
        let kind = json!({"group": group, "version": version, "kind": kind});
        self.kinds.push((T::schema_name().into_owned(), kind));
        self
    }

    /// Something that requests and answers consist of without being a kind that is served.
    fn part<T: JsonSchema>(mut self) -> Self {
        self.generator.subschema_for::<T>();
        self
    }

    fn finish(mut self) -> BTreeMap<String, Value> {
        let mut definitions = self.generator.take_definitions(false);
        for (name, kind) in &self.kinds {
            if let Some(definition) = definitions.get_mut(name) {
                openapi::describe_kind(definition, kind);
            }
        }
        let package = self.package;
        let shaped = definitions.into_iter().map(|(name, definition)| {
            let definition = openapi::shape(&name, definition, package);
            (openapi::full_name(&name, package), definition)
        });
        shaped.collect()
    }
}
