//! Pages of stored objects: a consistent view at one revision.

use std::sync::Arc;

use weir_store::{Range, ReadError, Revision};

use crate::cache::{Cache, Entry, Filter};
use crate::catalog::Served;
use crate::core::{Core, read_error, too_large_version};
use crate::list_options::{ContinueToken, ListOptions, Version};
use crate::representation::ListMeta;
use crate::{ApiError, ErrorDetails};

pub(crate) struct Page {
    pub entries: Vec<Arc<Entry>>,
    pub meta: ListMeta,
}

/// The objects that `options` ask for, from the cache when it can show them, from the store's history otherwise.
pub(crate) async fn page(core: &Core, served: &Served, options: &ListOptions) -> Result<Page, ApiError> {
    let cache = &served.in_store()?.cache;
    let newest = core.refresh().await?;
    let (at, after) = position(newest, options)?;
    let after = after.map(|start| resume(cache, &options.filter, &start)).transpose()?;
    let view = view(core, cache, &options.filter, at, after).await;
    let view = view.map_err(|error| with_way_on(error, options))?;
    cut(cache, view, &options.filter, options.limit)
}

/// The revision to show (`None`: the newest) and the key to go on after.
fn position(newest: u64, options: &ListOptions) -> Result<(Option<u64>, Option<String>), ApiError> {
    let (at, after) = match (&options.next, options.version) {
        (Some(token), _) => (
            (token.revision > 0).then_some(token.revision),
            Some(token.start.clone()),
        ),
        (None, Version::Newest) => (None, None),
        (None, Version::AtLeast(version)) if version > newest => return Err(too_large_version(version, newest)),
        (None, Version::AtLeast(_)) => (None, None),
        (None, Version::Exact(version)) => (Some(version), None),
    };
    if let Some(at) = at.filter(|at| *at > newest) {
        return Err(too_large_version(at, newest));
    }
    Ok((at, after))
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

/// Entries of a prefix after a key, in order, at one revision.
struct View {
    entries: Vec<Arc<Entry>>,
    revision: u64,
}

async fn view(
    core: &Core,
    cache: &Cache,
    filter: &Filter,
    at: Option<u64>,
    after: Option<String>,
) -> Result<View, ReadError> {
    let snapshot = cache.snapshot(filter, core.feed.applied());
    // Nothing of this resource changed since: the cache shows the older revision too.
    let from_cache = at.is_none_or(|at| snapshot.changed_at <= at);
    if from_cache {
        let mut entries = snapshot.entries;
        if let Some(after) = after {
            let start = entries.partition_point(|entry| *entry.key <= *after);
            entries.drain(..start);
        }
        return Ok(View {
            entries,
            revision: at.unwrap_or(snapshot.revision),
        });
    }
    let range = Range {
        prefix: cache.range(filter),
        after,
        limit: None,
    };
    let listing = core.store.list(range, at.map(Revision)).await?;
    let entries = listing
        .records
        .into_iter()
        .map(|record| Arc::new(Entry::from(record)))
        .collect();
    Ok(View {
        entries,
        revision: listing.revision.0,
    })
}

/// The first `limit` entries that match, and where the rest begins.
fn cut(cache: &Cache, view: View, filter: &Filter, limit: Option<usize>) -> Result<Page, ApiError> {
    let mut meta = ListMeta {
        revision: view.revision,
        ..ListMeta::default()
    };
    let all = filter.selects_all_of_its_namespace();
    let limit = limit.unwrap_or(usize::MAX);
    let mut entries = Vec::new();
    if all {
        entries = view.entries;
        if entries.len() > limit {
            meta.remaining = Some(entries.len() - limit);
            entries.truncate(limit);
            meta.next = next(cache, view.revision, entries.last());
        }
        return Ok(Page { entries, meta });
    }
    for entry in view.entries {
        if !filter.matches(&entry, &cache.form)? {
            continue;
        }
        if entries.len() == limit {
            meta.next = next(cache, view.revision, entries.last());
            break;
        }
        entries.push(entry);
    }
    Ok(Page { entries, meta })
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
