use std::collections::BTreeMap;

use serde::Deserialize;
use weir_apiserver::{Attributes, UserInfo};

/// `spec` of the access reviews of `authorization.k8s.io`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Question {
    pub resource_attributes: Option<ResourceAttributes>,
    pub non_resource_attributes: Option<NonResourceAttributes>,
    user: String,
    groups: Option<Vec<String>>,
    uid: String,
    extra: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResourceAttributes {
    namespace: String,
    verb: String,
    group: String,
    version: String,
    resource: String,
    subresource: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct NonResourceAttributes {
    path: String,
    verb: String,
}

impl Question {
    pub fn names_nobody(&self) -> bool {
        self.user.is_empty() && self.groups.as_ref().is_none_or(Vec::is_empty)
    }

    pub fn namespace(&self) -> Option<&str> {
        self.resource_attributes.as_ref().map(|asked| asked.namespace.as_str())
    }

    pub fn user(&self) -> UserInfo {
        UserInfo {
            username: self.user.clone(),
            uid: self.uid.clone(),
            groups: self.groups.clone().unwrap_or_default(),
            extra: self.extra.clone().unwrap_or_default(),
        }
    }

    pub fn attributes(&self) -> Attributes {
        match (&self.resource_attributes, &self.non_resource_attributes) {
            (Some(asked), _) => asked.attributes(),
            (None, Some(asked)) => Attributes {
                verb: asked.verb.clone(),
                path: Some(asked.path.clone()),
                ..Attributes::default()
            },
            (None, None) => Attributes::default(),
        }
    }
}

impl ResourceAttributes {
    /// Registries ask with `imagestreams/layers` in `resource` and an empty `subresource`.
    fn attributes(&self) -> Attributes {
        let (resource, subresource) = match self.resource.split_once('/') {
            Some((resource, subresource)) if self.subresource.is_empty() => (resource, subresource),
            _ => (self.resource.as_str(), self.subresource.as_str()),
        };
        Attributes {
            verb: self.verb.clone(),
            group: self.group.clone(),
            version: self.version.clone(),
            resource: resource.into(),
            subresource: subresource.into(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            path: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_written_with_a_slash_names_its_subresource() {
        let asked = ResourceAttributes {
            resource: "imagestreams/layers".into(),
            ..Default::default()
        }
        .attributes();
        assert_eq!(
            (asked.resource.as_str(), asked.subresource.as_str()),
            ("imagestreams", "layers")
        );
    }
}
