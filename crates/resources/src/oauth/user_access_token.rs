use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use weir_apiserver::{ApiError, Object, RequestContext, Resource, Scope, Verb, VirtualResource};

use super::access_token::{self, ACCESS_TOKENS};
use super::{API_VERSION, kind, token_table};
use crate::{describe, json};

/// `useroauthaccesstokens`: everybody's own tokens, to see and to end them.
pub(super) fn resource() -> Resource {
    Resource {
        columns: token_table::OWN_COLUMNS,
        cells: token_table::own_cells,
        fields: access_token::fields,
        ..describe::computed(
            kind("UserOAuthAccessToken"),
            "useroauthaccesstokens",
            "useroauthaccesstoken",
            Scope::Cluster,
            &[Verb::Get, Verb::List, Verb::Delete],
            Arc::new(OwnTokens),
        )
    }
}

struct OwnTokens;

#[async_trait]
impl VirtualResource for OwnTokens {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        Ok(shown(own(cx, name).await?))
    }

    async fn list(&self, cx: &RequestContext) -> Result<Vec<Object>, ApiError> {
        let tokens = cx.objects.list(&ACCESS_TOKENS, "", None).await?;
        Ok(tokens
            .into_iter()
            .filter(|token| is_own(cx, token))
            .map(shown)
            .collect())
    }

    async fn delete(&self, cx: &RequestContext, name: &str, _options: &Value) -> Result<Object, ApiError> {
        own(cx, name).await?;
        let cx = cx.for_resource(ACCESS_TOKENS);
        Ok(shown(cx.objects.delete(&cx, &ACCESS_TOKENS, "", name).await?))
    }
}

/// Tokens of others are not there.
async fn own(cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
    match cx.objects.get(&ACCESS_TOKENS, "", name).await {
        Ok(token) if is_own(cx, &token) => Ok(token),
        Ok(_) => Err(cx.not_found(name)),
        Err(error) if error.is_not_found() => Err(cx.not_found(name)),
        Err(error) => Err(error),
    }
}

fn is_own(cx: &RequestContext, token: &Object) -> bool {
    json::text(token, "/userName") == cx.user.username && json::text(token, "/userUID") == cx.user.uid
}

fn shown(mut token: Object) -> Object {
    token["kind"] = "UserOAuthAccessToken".into();
    token["apiVersion"] = API_VERSION.into();
    token
}
