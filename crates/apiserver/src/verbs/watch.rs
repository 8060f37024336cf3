//! Watches: a stream of lines that begins where the client left off.

mod options;
mod schedule;
mod source;
mod stream;
mod view;

use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, respond};
use crate::{ApiError, View};

use options::WatchOptions;
use schedule::{Due, Schedule};
use source::{Source, Step};
use stream::{Shown, WatchStream};
use view::ViewStream;

pub(super) async fn serve(call: &Call) -> Result<Response<Body>, ApiError> {
    let view = view(call)?;
    let mut options = WatchOptions::parse(&call.served, &call.path.namespace, &call.cx.query)?;
    let stored = match &view {
        None => call.served.clone(),
        Some(view) => {
            options.filter.fields = options.filter.fields.renamed(view.stored_field);
            call.core.stored(&view.of)?
        }
    };
    let slot = call.core.in_flight.watch()?;
    call.core.refresh_to(options.at_least()).await?;
    let source = Source::open(&call.core, &stored, &options).await?;
    if let Some(view) = view.as_ref().filter(|view| view.is_personal) {
        let stream = ViewStream::new(call, view, stored, source, &options, slot)?;
        let stream = stream.resumed(options.start).await?.into_stream();
        return Ok(respond::json(StatusCode::OK, Body::from_stream(stream)));
    }
    let shown = Shown {
        stored,
        show: view.map(|view| view.show),
    };
    let stream = WatchStream::new(call, source, shown, &options, slot);
    Ok(respond::json(StatusCode::OK, Body::from_stream(stream)))
}

/// What a computed resource is a view of.
fn view(call: &Call) -> Result<Option<View>, ApiError> {
    match call.served.handler() {
        None => Ok(None),
        Some(handler) => match handler.view() {
            None => Err(call.cx.method_not_supported()),
            view => Ok(view),
        },
    }
}
