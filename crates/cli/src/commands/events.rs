use futures::{StreamExt, pin_mut};
use jiff::Timestamp;
use serde_json::Value;

use crate::age;
use crate::api::ChangeKind;
use crate::failure::Failure;
use crate::output::table::Table;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;
use crate::target;

/// Show what happened lately, the oldest first
///
/// For example: events --for dc/web --types=Warning
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Only what happened to this object
    #[arg(long = "for", value_name = "TYPE/NAME")]
    subject: Option<String>,
    /// Only these types: Normal, Warning
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Of all projects
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Go on showing what happens
    #[arg(short, long)]
    watch: bool,
    /// Leave out the line of headers
    #[arg(long)]
    no_headers: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let selection = args.selection(session).await?;
    let (api, resource) = (session.api().await?, Resource::events());
    let mut events = Vec::new();
    let take = |mut page: Value| {
        if let Value::Array(items) = page["items"].take() {
            events.extend(items);
        }
    };
    let version = selection.pages(api, &resource, |call| call, take).await?;
    events.retain(|event| args.wants(event));
    events.sort_by_key(last_seen);
    if events.is_empty() && !args.watch {
        let place = session.namespace().await?;
        session.terminal.note(match args.all_namespaces {
            true => "No events found.".to_owned(),
            false => format!("No events found in {place} namespace."),
        });
        return Ok(());
    }
    let mut rows = Vec::new();
    if !args.no_headers {
        rows.push(args.row(["NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"].map(str::to_owned)));
    }
    rows.extend(events.iter().map(|event| args.row(cells(event, session.now()))));
    session.terminal.print(&Table::default().render(&rows))?;
    match args.watch {
        true => follow(&args, session, &selection, version).await,
        false => Ok(()),
    }
}

impl Args {
    async fn selection(&self, session: &Session<'_>) -> Result<Selection, Failure> {
        let namespace = match self.all_namespaces {
            true => None,
            false => Some(session.namespace().await?.to_owned()),
        };
        let fields = match &self.subject {
            None => None,
            Some(subject) => {
                let (resource, name) = target::one(std::slice::from_ref(subject), None)?;
                Some(format!(
                    "involvedObject.kind={},involvedObject.name={name}",
                    resource.kind
                ))
            }
        };
        Ok(Selection {
            namespace,
            fields,
            ..Selection::default()
        })
    }

    fn wants(&self, event: &Value) -> bool {
        let kind = event["type"].as_str().unwrap_or_default();
        self.types.is_empty() || self.types.iter().any(|wanted| wanted.eq_ignore_ascii_case(kind))
    }

    /// The cells that are asked for: the namespace only when there are several.
    fn row(&self, cells: [String; 6]) -> Vec<String> {
        cells.into_iter().skip(usize::from(!self.all_namespaces)).collect()
    }
}

async fn follow(args: &Args, session: &Session<'_>, selection: &Selection, version: String) -> Result<(), Failure> {
    let call = selection.call(&Resource::events()).query("resourceVersion", version);
    let changes = session.api().await?.watch(call).await?;
    pin_mut!(changes);
    while let Some(change) = changes.next().await {
        let change = change?;
        let shown = matches!(change.kind, ChangeKind::Added | ChangeKind::Modified);
        if shown && args.wants(&change.object) {
            let row = args.row(cells(&change.object, session.now()));
            session.terminal.print(&Table::default().render(&[row]))?;
        }
    }
    Ok(())
}

fn cells(event: &Value, now: Timestamp) -> [String; 6] {
    let text = |path: &str| {
        event
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let seen = match last_seen(event) {
        Some(time) => age::short(time, now),
        None => "<unknown>".into(),
    };
    let object = format!("{}/{}", text("/involvedObject/kind"), text("/involvedObject/name"));
    let message = text("/message");
    [
        text("/metadata/namespace"),
        seen,
        text("/type"),
        text("/reason"),
        object,
        message.trim().to_owned(),
    ]
}

fn last_seen(event: &Value) -> Option<Timestamp> {
    [
        "/series/lastObservedTime",
        "/lastTimestamp",
        "/eventTime",
        "/metadata/creationTimestamp",
    ]
    .iter()
    .find_map(|path| event.pointer(path)?.as_str()?.parse().ok())
}
