use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::data::DataArgs;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Create a config map from files and literals
///
/// For example: create configmap settings --from-literal=LEVEL=debug --from-file=app.conf
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the config map
    name: String,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": args.name}});
    for (key, value) in args.data.read()? {
        match String::from_utf8(value) {
            Ok(text) => object["data"][&key] = text.into(),
            Err(binary) => object["binaryData"][&key] = Value::String(BASE64_STANDARD.encode(binary.as_bytes())),
        }
    }
    let resource = Resource::config_maps();
    let namespace = session.namespace().await?;
    let created = args.writing.create(session, &resource, namespace, object).await?;
    args.writing.report(session, &resource, created, "created")
}
