use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Create a quota: bounds on what a project may hold
///
/// For example: create quota small --hard=pods=10,requests.cpu=2 --scopes=NotTerminating
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the quota
    name: String,
    /// What is bounded, and by how much; may be repeated
    #[arg(long, value_name = "RESOURCE=AMOUNT", value_delimiter = ',')]
    hard: Vec<String>,
    /// Count only pods in these scopes, such as BestEffort
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<String>,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut object = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": args.name}, "spec": {}});
    let hard = hard(&args.hard)?;
    if !hard.is_empty() {
        object["spec"]["hard"] = hard.into();
    }
    if !args.scopes.is_empty() {
        object["spec"]["scopes"] = json!(args.scopes);
    }
    let resource = Resource::resource_quotas();
    let namespace = session.namespace().await?;
    let created = args.writing.create(session, &resource, namespace, object).await?;
    args.writing.report(session, &resource, created, "created")
}

fn hard(words: &[String]) -> Result<Map<String, Value>, Failure> {
    let words = words.iter().filter(|word| !word.is_empty());
    words
        .map(|word| match word.split_once('=') {
            Some((name, amount)) if !name.is_empty() && !amount.contains('=') => {
                Ok((name.to_owned(), Value::from(amount)))
            }
            _ => Err(Failure::usage(format!(
                "Invalid argument syntax {word}, expected <resource>=<value>"
            ))),
        })
        .collect()
}
