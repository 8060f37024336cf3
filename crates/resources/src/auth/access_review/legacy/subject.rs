use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use weir_apiserver::{ApiError, Attributes, Decision, Object, RequestContext, UserInfo, VirtualResource};

use super::API_VERSION;
use super::action::Action;
use crate::decode;

/// May somebody do something? About the asker when nobody is named.
pub(super) struct Reviews {
    /// Asked in a namespace: whoever may ask there, may ask about others.
    pub local: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Review {
    #[serde(flatten)]
    action: Action,
    user: String,
    groups: Option<Vec<String>>,
}

#[async_trait]
impl VirtualResource for Reviews {
    async fn create(&self, cx: &RequestContext, object: Object) -> Result<(Object, bool), ApiError> {
        let Review { action, user, groups } = decode::typed(&object)?;
        let action = action.within(cx)?;
        let groups = groups.unwrap_or_default();
        let user = match user.is_empty() && groups.is_empty() {
            true => cx.user.clone(),
            false => self.named(cx, user, groups).await?,
        };
        let decision = cx.objects.authorize(&user, &action.attributes()).await;
        let reason = match &decision {
            Decision::Allow => "",
            Decision::Deny(reason) => reason,
        };
        let answer = json!({
            "kind": "SubjectAccessReviewResponse",
            "apiVersion": API_VERSION,
            "namespace": action.namespace,
            "allowed": decision == Decision::Allow,
            "reason": reason,
        });
        Ok((answer, true))
    }
}

impl Reviews {
    /// Everybody may ask about himself, so the right to ask about others is looked for here.
    async fn named(&self, cx: &RequestContext, username: String, groups: Vec<String>) -> Result<UserInfo, ApiError> {
        let right = Attributes {
            verb: "create".into(),
            group: super::super::GROUP.into(),
            version: "v1".into(),
            resource: "subjectaccessreviews".into(),
            ..Attributes::default()
        };
        if !self.local && cx.objects.authorize(&cx.user, &right).await != Decision::Allow {
            return Err(ApiError::forbidden(
                &cx.resource,
                "",
                "you may ask what you may do yourself, but not what others may: leave out user and groups",
            ));
        }
        Ok(UserInfo {
            username,
            groups,
            ..UserInfo::default()
        })
    }
}
