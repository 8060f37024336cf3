use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use weir_api::build::{Build, BuildPhase, BuildSpec, BuildTriggerCause, CommonSpec, WebHookCause};
use weir_api::core::ObjectReference;
use weir_api::names::annotation;

use super::{advice, events, head, parse};
use crate::age;
use crate::failure::Failure;
use crate::output::sheet::Sheet;
use crate::resource::Resource;
use crate::session::Session;

pub async fn fill(session: &Session<'_>, object: &Value, sheet: &mut Sheet) -> Result<(), Failure> {
    let build: Build = parse(object)?;
    head::fill(session.now(), object, sheet);
    sheet.blank();
    status(session, &build, sheet);
    sheet.blank();
    made(&build, sheet);
    sheet.blank();
    common(&build.spec.common, sheet);
    sheet.blank();
    causes(&build.spec, sheet);
    if !build.status.log_snippet.is_empty() {
        let lines = build.status.log_snippet.lines().map(str::to_string).collect();
        sheet.blank().lines("Log Tail", lines);
    }
    sheet.blank();
    let pod = pod(session, object).await?;
    let about: Vec<&Value> = std::iter::once(object).chain(pod.as_ref()).collect();
    events::fill(session, &about, sheet).await
}

fn status(session: &Session<'_>, build: &Build, sheet: &mut Sheet) {
    let status = &build.status;
    let phase = status.phase.as_str();
    let line = match (status.message.is_empty(), status.reason.is_empty()) {
        (true, true) => phase.to_string(),
        (true, false) => format!("{phase} ({})", status.reason),
        (false, true) => format!("{phase} ({})", status.message),
        (false, false) => format!("{phase} ({}: {})", status.reason, status.message),
    };
    sheet.field("Status", line);
    sheet.maybe(
        "Started",
        status
            .start_timestamp
            .as_ref()
            .map(|time| time.0.strftime("%a, %d %b %Y %H:%M:%S UTC").to_string()),
    );
    sheet.field("Duration", duration(build, session.now()));
    if status.phase != BuildPhase::Complete {
        let name = build.metadata.name.as_deref().unwrap_or_default();
        sheet.maybe("Next Step", advice::for_build(&status.reason, &session.program, name));
    }
}

/// `1m2s`, `running for 5s`, `waiting for 3s`.
pub fn duration(build: &Build, now: Timestamp) -> String {
    let status = &build.status;
    let since = |start: Timestamp, end: Timestamp| {
        let seconds = (end.as_second() - start.as_second()).max(0);
        age::took(Duration::from_secs(seconds as u64))
    };
    let created = build.metadata.creation_timestamp.as_ref().map(|time| time.0);
    match (&status.start_timestamp, &status.completion_timestamp, created) {
        (Some(start), Some(end), _) => since(start.0, end.0),
        (Some(start), None, _) => format!("running for {}", since(start.0, now)),
        (None, Some(end), Some(created)) => format!("waited for {}", since(created, end.0)),
        (None, None, Some(created)) => format!("waiting for {}", since(created, now)),
        (None, _, None) => String::new(),
    }
}

fn made(build: &Build, sheet: &mut Sheet) {
    let annotations = build.metadata.annotations.as_ref();
    let note = |key: &str| annotations.and_then(|annotations| annotations.get(key)).cloned();
    sheet.maybe(
        "Build Config",
        build.status.config.as_ref().and_then(|config| config.name.clone()),
    );
    sheet.maybe("Build Pod", note(annotation::BUILD_POD_NAME));
    sheet.maybe(
        "Image Digest",
        build.status.output.to.as_ref().map(|to| to.image_digest.clone()),
    );
    sheet.maybe("Output Image", Some(build.status.output_docker_image_reference.clone()));
}

