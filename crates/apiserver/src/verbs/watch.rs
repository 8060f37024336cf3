//! Watches: a stream of lines that begins where the client left off.

mod options;
mod source;
mod stream;

use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, respond};
use crate::ApiError;
use crate::core::too_large_version;

use options::WatchOptions;
use source::Source;
use stream::WatchStream;

pub(super) async fn serve(call: &Call) -> Result<Response<Body>, ApiError> {
    if call.served.handler().is_some() {
        return Err(call.cx.method_not_supported());
    }
    let options = WatchOptions::parse(&call.served, &call.path.namespace, &call.cx.query)?;
    let slot = call.core.in_flight.watch()?;
    let newest = call.core.refresh().await?;
    if options.at_least() > newest {
        return Err(too_large_version(options.at_least(), newest));
    }
    let source = Source::open(&call.core, &call.served, &options).await?;
    let stream = WatchStream::new(call, source, &options, slot);
    Ok(respond::json(StatusCode::OK, Body::from_stream(stream.into_stream())))
}
