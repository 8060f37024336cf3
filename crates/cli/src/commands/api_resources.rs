use crate::failure::Failure;
use crate::output::table::Table;
use crate::resource::Resource;
use crate::session::Session;

/// List the kinds the server serves
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Form of the output: wide or name
    #[arg(short, long, value_parser = ["wide", "name"])]
    output: Option<String>,
    /// Only kinds of this group; empty for the core group
    #[arg(long, value_name = "GROUP")]
    api_group: Option<String>,
    /// Only kinds with (or without) namespaces
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    namespaced: Option<bool>,
    /// Leave out the line of headers
    #[arg(long)]
    no_headers: bool,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let wanted = |resource: &&Resource| {
        args.api_group.as_ref().is_none_or(|group| *group == resource.group)
            && args
                .namespaced
                .is_none_or(|namespaced| namespaced == resource.namespaced)
    };
    let mut resources: Vec<&Resource> = session.discovery().await?.resources().iter().filter(wanted).collect();
    resources.sort_by(|left, right| (&left.group, &left.plural).cmp(&(&right.group, &right.plural)));
    if args.output.as_deref() == Some("name") {
        return resources
            .iter()
            .try_for_each(|resource| session.terminal.line(resource.plural_label()));
    }
    let wide = args.output.is_some();
    let mut rows: Vec<Vec<String>> = Vec::new();
    if !args.no_headers {
        let headers = [
            "NAME",
            "SHORTNAMES",
            "APIVERSION",
            "NAMESPACED",
            "KIND",
            "VERBS",
            "CATEGORIES",
        ];
        rows.push(
            headers[..if wide { 7 } else { 5 }]
                .iter()
                .map(|header| header.to_string())
                .collect(),
        );
    }
    rows.extend(resources.iter().map(|resource| row(resource, wide)));
    session.terminal.print(&Table::default().render(&rows))
}

fn row(resource: &Resource, wide: bool) -> Vec<String> {
    let mut row = vec![
        resource.plural.clone(),
        resource.short_names.join(","),
        resource.api_version(),
        resource.namespaced.to_string(),
        resource.kind.clone(),
    ];
    if wide {
        row.extend([resource.verbs.join(","), resource.categories.join(",")]);
    }
    row
}
