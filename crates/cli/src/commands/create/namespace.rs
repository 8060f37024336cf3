use serde_json::json;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Create a namespace
///
/// `new-project` also makes you its administrator and your commands go there.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the namespace
    name: String,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let resource = Resource::namespaces();
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": args.name}});
    let created = args.writing.create(session, &resource, "", object).await?;
    args.writing.report(session, &resource, created, "created")
}
