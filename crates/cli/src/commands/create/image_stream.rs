use serde_json::json;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Create an image stream without tags
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the image stream
    name: String,
    /// Let pods of the project name the stream as their image
    #[arg(long)]
    lookup_local: bool,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let resource = Resource::image_streams();
    let object = json!({
        "apiVersion": resource.api_version(),
        "kind": resource.kind,
        "metadata": {"name": args.name},
        "spec": {"lookupPolicy": {"local": args.lookup_local}},
    });
    let created = args
        .writing
        .create(session, &resource, session.namespace().await?, object)
        .await?;
    args.writing.report(session, &resource, created, "created")
}
