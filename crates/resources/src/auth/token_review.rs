use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use weir_apiserver::{
    ApiError, FieldError, GroupVersionKind, Object, RequestContext, Resource, Scope, VirtualResource,
};

use super::{Authenticator, user_info};
use crate::{Config, decode, describe};

const KIND: GroupVersionKind = GroupVersionKind {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenReview",
};

/// `tokenreviews`: whose token is this? Only for those who may ask about others.
pub(super) fn resource(config: &Config) -> Resource {
    let handler = TokenReviews {
        authenticator: config.authenticator.clone(),
    };
    describe::action(KIND, "tokenreviews", "tokenreview", Scope::Cluster, Arc::new(handler))
}

struct TokenReviews {
    authenticator: Arc<Authenticator>,
}

#[derive(Deserialize)]
struct TokenReview {
    #[serde(default)]
    spec: TokenReviewSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenReviewSpec {
    token: String,
    audiences: Option<Vec<String>>,
}

#[async_trait]
impl VirtualResource for TokenReviews {
    async fn create(&self, cx: &RequestContext, mut object: Object) -> Result<(Object, bool), ApiError> {
        let asked: TokenReview = decode::typed(&object)?;
        if asked.spec.token.is_empty() {
            return Err(ApiError::invalid(
                &KIND,
                "",
                vec![FieldError::required("spec.token", "")],
            ));
        }
        let audiences = asked.spec.audiences.unwrap_or_default();
        let found = self
            .authenticator
            .review(&asked.spec.token, &audiences, &cx.objects)
            .await?;
        object["status"] = match found {
            None => json!({"authenticated": false, "user": {}}),
            Some((user, audiences)) => {
                json!({"authenticated": true, "user": user_info::to_json(&user), "audiences": audiences})
            }
        };
        Ok((object, true))
    }
}
