use weir_api::build::{Build, BuildConfig};

use super::{Args, bare};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::target;
use crate::webhook;

/// Prints the addresses of the webhooks of one type, or of all with their types.
pub async fn run(kind: &str, args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let name = config_name(args, session).await?;
    let config = api.get(&Resource::build_configs().object(namespace, &name)).await?;
    let config: BuildConfig = serde_json::from_value(config)
        .map_err(|error| Failure::refused(format!("the server sent a build config that cannot be read: {error}")))?;
    for webhook in webhook::webhooks(&config, api.server()) {
        match kind {
            "all" => session.terminal.line(format!("{} {}", webhook.kind, webhook.address))?,
            kind if webhook.kind.eq_ignore_ascii_case(kind) => session.terminal.line(webhook.address)?,
            _ => {}
        }
    }
    Ok(())
}

/// The config that is named, or that made the build that is named.
async fn config_name(args: &Args, session: &Session<'_>) -> Result<String, Failure> {
    let build = match &args.from_build {
        Some(build) => bare(build).to_owned(),
        None => match target::one(&args.what, Some(Resource::build_configs()))? {
            (resource, name) if resource.kind == "BuildConfig" => return Ok(name),
            (resource, name) if resource.kind == "Build" => name,
            (resource, _) => return Err(Failure::usage(format!("a {} has no webhooks", resource.kind))),
        },
    };
    let path = Resource::builds().object(session.namespace().await?, &build);
    let found: Build = serde_json::from_value(session.api().await?.get(&path).await?)
        .map_err(|error| Failure::refused(format!("the server sent a build that cannot be read: {error}")))?;
    let config = found.status.config.and_then(|config| config.name);
    config.filter(|name| !name.is_empty()).ok_or_else(|| {
        Failure::refused(format!(
            "the provided Build \"{build}\" was not created from a BuildConfig and cannot have webhooks"
        ))
    })
}
