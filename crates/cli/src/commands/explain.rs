//! `explain`: what the fields of a kind mean, from what the server says about itself.

mod render;
mod schema;

use serde_json::Value;

use crate::api::{Api, Call};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

use schema::Schemas;

/// Tell what the fields of a kind mean
///
/// For example: explain imagestream.spec.tags
#[derive(clap::Args, Debug)]
pub struct Args {
    /// A kind, and the way to a field: TYPE[.FIELD...]
    #[arg(value_name = "TYPE[.FIELD]")]
    what: String,
    /// Show the names of all fields below, without what they mean
    #[arg(long)]
    recursive: bool,
    /// Take the kind of this group and version
    #[arg(long, value_name = "GROUP/VERSION")]
    api_version: Option<String>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (kind, fields) = match args.what.split_once('.') {
        Some((kind, fields)) => (kind, fields.split('.').filter(|field| !field.is_empty()).collect()),
        None => (args.what.as_str(), Vec::new()),
    };
    let resource = find(&args, session, kind).await?;
    let schemas = Schemas::of(document(session.api().await?, &resource).await?);
    let root = schemas.of_kind(&resource).ok_or_else(|| {
        Failure::refused(format!(
            "the server describes no {} of {}",
            resource.kind,
            resource.api_version()
        ))
    })?;
    let text = render::render(&schemas, &resource, root, &fields, args.recursive)?;
    session.terminal.print(&text)
}

async fn find(args: &Args, session: &Session<'_>, kind: &str) -> Result<Resource, Failure> {
    let discovery = session.discovery().await?;
    let Some(version) = &args.api_version else {
        return discovery.find(kind).cloned();
    };
    let found = discovery
        .resources()
        .iter()
        .find(|resource| resource.api_version() == *version && resource.answers_to(kind));
    found
        .cloned()
        .ok_or_else(|| Failure::refused(format!("the server has no \"{kind}\" in {version}")))
}

/// What the server says about the group of a kind.
async fn document(api: &Api, resource: &Resource) -> Result<Value, Failure> {
    let path = match resource.group.as_str() {
        "" => format!("api/{}", resource.version),
        group => format!("apis/{group}/{}", resource.version),
    };
    let index = api.get("/openapi/v3").await?;
    match index["paths"][&path]["serverRelativeURL"].as_str() {
        // The address carries a query of its own.
        Some(address) => {
            let (path, query) = address.split_once('?').unwrap_or((address, ""));
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let call = pairs.fold(Call::get(path), |call, (key, value)| call.query(&key, value));
            api.json(call).await
        }
        None => Err(Failure::refused(format!("the server does not describe {path}"))),
    }
}
