use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_apiserver::{Column, FieldError, GroupResource, Object, Resource, Schema, Scope, Strategy, schema};

use super::{API_VERSION, kind};
use crate::describe::{self, NAME, column};
use crate::json;

pub(super) const CLIENTS: GroupResource = GroupResource {
    group: super::GROUP,
    resource: "oauthclients",
};

/// Asks for a name and a password on the command line.
const CHALLENGING: &str = "openshift-challenging-client";
/// Opens a browser and listens on the loopback interface for what comes of it.
const COMMAND_LINE: &str = "openshift-cli-client";

const COLUMNS: &[Column] = &[
    NAME,
    column(
        "WWW-Challenge",
        "boolean",
        "Whether it asks for names and passwords itself.",
    ),
    column("Token-Max-Age", "string", "How long its tokens live."),
    column("Redirect URIs", "string", "Where answers may be sent."),
];

static SCHEMA: Schema = Schema::object(&[("metadata", &schema::OBJECT_META), ("redirectURIs", &Schema::SET)]);

/// `oauthclients`: programs that may ask for tokens, and where the answers may go.
pub(super) fn resource() -> Resource {
    Resource {
        columns: COLUMNS,
        cells: |client, _now| {
            let uris: Vec<&str> = redirect_uris(client).collect();
            let age = match max_age(client) {
                None => "default".to_owned(),
                Some(0) => "unexpiring".to_owned(),
                Some(seconds) => format!("{seconds}s"),
            };
            vec![
                describe::name(client),
                responds_with_challenges(client).into(),
                age.into(),
                uris.join(",").into(),
            ]
        },
        schema: &SCHEMA,
        ..describe::stored(
            kind("OAuthClient"),
            "oauthclients",
            "oauthclient",
            Scope::Cluster,
            Arc::new(Clients),
        )
    }
}

/// The clients that come with the server, which answers under `issuers`.
pub(super) fn built_in(issuers: &[String]) -> Vec<Object> {
    let implicit: Vec<String> = issuers
        .iter()
        .map(|issuer| format!("{issuer}/oauth/token/implicit"))
        .collect();
    let client = |name: &str, challenges: bool, uris: Value| {
        json!({
            "kind": "OAuthClient",
            "apiVersion": API_VERSION,
            "metadata": {"name": name},
            "respondWithChallenges": challenges,
            "redirectURIs": uris,
            "grantMethod": "auto",
        })
    };
    vec![
        client(CHALLENGING, true, json!(implicit)),
        client(
            COMMAND_LINE,
            false,
            json!(["http://127.0.0.1/callback", "http://[::1]/callback"]),
        ),
    ]
}

pub(super) fn redirect_uris(client: &Object) -> impl Iterator<Item = &str> {
    json::items(client, "/redirectURIs").iter().filter_map(Value::as_str)
}

pub(super) fn responds_with_challenges(client: &Object) -> bool {
    json::flag(client, "/respondWithChallenges")
}

/// How long the client's tokens live, in seconds, when it says; 0 for ever.
pub(super) fn max_age(client: &Object) -> Option<i64> {
    json::number(client, "/accessTokenMaxAgeSeconds")
}

/// What proves that a request comes from the client; nothing for one that runs where its user could read it.
pub(super) fn secrets(client: &Object) -> Vec<&str> {
    let additional = json::items(client, "/additionalSecrets")
        .iter()
        .filter_map(Value::as_str);
    let all = [json::text(client, "/secret")].into_iter().chain(additional);
    all.filter(|secret| !secret.is_empty()).collect()
}

/// Whether the user has to say to the server itself that the client may have a token.
pub(super) fn needs_consent(client: &Object) -> bool {
    json::text(client, "/grantMethod") != "auto"
}

struct Clients;

#[async_trait]
impl Strategy for Clients {
    fn validate(&self, client: &Object) -> Vec<FieldError> {
        let mut problems = Vec::new();
        for (index, uri) in json::items(client, "/redirectURIs").iter().enumerate() {
            if let Err(why) = super::redirect::check_registered(uri.as_str().unwrap_or_default()) {
                problems.push(FieldError::invalid(format!("redirectURIs[{index}]"), uri, why));
            }
        }
        let method = &client["grantMethod"];
        if !matches!(method.as_str().unwrap_or_default(), "" | "auto" | "prompt") {
            problems.push(FieldError::not_supported("grantMethod", method, &["auto", "prompt"]));
        }
        let age = &client["accessTokenMaxAgeSeconds"];
        if !age.is_null() && age.as_i64().is_none_or(|age| age < 0) {
            problems.push(FieldError::invalid(
                "accessTokenMaxAgeSeconds",
                age,
                "must be a number of seconds",
            ));
        }
        problems
    }

    fn is_decorated(&self) -> bool {
        false
    }
}
