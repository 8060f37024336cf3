use super::entry::{Entry, Operation};
use super::{ManagedFields, Writer};
use crate::fields::FieldSet;
use crate::{ApiError, Cause, ErrorDetails};

/// Fields of another manager that an apply would change.
#[derive(Clone, Debug)]
pub(crate) struct Conflict {
    /// As messages name it.
    pub manager: String,
    pub fields: FieldSet,
}

/// Conflicts of an applier with everybody else, in the order of their names.
pub(super) fn find(managed: &ManagedFields, changed: &FieldSet, applier: &Writer) -> Vec<Conflict> {
    let others = managed
        .entries
        .iter()
        .filter(|entry| !entry.is_of(applier, Operation::Apply));
    let mut conflicts: Vec<Conflict> = others
        .map(|entry| Conflict {
            manager: shown(entry),
            fields: entry.fields.intersection(changed),
        })
        .filter(|conflict| !conflict.fields.is_empty())
        .collect();
    conflicts.sort_by(|left, right| left.manager.cmp(&right.manager));
    conflicts
}

/// `"kubectl-edit" using v1`, `"agent" with subresource "status" using v1`; of an applier only the name.
fn shown(entry: &Entry) -> String {
    let mut shown = format!("{:?}", entry.manager);
    if !entry.subresource.is_empty() {
        shown = format!("{shown} with subresource {:?}", entry.subresource);
    }
    match entry.operation {
        Operation::Update => format!("{shown} using {}", entry.api_version),
        Operation::Apply => shown,
    }
}

/// The answer, in the words clients print and parse.
pub(super) fn error(conflicts: &[Conflict]) -> ApiError {
    let listed: Vec<(&Conflict, Vec<String>)> = conflicts
        .iter()
        .map(|conflict| (conflict, conflict.fields.paths()))
        .collect();
    let causes: Vec<Cause> = listed
        .iter()
        .flat_map(|(conflict, paths)| paths.iter().map(|path| cause(&conflict.manager, path)))
        .collect();
    let message = match causes.as_slice() {
        [only] => format!("Apply failed with 1 conflict: {}: {}", only.message, only.field),
        many => {
            let blocks: Vec<String> = listed.iter().map(|(conflict, paths)| block(conflict, paths)).collect();
            format!("Apply failed with {} conflicts: {}", many.len(), blocks.join("\n"))
        }
    };
    ApiError::new(409, "Conflict", message).with_details(ErrorDetails {
        causes,
        ..ErrorDetails::default()
    })
}

fn cause(manager: &str, path: &str) -> Cause {
    Cause {
        reason: "FieldManagerConflict".to_owned(),
        message: format!("conflict with {manager}"),
        field: path.to_owned(),
    }
}

fn block(conflict: &Conflict, paths: &[String]) -> String {
    let mut lines: Vec<String> = paths.iter().map(|path| format!("- {path}")).collect();
    lines.sort();
    format!("conflicts with {}:\n{}", conflict.manager, lines.join("\n"))
}
