use serde_json::Value;

use crate::failure::Failure;
use crate::identity;
use crate::output::format::{Format, Item};
use crate::output::table::Table;
use crate::resource::Resource;
use crate::session::Session;

/// Say who you are for the server: name, groups, and what else it knows
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Print the server's answer instead, as yaml, json or jsonpath=TEMPLATE
    #[arg(short, long, value_parser = Format::parse)]
    output: Option<Format>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let resource = Resource::self_subject_reviews();
    let object = identity::review(session.api().await?).await?;
    match &args.output {
        None => session.terminal.print(&table(&object["status"]["userInfo"])),
        Some(format) => {
            let item = Item {
                resource: &resource,
                object,
            };
            session.terminal.print(&format.render(&[item], true))
        }
    }
}

/// One row for each thing that is known; what is not known has none.
fn table(user: &Value) -> String {
    let mut rows = vec![["ATTRIBUTE".to_owned(), "VALUE".to_owned()]];
    for (label, field) in [("Username", "username"), ("UID", "uid")] {
        if let Some(value) = user[field].as_str().filter(|value| !value.is_empty()) {
            rows.push([label.to_owned(), value.to_owned()]);
        }
    }
    if let Some(groups) = list(&user["groups"]) {
        rows.push(["Groups".to_owned(), groups]);
    }
    for (key, values) in user["extra"].as_object().into_iter().flatten() {
        rows.push([format!("Extra: {key}"), list(values).unwrap_or_default()]);
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    Table::default().render(&rows)
}

/// `[a b]`; nothing for an empty list.
fn list(values: &Value) -> Option<String> {
    let texts: Vec<&str> = values.as_array()?.iter().filter_map(Value::as_str).collect();
    (!texts.is_empty()).then(|| format!("[{}]", texts.join(" ")))
}
