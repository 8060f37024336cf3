//! Watches: a stream of lines that begins where the client left off.

mod bookmarks;
mod options;
mod source;
mod stream;

use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, respond};
use crate::ApiError;

use bookmarks::Bookmarks;
use options::WatchOptions;
use source::{Source, Step};
use stream::WatchStream;

pub(super) async fn serve(call: &Call) -> Result<Response<Body>, ApiError> {
    if call.served.handler().is_some() {
        return Err(call.cx.method_not_supported());
    }
    let options = WatchOptions::parse(&call.served, &call.path.namespace, &call.cx.query)?;
    let slot = call.core.in_flight.watch()?;
    call.core.refresh_to(options.at_least()).await?;
    let source = Source::open(&call.core, &call.served, &options).await?;
    let stream = WatchStream::new(call, source, &options, slot);
    Ok(respond::json(StatusCode::OK, Body::from_stream(stream.into_stream())))
}
