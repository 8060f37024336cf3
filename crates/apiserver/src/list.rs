//! Pages of stored objects: a consistent view at one revision.

mod matching;

use std::sync::Arc;

use weir_store::{Range, ReadError, Revision};

use crate::cache::{Cache, Entry, Filter};
use crate::catalog::Served;
use crate::core::{Core, read_error};
use crate::list_options::{ContinueToken, ListOptions, Version};
use crate::representation::ListMeta;
use crate::{ApiError, ErrorDetails};

pub(crate) use matching::{Candidates, Matching};

pub(crate) struct Page {
    pub entries: Matching,
    pub meta: ListMeta,
}

/// The objects that `options` ask for, from the cache when it can show them, from the store's history otherwise.
pub(crate) async fn page(core: &Core, served: &Served, options: &ListOptions) -> Result<Page, ApiError> {
    let cache = &served.in_store()?.cache;
    let (at, after) = position(options);
    let least = match options.version {
        Version::AtLeast(version) => version,
        _ => at.unwrap_or(0),
    };
    core.refresh_to(least).await?;
    let after = after.map(|start| resume(cache, &options.filter, &start)).transpose()?;
    let view = view(core, cache, options, at, after).await;
    let view = view.map_err(|error| with_way_on(error, options))?;
    cut(cache, view, options).await
}

/// The revision to show (`None`: the newest) and the key to go on after.
fn position(options: &ListOptions) -> (Option<u64>, Option<String>) {
    match (&options.next, options.version) {
        (Some(token), _) => (
            (token.revision > 0).then_some(token.revision),
            Some(token.start.clone()),
        ),
        (None, Version::Exact(version)) => (Some(version), None),
        (None, Version::Newest | Version::AtLeast(_)) => (None, None),
    }
}

/// The key that a token names, if it is one of this list.
fn resume(cache: &Cache, filter: &Filter, start: &str) -> Result<String, ApiError> {
    let key = format!("{}{start}", cache.prefix);
    match key.starts_with(&cache.range(filter)) {
        true => Ok(key),
        false => Err(ApiError::bad_request(
            "continue key is not valid: it belongs to another list",
        )),
    }
}

/// What may be on the page, in order, at one revision.
struct View {
    candidates: Candidates,
    revision: u64,
}

async fn view(
    core: &Core,
    cache: &Cache,
    options: &ListOptions,
    at: Option<u64>,
    after: Option<String>,
) -> Result<View, ReadError> {
    let snapshot = cache.snapshot(&options.filter, after.as_deref(), core.feed.applied());
    // Nothing of this resource changed since: the cache shows the older revision too.
    if at.is_none_or(|at| snapshot.changed_at <= at) {
        return Ok(View {
            candidates: Candidates::Cached(snapshot.entries),
            revision: at.unwrap_or(snapshot.revision),
        });
    }
    let everything_matches = options.filter.selects_all_of_its_namespace();
    let range = Range {
        prefix: cache.range(&options.filter),
        after,
        limit: options.limit.filter(|_| everything_matches),
    };
    let listing = core.store.list(range, at.map(Revision)).await?;
    Ok(View {
        candidates: Candidates::past(listing.records, listing.remaining),
        revision: listing.revision.0,
    })
}

/// The first entries that match, and where the rest begins.
async fn cut(cache: &Arc<Cache>, view: View, options: &ListOptions) -> Result<Page, ApiError> {
    let mut meta = ListMeta {
        revision: view.revision,
        ..ListMeta::default()
    };
    let total = view.candidates.len();
    let mut matching = Matching::new(view.candidates, &options.filter, cache);
    let Some(limit) = options.limit else {
        return Ok(Page {
            entries: matching,
            meta,
        });
    };
    let mut entries: Vec<Arc<Entry>> = Vec::new();
    if options.filter.selects_all_of_its_namespace() {
        while entries.len() < limit
            && let Some(entry) = matching.next().await?
        {
            entries.push(entry);
        }
        if total > entries.len() {
            meta.remaining = Some(total - entries.len());
            meta.next = next(cache, view.revision, entries.last());
        }
    } else {
        while let Some(entry) = matching.next().await? {
            if entries.len() == limit {
                meta.next = next(cache, view.revision, entries.last());
                break;
            }
            entries.push(entry);
        }
    }
    Ok(Page {
        entries: Matching::all(entries, cache),
        meta,
    })
}

fn next(cache: &Cache, revision: u64, last: Option<&Arc<Entry>>) -> Option<String> {
    let start = last?.key.strip_prefix(cache.prefix.as_str())?.to_owned();
    Some(ContinueToken { revision, start }.encode())
}

/// Tells a client whose snapshot is gone how it may go on.
fn with_way_on(error: ReadError, options: &ListOptions) -> ApiError {
    match (&error, &options.next) {
        (ReadError::Compacted { .. }, Some(token)) => {
            let token = ContinueToken {
                revision: 0,
                start: token.start.clone(),
            };
            let details = ErrorDetails {
                inconsistent_continue: Some(token.encode()),
                ..ErrorDetails::default()
            };
            let message = "The state that this list began with is no longer kept. Start the list again, or go on with \
                           the continue token of this answer: the remaining objects are then shown as they are now, \
                           which may not fit what was shown before";
            ApiError::expired(message).with_details(details)
        }
        _ => read_error(error),
    }
}
