//! `get`: lists and single objects of every kind the server serves.

mod objects;
mod tables;
#[cfg(test)]
mod tests;
mod watch;

use std::path::PathBuf;

use crate::api::Call;
use crate::failure::Failure;
use crate::manifest;
use crate::output::format::Format;
use crate::output::json_path::JsonPath;
use crate::output::server_table::Layout;
use crate::selection::Selection;
use crate::session::Session;
use crate::target::{Target, Targets};

/// Show one or many resources
#[derive(clap::Args, Debug, Clone)]
pub struct Args {
    /// What to show: TYPE, TYPE NAME..., TYPE/NAME..., TYPE,TYPE or `all`
    #[arg(value_name = "TYPE[/NAME]")]
    what: Vec<String>,
    /// Show the objects that a file, a directory or standard input (-) describes
    #[arg(short, long, value_name = "FILE", conflicts_with = "what")]
    filename: Vec<PathBuf>,
    /// Form of the output: wide, json, yaml, name, jsonpath=TEMPLATE, custom-columns=HEADER:PATH,...
    #[arg(short, long, value_parser = Format::parse)]
    output: Option<Format>,
    /// Show objects of all projects
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Only objects with these labels, as in app=web,tier!=db
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    /// Only objects with these fields, as in metadata.name=web
    #[arg(long, value_name = "FIELDS")]
    field_selector: Option<String>,
    /// Go on showing changes
    #[arg(short, long)]
    watch: bool,
    /// Show changes only, not what is there
    #[arg(long)]
    watch_only: bool,
    /// Say what each line is: something that is there or came, was changed, or went
    #[arg(long)]
    output_watch_events: bool,
    /// Leave out the line of headers
    #[arg(long)]
    no_headers: bool,
    /// Show all labels in the last column
    #[arg(long)]
    show_labels: bool,
    /// Show the kind before each name
    #[arg(long)]
    show_kind: bool,
    /// Show these labels in columns of their own
    #[arg(short = 'L', long, value_name = "LABEL", value_delimiter = ',')]
    label_columns: Vec<String>,
    /// Sort by a field, as in .metadata.creationTimestamp
    #[arg(long, value_name = "PATH", value_parser = parse_path)]
    sort_by: Option<JsonPath>,
    /// Say nothing about objects that are not there
    #[arg(long)]
    ignore_not_found: bool,
    /// Show the bookkeeping of field owners too
    #[arg(long)]
    show_managed_fields: bool,
    /// How many objects are asked for at once; 0 asks for all
    #[arg(long, value_name = "COUNT", default_value_t = crate::selection::PAGE)]
    chunk_size: usize,
    /// Print what the server answers for this path, as it is
    #[arg(long, value_name = "PATH", conflicts_with_all = ["what", "filename", "output", "watch"])]
    raw: Option<String>,
}

fn parse_path(text: &str) -> Result<JsonPath, String> {
    JsonPath::parse_relaxed(text).map_err(|error| error.to_string())
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    if let Some(path) = &args.raw {
        let text = session.api().await?.text(Call::get(path)).await?;
        return session.terminal.print(&text);
    }
    let targets = targets(&args, session).await?;
    if args.selector.is_some() && targets.targets.iter().any(|target| !target.names.is_empty()) {
        return Err(Failure::usage("names and --selector exclude each other"));
    }
    if args.watch || args.watch_only {
        return watch::run(&args, session, &targets).await;
    }
    match &args.output {
        Some(format) if format.needs_objects() => objects::run(&args, session, &targets, format).await,
        _ => tables::run(&args, session, &targets).await,
    }
}

async fn targets(args: &Args, session: &Session<'_>) -> Result<Targets, Failure> {
    let discovery = session.discovery().await?;
    if args.filename.is_empty() {
        return Targets::parse(&args.what, discovery);
    }
    let mut targets: Vec<Target> = Vec::new();
    for document in manifest::read(&args.filename, false, &session.terminal)? {
        let resource = document.resource(discovery)?.clone();
        targets.push(Target {
            resource,
            names: vec![document.name()?],
        });
    }
    let several_kinds = targets.windows(2).any(|pair| pair[0].resource != pair[1].resource);
    Ok(Targets { targets, several_kinds })
}

impl Args {
    async fn selection(&self, session: &Session<'_>) -> Result<Selection, Failure> {
        let namespace = match self.all_namespaces {
            true => None,
            false => Some(session.namespace().await?.to_string()),
        };
        Ok(Selection {
            namespace,
            labels: self.selector.clone(),
            fields: self.field_selector.clone(),
            page: Some(self.chunk_size),
        })
    }

    fn layout(&self, target: &Target, several_kinds: bool) -> Layout {
        let prefix = (several_kinds || self.show_kind).then(|| target.resource.label());
        Layout {
            wide: self.output == Some(Format::Wide),
            namespace: self.all_namespaces && target.resource.namespaced,
            show_labels: self.show_labels,
            label_columns: self.label_columns.clone(),
            prefix,
        }
    }
}

/// Says that there is nothing, on standard error, as other clients do.
async fn say_nothing_found(args: &Args, session: &Session<'_>, targets: &Targets) -> Result<(), Failure> {
    if args.ignore_not_found {
        return Ok(());
    }
    let namespaced = targets.targets.iter().any(|target| target.resource.namespaced);
    if namespaced && !args.all_namespaces {
        let namespace = session.namespace().await?;
        session
            .terminal
            .note(format!("No resources found in {namespace} namespace."));
    } else {
        session.terminal.note("No resources found");
    }
    Ok(())
}
