use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::secret_token::{self, SecretClaims};

/// `iss` of every token, and the name by which clients know this API server.
pub const ISSUER: &str = "https://kubernetes.default.svc";
/// Audience of tokens that are meant for the whole API.
pub const API_AUDIENCE: &str = "https://kubernetes.default.svc";
/// A stolen token is worthless after this time; its owner asks for a new one long before.
pub const MAX_LIFETIME: Duration = Duration::from_secs(3600);
/// Kubernetes' own lower bound: shorter lives make clients renew in a tight loop.
pub const MIN_LIFETIME: Duration = Duration::from_secs(600);
/// Longer texts are not tokens of ours, and are not worth the arithmetic of a signature check.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// What a service account's token says. The names on the wire are those of Kubernetes' bound tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: Vec<String>,
    /// Seconds since 1970, as all times here.
    pub exp: i64,
    pub iat: i64,
    pub nbf: i64,
    pub jti: String,
    #[serde(rename = "kubernetes.io")]
    pub kubernetes: BoundTo,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoundTo {
    pub namespace: String,
    pub serviceaccount: NamedObject,
    /// The token also dies with this pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<NamedObject>,
    /// The token also dies with this secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<NamedObject>,
}

impl BoundTo {
    /// To a service account and nothing else.
    pub fn account(namespace: &str, name: &str, uid: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            serviceaccount: NamedObject::new(name, uid),
            pod: None,
            secret: None,
        }
    }
}

