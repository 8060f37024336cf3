use serde_json::json;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Create a service account
///
/// For example: create serviceaccount pusher
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the service account
    name: String,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let resource = Resource::service_accounts();
    let object = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": args.name}});
    let namespace = session.namespace().await?;
    let created = args.writing.create(session, &resource, namespace, object).await?;
    args.writing.report(session, &resource, created, "created")
}
