//! Variables of a build, with their values: fields of the Build, keys of Secrets and ConfigMaps, earlier variables.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource};
use weir_api::build::{Build, CommonSpec};

/// Where a value is to be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Secret(String),
    ConfigMap(String),
}

/// Contents of the Secrets and ConfigMaps that were found.
pub type Contents = BTreeMap<Source, BTreeMap<String, String>>;

/// A value cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnresolvableVariable {
    #[error("variable {variable}: {kind} {name} not found")]
    NoObject {
        variable: String,
        kind: &'static str,
        name: String,
    },
    #[error("variable {variable}: {kind} {name} has no key {key}")]
    NoKey {
        variable: String,
        kind: &'static str,
        name: String,
        key: String,
    },
    #[error("variable {variable}: field {path} of a build cannot be referred to")]
    NoField { variable: String, path: String },
    #[error("variable {variable}: this kind of reference is not supported in a build")]
    NotSupported { variable: String },
}

/// The variables of the build's strategy.
pub fn variables(spec: &mut CommonSpec) -> Option<&mut Vec<EnvVar>> {
    match (&mut spec.strategy.docker_strategy, &mut spec.strategy.source_strategy) {
        (Some(docker), _) => Some(&mut docker.env),
        (None, Some(source)) => Some(&mut source.env),
        (None, None) => None,
    }
}

/// What has to be read before [`resolve`] can do its work.
pub fn sources(variables: &[EnvVar]) -> BTreeSet<Source> {
    let references = variables.iter().filter_map(|variable| variable.value_from.as_ref());
    references
        .filter_map(|from| match (&from.secret_key_ref, &from.config_map_key_ref) {
            (Some(secret), _) => Some(Source::Secret(secret.name.clone())),
            (None, Some(map)) => Some(Source::ConfigMap(map.name.clone())),
            (None, None) => None,
        })
        .collect()
}

/// Replaces every reference by its value, in order, so that a variable can use the ones before it.
pub fn resolve(build: &Build, variables: &mut Vec<EnvVar>, contents: &Contents) -> Result<(), UnresolvableVariable> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut resolved = Vec::with_capacity(variables.len());
    for mut variable in std::mem::take(variables) {
        let value = match variable.value_from.take() {
            Some(from) => match referred(build, &variable.name, &from, contents)? {
                Some(value) => value,
                // An optional reference to nothing leaves the variable out.
                None => continue,
            },
            None => expand(variable.value.as_deref().unwrap_or_default(), &known),
        };
        known.insert(variable.name.clone(), value.clone());
        variable.value = Some(value);
        resolved.push(variable);
    }
    *variables = resolved;
    Ok(())
}

fn referred(
    build: &Build,
    variable: &str,
    from: &EnvVarSource,
    contents: &Contents,
) -> Result<Option<String>, UnresolvableVariable> {
    if let Some(field) = &from.field_ref {
        let missing = || UnresolvableVariable::NoField {
            variable: variable.into(),
            path: field.field_path.clone(),
        };
        return field_value(build, &field.field_path).map(Some).ok_or_else(missing);
    }
    let (source, key, optional) = match (&from.secret_key_ref, &from.config_map_key_ref) {
        (Some(secret), _) => (Source::Secret(secret.name.clone()), &secret.key, secret.optional),
        (None, Some(map)) => (Source::ConfigMap(map.name.clone()), &map.key, map.optional),
        (None, None) => {
            return Err(UnresolvableVariable::NotSupported {
                variable: variable.into(),
            });
        }
    };
    match lookup(variable, &source, key, contents) {
        Ok(value) => Ok(Some(value)),
        Err(_) if optional == Some(true) => Ok(None),
        Err(error) => Err(error),
    }
}

fn lookup(variable: &str, source: &Source, key: &str, contents: &Contents) -> Result<String, UnresolvableVariable> {
    let (kind, name) = match source {
        Source::Secret(name) => ("Secret", name),
        Source::ConfigMap(name) => ("ConfigMap", name),
    };
    let (variable, name) = (variable.to_owned(), name.clone());
    match contents.get(source) {
        None => Err(UnresolvableVariable::NoObject { variable, kind, name }),
        Some(data) => match data.get(key) {
            Some(value) => Ok(value.clone()),
            None => Err(UnresolvableVariable::NoKey {
                variable,
                kind,
                name,
                key: key.to_owned(),
            }),
        },
    }
}

fn field_value(build: &Build, path: &str) -> Option<String> {
    let meta = &build.metadata;
    let keyed = |list: &str| path.strip_prefix(list)?.strip_prefix("['")?.strip_suffix("']");
    if let Some(key) = keyed("metadata.labels") {
        return Some(crate::ownership::label(meta, key).unwrap_or_default().to_owned());
    }
    if let Some(key) = keyed("metadata.annotations") {
        return Some(crate::ownership::annotation(meta, key).unwrap_or_default().to_owned());
    }
    match path {
        "metadata.name" => meta.name.clone(),
        "metadata.namespace" => meta.namespace.clone(),
        "metadata.uid" => meta.uid.clone(),
        _ => None,
    }
}

/// `$(NAME)` stands for an earlier variable, `$$(NAME)` for the text `$(NAME)`; unknown names stay as they are.
fn expand(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(position) = rest.find('$') {
        expanded.push_str(&rest[..position]);
        let after = &rest[position + 1..];
        if let Some(escaped) = after.strip_prefix('$') {
            expanded.push('$');
            rest = escaped;
            continue;
        }
        let named = after.strip_prefix('(').and_then(|inner| inner.split_once(')'));
        match named.and_then(|(name, tail)| Some((known.get(name)?, tail))) {
            Some((value, tail)) => {
                expanded.push_str(value);
                rest = tail;
            }
            None => {
                expanded.push('$');
                rest = after;
            }
        }
    }
    expanded.push_str(rest);
    expanded
}