impl NamedObject {
    pub fn new(name: &str, uid: &str) -> Self {
        Self {
            name: name.to_owned(),
            uid: uid.to_owned(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedObject {
    pub name: String,
    pub uid: String,
}

/// What a token of ours says. Its issuer tells which of the two it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Signed {
    /// A token that was asked for at `/token`: it expires.
    Requested(Claims),
    /// A token that a secret keeps: it ends with the secret.
    Kept(SecretClaims),
}

#[derive(Debug, thiserror::Error)]
#[error("the signing key for service account tokens cannot be used: {0}")]
pub struct KeyError(#[source] jsonwebtoken::errors::Error);

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("the text is not a token of this server")]
    Foreign,
    #[error("the token expired at {0}")]
    Expired(Timestamp),
    #[error("the token is not valid before {0}")]
    NotYetValid(Timestamp),
    #[error("the token cannot be signed: {0}")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

/// Signs and checks the tokens of service accounts: ES256, one key, named by `kid`.
pub struct ServiceAccountTokens {
    signing: EncodingKey,
    checking: DecodingKey,
    kid: String,
}

impl ServiceAccountTokens {
    /// From a P-256 key pair: the private key as PKCS#8 PEM, the public one as SubjectPublicKeyInfo PEM.
    pub fn new(private_pem: &str, public_pem: &str) -> Result<Self, KeyError> {
        Ok(Self {
            signing: EncodingKey::from_ec_pem(private_pem.as_bytes()).map_err(KeyError)?,
            checking: DecodingKey::from_ec_pem(public_pem.as_bytes()).map_err(KeyError)?,
            kid: hex::encode(Sha256::digest(public_pem.as_bytes())),
        })
    }

    /// A token for the service account with this uid, good for `audiences` from `now` for `lifetime`.
    pub fn mint(
        &self,
        account: BoundTo,
        audiences: Vec<String>,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<(String, Claims), TokenError> {
        let now = now.as_second();
        let claims = Claims {
            iss: ISSUER.into(),
            sub: username(&account.namespace, &account.serviceaccount.name),
            aud: audiences,
            exp: now.saturating_add(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX)),
            iat: now,
            nbf: now,
            jti: uuid::Uuid::new_v4().to_string(),
            kubernetes: account,
        };
        Ok((self.sign(&claims)?, claims))
    }

    pub(super) fn sign(&self, claims: &impl Serialize) -> Result<String, TokenError> {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(TokenError::Signing)
    }

    /// What a token of ours that is valid at `now` says. Nothing about audiences, nor whether the account exists.
    pub fn check(&self, token: &str, now: Timestamp) -> Result<Signed, TokenError> {
        let signed = self.signed_claims(token).ok_or(TokenError::Foreign)?;
        let Signed::Requested(claims) = &signed else {
            return Ok(signed);
        };
        if claims.exp <= now.as_second() {
            return Err(TokenError::Expired(moment(claims.exp)));
        }
        if claims.nbf > now.as_second() {
            return Err(TokenError::NotYetValid(moment(claims.nbf)));
        }
        Ok(signed)
    }

    fn signed_claims(&self, token: &str) -> Option<Signed> {
        if token.len() > MAX_TOKEN_BYTES || token.split('.').count() != 3 {
            return None;
        }
        // The clock is the caller's, so times are compared by `check`; audiences mean different things to different askers.
        let mut rules = Validation::new(Algorithm::ES256);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.set_issuer(&[ISSUER, secret_token::ISSUER]);
        rules.set_required_spec_claims(&["iss", "sub"]);
        let data = jsonwebtoken::decode::<Value>(token, &self.checking, &rules).ok()?;
        if data.header.kid.as_deref() != Some(&self.kid) {
            return None;
        }
        let signed = if data.claims["iss"] == secret_token::ISSUER {
            Signed::Kept(claims(data.claims)?)
        } else {
            Signed::Requested(claims(data.claims)?)
        };
        signed.is_consistent().then_some(signed)
    }
}

impl Signed {
    /// Whom the token is good for.
    pub fn audiences(&self) -> Vec<String> {
        match self {
            Self::Requested(claims) => claims.aud.clone(),
            Self::Kept(_) => vec![API_AUDIENCE.into()],
        }
    }

    fn is_consistent(&self) -> bool {
        match self {
            Self::Requested(claims) => {
                let bound = &claims.kubernetes;
                claims.sub == username(&bound.namespace, &bound.serviceaccount.name)
            }
            Self::Kept(claims) => claims.sub == username(&claims.namespace, &claims.account),
        }
    }
}

fn claims<C: DeserializeOwned>(said: Value) -> Option<C> {
    serde_json::from_value(said).ok()
}

/// `system:serviceaccount:NAMESPACE:NAME`.
pub(super) fn username(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;
    use crate::auth::testing;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn account() -> BoundTo {
        BoundTo::account("ns", "builder", "u1")
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let tokens = testing::tokens();
        let (token, minted) = tokens
            .mint(account(), vec![API_AUDIENCE.into()], at(0), MIN_LIFETIME)
            .unwrap();
        assert_eq!(
            tokens.check(&token, at(599)).unwrap(),
            Signed::Requested(minted.clone())
        );
        assert_eq!(minted.sub, "system:serviceaccount:ns:builder");
        assert!(matches!(tokens.check(&token, at(600)), Err(TokenError::Expired(_))));
        assert!(matches!(tokens.check(&token, at(-1)), Err(TokenError::NotYetValid(_))));
    }

    #[test]
    fn tokens_of_another_key_are_foreign() {
        let (token, _) = testing::other_tokens()
            .mint(account(), vec![API_AUDIENCE.into()], at(0), MIN_LIFETIME)
            .unwrap();
        assert!(matches!(
            testing::tokens().check(&token, at(1)),
            Err(TokenError::Foreign)
        ));
    }

    #[test]
    fn a_changed_token_is_foreign() {
        let tokens = testing::tokens();
        let (token, _) = tokens
            .mint(account(), vec![API_AUDIENCE.into()], at(0), MIN_LIFETIME)
            .unwrap();
        let mut parts: Vec<&str> = token.split('.').collect();
        let header_none = "eyJhbGciOiJub25lIn0";
        parts[0] = header_none;
        for changed in [
            parts.join("."),
            parts[..2].join(".") + ".",
            "a.b.c".into(),
            String::new(),
            "x".repeat(9000),
        ] {
            assert!(
                matches!(tokens.check(&changed, at(1)), Err(TokenError::Foreign)),
                "{changed}"
            );
        }
    }
    /// What attackers try: no algorithm, a public key as the secret of another one, keys that come along with the token,
    /// a key of somebody else under our name or without one.
    #[test]
    fn forged_tokens_are_foreign() {
        let tokens = testing::tokens();
        let (good, claims) = tokens
            .mint(account(), vec![API_AUDIENCE.into()], at(0), MIN_LIFETIME)
            .unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
        let with = |field: &str, value: serde_json::Value| {
            let mut changed = header.clone();
            changed[field] = value;
            format!("{}.{}.{}", encode(&changed), parts[1], parts[2])
        };
        let mut forged = vec![
            format!("{}.{}.", encode(&json!({"alg": "none"})), parts[1]),
            format!(
                "{}.{}.{}",
                encode(&json!({"alg": "none", "kid": header["kid"]})),
                parts[1],
                parts[2]
            ),
            with("alg", "HS256".into()),
            with("alg", "RS256".into()),
            with("kid", "another".into()),
            with("jwk", json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"})),
            with("jku", "https://evil.example/keys".into()),
            with("x5u", "https://evil.example/cert".into()),
            format!("{}.{}.{}", parts[0], encode(&json!({"sub": "system:admin"})), parts[2]),
            format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode([0u8; 64])),
            format!("{}.{}.{}AA", parts[0], parts[1], parts[2]),
            format!("{good}."),
            format!(" {good}"),
        ];
        let stolen_name = |algorithm: Algorithm, key: &EncodingKey, kid: Option<String>| {
            let header = Header {
                kid,
                ..Header::new(algorithm)
            };
            jsonwebtoken::encode(&header, &claims, key).unwrap()
        };
        let kid = Some(tokens.kid.clone());
        let public = EncodingKey::from_secret(tokens.kid.as_bytes());
        let other = testing::other_tokens();
        forged.push(stolen_name(Algorithm::HS256, &public, kid.clone()));
        forged.push(stolen_name(Algorithm::ES256, &other.signing, kid));
        forged.push(stolen_name(Algorithm::ES256, &other.signing, None));
        // Signed by us, but saying nothing of which key.
        forged.push(stolen_name(Algorithm::ES256, &tokens.signing, None));
        for token in forged {
            assert!(
                matches!(tokens.check(&token, at(1)), Err(TokenError::Foreign)),
                "{token}"
            );
        }
        assert!(tokens.check(&good, at(1)).is_ok());
    }

    #[test]
    fn claims_that_contradict_each_other_are_foreign() {
        let tokens = testing::tokens();
        let (_, claims) = tokens
            .mint(account(), vec![API_AUDIENCE.into()], at(0), MIN_LIFETIME)
            .unwrap();
        let signed = |change: fn(&mut Claims)| {
            let mut claims = claims.clone();
            change(&mut claims);
            let header = Header {
                kid: Some(tokens.kid.clone()),
                ..Header::new(Algorithm::ES256)
            };
            jsonwebtoken::encode(&header, &claims, &tokens.signing).unwrap()
        };
        for token in [
            signed(|claims| claims.iss = "https://elsewhere".into()),
            signed(|claims| claims.sub = "system:serviceaccount:ns:deployer".into()),
            signed(|claims| claims.kubernetes.namespace = "other".into()),
        ] {
            assert!(matches!(tokens.check(&token, at(1)), Err(TokenError::Foreign)));
        }
    }
}
