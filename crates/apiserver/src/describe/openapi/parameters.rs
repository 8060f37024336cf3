//! Query parameters, each described once.

use serde_json::{Value, json};

use crate::Verb;

/// A query parameter: name, type, what it does.
struct Parameter(&'static str, &'static str, &'static str);

const DRY_RUN: Parameter = Parameter(
    "dryRun",
    "string",
    "With the value All, the request is checked and answered as usual, but nothing is stored.",
);
const FIELD_MANAGER: Parameter = Parameter(
    "fieldManager",
    "string",
    "The name under which the changes are recorded in metadata.managedFields, at most 128 characters. Apply patches need \
     it; otherwise it is taken from the User-Agent.",
);
const FIELD_VALIDATION: Parameter = Parameter(
    "fieldValidation",
    "string",
    "What becomes of unknown and duplicate fields. Ignore drops unknown ones and takes the last of duplicate ones. Warn \
     does the same and tells the client in Warning headers; this is the default. Strict refuses the request.",
);
const FORCE: Parameter = Parameter(
    "force",
    "boolean",
    "Of apply patches: takes over fields that other managers own, instead of refusing with a conflict.",
);
const LABEL_SELECTOR: Parameter = Parameter(
    "labelSelector",
    "string",
    "Restricts the answer to objects whose labels match.",
);
const FIELD_SELECTOR: Parameter = Parameter(
    "fieldSelector",
    "string",
    "Restricts the answer to objects whose fields match.",
);
const LIMIT: Parameter = Parameter(
    "limit",
    "integer",
    "The largest number of objects in one answer. More of them are read with continue, as of the same moment.",
);
const CONTINUE: Parameter = Parameter(
    "continue",
    "string",
    "Where to go on reading: metadata.continue of the answer before. Everything else in the request stays the same.",
);
const RESOURCE_VERSION: Parameter = Parameter(
    "resourceVersion",
    "string",
    "The revision that the answer shows at least; for watches, the revision after which changes are sent.",
);
const RESOURCE_VERSION_MATCH: Parameter = Parameter(
    "resourceVersionMatch",
    "string",
    "How resourceVersion is meant: Exact, or NotOlderThan.",
);
const TIMEOUT_SECONDS: Parameter = Parameter("timeoutSeconds", "integer", "How long a watch lasts.");
const WATCH: Parameter = Parameter("watch", "boolean", "Sends changes as they happen instead of a list.");
const ALLOW_WATCH_BOOKMARKS: Parameter = Parameter(
    "allowWatchBookmarks",
    "boolean",
    "A watch also gets events of the type BOOKMARK, which say only how far it has come.",
);
const SEND_INITIAL_EVENTS: Parameter = Parameter(
    "sendInitialEvents",
    "boolean",
    "A watch begins with what is there, and a bookmark says when all of it was sent.",
);
const GRACE_PERIOD_SECONDS: Parameter = Parameter(
    "gracePeriodSeconds",
    "integer",
    "How long the object may take to end. 0 deletes it at once; without a value, its kind decides.",
);
const ORPHAN_DEPENDENTS: Parameter = Parameter(
    "orphanDependents",
    "boolean",
    "Deprecated in favour of propagationPolicy. With true, objects that this one owns stay.",
);
const PROPAGATION_POLICY: Parameter = Parameter(
    "propagationPolicy",
    "string",
    "What becomes of objects that this one owns: Orphan lets them stay, Background deletes them afterwards, Foreground \
     deletes them first.",
);
const LIST: &[Parameter] = &[
    ALLOW_WATCH_BOOKMARKS,
    CONTINUE,
    FIELD_SELECTOR,
    LABEL_SELECTOR,
    LIMIT,
    RESOURCE_VERSION,
    RESOURCE_VERSION_MATCH,
    SEND_INITIAL_EVENTS,
    TIMEOUT_SECONDS,
    WATCH,
];
const DELETE: &[Parameter] = &[DRY_RUN, GRACE_PERIOD_SECONDS, ORPHAN_DEPENDENTS, PROPAGATION_POLICY];
const DELETE_COLLECTION: &[Parameter] = &[
    CONTINUE,
    DRY_RUN,
    FIELD_SELECTOR,
    GRACE_PERIOD_SECONDS,
    LABEL_SELECTOR,
    LIMIT,
    ORPHAN_DEPENDENTS,
    PROPAGATION_POLICY,
    RESOURCE_VERSION,
    RESOURCE_VERSION_MATCH,
];
const WRITE: &[Parameter] = &[DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION];
const PATCH: &[Parameter] = &[DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION, FORCE];

/// What a verb may be asked with.
pub(super) fn of_verb(verb: Verb) -> Value {
    let parameters = match verb {
        Verb::List | Verb::Watch => LIST,
        Verb::DeleteCollection => DELETE_COLLECTION,
        Verb::Create | Verb::Update => WRITE,
        Verb::Patch => PATCH,
        Verb::Delete => DELETE,
        Verb::Get => &[],
    };
    parameters.iter().map(Parameter::to_value).collect()
}

/// The parts of a path that stand for a name.
pub(super) fn of_path(names: &[&str]) -> Value {
    let parameter = |name: &&str| {
        let description = match *name {
            "namespace" => "The namespace of the object.",
            "name" => "The name of the object.",
            _ => "What follows in the path.",
        };
        json!({
            "name": name, "in": "path", "required": true, "description": description,
            "schema": {"type": "string", "uniqueItems": true},
        })
    };
    names.iter().map(parameter).collect()
}

impl Parameter {
    fn to_value(&self) -> Value {
        let Self(name, value, description) = self;
        json!({
            "name": name, "in": "query", "description": description,
            "schema": {"type": value, "uniqueItems": true},
        })
    }
}
