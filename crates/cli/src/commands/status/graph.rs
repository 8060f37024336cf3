use std::cmp::Reverse;

use serde_json::Value;
use weir_api::names::label;

use crate::commands::rollout;

/// Everything of a project that the overview is made of.
#[derive(Clone, Debug, Default)]
pub struct Project {
    pub deployments: Vec<Value>,
    pub controllers: Vec<Value>,
    pub pods: Vec<Value>,
    pub builds: Vec<Value>,
    pub configs: Vec<Value>,
    pub streams: Vec<Value>,
    pub services: Vec<Value>,
}

/// A tag that something is deployed from or built to; the namespace only when it is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub namespace: Option<String>,
    pub name: String,
}

impl Tag {
    fn of(reference: &Value, own: &str) -> Option<Self> {
        if reference["kind"] != "ImageStreamTag" {
            return None;
        }
        let namespace = reference["namespace"]
            .as_str()
            .filter(|namespace| !namespace.is_empty() && *namespace != own);
        Some(Self {
            namespace: namespace.map(str::to_string),
            name: reference["name"].as_str()?.to_string(),
        })
    }

    pub fn shown(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Project {
    /// The tags whose images a deployment config follows.
    pub fn tags_of(&self, deployment: &Value) -> Vec<Tag> {
        let triggers = deployment["spec"]["triggers"].as_array().into_iter().flatten();
        triggers
            .filter_map(|trigger| Tag::of(&trigger["imageChangeParams"]["from"], namespace(deployment)))
            .collect()
    }

    /// The tag a build config pushes to.
    pub fn output_of(&self, config: &Value) -> Option<Tag> {
        Tag::of(&config["spec"]["output"]["to"], namespace(config))
    }

    /// The image a build config begins with, as shown.
    pub fn base_of(&self, config: &Value) -> Option<String> {
        let strategy = &config["spec"]["strategy"];
        let from = ["sourceStrategy", "dockerStrategy", "customStrategy"]
            .iter()
            .map(|kind| &strategy[*kind]["from"])
            .find(|from| from.is_object())?;
        match Tag::of(from, namespace(config)) {
            Some(tag) => Some(tag.shown()),
            None => from["name"].as_str().map(str::to_string),
        }
    }

    /// Whether a tag of this project is known to have no image yet.
    pub fn is_empty_tag(&self, tag: &Tag) -> bool {
        let Some((stream, tag_name)) = tag.name.split_once(':').filter(|_| tag.namespace.is_none()) else {
            return false;
        };
        let Some(stream) = self.streams.iter().find(|known| known["metadata"]["name"] == stream) else {
            return true;
        };
        let histories = stream["status"]["tags"].as_array().into_iter().flatten();
        let has_image = |history: &Value| {
            history["tag"] == tag_name && history["items"].as_array().is_some_and(|items| !items.is_empty())
        };
        !histories.into_iter().any(has_image)
    }

    /// The build configs that push to `tag`.
    pub fn builders_of(&self, tag: &Tag) -> Vec<&Value> {
        self.configs
            .iter()
            .filter(|config| self.output_of(config).as_ref() == Some(tag))
            .collect()
    }

    /// Build configs whose result nothing here deploys.
    pub fn standalone_configs(&self) -> Vec<&Value> {
        let deployed: Vec<Tag> = self
            .deployments
            .iter()
            .flat_map(|deployment| self.tags_of(deployment))
            .collect();
        let is_alone = |config: &&Value| self.output_of(config).is_none_or(|tag| !deployed.contains(&tag));
        self.configs.iter().filter(is_alone).collect()
    }

    /// The rollouts of a deployment config, newest first.
    pub fn rollouts_of(&self, deployment: &Value) -> Vec<&Value> {
        let own = |controller: &&Value| {
            controller["metadata"]["labels"][label::DEPLOYMENT_CONFIG_NAME] == deployment["metadata"]["name"]
        };
        let mut rollouts: Vec<&Value> = self.controllers.iter().filter(own).collect();
        rollouts.sort_by_key(|controller| Reverse(rollout::version(controller)));
        rollouts
    }

    /// The builds of a build config, newest first.
    pub fn builds_of(&self, config: &Value) -> Vec<&Value> {
        let own = |build: &&Value| build["metadata"]["labels"][label::BUILD_CONFIG_NAME] == config["metadata"]["name"];
        let mut builds: Vec<&Value> = self.builds.iter().filter(own).collect();
        builds.sort_by_key(|build| Reverse(build["metadata"]["creationTimestamp"].as_str().unwrap_or_default()));
        builds
    }

    /// The services that lead to a deployment config's pods.
    pub fn services_of(&self, deployment: &Value) -> Vec<&Value> {
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        let leads = |service: &&Value| match service["spec"]["selector"].as_object() {
            Some(selector) if !selector.is_empty() => selector.iter().all(|(key, value)| {
                // Rollouts add labels of their own, which a service may select by.
                let name = &deployment["metadata"]["name"];
                labels[key] == *value || (key == label::DEPLOYMENT_CONFIG && value == name)
            }),
            _ => false,
        };
        self.services.iter().filter(leads).collect()
    }

    pub fn standalone_services(&self) -> Vec<&Value> {
        let taken: Vec<&Value> = self
            .deployments
            .iter()
            .flat_map(|deployment| self.services_of(deployment))
            .collect();
        self.services
            .iter()
            .filter(|service| !taken.contains(service))
            .collect()
    }

    /// Pods nobody looks after: no rollout made them and no build.
    pub fn standalone_pods(&self) -> Vec<&Value> {
        let has_owner = |pod: &Value| {
            pod["metadata"]["ownerReferences"]
                .as_array()
                .is_some_and(|owners| !owners.is_empty())
        };
        let of_build = |pod: &Value| pod["metadata"]["labels"][label::BUILD_NAME].is_string();
        self.pods
            .iter()
            .filter(|pod| !has_owner(pod) && !of_build(pod))
            .collect()
    }
}

fn namespace(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}
