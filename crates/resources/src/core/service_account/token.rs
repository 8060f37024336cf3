use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use weir_apiserver::{
    ApiError, FieldError, GroupVersionKind, Object, RequestContext, Subresource, SubresourceHandler, Verb,
};

use super::super::SERVICE_ACCOUNTS;
use crate::auth::{API_AUDIENCE, Authenticator, BoundTo, MAX_LIFETIME, MIN_LIFETIME, NamedObject, RepositoryScope};
use crate::{Clock, Config, decode, describe, json};

const KIND: GroupVersionKind = GroupVersionKind {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenRequest",
};
/// Enough for any client; a list without end would make tokens that no header can carry.
const MAX_AUDIENCES: usize = 16;

pub(super) fn subresource(config: &Config) -> Subresource {
    let handler = Tokens {
        authenticator: config.authenticator.clone(),
        clock: config.clock.clone(),
    };
    describe::subresource("token", KIND, &[Verb::Create], handler)
}

/// `serviceaccounts/NAME/token`: a signed token that lives at most an hour. An audience `registry:NAMESPACE/NAME` makes
/// one that is good for that repository of the registry and for nothing else.
struct Tokens {
    authenticator: Arc<Authenticator>,
    clock: Clock,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    audiences: Option<Vec<String>>,
    expiration_seconds: Option<u64>,
    bound_object_ref: Option<Value>,
}

#[async_trait]
impl SubresourceHandler for Tokens {
    async fn create(&self, cx: &RequestContext, name: &str, object: Object) -> Result<Object, ApiError> {
        let spec: Option<Spec> = decode::typed(&object["spec"])?;
        let spec = spec.unwrap_or_default();
        let problems = problems(&spec);
        if !problems.is_empty() {
            return Err(ApiError::invalid(&KIND, name, problems));
        }
        let account = cx.objects.get(&SERVICE_ACCOUNTS, &cx.namespace, name).await?;
        let audiences = spec
            .audiences
            .filter(|list| !list.is_empty())
            .unwrap_or_else(|| vec![API_AUDIENCE.into()]);
        let lifetime = spec
            .expiration_seconds
            .map_or(MAX_LIFETIME, Duration::from_secs)
            .min(MAX_LIFETIME);
        let (token, claims) = self
            .authenticator
            .tokens()
            .mint(bound_to(&account), audiences, (self.clock)(), lifetime)
            .map_err(ApiError::internal)?;
        let expires = Timestamp::from_second(claims.exp).map_err(ApiError::internal)?;
        Ok(json!({
            "kind": KIND.kind,
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": name, "namespace": cx.namespace, "creationTimestamp": null},
            "spec": {
                "audiences": claims.aud,
                "expirationSeconds": lifetime.as_secs(),
                "boundObjectRef": null,
            },
            "status": {"token": token, "expirationTimestamp": expires.to_string()},
        }))
    }
}

fn bound_to(account: &Object) -> BoundTo {
    BoundTo {
        namespace: json::text(account, "/metadata/namespace").into(),
        serviceaccount: NamedObject {
            name: json::text(account, "/metadata/name").into(),
            uid: json::text(account, "/metadata/uid").into(),
        },
    }
}

fn problems(spec: &Spec) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if let Some(seconds) = spec
        .expiration_seconds
        .filter(|seconds| *seconds < MIN_LIFETIME.as_secs())
    {
        let message = "may not specify a duration less than 10 minutes";
        problems.push(FieldError::invalid("spec.expirationSeconds", seconds, message));
    }
    if spec
        .bound_object_ref
        .as_ref()
        .is_some_and(|reference| !reference.is_null())
    {
        let message = "tokens are bound to their service account only; leave it out";
        problems.push(FieldError::forbidden("spec.boundObjectRef", message));
    }
    problems.extend(audience_problems(spec.audiences.as_deref().unwrap_or_default()));
    problems
}

fn audience_problems(audiences: &[String]) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if audiences.len() > MAX_AUDIENCES {
        problems.push(FieldError::too_many("spec.audiences", audiences.len(), MAX_AUDIENCES));
    }
    for (index, audience) in audiences.iter().enumerate() {
        let field = format!("spec.audiences[{index}]");
        if RepositoryScope::is_meant(audience) && RepositoryScope::parse(audience).is_none() {
            problems.push(FieldError::invalid(
                field,
                audience,
                "must be of the form registry:NAMESPACE/NAME",
            ));
        }
    }
    let scoped = audiences
        .iter()
        .filter(|audience| RepositoryScope::is_meant(audience))
        .count();
    if scoped != 0 && scoped != audiences.len() {
        let message = "audiences of the registry cannot be mixed with others";
        problems.push(FieldError::invalid("spec.audiences", audiences, message));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_that_cannot_be_granted_are_named() {
        let spec = |spec: Value| serde_json::from_value::<Spec>(spec).unwrap();
        assert!(
            problems(&spec(
                json!({"audiences": ["registry:a/b", "registry:a/c"], "expirationSeconds": 600})
            ))
            .is_empty()
        );
        let table = [
            (json!({"expirationSeconds": 599}), "spec.expirationSeconds"),
            (
                json!({"boundObjectRef": {"kind": "Pod", "name": "p"}}),
                "spec.boundObjectRef",
            ),
            (json!({"audiences": ["registry:a"]}), "spec.audiences[0]"),
            (json!({"audiences": ["registry:a/b", "vault"]}), "spec.audiences"),
            (json!({"audiences": vec!["a"; 17]}), "spec.audiences"),
        ];
        for (wish, field) in table {
            assert_eq!(problems(&spec(wish.clone()))[0].field, field, "{wish}");
        }
    }
}
