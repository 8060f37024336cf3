use super::{Args, say_nothing_found};
use crate::api::Call;
use crate::failure::Failure;
use crate::output::server_table::ServerTable;
use crate::output::table::Table;
use crate::session::Session;
use crate::target::{Target, Targets};

/// Prints one table per kind, a blank line between them.
pub async fn run(args: &Args, session: &Session<'_>, targets: &Targets) -> Result<(), Failure> {
    let mut printed = false;
    let mut failures = Vec::new();
    for target in &targets.targets {
        let mut table = ServerTable::default();
        failures.extend(fetch(args, session, target, &mut table).await);
        if table.rows.is_empty() {
            continue;
        }
        if let Some(path) = &args.sort_by {
            table.sort_by(path);
        }
        if printed {
            session.terminal.line("")?;
        }
        printed = true;
        let layout = args.layout(target, targets.several_kinds);
        let header = (!args.no_headers).then(|| table.header(&layout));
        let rows: Vec<_> = header.into_iter().chain(table.take_cells(&layout)).collect();
        session.terminal.print(&Table::default().render(&rows))?;
    }
    if !printed && failures.is_empty() {
        say_nothing_found(args, session, targets).await?;
    }
    session.terminal.end_with(failures)
}

/// Fills the table with the target's rows; what cannot be had is returned.
async fn fetch(args: &Args, session: &Session<'_>, target: &Target, table: &mut ServerTable) -> Vec<Failure> {
    if target.names.is_empty() {
        return list(args, session, target, table).await.err().into_iter().collect();
    }
    let mut failures = Vec::new();
    for name in &target.names {
        match one(args, session, target, name).await {
            Ok(answer) => table.add(answer, session.now()),
            Err(failure) if failure.is_not_found() && args.ignore_not_found => {}
            Err(failure) => failures.push(failure),
        }
    }
    failures
}

async fn list(args: &Args, session: &Session<'_>, target: &Target, table: &mut ServerTable) -> Result<(), Failure> {
    let selection = args.selection(session).await?;
    let now = session.now();
    let prepare = |call| with_objects(args, call);
    let take = |page| table.add(page, now);
    selection
        .pages(session.api().await?, &target.resource, prepare, take)
        .await?;
    Ok(())
}

async fn one(args: &Args, session: &Session<'_>, target: &Target, name: &str) -> Result<serde_json::Value, Failure> {
    let path = target.resource.object(session.namespace().await?, name);
    match session.api().await?.json(with_objects(args, Call::get(&path))).await {
        Err(failure) if failure.is_not_found() => Err(session.missing(failure, &target.resource).await),
        answer => answer,
    }
}

/// Sorting needs the whole objects beside their rows.
fn with_objects(args: &Args, call: Call) -> Call {
    call.table()
        .maybe("includeObject", args.sort_by.as_ref().map(|_| "Object"))
}
