use serde_json::Value;

use super::objects::change_each;
use crate::failure::Failure;
use crate::output::table::Table;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// Makes the names of image streams work as images in the pods of an object.
const RESOLVE_NAMES: &str = "alpha.image.policy.openshift.io/resolve-names";

/// Let pods name image streams as their images
///
/// For example: set image-lookup web. Without names the streams and their state are shown.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Image streams by name, or workloads as TYPE/NAME
    #[arg(value_name = "STREAM|TYPE/NAME")]
    what: Vec<String>,
    /// Switch it off with =false
    #[arg(long, num_args = 0..=1, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    enabled: bool,
    /// All image streams of the project
    #[arg(long)]
    all: bool,
    /// Show the state
    #[arg(long)]
    list: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    if args.list || (args.what.is_empty() && !args.all) {
        return list(session).await;
    }
    let mut words = Vec::new();
    for word in &args.what {
        words.push(if word.contains('/') {
            word.clone()
        } else {
            format!("imagestreams/{word}")
        });
    }
    if args.all {
        words.extend(
            streams(session)
                .await?
                .iter()
                .map(|stream| format!("imagestreams/{}", name(stream))),
        );
    }
    if words.is_empty() {
        return Ok(());
    }
    change_each(session, &words, "image lookup updated", |object| {
        set(object, args.enabled);
        Ok(())
    })
    .await
}

fn set(object: &mut Value, enabled: bool) {
    if object["spec"]["template"].is_object() {
        let value = if enabled { "*".into() } else { Value::Null };
        super::objects::put(
            &mut object["spec"]["template"]["metadata"]["annotations"],
            RESOLVE_NAMES,
            (!value.is_null()).then_some(value),
        );
    } else {
        object["spec"]["lookupPolicy"]["local"] = enabled.into();
    }
}

async fn list(session: &Session<'_>) -> Result<(), Failure> {
    let mut rows = vec![["NAME", "LOCAL"].map(str::to_owned).to_vec()];
    for stream in streams(session).await? {
        let local = stream["spec"]["lookupPolicy"]["local"] == true;
        rows.push(vec![name(&stream).to_owned(), local.to_string()]);
    }
    session.terminal.print(&Table::narrow().render(&rows))
}

async fn streams(session: &Session<'_>) -> Result<Vec<Value>, Failure> {
    let selection = Selection::in_namespace(session.namespace().await?);
    selection.list(session.api().await?, &Resource::image_streams()).await
}

fn name(stream: &Value) -> &str {
    stream["metadata"]["name"].as_str().unwrap_or_default()
}
