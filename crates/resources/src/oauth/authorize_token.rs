use std::sync::Arc;

use weir_apiserver::{FieldError, GroupResource, Object, Resource, Scope, Strategy};

use super::{access_token, kind, secret, token_table};
use crate::describe;

pub(super) const AUTHORIZE_TOKENS: GroupResource = GroupResource {
    group: super::GROUP,
    resource: "oauthauthorizetokens",
};

/// `oauthauthorizetokens`: codes that were given to clients and not exchanged yet, under the hash of each.
pub(super) fn resource() -> Resource {
    Resource {
        columns: token_table::COLUMNS,
        cells: token_table::cells,
        fields: access_token::fields,
        ..describe::stored(
            kind("OAuthAuthorizeToken"),
            "oauthauthorizetokens",
            "oauthauthorizetoken",
            Scope::Cluster,
            Arc::new(AuthorizeTokens),
        )
    }
}

struct AuthorizeTokens;

impl Strategy for AuthorizeTokens {
    fn validate(&self, token: &Object) -> Vec<FieldError> {
        let mut problems = access_token::required_texts(token);
        problems.extend(secret::seconds("expiresIn", &token["expiresIn"]));
        problems
    }

    fn validate_update(&self, token: &Object, old: &Object) -> Vec<FieldError> {
        const FIELDS: &[&str] = &[
            "clientName",
            "userName",
            "userUID",
            "scopes",
            "expiresIn",
            "redirectURI",
            "codeChallenge",
            "codeChallengeMethod",
        ];
        access_token::unchanged(token, old, FIELDS)
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn validate_name(&self, name: &str) -> Result<(), String> {
        secret::validate_token_name(name)
    }
}
