use futures::{Stream, TryStreamExt};
use kube::core::Status;
use serde_json::Value;
use tokio_util::codec::{FramedRead, LinesCodec};
use tokio_util::io::StreamReader;

use super::{Api, Call};
use crate::failure::Failure;

/// The longest event that is read: an object of the largest size a server stores, several times over.
const EVENT_BYTES: usize = 16 * 1024 * 1024;

/// What happened to an object that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
    Bookmark,
}

/// One line of a watch: the object, or a table with its row.
#[derive(Clone, Debug)]
pub struct Change {
    pub kind: ChangeKind,
    pub object: Value,
}

impl ChangeKind {
    /// As servers and other clients say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
            Self::Bookmark => "BOOKMARK",
        }
    }
}

impl Api {
    /// Watches; the stream ends when the server ends it.
    pub async fn watch(&self, call: Call) -> Result<impl Stream<Item = Result<Change, Failure>> + use<>, Failure> {
        let server = self.server().to_string();
        let bytes = StreamReader::new(self.stream(call.query("watch", "true")).await?);
        let lines = FramedRead::new(bytes, LinesCodec::new_with_max_length(EVENT_BYTES));
        Ok(lines
            .map_err(move |error| Failure::Unreachable {
                message: format!("the watch on {server} broke off: {error}"),
                hints: Vec::new(),
            })
            .and_then(async |line| parse(&line)))
    }
}

fn parse(line: &str) -> Result<Change, Failure> {
    let wrong = |what: &str| Failure::refused(format!("the server sent a watch event that {what}"));
    let mut event: Value = serde_json::from_str(line).map_err(|error| wrong(&format!("is no JSON: {error}")))?;
    let object = event["object"].take();
    let kind = match event["type"].as_str() {
        Some("ADDED") => ChangeKind::Added,
        Some("MODIFIED") => ChangeKind::Modified,
        Some("DELETED") => ChangeKind::Deleted,
        Some("BOOKMARK") => ChangeKind::Bookmark,
        Some("ERROR") => {
            let status: Status =
                serde_json::from_value(object).map_err(|_| wrong("reports an error without a status"))?;
            return Err(Failure::api(status));
        }
        _ => return Err(wrong("has no known type")),
    };
    Ok(Change { kind, object })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_events_become_failures() {
        let line = r#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"#;
        assert_eq!(
            parse(line).unwrap_err().text().unwrap(),
            "Error from server (Expired): too old"
        );
        assert_eq!(
            parse(r#"{"type":"ADDED","object":{}}"#).unwrap().kind,
            ChangeKind::Added
        );
        assert!(parse("{}").is_err());
    }
}
