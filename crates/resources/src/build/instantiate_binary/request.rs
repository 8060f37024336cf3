use serde_json::{Value, json};
use weir_apiserver::{Object, RequestContext};

/// The BuildRequest that the parameters of an upload stand for. It names no cause: nothing but the upload started it.
pub(super) fn build_request(cx: &RequestContext, name: &str) -> Object {
    let parameter = |key: &str| cx.query_value(key).unwrap_or_default();
    let mut request = json!({
        "apiVersion": weir_api::build::API_VERSION,
        "kind": "BuildRequest",
        "metadata": {"name": name},
        "binary": {},
    });
    set(&mut request["binary"], "asFile", parameter("asFile"));
    if !parameter("revision.commit").is_empty() {
        request["revision"] = revision(&parameter);
    }
    request
}

/// What is said of the commit that was uploaded. It is shown, and not looked for in what comes.
fn revision<'a>(parameter: &impl Fn(&str) -> &'a str) -> Value {
    let mut git = json!({"commit": parameter("revision.commit"), "author": {}, "committer": {}});
    set(&mut git, "message", parameter("revision.message"));
    for who in ["author", "committer"] {
        set(&mut git[who], "name", parameter(&format!("revision.{who}Name")));
        set(&mut git[who], "email", parameter(&format!("revision.{who}Email")));
    }
    json!({"type": "Git", "git": git})
}

fn set(object: &mut Value, field: &str, text: &str) {
    if !text.is_empty() {
        object[field] = text.into();
    }
}
