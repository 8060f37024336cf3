use serde_json::{Value, json};

use crate::commands::create::parse_pair;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Run an image in a pod of its own
///
/// For example: run shell --image=docker.io/library/busybox --restart=Never -- sleep 60
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the pod
    name: String,
    /// The image
    #[arg(long, required = true)]
    image: String,
    /// What happens when the program ends: Always, OnFailure or Never
    #[arg(long, value_name = "POLICY", default_value = "Always", value_parser = ["Always", "OnFailure", "Never"])]
    restart: String,
    /// An environment variable
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    env: Vec<(String, String)>,
    /// The port the program listens on
    #[arg(long)]
    port: Option<u16>,
    /// Labels of the pod, in place of run=NAME
    #[arg(short, long, value_name = "KEY=VALUE", value_delimiter = ',', value_parser = parse_pair)]
    labels: Vec<(String, String)>,
    /// Keep standard input open, so that `attach` can talk to it
    #[arg(short = 'i', long)]
    stdin: bool,
    /// Give the program a terminal
    #[arg(short, long)]
    tty: bool,
    /// The words after -- are the whole command and not arguments of the image's own
    #[arg(long)]
    command: bool,
    /// Arguments of the program
    #[arg(last = true, value_name = "WORD")]
    words: Vec<String>,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let resource = Resource::pods();
    let namespace = session.namespace().await?;
    let created = args.writing.create(session, &resource, namespace, pod(&args)).await?;
    args.writing.report(session, &resource, created, "created")
}

fn pod(args: &Args) -> Value {
    let labels: Value = match args.labels.is_empty() {
        true => json!({ "run": args.name }),
        false => args.labels.iter().cloned().collect(),
    };
    let mut container = json!({"name": args.name, "image": args.image, "resources": {}});
    if !args.words.is_empty() {
        container[if args.command { "command" } else { "args" }] = args.words.clone().into();
    }
    if !args.env.is_empty() {
        let variables = args
            .env
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}));
        container["env"] = variables.collect::<Vec<_>>().into();
    }
    if let Some(port) = args.port {
        container["ports"] = json!([{ "containerPort": port }]);
    }
    for (set, field) in [(args.stdin, "stdin"), (args.tty, "tty")] {
        if set {
            container[field] = true.into();
        }
    }
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": args.name, "labels": labels},
        "spec": {"containers": [container], "restartPolicy": args.restart},
    })
}
