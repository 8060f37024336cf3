use serde_json::Value;

use super::Args;
use crate::failure::Failure;
use crate::output::format::{Format, Item, tidy};
use crate::output::order_by_path;
use crate::selection::with_kind;
use crate::session::Session;
use crate::target::{Target, Targets};

/// Prints the objects themselves.
pub async fn run(args: &Args, session: &Session<'_>, targets: &Targets, format: &Format) -> Result<(), Failure> {
    let mut items = Vec::new();
    let mut failures = Vec::new();
    for target in &targets.targets {
        let objects = match target.names.is_empty() {
            true => {
                args.selection(session)
                    .await?
                    .list(session.api().await?, &target.resource)
                    .await
            }
            false => named(args, session, target, &mut failures).await,
        };
        match objects {
            Ok(objects) => items.extend(objects.into_iter().map(|object| Item {
                resource: &target.resource,
                object: tidy(object, args.show_managed_fields),
            })),
            Err(failure) => failures.push(failure),
        }
    }
    if let Some(path) = &args.sort_by {
        items.sort_by(|left, right| order_by_path(path, &left.object, &right.object));
    }
    let single = matches!(targets.targets.as_slice(), [target] if target.names.len() == 1);
    if !(items.is_empty() && (single || !failures.is_empty() || *format == Format::Name)) {
        session.terminal.print(&format.render(&items, single))?;
    }
    session.terminal.end_with(failures)
}

async fn named(
    args: &Args,
    session: &Session<'_>,
    target: &Target,
    failures: &mut Vec<Failure>,
) -> Result<Vec<Value>, Failure> {
    let mut objects = Vec::new();
    for name in &target.names {
        let path = target.resource.object(session.namespace().await?, name);
        match session.api().await?.get(&path).await {
            Ok(object) => objects.push(with_kind(object, &target.resource)),
            Err(failure) if failure.is_not_found() && args.ignore_not_found => {}
            Err(failure) if failure.is_not_found() => failures.push(session.missing(failure, &target.resource).await),
            Err(failure) => failures.push(failure),
        }
    }
    Ok(objects)
}
