//! What to write so that somebody holds a role, or holds it no more. Pure.

use serde_json::{Value, json};

use super::subjects::same;
use crate::failure::Failure;
use crate::resource::Resource;

const RBAC: &str = "rbac.authorization.k8s.io";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Add,
    Remove,
}

/// Where the role counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Namespace(String),
    Cluster,
}

/// The role that is given or taken, as bindings refer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// `Role` or `ClusterRole`.
    pub kind: &'static str,
    pub name: String,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    Create(Value),
    Replace(Value),
    Delete(String),
}

impl Place {
    pub fn bindings(&self) -> Resource {
        match self {
            Self::Namespace(_) => Resource::role_bindings(),
            Self::Cluster => Resource::cluster_role_bindings(),
        }
    }

    /// Empty for the cluster.
    pub fn namespace(&self) -> &str {
        match self {
            Self::Namespace(namespace) => namespace,
            Self::Cluster => "",
        }
    }
}

impl Role {
    pub fn resource(&self) -> Resource {
        match self.kind {
            "Role" => Resource::roles(),
            _ => Resource::cluster_roles(),
        }
    }

    fn is_given_by(&self, binding: &Value) -> bool {
        let role = &binding["roleRef"];
        role["kind"] == self.kind && role["name"].as_str() == Some(&self.name)
    }
}

/// A binding that names all subjects already is enough; otherwise a new one is made, and existing ones stay as they are.
pub fn add(place: &Place, role: &Role, name: Option<&str>, subjects: &[Value], existing: &[Value]) -> Option<Write> {
    let mut giving = existing.iter().filter(|binding| role.is_given_by(binding));
    if let Some(name) = name
        && let Some(binding) = giving.clone().find(|binding| binding["metadata"]["name"] == name)
    {
        return extended(binding, subjects);
    }
    if name.is_none() && giving.any(|binding| subjects.iter().all(|subject| names(binding, subject))) {
        return None;
    }
    let name = name.map_or_else(|| free_name(&role.name, existing), str::to_owned);
    let mut metadata = json!({"name": name});
    if let Place::Namespace(namespace) = place {
        metadata["namespace"] = namespace.clone().into();
    }
    let resource = place.bindings();
    Some(Write::Create(json!({
        "apiVersion": resource.api_version(),
        "kind": resource.kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": role.kind, "name": role.name},
        "subjects": subjects,
    })))
}

fn extended(binding: &Value, subjects: &[Value]) -> Option<Write> {
    let lacking: Vec<&Value> = subjects.iter().filter(|subject| !names(binding, subject)).collect();
    let mut all = binding["subjects"].as_array().cloned().unwrap_or_default();
    all.extend(lacking.iter().copied().cloned());
    let mut binding = binding.clone();
    binding["subjects"] = all.into();
    (!lacking.is_empty()).then_some(Write::Replace(binding))
}

/// Takes the subjects out of every binding that gives the role; one that is left without subjects goes.
///
/// # Errors
/// When there is nothing to take.
pub fn remove(
    place: &Place,
    role: &Role,
    name: Option<&str>,
    subjects: &[Value],
    existing: &[Value],
) -> Result<Vec<Write>, Failure> {
    let meant =
        |binding: &&Value| role.is_given_by(binding) && name.is_none_or(|name| binding["metadata"]["name"] == name);
    let giving: Vec<&Value> = existing.iter().filter(meant).collect();
    if giving.is_empty() {
        let kind = place.bindings().kind;
        return Err(Failure::refused(format!(
            "unable to locate any {kind} for {} \"{}\"",
            role.kind, role.name
        )));
    }
    let writes: Vec<Write> = giving
        .into_iter()
        .filter_map(|binding| without(binding, subjects))
        .collect();
    if writes.is_empty() {
        let names: Vec<&str> = subjects.iter().filter_map(|subject| subject["name"].as_str()).collect();
        return Err(Failure::refused(format!("unable to find target [{}]", names.join(" "))));
    }
    Ok(writes)
}

fn without(binding: &Value, subjects: &[Value]) -> Option<Write> {
    let all = binding["subjects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let stays = |own: &&Value| !subjects.iter().any(|subject| same(own, subject));
    let left: Vec<Value> = all.iter().filter(stays).cloned().collect();
    if left.len() == all.len() {
        return None;
    }
    if left.is_empty() {
        return Some(Write::Delete(binding["metadata"]["name"].as_str()?.to_owned()));
    }
    let mut binding = binding.clone();
    binding["subjects"] = left.into();
    Some(Write::Replace(binding))
}

fn names(binding: &Value, subject: &Value) -> bool {
    let mut all = binding["subjects"].as_array().into_iter().flatten();
    all.any(|own| same(own, subject))
}

/// `view`, or `view-0`, `view-1` and so on when that is taken.
fn free_name(role: &str, existing: &[Value]) -> String {
    let taken = |name: &str| existing.iter().any(|binding| binding["metadata"]["name"] == name);
    if !taken(role) {
        return role.to_owned();
    }
    let mut numbered = (0..=existing.len()).map(|number| format!("{role}-{number}"));
    numbered.find(|name| !taken(name)).unwrap_or_else(|| role.to_owned())
}
