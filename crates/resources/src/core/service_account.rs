mod token;

use std::sync::Arc;

use serde_json::Value;
use weir_apiserver::{Column, FieldError, Object, Resource, Scope, Strategy, schema};

use super::kind;
use crate::Config;
use crate::describe::{self, AGE, NAME, column};
use crate::json;

const COLUMNS: &[Column] = &[
    NAME,
    column("Secrets", "integer", "How many secrets the account may use."),
    AGE,
];

/// Identities of pods and builds. They come without long-lived tokens: those are asked for at `/token`, one by one, or
/// by a secret that is to keep one.
pub(super) fn resource(config: &Config) -> Resource {
    Resource {
        short_names: &["sa"],
        subresources: vec![token::subresource(config)],
        columns: COLUMNS,
        cells: |account, now| {
            let secrets = json::items(account, "/secrets").len();
            vec![describe::name(account), secrets.into(), describe::age(account, now)]
        },
        schema: &schema::SERVICE_ACCOUNT,
        ..describe::stored(
            kind("ServiceAccount"),
            "serviceaccounts",
            "serviceaccount",
            Scope::Namespaced,
            Arc::new(ServiceAccounts),
        )
    }
}

struct ServiceAccounts;

impl Strategy for ServiceAccounts {
    fn validate(&self, account: &Object) -> Vec<FieldError> {
        let is_list = |value: &Value| value.is_null() || value.is_array();
        ["secrets", "imagePullSecrets"]
            .into_iter()
            .filter(|field| !is_list(&account[*field]))
            .map(|field| FieldError::invalid(field, &account[field], "must be a list"))
            .collect()
    }

    fn is_decorated(&self) -> bool {
        false
    }
}
