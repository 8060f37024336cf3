//! `set triggers`: what starts a rollout or a build by itself.

mod build_config;
mod change;
mod deployment_config;
mod table;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::editing::{Edited, edit};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::target;

use change::{Change, Source, StreamTag};

/// Show or change what starts rollouts and builds
///
/// Without an option the triggers are shown.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A deployment config or build config: dc/NAME or bc/NAME
    #[arg(value_name = "TYPE/NAME", required = true)]
    what: Vec<String>,
    /// The image trigger of this tag: [PROJECT/]STREAM:TAG
    #[arg(long, value_name = "STREAM:TAG", value_parser = StreamTag::parse)]
    from_image: Option<StreamTag>,
    /// The containers that get the image
    #[arg(short, long, value_name = "NAME", value_delimiter = ',')]
    containers: Vec<String>,
    /// The trigger that fires when the configuration changes
    #[arg(long)]
    from_config: bool,
    /// A webhook for GitHub
    #[arg(long)]
    from_github: bool,
    /// A webhook for GitLab
    #[arg(long)]
    from_gitlab: bool,
    /// A webhook for Bitbucket
    #[arg(long)]
    from_bitbucket: bool,
    /// A webhook for anything else
    #[arg(long)]
    from_webhook: bool,
    /// The same, whose callers may set environment variables
    #[arg(long)]
    from_webhook_allow_env: bool,
    /// Fire automatically
    #[arg(long, conflicts_with = "manual")]
    auto: bool,
    /// Fire only when asked
    #[arg(long)]
    manual: bool,
    /// Remove the trigger that is named
    #[arg(long, conflicts_with_all = ["auto", "manual"])]
    remove: bool,
    /// Remove all triggers
    #[arg(long, conflicts_with_all = ["auto", "manual", "remove"])]
    remove_all: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let change = args.change()?;
    let (resource, name) = target::one(&args.what, None)?;
    let kind = Kind::of(&resource)?;
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let path = resource.object(namespace, &name);
    let Some(change) = change else {
        let object = api.get(&path).await?;
        return session
            .terminal
            .print(&table::render(&resource, &name, kind.rows(&object)));
    };
    let edited = edit(api, &path, |object| {
        let triggers = kind.plan(object, &change, namespace)?;
        object["spec"]["triggers"] = triggers;
        Ok(())
    });
    match edited.await? {
        Edited::Changed => session
            .terminal
            .line(format!("{} triggers updated", resource.named(&name))),
        Edited::Unchanged => Ok(()),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    DeploymentConfig,
    BuildConfig,
}

impl Kind {
    fn of(resource: &Resource) -> Result<Self, Failure> {
        match resource.kind.as_str() {
            "DeploymentConfig" => Ok(Self::DeploymentConfig),
            "BuildConfig" => Ok(Self::BuildConfig),
            kind => Err(Failure::refused(format!("{kind} does not support triggers"))
                .hint("deployment configs (dc/NAME) and build configs (bc/NAME) do")),
        }
    }

    fn rows(self, object: &Value) -> Vec<table::Row> {
        match self {
            Self::DeploymentConfig => deployment_config::rows(object),
            Self::BuildConfig => build_config::rows(object),
        }
    }

    fn plan(self, object: &Value, change: &Change, namespace: &str) -> Result<Value, Failure> {
        match self {
            Self::DeploymentConfig => deployment_config::plan(object, change, namespace),
            Self::BuildConfig => build_config::plan(object, change, namespace),
        }
    }
}

impl Args {
    /// What is asked for; `None` only shows.
    fn change(&self) -> Result<Option<Change>, Failure> {
        let mut sources: Vec<Source> = Vec::new();
        if let Some(tag) = &self.from_image {
            sources.push(Source::Image {
                tag: tag.clone(),
                containers: self.containers.clone(),
            });
        }
        let flags = [
            (self.from_config, Source::Config),
            (self.from_github, Source::Webhook("GitHub")),
            (self.from_gitlab, Source::Webhook("GitLab")),
            (self.from_bitbucket, Source::Webhook("Bitbucket")),
            (self.from_webhook, Source::Webhook("Generic")),
            (self.from_webhook_allow_env, Source::WebhookAllowEnv),
        ];
        sources.extend(flags.into_iter().filter(|(set, _)| *set).map(|(_, source)| source));
        if sources.len() > 1 {
            return Err(Failure::refused("you may only set one trigger type at a time"));
        }
        if self.remove_all {
            return match sources.is_empty() {
                true => Ok(Some(Change::RemoveAll)),
                false => Err(Failure::usage("--remove-all and a trigger exclude each other")),
            };
        }
        Ok(match (sources.pop(), self.remove) {
            (Some(source), true) => Some(Change::Remove(source)),
            (Some(source), false) => Some(Change::Set {
                source,
                automatic: !self.manual,
            }),
            (None, true) => {
                return Err(Failure::usage(
                    "--remove needs the trigger to remove, such as --from-image=STREAM:TAG",
                ));
            }
            (None, false) if self.auto => Some(Change::All { automatic: true }),
            (None, false) if self.manual => Some(Change::All { automatic: false }),
            (None, false) => None,
        })
    }
}
