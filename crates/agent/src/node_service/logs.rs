use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use weir_engine::{EngineError, OutputChunk};

use super::NodeService;
use super::locate::{Refusal, Target};
use super::query::Query;

/// What a container printed, live with `follow`.
pub(super) async fn logs(
    State(service): State<NodeService>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let query = Query::parse(query.as_deref());
    let options = query.log_options(Timestamp::now()).map_err(Refusal::bad_request)?;
    let limit = query.limit_bytes().map_err(Refusal::bad_request)?;
    let engine = service.engine()?;
    let container = service.locate(&*engine, &target, query.flag("previous")).await?;
    let timestamps = options.timestamps;
    let printed = engine
        .logs(&container.id, options)
        .map_ok(move |chunk| line(chunk, timestamps));
    let body = match limit {
        None => Body::from_stream(printed),
        Some(limit) => Body::from_stream(cut(printed, limit)),
    };
    Ok(([(CONTENT_TYPE, "text/plain")], body).into_response())
}

fn line(chunk: OutputChunk, timestamps: bool) -> Bytes {
    match chunk.timestamp.filter(|_| timestamps) {
        None => chunk.bytes,
        Some(timestamp) => {
            let mut stamped = BytesMut::from(format!("{timestamp} ").as_bytes());
            stamped.extend_from_slice(&chunk.bytes);
            stamped.freeze()
        }
    }
}

/// The first `limit` bytes.
fn cut(
    printed: impl futures::Stream<Item = Result<Bytes, EngineError>> + Send + 'static,
    limit: u64,
) -> impl futures::Stream<Item = Result<Bytes, EngineError>> + Send + 'static {
    let rest = usize::try_from(limit).unwrap_or(usize::MAX);
    printed.scan(rest, |rest, chunk| {
        let kept = match chunk {
            _ if *rest == 0 => return std::future::ready(None),
            Ok(bytes) => Ok(bytes.slice(..bytes.len().min(*rest))),
            Err(error) => Err(error),
        };
        *rest -= kept.as_ref().map_or(0, Bytes::len);
        std::future::ready(Some(kept))
    })
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn limit_cuts_in_the_middle_of_a_chunk() {
        let printed = stream::iter(["one\n", "two\n", "three\n"].map(|text| Ok(Bytes::from(text))));
        let kept: Vec<Bytes> = cut(printed, 6).try_collect().await.expect("no error");
        assert_eq!(kept.concat(), b"one\ntw");
    }
}
