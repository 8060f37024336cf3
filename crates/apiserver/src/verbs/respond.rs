use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use super::Call;
use crate::cache::{Entry, Unreadable};
use crate::catalog::Served;
use crate::list::Matching;
use crate::representation::{Item, ListMeta, Representation};
use crate::write::{Effect, Written};
use crate::{ApiError, Object};

/// Size of the pieces in which long lists are sent; each is built when the one before is on its way.
const PIECE: usize = 64 << 10;

pub(crate) fn json(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}

pub(crate) fn value(status: StatusCode, value: &Value) -> Response<Body> {
    json(status, value.to_string())
}

/// One object in the form that was asked for.
pub(super) fn object(call: &Call, status: StatusCode, object: &Object) -> Result<Response<Body>, ApiError> {
    item(call, status, Item::Object(object))
}

pub(super) fn entry(call: &Call, status: StatusCode, entry: &Entry) -> Result<Response<Body>, ApiError> {
    item(call, status, Item::Entry(entry))
}

/// What a write left: 201 when it created.
pub(super) fn written(call: &Call, written: &Written) -> Result<Response<Body>, ApiError> {
    let status = match written.effect {
        Effect::Create => StatusCode::CREATED,
        _ => StatusCode::OK,
    };
    entry(call, status, &written.entry)
}

fn item(call: &Call, status: StatusCode, item: Item<'_>) -> Result<Response<Body>, ApiError> {
    let body = call.representation.single(&call.served, item, call.core.now(), false)?;
    Ok(json(status, body))
}

/// A list of computed objects.
pub(super) fn objects(call: &Call, meta: &ListMeta, objects: &[Object]) -> Result<Response<Body>, ApiError> {
    let (representation, served) = (call.representation, &*call.served);
    let mut out = representation.list_head(served, meta).into_bytes();
    for (index, object) in objects.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        representation.write_item(served, Item::Object(object), call.core.now(), &mut out)?;
    }
    out.extend_from_slice(Representation::LIST_TAIL);
    Ok(json(StatusCode::OK, out))
}

/// A list of stored objects: in one piece when it is short, as a stream when it is not.
pub(super) async fn entries(call: &Call, meta: &ListMeta, mut entries: Matching) -> Result<Response<Body>, ApiError> {
    if matches!(call.representation, Representation::Table(_)) && call.served.resource.oldest_first {
        let mut sorted = entries.rest().await?;
        oldest_first(&mut sorted)?;
        entries = Matching::all(sorted, &call.served.in_store()?.cache);
    }
    let mut writer = ListWriter {
        representation: call.representation,
        served: call.served.clone(),
        now: call.core.now(),
        entries,
        started: false,
        done: false,
    };
    let head = writer.representation.list_head(&writer.served, meta).into_bytes();
    let first = writer.piece(head).await?;
    if writer.done {
        return Ok(json(StatusCode::OK, first));
    }
    let rest = stream::unfold(writer, |mut writer| async move {
        if writer.done {
            return None;
        }
        let piece = writer.piece(Vec::with_capacity(PIECE + PIECE / 8)).await;
        writer.done |= piece.is_err();
        Some((piece, writer))
    });
    let first = stream::iter([Ok(first)]);
    Ok(json(
        StatusCode::OK,
        Body::from_stream(futures::StreamExt::chain(first, rest)),
    ))
}

/// Objects of one second stand in the order of their numbers: a shorter name has the smaller one.
fn oldest_first(entries: &mut Vec<Arc<Entry>>) -> Result<(), Unreadable> {
    let mut dated = Vec::with_capacity(entries.len());
    for entry in entries.drain(..) {
        let created = entry.stored_object()?["metadata"]["creationTimestamp"].take();
        dated.push((created.as_str().unwrap_or_default().to_owned(), entry));
    }
    dated.sort_by(|(created, entry), (other_created, other)| {
        let by_name = || (entry.name().len(), entry.name()).cmp(&(other.name().len(), other.name()));
        created.cmp(other_created).then_with(by_name)
    });
    entries.extend(dated.into_iter().map(|(_, entry)| entry));
    Ok(())
}

struct ListWriter {
    representation: Representation,
    served: Arc<Served>,
    now: Timestamp,
    entries: Matching,
    started: bool,
    done: bool,
}

impl ListWriter {
    /// The next items, until the piece is full, or the end.
    async fn piece(&mut self, mut out: Vec<u8>) -> Result<Bytes, Unreadable> {
        while out.len() < PIECE {
            let Some(entry) = self.entries.next().await? else {
                out.extend_from_slice(Representation::LIST_TAIL);
                self.done = true;
                break;
            };
            if self.started {
                out.push(b',');
            }
            self.started = true;
            self.representation
                .write_item(&self.served, Item::Entry(&entry), self.now, &mut out)?;
        }
        Ok(Bytes::from(out))
    }
}
