use serde_json::{Value, json};

use super::objects::{change_each, put};
use crate::failure::Failure;
use crate::session::Session;

/// Set the credentials that builds use
///
/// For example: set build-secret --source bc/web deploy-key
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The build configs, then the name of the secret unless it is removed
    #[arg(value_name = "bc/NAME|SECRET", required = true)]
    words: Vec<String>,
    /// For pushing the image
    #[arg(long, conflicts_with_all = ["pull", "source"])]
    push: bool,
    /// For pulling the builder or base image
    #[arg(long, conflicts_with = "source")]
    pull: bool,
    /// For fetching the source
    #[arg(long)]
    source: bool,
    /// Use none any more
    #[arg(long)]
    remove: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    if !(args.push || args.pull || args.source) {
        return Err(Failure::usage("say what the secret is for: --push, --pull or --source"));
    }
    let (secret, configs) = match (args.remove, args.words.split_last()) {
        (true, _) => (None, args.words.as_slice()),
        (false, Some((secret, configs))) if !configs.is_empty() => {
            (Some(secret.trim_start_matches("secret/")), configs)
        }
        (false, _) => return Err(Failure::usage("name build configs and a secret, or --remove it")),
    };
    change_each(session, configs, "secret updated", |object| {
        let reference = secret.map(|name| json!({ "name": name }));
        if args.push {
            put(&mut object["spec"]["output"], "pushSecret", reference);
        } else if args.source {
            put(&mut object["spec"]["source"], "sourceSecret", reference);
        } else {
            put(strategy(object)?, "pullSecret", reference);
        }
        Ok(())
    })
    .await
}

fn strategy(object: &mut Value) -> Result<&mut Value, Failure> {
    let strategy = &mut object["spec"]["strategy"];
    let kinds = ["sourceStrategy", "dockerStrategy", "customStrategy"];
    match kinds.into_iter().find(|kind| strategy[*kind].is_object()) {
        Some(kind) => Ok(&mut strategy[kind]),
        None => Err(Failure::refused("its build strategy pulls no image")),
    }
}
