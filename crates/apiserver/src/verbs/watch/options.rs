use std::time::Duration;

use rand::Rng;

use crate::cache::{Filter, Start};
use crate::catalog::Served;
use crate::context::Query;
use crate::list_options::{parse_filter, parse_version, refuse};
use crate::{ApiError, FieldError, query};

/// A watch whose client names no end lasts this long, and up to twice as long, so that not all end together.
const DEFAULT_SECONDS: u64 = 1_800;
/// The longest that a client may ask for.
const MAX_SECONDS: u64 = 24 * 3_600;

/// What a watch asks for.
#[derive(Debug)]
pub(super) struct WatchOptions {
    pub filter: Filter,
    pub start: Start,
    /// The state that is shown first must not be older than this.
    pub not_older_than: u64,
    /// Everything that exists comes first, then a bookmark that says so.
    pub initial_events: bool,
    pub bookmarks: bool,
    pub timeout: Duration,
}

impl WatchOptions {
    pub fn parse(served: &Served, namespace: &str, query: &Query) -> Result<Self, ApiError> {
        let version = parse_version(query)?;
        let wants_initial = query::text(query, "sendInitialEvents").is_some();
        let initial_events = query::flag(query, "sendInitialEvents")?;
        check_match(query, wants_initial)?;
        let start = match version {
            _ if initial_events => Start::WithCurrent,
            None | Some(0) if wants_initial => Start::Now,
            None | Some(0) => Start::WithCurrent,
            Some(version) => Start::After(version),
        };
        let seconds = match query::number(query, "timeoutSeconds")? {
            None | Some(0) => DEFAULT_SECONDS + rand::rng().random_range(0..DEFAULT_SECONDS),
            Some(seconds) => seconds.min(MAX_SECONDS),
        };
        Ok(Self {
            filter: parse_filter(served, namespace, query)?,
            start,
            not_older_than: version.unwrap_or(0),
            initial_events,
            bookmarks: query::flag(query, "allowWatchBookmarks")?,
            timeout: Duration::from_secs(seconds),
        })
    }

    /// A revision that must exist.
    pub fn at_least(&self) -> u64 {
        self.not_older_than
    }
}

/// `resourceVersionMatch` belongs to `sendInitialEvents`, and the other way round.
fn check_match(query: &Query, wants_initial: bool) -> Result<(), ApiError> {
    let field = "resourceVersionMatch";
    let wanted = query::text(query, field);
    let mut errors = Vec::new();
    if wants_initial && wanted != Some("NotOlderThan") {
        errors.push(FieldError::forbidden(
            field,
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ));
    }
    if let Some(wanted) = wanted {
        if !wants_initial {
            errors.push(FieldError::forbidden(
                field,
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            ));
        }
        if wanted != "NotOlderThan" {
            errors.push(FieldError::not_supported(field, wanted, &["NotOlderThan"]));
        }
        if query::text(query, "continue").is_some() {
            errors.push(FieldError::forbidden(
                field,
                "resourceVersionMatch is forbidden when continue is provided",
            ));
        }
    }
    refuse(errors)
}
