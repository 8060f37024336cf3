//! Defaults and conversions of what BuildConfigs and Builds share. All of it is idempotent.

use serde_json::{Value, json};

use crate::json::{self, map_at, set_default, set_default_text, text};

const STREAM: &str = "ImageStream";
const STREAM_TAG: &str = "ImageStreamTag";
/// The strategies with the words of `strategy.type`, in the order in which a set one decides.
const STRATEGIES: [(&str, &str); 4] = [
    ("sourceStrategy", "Source"),
    ("dockerStrategy", "Docker"),
    ("customStrategy", "Custom"),
    ("jenkinsPipelineStrategy", "JenkinsPipeline"),
];

/// Fills and normalises the `spec` of a BuildConfig or of a Build.
pub(super) fn default_spec(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    for always_there in ["source", "strategy", "output", "resources", "postCommit"] {
        map_at(spec, &[always_there]);
    }
    set_default(spec, "", "nodeSelector", Value::Null);
    default_source(&mut spec["source"]);
    default_strategy(&mut spec["strategy"]);
    default_output(&mut spec["output"]);
    if spec.get("revision").is_some_and(Value::is_object) {
        json::put(spec, &["revision", "type"], "Git");
    }
}

fn default_source(source: &mut Value) {
    if text(source, "/type") == "Binary" {
        set_default(source, "", "binary", json!({}));
    }
    normalise_context_dir(source);
    let has = |field: &str| !json::is_unset(source, &format!("/{field}"));
    let kind = match () {
        () if has("git") => "Git",
        () if has("binary") => "Binary",
        () if has("dockerfile") => "Dockerfile",
        () if !json::items(source, "/images").is_empty() => "Image",
        () => "None",
    };
    json::put(source, &["type"], kind);
    if !json::is_unset(source, "/git") {
        json::map_at(source, &["git"]);
    }
}

/// `/a/./b/` is `a/b`, and `.` is nothing. What leads out is left for validation to refuse.
fn normalise_context_dir(source: &mut Value) {
    let dir = text(source, "/contextDir");
    if dir.is_empty() || dir.split('/').any(|part| part == "..") {
        return;
    }
    let cleaned: Vec<&str> = dir.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let cleaned = cleaned.join("/");
    if cleaned.is_empty() {
        json::remove(source, "/contextDir");
    } else {
        json::put(source, &["contextDir"], cleaned);
    }
}

fn default_strategy(strategy: &mut Value) {
    if text(strategy, "/type") == "Docker" {
        set_default(strategy, "", "dockerStrategy", json!({}));
    }
    for (field, _) in STRATEGIES {
        let from = format!("/{field}/from");
        set_default_text(strategy, &from, "kind", STREAM_TAG);
        name_a_tag(strategy, &from);
    }
    let set = STRATEGIES
        .iter()
        .find(|(field, _)| !json::is_unset(strategy, &format!("/{field}")));
    match set {
        Some((_, kind)) => json::put(strategy, &["type"], *kind),
        None => drop(json::remove(strategy, "/type")),
    }
}

fn default_output(output: &mut Value) {
    if output.get("to").is_some_and(Value::is_object) {
        set_default_text(output, "/to", "kind", STREAM_TAG);
        name_a_tag(output, "/to");
        let name = text(output, "/to/name");
        if text(output, "/to/kind") == STREAM_TAG && !name.is_empty() && !name.contains(':') {
            let tag = format!("{name}:latest");
            json::put(output, &["to", "name"], tag);
        }
    }
}

/// A stream stands for its tag `latest`.
fn name_a_tag(object: &mut Value, path: &str) {
    let Some(reference) = object.pointer_mut(path) else {
        return;
    };
    if text(reference, "/kind") == STREAM {
        let tag = format!("{}:latest", text(reference, "/name"));
        json::put(reference, &["kind"], STREAM_TAG);
        json::put(reference, &["name"], tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaulted(spec: Value) -> Value {
        let mut spec = spec;
        default_spec(&mut spec);
        let once = spec.clone();
        default_spec(&mut spec);
        assert_eq!(spec, once, "defaulting twice changes nothing more");
        spec
    }

    #[test]
    fn types_follow_what_is_set() {
        let table = [
            (json!({"git": {"uri": "u"}, "dockerfile": "FROM x"}), "Git"),
            (json!({"binary": {}, "type": "Git"}), "Binary"),
            (json!({"type": "Binary"}), "Binary"),
            (json!({"dockerfile": "FROM x"}), "Dockerfile"),
            (json!({"images": [{}]}), "Image"),
            (json!({"git": null}), "None"),
        ];
        for (source, expected) in table {
            assert_eq!(text(&defaulted(json!({"source": source})), "/source/type"), expected);
        }
        let docker = defaulted(json!({"strategy": {"type": "Docker"}}));
        assert_eq!(docker["strategy"], json!({"type": "Docker", "dockerStrategy": {}}));
        let source =
            defaulted(json!({"strategy": {"type": "Docker!", "sourceStrategy": {"from": {"name": "nodejs:20"}}}}));
        assert_eq!(
            source["strategy"],
            json!({"type": "Source", "sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "nodejs:20"}}})
        );
    }

    #[test]
    fn streams_become_their_latest_tag() {
        let spec = defaulted(json!({
            "strategy": {"dockerStrategy": {"from": {"kind": "ImageStream", "name": "base"}}},
            "output": {"to": {"kind": "ImageStream", "name": "x"}},
        }));
        assert_eq!(
            spec["strategy"]["dockerStrategy"]["from"],
            json!({"kind": "ImageStreamTag", "name": "base:latest"})
        );
        assert_eq!(
            spec["output"]["to"],
            json!({"kind": "ImageStreamTag", "name": "x:latest"})
        );
        let bare = defaulted(json!({"output": {"to": {"name": "x"}}}));
        assert_eq!(
            bare["output"]["to"],
            json!({"kind": "ImageStreamTag", "name": "x:latest"})
        );
        let docker = defaulted(json!({"output": {"to": {"kind": "DockerImage", "name": "h/x"}}}));
        assert_eq!(docker["output"]["to"], json!({"kind": "DockerImage", "name": "h/x"}));
    }

    #[test]
    fn the_context_directory_is_cleaned() {
        for (given, expected) in [
            ("/a/./b/", "a/b"),
            (".", ""),
            ("a", "a"),
            ("../a", "../a"),
            ("a/../../b", "a/../../b"),
        ] {
            let spec = defaulted(json!({"source": {"contextDir": given}}));
            assert_eq!(text(&spec, "/source/contextDir"), expected, "{given}");
        }
    }

    #[test]
    fn what_clients_expect_is_always_there() {
        let spec = defaulted(json!({"revision": {"git": {"commit": "c"}}}));
        for field in ["source", "strategy", "output", "resources", "postCommit"] {
            assert!(spec[field].is_object(), "{field}");
        }
        assert!(spec.get("nodeSelector").is_some_and(Value::is_null));
        assert_eq!(text(&spec, "/revision/type"), "Git");
    }
}
