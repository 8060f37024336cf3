use jiff::Timestamp;
use serde_json::Value;
use weir_apiserver::{Column, Object};

use crate::describe::{self, NAME, column};
use crate::{ages, json};

/// Longer hexadecimal revisions are commits, and are cut.
const LONG_HEX: usize = 20;
const SHORT_COMMIT: usize = 7;

const TYPE: Column = column("Type", "string", "How it is built.");
const FROM: Column = column("From", "string", "Where the source comes from.");

pub(super) const BUILD_CONFIG_COLUMNS: &[Column] = &[
    NAME,
    TYPE,
    FROM,
    column("Latest", "string", "Number of the newest build."),
];

pub(super) const BUILD_COLUMNS: &[Column] = &[
    NAME,
    TYPE,
    FROM,
    column("Status", "string", "How far the build is, and why."),
    column("Started", "string", "When the build began to run."),
    column("Duration", "string", "How long the build ran."),
];

pub(super) fn build_config_cells(config: &Object, _now: Timestamp) -> Vec<Value> {
    vec![
        describe::name(config),
        strategy(config).into(),
        from(config).into(),
        json::number(config, "/status/lastVersion").unwrap_or_default().into(),
    ]
}

pub(super) fn build_cells(build: &Object, now: Timestamp) -> Vec<Value> {
    vec![
        describe::name(build),
        strategy(build).into(),
        from(build).into(),
        status(build).into(),
        ages::ago(json::text(build, "/status/startTimestamp"), now).into(),
        ages::length(json::number(build, "/status/duration").unwrap_or_default()).into(),
    ]
}

fn strategy(object: &Object) -> &str {
    json::text(object, "/spec/strategy/type")
}

fn status(build: &Object) -> String {
    let phase = json::text(build, "/status/phase");
    match json::text(build, "/status/reason") {
        "" => phase.to_owned(),
        reason => format!("{phase} ({reason})"),
    }
}

fn from(object: &Object) -> String {
    if strategy(object) == "Custom" {
        return json::text(object, "/spec/strategy/customStrategy/from/name").to_owned();
    }
    let source = &object["spec"]["source"];
    let has = |field: &str| !json::is_unset(source, &format!("/{field}"));
    let revision = match revision(object) {
        revision if revision.is_empty() => revision,
        revision => format!("@{revision}"),
    };
    match (has("binary"), has("dockerfile"), has("git")) {
        (true, ..) => format!("Binary{revision}"),
        (_, true, true) => format!("Dockerfile,Git{revision}"),
        (_, true, false) => "Dockerfile".into(),
        (_, false, true) => format!("Git{revision}"),
        (_, false, false) => String::new(),
    }
}

fn revision(object: &Object) -> String {
    let text = match json::text(object, "/spec/revision/git/commit") {
        "" => json::text(object, "/spec/source/git/ref"),
        commit => commit,
    };
    let is_commit = text.len() > LONG_HEX && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_commit {
        text.chars().take(SHORT_COMMIT).collect()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn from_names_what_the_source_is() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let table = [
            (json!({"source": {"git": {"uri": "u"}}}), "Git"),
            (json!({"source": {"git": {"uri": "u", "ref": "main"}}}), "Git@main"),
            (
                json!({"source": {"git": {"uri": "u", "ref": "main"}}, "revision": {"git": {"commit": commit}}}),
                "Git@0123456",
            ),
            (
                json!({"source": {"git": {"uri": "u"}, "dockerfile": "FROM x"}}),
                "Dockerfile,Git",
            ),
            (json!({"source": {"dockerfile": "FROM x"}}), "Dockerfile"),
            (
                json!({"source": {"binary": {}}, "revision": {"git": {"commit": commit}}}),
                "Binary@0123456",
            ),
            (json!({"source": {"images": [{}]}}), ""),
            (
                json!({"strategy": {"type": "Custom", "customStrategy": {"from": {"name": "x:y"}}}}),
                "x:y",
            ),
        ];
        for (spec, expected) in table {
            assert_eq!(from(&json!({"spec": spec})), expected, "{spec}");
        }
    }

    #[test]
    fn a_row_of_a_build_tells_how_it_went() {
        let now: Timestamp = "2026-01-01T01:00:00Z".parse().unwrap();
        let build = json!({"metadata": {"name": "web-1"}, "spec": {"strategy": {"type": "Source"}, "source": {"git": {}}},
            "status": {"phase": "Failed", "reason": "FetchSourceFailed", "startTimestamp": "2026-01-01T00:58:00Z",
                "duration": 63_000_000_000_i64}});
        assert_eq!(
            build_cells(&build, now),
            vec![
                json!("web-1"),
                json!("Source"),
                json!("Git"),
                json!("Failed (FetchSourceFailed)"),
                json!("2 minutes ago"),
                json!("1m3s")
            ]
        );
        let new = json!({"metadata": {"name": "web-2"}, "status": {"phase": "New"}});
        assert_eq!(build_cells(&new, now)[3..], [json!("New"), json!(""), json!("")]);
    }
}
