use serde_json::{Value, json};

use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Create a deployment config that runs an image
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the deployment config
    name: String,
    /// The image to run
    #[arg(long, required = true)]
    image: String,
    /// How many pods to run
    #[arg(long, default_value_t = 1)]
    replicas: u32,
    /// Run this in place of the image's own command
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let resource = Resource::deployment_configs();
    let namespace = session.namespace().await?;
    let created = args.writing.create(session, &resource, namespace, object(args)).await?;
    args.writing.report(session, &resource, created, "created")
}

fn object(args: &Args) -> Value {
    let labels = json!({ "deployment-config.name": args.name });
    let mut container = json!({"name": "default-container", "image": args.image, "resources": {}});
    if !args.command.is_empty() {
        container["command"] = args.command.clone().into();
    }
    json!({
        "apiVersion": "apps.openshift.io/v1",
        "kind": "DeploymentConfig",
        "metadata": {"name": args.name},
        "spec": {
            "replicas": args.replicas,
            "selector": labels,
            "strategy": {"resources": {}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            "test": false,
            // The server's default: a rollout with every change of the template.
            "triggers": null,
        },
    })
}
