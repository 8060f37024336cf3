//! What starts builds.

use k8s_openapi::api::core::v1::{LocalObjectReference, ObjectReference};
use serde::{Deserialize, Serialize};

use super::SourceRevision;

/// Something that starts builds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["type"])))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildTriggerPolicy {
    /// `GitHub`, `GitLab`, `Bitbucket`, `Generic`, `ImageChange` or `ConfigChange`.
    pub r#type: String,
    /// Webhooks of GitHub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github: Option<WebHookTrigger>,
    /// Webhooks of anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generic: Option<WebHookTrigger>,
    /// An image stream tag that is watched. The build starts when it points to another image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_change: Option<ImageChangeTrigger>,
    /// Webhooks of GitLab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gitlab: Option<WebHookTrigger>,
    /// Webhooks of Bitbucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitbucket: Option<WebHookTrigger>,
}

/// A webhook: an address that somebody calls to start a build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WebHookTrigger {
    /// The secret part of the address, in plain text. Prefer secretReference.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub secret: String,
    /// Of generic webhooks: with true, the caller may set variables of the build.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_env: bool,
    /// A secret of the same namespace whose value `WebHookSecretKey` is the secret part of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_reference: Option<LocalObjectReference>,
}

/// A tag that is watched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageChangeTrigger {
    /// The image for which a build was started last. Deprecated: see status.imageChangeTriggers.
    #[serde(rename = "lastTriggeredImageID", skip_serializing_if = "String::is_empty")]
    pub last_triggered_image_id: String,
    /// The tag, as an `ImageStreamTag`. Without it, the image that the strategy starts from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ObjectReference>,
    /// With true, changes are not acted on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}

/// Why a build was started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct BuildTriggerCause {
    /// The reason in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// It was started because a tag moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_change_build: Option<ImageChangeCause>,
    /// It was started by a generic webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generic_web_hook: Option<WebHookCause>,
    /// It was started by a webhook of GitHub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub github_web_hook: Option<WebHookCause>,
    /// It was started by a webhook of GitLab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gitlab_web_hook: Option<WebHookCause>,
    /// It was started by a webhook of Bitbucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitbucket_web_hook: Option<WebHookCause>,
}

/// The webhook that started a build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct WebHookCause {
    /// What the caller said about the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<SourceRevision>,
    /// The secret part of the address, of which only a sign of its presence is kept.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub secret: String,
}

/// The image that started a build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ImageChangeCause {
    /// The image that the tag points to since.
    #[serde(rename = "imageID", skip_serializing_if = "String::is_empty")]
    pub image_id: String,
    /// The tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ref: Option<ObjectReference>,
}
