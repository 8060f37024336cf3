use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use weir_apiserver::{ApiError, Object, RequestContext, VirtualResource};

use super::API_VERSION;
use super::action::Action;
use crate::auth::Authorizer;
use crate::decode;

/// Who may do something? What `oc policy who-can` asks.
pub(super) struct Holders {
    authorizer: Arc<Authorizer>,
}

impl Holders {
    pub fn new(authorizer: Arc<Authorizer>) -> Self {
        Self { authorizer }
    }
}

#[async_trait]
impl VirtualResource for Holders {
    async fn create(&self, cx: &RequestContext, object: Object) -> Result<(Object, bool), ApiError> {
        let action = decode::typed::<Action>(&object)?.within(cx)?;
        let holders = self.authorizer.holders(&action.attributes());
        let answer = json!({
            "kind": "ResourceAccessReviewResponse",
            "apiVersion": API_VERSION,
            "namespace": action.namespace,
            "users": holders.users,
            "groups": holders.groups,
            // As the field is called on the wire.
            "evalutionError": "",
        });
        Ok((answer, true))
    }
}
