//! The webhooks of build configs: which there are, and their addresses.

use weir_api::build::{BuildConfig, BuildTriggerPolicy};

use crate::resource::Resource;

/// What stands for the secret in an address; it is a secret here too.
const HIDDEN: &str = "<secret>";

/// One address that starts builds.
pub struct Webhook {
    /// As triggers name it: `GitHub`.
    pub kind: &'static str,
    pub address: String,
    /// Of generic ones: whether callers may set variables.
    pub allow_env: Option<bool>,
}

/// The webhooks of a config that is served at `server`, in the order of its triggers.
pub fn webhooks(config: &BuildConfig, server: &str) -> Vec<Webhook> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (namespace, name) = (text(&config.metadata.namespace), text(&config.metadata.name));
    let hooks = Resource::build_configs().subresource(&namespace, &name, "webhooks");
    let webhook = |trigger: &BuildTriggerPolicy| {
        let kind = kind(trigger)?;
        Some(Webhook {
            kind,
            address: format!("{server}{hooks}/{HIDDEN}/{}", kind.to_lowercase()),
            allow_env: (kind == "Generic").then(|| trigger.generic.as_ref().is_some_and(|hook| hook.allow_env)),
        })
    };
    config.spec.triggers.iter().filter_map(webhook).collect()
}

/// `None` for a trigger that is no webhook.
fn kind(trigger: &BuildTriggerPolicy) -> Option<&'static str> {
    ["GitHub", "GitLab", "Bitbucket", "Generic"]
        .into_iter()
        .find(|kind| trigger.r#type == *kind)
}
