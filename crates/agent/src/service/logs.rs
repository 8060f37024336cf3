use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use http::header;
use jiff::Timestamp;
use weir_engine::{EngineError, LogOptions, OutputChunk};

use super::answer::Failure;
use super::find::Target;
use super::query::Query;
use crate::node::Node;

pub(super) async fn logs(
    State(node): State<Arc<Node>>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let wanted = Wanted::parse(&Query::parse(query.as_deref()), node.now())?;
    let instance = target.instance(&node, wanted.previous).await?;
    let chunks = node.engine.logs(&instance.id, wanted.options());
    // The log ends for its reader when the agent does; the container goes on.
    let chunks = chunks.take_until(node.shutdown.clone().cancelled_owned()).boxed();
    let body = Body::from_stream(wanted.text(chunks));
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response())
}

/// What the client asked for.
#[derive(Debug, Default)]
struct Wanted {
    follow: bool,
    previous: bool,
    timestamps: bool,
    tail: Option<u64>,
    since: Option<Timestamp>,
    limit: Option<u64>,
}

impl Wanted {
    fn parse(query: &Query, now: Timestamp) -> Result<Self, Failure> {
        let since = match (query.number("sinceSeconds")?, query.text("sinceTime")) {
            (Some(seconds), _) => now.saturating_sub(Duration::from_secs(seconds)).ok(),
            (None, Some(text)) => {
                let wrong = |_| Failure::bad_request(format!("sinceTime: \"{text}\" is no time"));
                Some(text.parse().map_err(wrong)?)
            }
            (None, None) => None,
        };
        Ok(Self {
            follow: query.flag("follow"),
            previous: query.flag("previous"),
            timestamps: query.flag("timestamps"),
            tail: query.number("tailLines")?,
            since,
            limit: query.number("limitBytes")?,
        })
    }

    fn options(&self) -> LogOptions {
        LogOptions {
            follow: self.follow,
            tail: self.tail,
            since: self.since,
            timestamps: self.timestamps,
        }
    }

    /// The log as the client sees it.
    fn text(
        self,
        chunks: BoxStream<'static, Result<OutputChunk, EngineError>>,
    ) -> BoxStream<'static, Result<Bytes, EngineError>> {
        let mut left = self.limit.unwrap_or(u64::MAX);
        let mut at_line_start = true;
        chunks
            .map_ok(move |chunk| {
                let mut bytes = if self.timestamps {
                    stamped(chunk, at_line_start)
                } else {
                    chunk.bytes
                };
                at_line_start = bytes.last() == Some(&b'\n');
                let room = usize::try_from(left).unwrap_or(usize::MAX);
                bytes.truncate(room);
                left -= bytes.len() as u64;
                bytes
            })
            // A chunk that was cut to nothing is past the limit.
            .try_take_while(|bytes| futures::future::ready(Ok(!bytes.is_empty())))
            .boxed()
    }
}

/// The time goes in front of a line, not in front of what continues one.
fn stamped(chunk: OutputChunk, at_line_start: bool) -> Bytes {
    match chunk.timestamp.filter(|_| at_line_start) {
        Some(time) => {
            let mut line = format!("{time:.9} ").into_bytes();
            line.extend_from_slice(&chunk.bytes);
            line.into()
        }
        None => chunk.bytes,
    }
}

#[cfg(test)]
mod tests {
    use weir_engine::OutputStream;

    use super::*;

    async fn shown(query: &str, lines: &[&'static str]) -> String {
        let time: Timestamp = "2026-11-23T11:30:00.5Z".parse().unwrap();
        let chunks: Vec<_> = lines
            .iter()
            .map(|line| {
                Ok(OutputChunk {
                    stream: OutputStream::Stdout,
                    bytes: Bytes::from_static(line.as_bytes()),
                    timestamp: Some(time),
                })
            })
            .collect();
        let wanted = Wanted::parse(&Query::parse(Some(query)), time).unwrap();
        let bytes: Vec<Bytes> = wanted
            .text(futures::stream::iter(chunks).boxed())
            .try_collect()
            .await
            .unwrap();
        String::from_utf8(bytes.concat()).unwrap()
    }

    #[tokio::test]
    async fn lines_are_stamped_once() {
        let text = shown("timestamps=true", &["one\n", "two, ", "continued\n"]).await;
        assert_eq!(
            text,
            "2026-11-23T11:30:00.500000000Z one\n2026-11-23T11:30:00.500000000Z two, continued\n"
        );
        assert_eq!(shown("", &["one\n", "two\n"]).await, "one\ntwo\n");
    }

    #[tokio::test]
    async fn the_limit_cuts_in_the_middle_of_a_line() {
        assert_eq!(shown("limitBytes=5", &["one\n", "two\n", "three\n"]).await, "one\nt");
        assert_eq!(shown("limitBytes=4", &["one\n", "two\n"]).await, "one\n");
    }

    #[test]
    fn wrong_parameters_are_refused() {
        for query in [
            "tailLines=x",
            "sinceSeconds=-1",
            "sinceTime=yesterday",
            "limitBytes=1.5",
        ] {
            assert!(
                Wanted::parse(&Query::parse(Some(query)), Timestamp::UNIX_EPOCH).is_err(),
                "{query}"
            );
        }
    }
}