/// What builds and build configs share: source, strategy, output.
pub fn common(spec: &CommonSpec, sheet: &mut Sheet) {
    let strategy = &spec.strategy;
    sheet.field("Strategy", strategy.r#type.clone());
    if let Some(git) = &spec.source.git {
        sheet.field("URL", git.uri.clone());
        sheet.maybe("Ref", Some(git.r#ref.clone()));
    }
    sheet.maybe("ContextDir", Some(spec.source.context_dir.clone()));
    sheet.maybe(
        "Source Secret",
        spec.source.source_secret.as_ref().map(|secret| secret.name.clone()),
    );
    if let Some(dockerfile) = &spec.source.dockerfile {
        sheet.lines("Dockerfile", dockerfile.lines().map(str::to_string).collect());
    }
    if spec.source.binary.is_some() {
        sheet.field("Binary", "provided on build");
    }
    if let Some(revision) = spec.revision.as_ref().and_then(|revision| revision.git.as_ref()) {
        let subject = revision.message.lines().next().unwrap_or_default();
        let text = format!("{} ({subject})", revision.commit.chars().take(7).collect::<String>());
        sheet.field(
            "Commit",
            if subject.is_empty() {
                revision.commit.clone()
            } else {
                text
            },
        );
        sheet.maybe("Author", Some(revision.author.name.clone()));
    }
    sheet.maybe("From Image", strategy.from().map(reference));
    let env = match (&strategy.source_strategy, &strategy.docker_strategy) {
        (Some(source), _) => &source.env[..],
        (None, Some(docker)) => &docker.env[..],
        (None, None) => &[],
    };
    if !env.is_empty() {
        let line = |variable: &weir_api::core::EnvVar| {
            format!("{}={}", variable.name, variable.value.as_deref().unwrap_or_default())
        };
        sheet.lines("Environment", env.iter().map(line).collect());
    }
    sheet.field("Output to", spec.output.to.as_ref().map(reference).unwrap_or_default());
    let hook = &spec.post_commit;
    if !hook.script.is_empty() {
        sheet.field("Post Commit Hook", hook.script.clone());
    } else if !hook.command.is_empty() || !hook.args.is_empty() {
        sheet.field(
            "Post Commit Hook",
            [&hook.command[..], &hook.args[..]].concat().join(" "),
        );
    }
}

/// `ImageStreamTag openshift/nodejs:latest`.
pub fn reference(reference: &ObjectReference) -> String {
    let kind = reference.kind.as_deref().unwrap_or_default();
    let name = reference.name.as_deref().unwrap_or_default();
    match reference.namespace.as_deref().filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}

fn causes(spec: &BuildSpec, sheet: &mut Sheet) {
    for cause in &spec.triggered_by {
        let mut lines = vec![cause.message.clone()];
        if let Some(hook) = hook(cause) {
            lines.extend(called(hook));
        }
        if let Some(change) = &cause.image_change_build {
            lines.push(format!("Image ID: {}", change.image_id));
            lines.extend(
                change
                    .from_ref
                    .as_ref()
                    .map(|from| format!("Image Name/Kind: {}", reference(from))),
            );
        }
        sheet.lines("Build trigger cause", lines);
    }
}

fn hook(cause: &BuildTriggerCause) -> Option<&WebHookCause> {
    let hooks = [
        &cause.generic_web_hook,
        &cause.github_web_hook,
        &cause.gitlab_web_hook,
        &cause.bitbucket_web_hook,
    ];
    hooks.into_iter().find_map(Option::as_ref)
}

/// What a webhook told, line by line.
fn called(hook: &WebHookCause) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(git) = hook.revision.as_ref().and_then(|revision| revision.git.as_ref()) {
        let subject = git.message.lines().next().unwrap_or_default();
        let short: String = git.commit.chars().take(7).collect();
        lines.push(format!("Commit: {short} ({subject})"));
        let (author, committer) = (&git.author.name, &git.committer.name);
        match (author.is_empty(), committer.is_empty()) {
            (false, false) if author == committer => lines.push(format!("Author/Committer: {author}")),
            (false, false) => lines.push(format!("Author/Committer: {author} / {committer}")),
            (false, true) => lines.push(format!("Author: {author}")),
            (true, false) => lines.push(format!("Committer: {committer}")),
            (true, true) => {}
        }
    }
    lines.push(format!("Secret: {}", hook.secret));
    lines
}

async fn pod(session: &Session<'_>, object: &Value) -> Result<Option<Value>, Failure> {
    let Some(name) = object["metadata"]["annotations"][annotation::BUILD_POD_NAME].as_str() else {
        return Ok(None);
    };
    let namespace = head::text(&object["metadata"]["namespace"]);
    let pod = session
        .api()
        .await?
        .find(&Resource::pods().object(namespace, name))
        .await?;
    Ok(pod.map(|pod| crate::selection::with_kind(pod, &Resource::pods())))
}
