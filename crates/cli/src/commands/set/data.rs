use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::objects::change_each;
use crate::commands::create::{Data, DataArgs};
use crate::failure::Failure;
use crate::session::Session;

/// Change the data of config maps and secrets
///
/// For example: set data secret/db password=hidden user-
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The objects, then KEY=VALUE to set and KEY- to remove
    #[arg(value_name = "TYPE/NAME|KEY=VALUE|KEY-", required = true)]
    words: Vec<String>,
    #[command(flatten)]
    data: DataArgs,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let is_change = |word: &String| word.contains('=') || word.ends_with('-');
    let (changes, objects): (Vec<String>, Vec<String>) = args.words.iter().cloned().partition(is_change);
    let mut set = args.data.read()?;
    let mut remove = Vec::new();
    for change in &changes {
        match change.split_once('=') {
            Some((key, value)) => {
                set.insert(key.into(), value.as_bytes().to_vec());
            }
            None => remove.push(change.trim_end_matches('-')),
        }
    }
    if set.is_empty() && remove.is_empty() {
        return Err(Failure::usage("say what to set, as KEY=VALUE, or to remove, as KEY-"));
    }
    change_each(session, &objects, "data updated", |object| apply(object, &set, &remove)).await
}

fn apply(object: &mut Value, set: &Data, remove: &[&str]) -> Result<(), Failure> {
    let secret = object["kind"] == "Secret";
    let mut data: Map<String, Value> = object["data"].as_object().cloned().unwrap_or_default();
    for (key, value) in set {
        let value = match secret {
            true => BASE64_STANDARD.encode(value),
            false => String::from_utf8(value.clone())
                .map_err(|_| Failure::refused(format!("the value of \"{key}\" is not UTF-8 text")))?,
        };
        data.insert(key.clone(), value.into());
    }
    data.retain(|key, _| !remove.contains(&key.as_str()));
    object["data"] = data.into();
    Ok(())
}
