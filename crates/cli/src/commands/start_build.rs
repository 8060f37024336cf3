//! `start-build`: the next build of a build config.

mod call_webhook;
mod list_webhooks;
mod post_receive;
#[cfg(test)]
mod tests;
mod upload;
mod wait;

use std::path::PathBuf;

use serde_json::{Value, json};

use super::logs;
use crate::api::Call;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::target;

/// Start a build
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The build config: NAME or bc/NAME
    #[arg(value_name = "NAME", required_unless_present_any = ["from_build", "from_webhook"])]
    what: Vec<String>,
    /// Repeat this build
    #[arg(long, value_name = "BUILD", conflicts_with = "what")]
    from_build: Option<String>,
    /// Print the log, and exit with an error if the build fails
    #[arg(short = 'F', long)]
    follow: bool,
    /// Wait for the end, and exit with an error if the build fails
    #[arg(short, long)]
    wait: bool,
    #[command(flatten)]
    upload: upload::UploadArgs,
    /// Build this commit, branch or tag
    #[arg(long, value_name = "COMMIT")]
    commit: Option<String>,
    /// Set an environment variable of the build
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    env: Vec<(String, String)>,
    /// Set an argument of a Dockerfile build
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    build_arg: Vec<(String, String)>,
    /// Build every layer anew
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    no_cache: Option<bool>,
    /// Use what the last build left
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    incremental: Option<bool>,
    /// How much the builder tells, from 0 to 5
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=5))]
    build_loglevel: Option<u8>,
    /// Print the build's name and nothing else
    #[arg(short, long, value_parser = ["name"])]
    output: Option<String>,
    /// Start nothing, and print the addresses of the config's webhooks
    #[arg(long, value_name = "TYPE", value_parser = ["all", "generic", "github", "gitlab", "bitbucket"])]
    list_webhooks: Option<String>,
    /// Call this generic webhook instead of the server
    #[arg(
        long,
        value_name = "URL",
        conflicts_with_all = [
            "what", "from_build", "list_webhooks", "follow", "wait", "commit", "env", "build_arg", "no_cache",
            "incremental", "build_loglevel",
        ]
    )]
    from_webhook: Option<String>,
    /// What git tells a post-receive hook, a file or - for standard input; the webhook is told of these commits
    #[arg(long, value_name = "FILE", requires = "from_webhook")]
    git_post_receive: Option<PathBuf>,
    /// The repository that was pushed to; by default the one of the current directory
    #[arg(long, value_name = "DIR", requires = "git_post_receive")]
    git_repository: Option<PathBuf>,
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err(format!("`{text}` has not the form KEY=VALUE")),
    }
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    if let Some(address) = &args.from_webhook {
        return call_webhook::run(address, &args, session).await;
    }
    if let Some(kind) = &args.list_webhooks {
        return list_webhooks::run(kind, &args, session).await;
    }
    let build = start(&args, session).await?;
    let name = build["metadata"]["name"].as_str().unwrap_or_default();
    tell(&args, session, name)?;
    if args.follow {
        follow(session, name).await?;
    }
    if args.follow || args.wait {
        let finished = wait::wait(session, name).await?;
        return wait::outcome(session, name, &finished);
    }
    Ok(())
}

fn tell(args: &Args, session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let label = Resource::builds().named(name);
    match args.output {
        Some(_) => session.terminal.line(&label),
        None => session.terminal.line(format!("{label} started")),
    }
}

async fn start(args: &Args, session: &Session<'_>) -> Result<Value, Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    if let Some(build) = &args.from_build {
        let name = bare(build);
        let path = Resource::builds().subresource(namespace, name, "clone");
        return api.json(Call::post(&path, &request(args, name))).await;
    }
    let (resource, name) = target::one(&args.what, Some(Resource::build_configs()))?;
    if resource.kind != "BuildConfig" {
        return Err(Failure::usage(format!(
            "builds are started from build configs, not from a {}",
            resource.kind
        )));
    }
    if let Some(source) = args.upload.source(args.commit.as_deref())? {
        let others = upload::Others {
            environment: !args.env.is_empty(),
            build_arguments: !args.build_arg.is_empty(),
        };
        return upload::start(source, &others, &name, session).await;
    }
    let path = resource.subresource(namespace, &name, "instantiate");
    let answer = api.json(Call::post(&path, &request(args, &name))).await;
    answer.map_err(|failure| explain(failure, namespace, &name))
}

/// The name of a build that may be written as `build/NAME`.
fn bare(build: &str) -> &str {
    build.trim_start_matches("build/").trim_start_matches("builds/")
}

fn request(args: &Args, name: &str) -> Value {
    let variables = |pairs: &[(String, String)]| -> Vec<Value> {
        pairs
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect()
    };
    let mut env = variables(&args.env);
    if let Some(level) = args.build_loglevel {
        env.push(json!({"name": "BUILD_LOGLEVEL", "value": level.to_string()}));
    }
    let mut request = json!({
        "apiVersion": "build.openshift.io/v1",
        "kind": "BuildRequest",
        "metadata": {"name": name},
        "triggeredBy": [{"message": "Manually triggered"}],
        "dockerStrategyOptions": {},
        "sourceStrategyOptions": {},
    });
    if !env.is_empty() {
        request["env"] = env.into();
    }
    if let Some(commit) = &args.commit {
        request["revision"] = json!({"type": "Git", "git": {"commit": commit}});
    }
    if !args.build_arg.is_empty() {
        request["dockerStrategyOptions"]["buildArgs"] = variables(&args.build_arg).into();
    }
    if let Some(no_cache) = args.no_cache {
        request["dockerStrategyOptions"]["noCache"] = no_cache.into();
    }
    if let Some(incremental) = args.incremental {
        request["sourceStrategyOptions"]["incremental"] = incremental.into();
    }
    request
}

/// Says in the command's own words what the server found wrong with the build config.
fn explain(failure: Failure, namespace: &str, name: &str) -> Failure {
    let Some(status) = failure.status() else { return failure };
    let causes = status.details.iter().flat_map(|details| &details.causes);
    if status.is_invalid() && causes.into_iter().any(|cause| cause.field == "spec.source") {
        return Failure::refused(format!(
            "build configuration {namespace}/{name} has no valid source inputs, if this is a binary build you must \
             specify one of '--from-dir', '--from-repo', or '--from-file'"
        ));
    }
    if status.is_already_exists() {
        return failure.hint(format!(
            "start the build config \"{name}\" again, or delete the build that is in the way"
        ));
    }
    failure
}

async fn follow(session: &Session<'_>, name: &str) -> Result<(), Failure> {
    match logs::follow_build(session, name).await {
        // A build that failed before it could say anything has no log; its end tells why.
        Err(failure) if failure.status().is_some_and(|status| status.code == 400) => Ok(()),
        result => result,
    }
}
