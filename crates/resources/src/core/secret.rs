use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use weir_api::names::{annotation, secret_type};
use weir_apiserver::{ApiError, Column, FieldError, Object, RequestContext, Resource, Scope, Strategy};

use super::{data, kind};
use crate::describe::{self, AGE, NAME, column};
use crate::json;

const OPAQUE: &str = "Opaque";

const COLUMNS: &[Column] = &[
    NAME,
    column("Type", "string", "What the entries mean."),
    column("Data", "integer", "How many entries there are."),
    AGE,
];

pub(super) fn resource() -> Resource {
    Resource {
        columns: COLUMNS,
        cells,
        fields: |secret| vec![("type", json::text(secret, "/type").to_owned())],
        ..describe::stored(
            kind("Secret"),
            "secrets",
            "secret",
            Scope::Namespaced,
            Arc::new(Secrets),
        )
    }
}

struct Secrets;

#[async_trait]
impl Strategy for Secrets {
    fn default(&self, secret: &mut Object) {
        json::set_default_text(secret, "", "type", OPAQUE);
        encode_string_data(secret);
    }

    async fn prepare_for_create(&self, _cx: &RequestContext, secret: &mut Object) -> Result<(), ApiError> {
        data::check_base64(secret, "data")
    }

    async fn prepare_for_update(
        &self,
        _cx: &RequestContext,
        secret: &mut Object,
        _old: &Object,
    ) -> Result<(), ApiError> {
        data::check_base64(secret, "data")
    }

    fn validate(&self, secret: &Object) -> Vec<FieldError> {
        let mut problems = data::validate_entries(secret, "data");
        let mut total = 0;
        for (key, value) in json::members(secret, "/data") {
            match STANDARD.decode(value.as_str().unwrap_or_default()) {
                Ok(bytes) => total += bytes.len(),
                // The value itself is secret and stays out of the message.
                Err(_) => problems.push(FieldError::invalid(
                    format!("data[{key}]"),
                    "<secret>",
                    "must be base64",
                )),
            }
        }
        if total > data::MAX_BYTES {
            problems.push(FieldError::too_long("data", data::MAX_BYTES));
        }
        problems.extend(validate_type(secret));
        problems
    }

    fn validate_update(&self, secret: &Object, old: &Object) -> Vec<FieldError> {
        let mut problems = self.validate(secret);
        if secret["type"] != old["type"] {
            problems.push(FieldError::invalid("type", &secret["type"], "field is immutable"));
        }
        problems.extend(data::validate_immutable(secret, old, &["data"]));
        problems
    }

    fn is_decorated(&self) -> bool {
        false
    }
}

/// `stringData` is for writers only: it overrides `data` and is never shown.
fn encode_string_data(secret: &mut Object) {
    let Some(Value::Object(texts)) = secret.get("stringData") else {
        if secret.get("stringData").is_some_and(Value::is_null) {
            json::remove(secret, "/stringData");
        }
        return;
    };
    if !texts.values().all(Value::is_string) {
        return;
    }
    let encoded: Map<String, Value> = texts
        .iter()
        .map(|(key, text)| (key.clone(), STANDARD.encode(text.as_str().unwrap_or_default()).into()))
        .collect();
    if let Some(entries) = json::map_at(secret, &["data"]) {
        entries.extend(encoded);
        json::remove(secret, "/stringData");
    }
}

fn validate_type(secret: &Object) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if secret.get("stringData").is_some() {
        problems.push(FieldError::invalid("stringData", "<secret>", "must be a map of texts"));
    }
    let is_account_token = json::text(secret, "/type") == secret_type::SERVICE_ACCOUNT_TOKEN;
    if is_account_token && json::meta(secret, "annotations", annotation::TOKEN_ACCOUNT).is_empty() {
        let field = format!("metadata.annotations[{}]", annotation::TOKEN_ACCOUNT);
        problems.push(FieldError::required(field, ""));
    }
    let has = |key: &str| secret["data"].get(key).is_some();
    let needed: &[&str] = match json::text(secret, "/type") {
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => &["username", "password"],
        _ => &[],
    };
    problems.extend(
        needed
            .iter()
            .filter(|key| !has(key))
            .map(|key| FieldError::required(format!("data[{key}]"), "")),
    );
    for key in [".dockercfg", ".dockerconfigjson"] {
        if needed.contains(&key) && has(key) && !holds_json(&secret["data"][key]) {
            problems.push(FieldError::invalid(
                format!("data[{key}]"),
                "<secret contents redacted>",
                "must be JSON",
            ));
        }
    }
    problems
}

fn holds_json(value: &Value) -> bool {
    let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
    serde_json::from_slice::<Map<String, Value>>(&bytes).is_ok()
}

fn cells(secret: &Object, now: jiff::Timestamp) -> Vec<Value> {
    vec![
        describe::name(secret),
        json::text(secret, "/type").into(),
        json::members(secret, "/data").count().into(),
        describe::age(secret, now),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(secret: Value) -> Vec<String> {
        let mut secret = secret;
        Secrets.default(&mut secret);
        Secrets.validate(&secret).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn string_data_is_encoded_and_wins() {
        let mut secret = json!({"data": {"a": "MQ==", "b": "Mg=="}, "stringData": {"a": "3"}});
        Secrets.default(&mut secret);
        assert_eq!(secret, json!({"type": "Opaque", "data": {"a": "Mw==", "b": "Mg=="}}));
    }

    #[test]
    fn typed_secrets_have_the_entries_of_their_type() {
        assert!(problems(json!({"type": "kubernetes.io/basic-auth", "stringData": {"password": "p"}})).is_empty());
        assert!(
            problems(json!({"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "{}"}}))
                .is_empty()
        );
        let table = [
            (
                json!({"type": "kubernetes.io/basic-auth"}),
                "data[username]: Required value",
            ),
            (
                json!({"type": "kubernetes.io/service-account-token"}),
                "metadata.annotations[kubernetes.io/service-account.name]: Required value",
            ),
            (
                json!({"type": "kubernetes.io/ssh-auth"}),
                "data[ssh-privatekey]: Required value",
            ),
            (
                json!({"type": "kubernetes.io/dockercfg", "stringData": {".dockercfg": "x"}}),
                "data[.dockercfg]: Invalid value: \"<secret contents redacted>\": must be JSON",
            ),
            (json!({"data": {"a/b": ""}}), "data[a/b]: Invalid value: \"a/b\""),
            (
                json!({"data": {"a": "*"}}),
                "data[a]: Invalid value: \"<secret>\": must be base64",
            ),
            (
                json!({"stringData": {"a": 1}}),
                "stringData: Invalid value: \"<secret>\": must be a map of texts",
            ),
        ];
        for (secret, expected) in table {
            let found = problems(secret.clone());
            assert!(
                found.iter().any(|problem| problem.starts_with(expected)),
                "{secret}: {found:?}"
            );
        }
    }

    #[test]
    fn an_immutable_secret_stays_as_it_is() {
        let old = json!({"type": "Opaque", "immutable": true, "data": {"a": "MQ=="}});
        assert!(Secrets.validate_update(&old, &old).is_empty());
        let mut changed = old.clone();
        changed["data"]["a"] = "Mg==".into();
        assert_eq!(Secrets.validate_update(&changed, &old)[0].field, "data");
        changed = json!({"type": "Opaque", "data": {"a": "MQ=="}});
        assert_eq!(Secrets.validate_update(&changed, &old)[0].field, "immutable");
    }
}
