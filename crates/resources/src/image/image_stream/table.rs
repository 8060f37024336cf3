use serde_json::Value;
use weir_apiserver::{Column, Object};

use crate::describe::{self, NAME, column};
use crate::{ages, json};

/// Width that the list of tags is cut to.
const TAGS_WIDTH: usize = 40;
/// The list may be this much wider if that shows it whole.
const TAGS_SLACK: usize = TAGS_WIDTH / 4;

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column("Docker Repo", "string", "Where to pull from and push to."),
    column("Tags", "string", "The tags, those that moved last first."),
    column("Updated", "string", "When a tag moved last."),
];

pub(super) fn cells(stream: &Object, now: jiff::Timestamp) -> Vec<Value> {
    let paths = [
        "/status/publicDockerImageRepository",
        "/spec/dockerImageRepository",
        "/status/dockerImageRepository",
    ];
    let repository = paths
        .into_iter()
        .map(|path| json::text(stream, path))
        .find(|text| !text.is_empty());
    let mut tags: Vec<(&str, &str)> = json::items(stream, "/status/tags")
        .iter()
        .map(|history| (json::text(history, "/items/0/created"), json::text(history, "/tag")))
        .collect();
    tags.sort_by(|(a_time, a), (b_time, b)| b_time.cmp(a_time).then(a.cmp(b)));
    let updated = tags.first().map_or(String::new(), |(time, _)| ages::ago(time, now));
    let names: Vec<&str> = tags.into_iter().map(|(_, tag)| tag).collect();
    vec![
        describe::name(stream),
        repository.unwrap_or_default().into(),
        shorten(&names).into(),
        updated.into(),
    ]
}

/// The names joined by commas, as many as fit but at least one, and how many are left out.
fn shorten(names: &[&str]) -> String {
    let whole = names.join(",");
    if whole.len() <= TAGS_WIDTH + TAGS_SLACK {
        return whole;
    }
    let mut width = 0;
    let fitting = names.iter().take_while(|name| {
        width += name.len() + 1;
        width <= TAGS_WIDTH + 1
    });
    let shown = fitting.count().max(1);
    match names.len() - shown {
        0 => whole,
        hidden => format!("{} + {hidden} more...", names[..shown].join(",")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// images 5, 97
    #[test]
    fn a_row_shows_the_tags_that_moved_last_first() {
        let history = |tag: &str, created: &str| json!({"tag": tag, "items": [{"created": created}]});
        let mut stream = json!({
            "metadata": {"name": "s"},
            "spec": {},
            "status": {
                "dockerImageRepository": "registry/ns/s",
                "tags": [history("a", "2026-01-01T00:00:00Z"), history("b", "2026-01-02T00:00:00Z"),
                    {"tag": "failed", "items": null}],
            },
        });
        let now = "2026-01-02T00:05:00Z".parse().unwrap();
        assert_eq!(
            cells(&stream, now),
            [
                json!("s"),
                json!("registry/ns/s"),
                json!("b,a,failed"),
                json!("5 minutes ago")
            ]
        );
        stream["status"]["publicDockerImageRepository"] = "outside/ns/s".into();
        assert_eq!(cells(&stream, now)[1], "outside/ns/s");
        assert_eq!(cells(&json!({"metadata": {"name": "s"}}), now)[3], "");
    }

    #[test]
    fn many_tags_are_cut() {
        let names: Vec<String> = (10..30).map(|n| format!("1.{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(shorten(&names), "1.10,1.11,1.12,1.13,1.14,1.15,1.16,1.17 + 12 more...");
        assert_eq!(shorten(&names[..10]), names[..10].join(","));
        let long = "x".repeat(100);
        assert_eq!(shorten(&[&long, "y"]), format!("{long} + 1 more..."));
        assert_eq!(shorten(&[&long]), long);
    }
}
