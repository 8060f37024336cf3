use serde_json::{Value, json};

use super::objects::{change_each, put};
use crate::commands::create::parse_pair;
use crate::failure::Failure;
use crate::session::Session;

/// Set what is run before, during or after a rollout
///
/// For example: set deployment-hook dc/web --pre -- /bin/migrate
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The deployment configs
    #[arg(value_name = "dc/NAME", required = true)]
    what: Vec<String>,
    /// Before the rollout
    #[arg(long)]
    pre: bool,
    /// While no pod runs, of the Recreate strategy
    #[arg(long)]
    mid: bool,
    /// After the rollout
    #[arg(long)]
    post: bool,
    /// Take the hook away
    #[arg(long)]
    remove: bool,
    /// The container whose image is used; the first one by default
    #[arg(short, long, value_name = "NAME")]
    container: Option<String>,
    /// What a failure of the hook means for the rollout
    #[arg(long, value_name = "POLICY", default_value = "ignore", ignore_case = true)]
    failure_policy: Policy,
    /// An environment variable of the command
    #[arg(short, long = "environment", value_name = "KEY=VALUE", value_parser = parse_pair)]
    environment: Vec<(String, String)>,
    /// Volumes of the pods that the command sees too
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    volumes: Vec<String>,
    /// The command
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Policy {
    Abort,
    Ignore,
    Retry,
}

impl Policy {
    fn name(self) -> &'static str {
        match self {
            Self::Abort => "Abort",
            Self::Ignore => "Ignore",
            Self::Retry => "Retry",
        }
    }
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let moments: Vec<&str> = [(args.pre, "pre"), (args.mid, "mid"), (args.post, "post")]
        .into_iter()
        .filter_map(|(set, name)| set.then_some(name))
        .collect();
    let [moment] = moments.as_slice() else {
        return Err(Failure::usage("you must specify one of --pre, --mid or --post"));
    };
    if args.command.is_empty() && !args.remove {
        return Err(Failure::usage("say what to run after --, or --remove the hook"));
    }
    change_each(session, &args.what, "hooks updated", |object| {
        let first = object["spec"]["template"]["spec"]["containers"][0]["name"].clone();
        let hook = (!args.remove).then(|| hook(&args, first));
        put(parameters(object, moment)?, moment, hook);
        Ok(())
    })
    .await
}

fn parameters<'a>(object: &'a mut Value, moment: &str) -> Result<&'a mut Value, Failure> {
    let strategy = &mut object["spec"]["strategy"];
    let field = match strategy["type"].as_str() {
        Some("Recreate") => "recreateParams",
        Some("Rolling") | None if moment != "mid" => "rollingParams",
        Some("Rolling") | None => return Err(Failure::refused("--mid needs the strategy Recreate")),
        Some(other) => return Err(Failure::refused(format!("the strategy {other} has no hooks"))),
    };
    if !strategy[field].is_object() {
        strategy[field] = json!({});
    }
    Ok(&mut strategy[field])
}

fn hook(args: &Args, first: Value) -> Value {
    let container = args.container.as_deref().map_or(first, Value::from);
    let mut pod = json!({"command": args.command, "containerName": container});
    if !args.environment.is_empty() {
        let variables = args
            .environment
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}));
        pod["env"] = variables.collect::<Vec<_>>().into();
    }
    if !args.volumes.is_empty() {
        pod["volumes"] = args.volumes.clone().into();
    }
    json!({"execNewPod": pod, "failurePolicy": args.failure_policy.name()})
}
