use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use weir_apiserver::{
    ApiError, FieldError, GroupVersionKind, Object, RequestContext, Subresource, SubresourceHandler, Verb,
};

use super::super::{PODS, SECRETS, SERVICE_ACCOUNTS};
use crate::auth::{API_AUDIENCE, Authenticator, BoundTo, MAX_LIFETIME, MIN_LIFETIME, NamedObject, RepositoryScope};
use crate::{Clock, Config, decode, describe, json};

const KIND: GroupVersionKind = GroupVersionKind {
    group: "authentication.k8s.io",
    version: "v1",
    kind: "TokenRequest",
};
const POD: &str = "Pod";
const SECRET: &str = "Secret";
/// Enough for any client; a list without end would make tokens that no header can carry.
const MAX_AUDIENCES: usize = 16;

pub(super) fn subresource(config: &Config) -> Subresource {
    let handler = Tokens {
        authenticator: config.authenticator.clone(),
        clock: config.clock.clone(),
    };
    describe::subresource("token", KIND, &[Verb::Create], handler)
}

/// `serviceaccounts/NAME/token`: a signed token that lives at most an hour, and no longer than a pod or a secret that it
/// is bound to. An audience `registry:NAMESPACE/NAME` makes
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
    bound_object_ref: Option<ObjectReference>,
}

/// What a token is to die with, besides its account.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ObjectReference {
    kind: String,
    api_version: String,
    name: String,
    uid: String,
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
        let bound = bound_to(cx, &account, spec.bound_object_ref.as_ref()).await?;
        let shown = spec.bound_object_ref.as_ref().map(|asked| shown(asked, &bound));
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
            .mint(bound, audiences, (self.clock)(), lifetime)
            .map_err(ApiError::internal)?;
        let expires = Timestamp::from_second(claims.exp).map_err(ApiError::internal)?;
        Ok(json!({
            "kind": KIND.kind,
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": name, "namespace": cx.namespace, "creationTimestamp": null},
            "spec": {
                "audiences": claims.aud,
                "expirationSeconds": lifetime.as_secs(),
                "boundObjectRef": shown,
            },
            "status": {"token": token, "expirationTimestamp": expires.to_string()},
        }))
    }
}

/// What the token dies with: its account, and the object that was asked for, which must be there.
async fn bound_to(cx: &RequestContext, account: &Object, asked: Option<&ObjectReference>) -> Result<BoundTo, ApiError> {
    let text = |path| json::text(account, path);
    let mut bound = BoundTo::account(
        text("/metadata/namespace"),
        text("/metadata/name"),
        text("/metadata/uid"),
    );
    let Some(asked) = asked else { return Ok(bound) };
    let resource = if asked.kind == POD { PODS } else { SECRETS };
    let object = cx.objects.get(&resource, &cx.namespace, &asked.name).await?;
    let uid = json::text(&object, "/metadata/uid");
    if !asked.uid.is_empty() && asked.uid != uid {
        let why = format!(
            "the UID in the bound object reference ({}) does not match the UID in record",
            asked.uid
        );
        return Err(ApiError::conflict(&resource, &asked.name, why));
    }
    let named = NamedObject::new(&asked.name, uid);
    if asked.kind == SECRET {
        bound.secret = Some(named);
        return Ok(bound);
    }
    if json::text(&object, "/spec/serviceAccountName") != bound.serviceaccount.name {
        return Err(ApiError::bad_request(format!(
            "cannot bind token for serviceaccount {:?} to pod running with different serviceaccount name",
            bound.serviceaccount.name
        )));
    }
    bound.pod = Some(named);
    Ok(bound)
}

fn shown(asked: &ObjectReference, bound: &BoundTo) -> Value {
    let object = bound.pod.as_ref().or(bound.secret.as_ref());
    json!({"kind": asked.kind, "apiVersion": "v1", "name": asked.name, "uid": object.map(|object| &object.uid)})
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
    if let Some(bound) = &spec.bound_object_ref {
        problems.extend(reference_problems(bound));
    }
    problems.extend(audience_problems(spec.audiences.as_deref().unwrap_or_default()));
    problems
}

fn reference_problems(bound: &ObjectReference) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if bound.api_version != "v1" || ![POD, SECRET].contains(&bound.kind.as_str()) {
        let kind = format!("{}, Kind={}", bound.api_version, bound.kind);
        let supported = ["v1, Kind=Pod", "v1, Kind=Secret"];
        problems.push(FieldError::not_supported("spec.boundObjectRef.kind", kind, &supported));
    }
    if bound.name.is_empty() {
        problems.push(FieldError::required("spec.boundObjectRef.name", ""));
    }
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
                json!({"boundObjectRef": {"kind": "ConfigMap", "apiVersion": "v1", "name": "p"}}),
                "spec.boundObjectRef.kind",
            ),
            (
                json!({"boundObjectRef": {"kind": "Pod", "name": "p"}}),
                "spec.boundObjectRef.kind",
            ),
            (
                json!({"boundObjectRef": {"kind": "Pod", "apiVersion": "v1"}}),
                "spec.boundObjectRef.name",
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
