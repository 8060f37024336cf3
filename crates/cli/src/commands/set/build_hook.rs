use serde_json::{Value, json};

use super::objects::change_each;
use crate::failure::Failure;
use crate::session::Session;

/// Set what is run in a new image before it is pushed
///
/// For example: set build-hook bc/web --post-commit --script="npm test"
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The build configs
    #[arg(value_name = "bc/NAME", required = true)]
    what: Vec<String>,
    /// After the image is made, before it is pushed
    #[arg(long, required = true)]
    post_commit: bool,
    /// A shell script
    #[arg(long, value_name = "TEXT", conflicts_with = "remove")]
    script: Option<String>,
    /// The words after -- are the whole command and not arguments of the image's own
    #[arg(long, requires = "words")]
    command: bool,
    /// Run nothing any more
    #[arg(long)]
    remove: bool,
    /// The command, or arguments
    #[arg(last = true, value_name = "WORD")]
    words: Vec<String>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut hook = json!({});
    if let Some(script) = &args.script {
        hook["script"] = script.as_str().into();
    }
    if !args.words.is_empty() {
        hook[if args.command { "command" } else { "args" }] = args.words.clone().into();
    }
    if hook == json!({}) && !args.remove {
        return Err(Failure::usage("say what to run: --script, or a command after --"));
    }
    change_each(session, &args.what, "hooks updated", |object| {
        let Some(spec) = object["spec"].as_object_mut() else {
            return Err(Failure::refused("there is nothing to build in it"));
        };
        match args.remove {
            true => spec.remove("postCommit"),
            false => spec.insert("postCommit".into(), Value::clone(&hook)),
        };
        Ok(())
    })
    .await
}
