//! The log that a rollout keeps on its replication controller, as a stream.

use axum::body::{Body, Bytes};
use futures::{TryStreamExt, stream};
use weir_api::names::annotation;
use weir_apiserver::{ApiError, Object, ObjectWatch, RequestContext};

use super::super::encoded;
use crate::core::REPLICATION_CONTROLLERS;
use crate::core::pod::LogOptions;
use crate::json;

/// What the rollout said so far, and, when following, what it says until it ends.
pub(super) async fn log(cx: &RequestContext, deployment: Object, options: &LogOptions) -> Result<Body, ApiError> {
    let so_far = text(&deployment);
    let shown = Bytes::from(tail(so_far, options.tail_lines()).to_owned());
    if !options.follow || is_over(&deployment) {
        return Ok(Body::from(shown));
    }
    let name = json::text(&deployment, "/metadata/name");
    let changes = cx
        .objects
        .watch_object(&REPLICATION_CONTROLLERS, &cx.namespace, name)
        .await?;
    let follower = Follower {
        changes,
        seen: so_far.to_owned(),
        over: false,
    };
    let rest = stream::try_unfold(follower, |mut follower| async move {
        Ok::<_, ApiError>(follower.more().await?.map(|more| (Bytes::from(more), follower)))
    });
    let all = futures::StreamExt::chain(stream::iter([Ok(shown)]), rest);
    Ok(Body::from_stream(all.inspect_err(
        |error| tracing::warn!(%error, "a rollout's log ends early"),
    )))
}

struct Follower {
    changes: ObjectWatch,
    seen: String,
    over: bool,
}

impl Follower {
    /// The next lines; `None` after the last.
    async fn more(&mut self) -> Result<Option<String>, ApiError> {
        while !self.over {
            let Some(deployment) = self.changes.next().await? else {
                return Ok(None);
            };
            self.over = is_over(&deployment);
            let now = text(&deployment);
            let new = added(&self.seen, now).to_owned();
            self.seen = now.to_owned();
            if !new.is_empty() {
                return Ok(Some(new));
            }
        }
        Ok(None)
    }
}

fn is_over(deployment: &Object) -> bool {
    matches!(encoded::phase(deployment), "Complete" | "Failed")
}

fn text(deployment: &Object) -> &str {
    json::meta(deployment, "annotations", annotation::DEPLOYMENT_LOG)
}

/// What `now` says beyond `seen`. The log is bounded: its oldest lines may be gone from `now`.
fn added<'a>(seen: &str, now: &'a str) -> &'a str {
    let line_starts = seen.match_indices('\n').map(|(end, _)| end + 1);
    std::iter::once(0)
        .chain(line_starts)
        .find_map(|start| now.strip_prefix(&seen[start..]))
        .unwrap_or(now)
}

fn tail(text: &str, lines: Option<usize>) -> &str {
    let Some(lines) = lines else { return text };
    let ends: Vec<usize> = text
        .match_indices('\n')
        .map(|(at, _)| at + 1)
        .filter(|end| *end < text.len())
        .collect();
    let starts = ends.len() + usize::from(!text.is_empty());
    match starts.checked_sub(lines) {
        None | Some(0) => text,
        Some(skipped) if skipped == starts => "",
        Some(skipped) => &text[ends[skipped - 1]..],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_lines_are_sent() {
        assert_eq!(added("", "a\n"), "a\n");
        assert_eq!(added("a\n", "a\nb\n"), "b\n");
        assert_eq!(added("a\nb\n", "b\nc\n"), "c\n", "the oldest line was dropped");
        assert_eq!(added("a\nb\n", "a\nb\n"), "");
        assert_eq!(added("a\n", "x\ny\n"), "x\ny\n", "nothing of it was seen");
    }

    #[test]
    fn the_tail_is_counted_in_lines() {
        let text = "a\nb\nc\n";
        assert_eq!(tail(text, None), text);
        assert_eq!(tail(text, Some(0)), "");
        assert_eq!(tail(text, Some(1)), "c\n");
        assert_eq!(tail(text, Some(2)), "b\nc\n");
        assert_eq!(tail(text, Some(9)), text);
        assert_eq!(tail("", Some(1)), "");
    }
}
