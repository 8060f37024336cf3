//! Tokens of service accounts that are kept in secrets, in the form that Kubernetes has given them since its first days.
//! They carry no time at which they end: such a token is good while its secret shows it and its account exists.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use weir_api::names::secret_type;
use weir_apiserver::{ApiError, GroupResource, Object, UserInfo};

use super::authenticator::ObjectLookup;
use super::service_account_token::{BoundTo, ServiceAccountTokens, TokenError, username};
use super::user_info;
use crate::core::{SECRETS, SERVICE_ACCOUNTS};
use crate::json;

/// `iss` of these tokens, and of no others.
pub(super) const ISSUER: &str = "kubernetes/serviceaccount";

/// What such a token says, in the words that programs look for in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretClaims {
    pub iss: String,
    pub sub: String,
    /// Makes a token that is made anew another one.
    pub jti: String,
    #[serde(rename = "kubernetes.io/serviceaccount/namespace")]
    pub namespace: String,
    #[serde(rename = "kubernetes.io/serviceaccount/secret.name")]
    pub secret: String,
    #[serde(rename = "kubernetes.io/serviceaccount/service-account.name")]
    pub account: String,
    #[serde(rename = "kubernetes.io/serviceaccount/service-account.uid")]
    pub account_uid: String,
}

impl ServiceAccountTokens {
    /// A token of the account, for its secret `secret` to keep.
    pub fn mint_for_secret(&self, account: &BoundTo, secret: &str) -> Result<String, TokenError> {
        self.sign(&SecretClaims {
            iss: ISSUER.into(),
            sub: username(&account.namespace, &account.serviceaccount.name),
            jti: uuid::Uuid::new_v4().to_string(),
            namespace: account.namespace.clone(),
            secret: secret.to_owned(),
            account: account.serviceaccount.name.clone(),
            account_uid: account.serviceaccount.uid.clone(),
        })
    }
}

/// Whose `token` is, which says `claims`: the secret still keeps this very token, and the account is still the same.
pub(super) async fn owner(
    claims: &SecretClaims,
    token: &str,
    objects: &dyn ObjectLookup,
) -> Result<Option<UserInfo>, ApiError> {
    let lasting = async |resource: &GroupResource, name: &str| -> Result<Option<Object>, ApiError> {
        let object = objects.object(resource, &claims.namespace, name).await?;
        Ok(object.filter(|object| json::text(object, "/metadata/deletionTimestamp").is_empty()))
    };
    let secret = lasting(&SECRETS, &claims.secret).await?;
    if !secret.is_some_and(|secret| keeps(&secret, token)) {
        return Ok(None);
    }
    let account = lasting(&SERVICE_ACCOUNTS, &claims.account).await?;
    let is_same = account.is_some_and(|account| json::text(&account, "/metadata/uid") == claims.account_uid);
    Ok(is_same.then(|| user_info::account(&claims.namespace, &claims.account, &claims.account_uid)))
}

fn keeps(secret: &Object, token: &str) -> bool {
    let kept = STANDARD.decode(json::text(secret, "/data/token")).unwrap_or_default();
    json::text(secret, "/type") == secret_type::SERVICE_ACCOUNT_TOKEN && kept == token.as_bytes()
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::service_account_token::Signed;
    use crate::auth::testing;

    /// A secret and an account, each under one name.
    struct Two {
        secret: Value,
        account: Value,
    }

    #[async_trait]
    impl ObjectLookup for Two {
        async fn object(&self, resource: &GroupResource, _: &str, name: &str) -> Result<Option<Object>, ApiError> {
            let object = if *resource == SECRETS {
                &self.secret
            } else {
                &self.account
            };
            Ok(Some(object.clone()).filter(|object| object["metadata"]["name"] == name))
        }
    }

    fn minted() -> (String, SecretClaims) {
        let account = BoundTo::account("ns", "robot", "u1");
        let token = testing::tokens().mint_for_secret(&account, "kept").unwrap();
        let Ok(Signed::Kept(claims)) = testing::tokens().check(&token, testing::NOW) else {
            panic!("a token of a secret");
        };
        (token, claims)
    }

    #[tokio::test]
    async fn a_token_is_good_while_its_secret_shows_it_and_its_account_is_the_same() {
        let (token, claims) = minted();
        let kept = json!({"metadata": {"name": "kept"}, "type": "kubernetes.io/service-account-token",
            "data": {"token": STANDARD.encode(&token)}});
        let robot = json!({"metadata": {"name": "robot", "uid": "u1"}});
        let owner_given = async |secret: &Value, account: &Value| {
            let (secret, account) = (secret.clone(), account.clone());
            let found = owner(&claims, &token, &Two { secret, account }).await.unwrap();
            found.map(|user| user.username)
        };
        let changed = |object: &Value, path: &str, value: &str| {
            let mut object = object.clone();
            let (parent, member) = path.rsplit_once('/').unwrap();
            object.pointer_mut(parent).unwrap()[member] = value.into();
            object
        };
        let whose = owner_given(&kept, &robot).await;
        assert_eq!(whose.as_deref(), Some("system:serviceaccount:ns:robot"));
        let ending = "/metadata/deletionTimestamp";
        let secrets = [
            changed(&kept, "/metadata/name", "another"),
            changed(&kept, ending, "2027-01-15T08:00:00Z"),
            changed(&kept, "/type", "Opaque"),
            changed(&kept, "/data/token", "b2xk"),
            changed(&kept, "/data", ""),
        ];
        for secret in secrets {
            assert_eq!(owner_given(&secret, &robot).await, None, "{secret}");
        }
        let accounts = [
            changed(&robot, "/metadata/name", "another"),
            changed(&robot, ending, "2027-01-15T08:00:00Z"),
            changed(&robot, "/metadata/uid", "u2"),
        ];
        for account in accounts {
            assert_eq!(owner_given(&kept, &account).await, None, "{account}");
        }
    }

    #[test]
    fn a_token_that_is_made_anew_is_another_one() {
        assert_ne!(minted().0, minted().0);
    }

    #[test]
    fn neither_form_passes_for_the_other() {
        let tokens = testing::tokens();
        let (_, claims) = minted();
        let mut posing = serde_json::to_value(&claims).unwrap();
        posing["iss"] = super::super::ISSUER.into();
        let mut lying = serde_json::to_value(&claims).unwrap();
        lying["sub"] = "system:serviceaccount:ns:admin".into();
        for said in [posing, lying] {
            let token = tokens.sign(&said).unwrap();
            assert!(
                matches!(tokens.check(&token, testing::NOW), Err(TokenError::Foreign)),
                "{said}"
            );
        }
    }
}
