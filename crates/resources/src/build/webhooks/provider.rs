use weir_api::build::{
    BuildConfig, BuildTriggerCause, BuildTriggerPolicy, SourceRevision, WebHookCause, WebHookTrigger,
};
use weir_apiserver::ApiError;

use super::payload::{Delivery, Told};
use super::{bitbucket, generic, github, gitlab};

/// What is shown of a secret.
const HIDDEN: &str = "<secret>";

/// Who calls: `TYPE` of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    Generic,
    GitHub,
    GitLab,
    Bitbucket,
}

impl Provider {
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Generic, Self::GitHub, Self::GitLab, Self::Bitbucket]
            .into_iter()
            .find(|provider| provider.word() == word)
    }

    /// As in the path.
    pub fn word(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Bitbucket => "bitbucket",
        }
    }

    /// As triggers and messages name it.
    fn name(self) -> &'static str {
        match self {
            Self::Generic => "Generic",
            Self::GitHub => "GitHub",
            Self::GitLab => "GitLab",
            Self::Bitbucket => "Bitbucket",
        }
    }

    /// The triggers that this caller may fire.
    pub fn triggers(self, config: &BuildConfig) -> Vec<&WebHookTrigger> {
        let own = config
            .spec
            .triggers
            .iter()
            .filter(|trigger| trigger.r#type == self.name());
        own.filter_map(|trigger| self.parameters(trigger)).collect()
    }

    fn parameters(self, trigger: &BuildTriggerPolicy) -> Option<&WebHookTrigger> {
        match self {
            Self::Generic => trigger.generic.as_ref(),
            Self::GitHub => trigger.github.as_ref(),
            Self::GitLab => trigger.gitlab.as_ref(),
            Self::Bitbucket => trigger.bitbucket.as_ref(),
        }
    }

    /// What the caller tells. Pure.
    pub fn read(self, delivery: &Delivery<'_>) -> Result<Told, ApiError> {
        match self {
            Self::Generic => generic::read(delivery),
            Self::GitHub => github::read(delivery),
            Self::GitLab => gitlab::read(delivery),
            Self::Bitbucket => bitbucket::read(delivery),
        }
    }

    /// Why the build is made, as the Build says it for ever.
    pub fn cause(self, revision: Option<SourceRevision>) -> BuildTriggerCause {
        let hook = Some(WebHookCause {
            revision,
            secret: HIDDEN.to_owned(),
        });
        let cause = BuildTriggerCause {
            message: format!("{} WebHook", self.name()),
            ..BuildTriggerCause::default()
        };
        match self {
            Self::Generic => BuildTriggerCause {
                generic_web_hook: hook,
                ..cause
            },
            Self::GitHub => BuildTriggerCause {
                github_web_hook: hook,
                ..cause
            },
            Self::GitLab => BuildTriggerCause {
                gitlab_web_hook: hook,
                ..cause
            },
            Self::Bitbucket => BuildTriggerCause {
                bitbucket_web_hook: hook,
                ..cause
            },
        }
    }
}
