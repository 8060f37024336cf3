use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;
use url::Url;
use weir_oci::Digest;

use super::transport::{Transport, Trust};
use super::{body, realm};
use crate::challenge::Challenge;
use crate::endpoint::Endpoint;
use crate::keyring::{Credentials, Secret};
use crate::{FetchError, Source};

/// Tokens kept. Beyond it the oldest make room; fetching one again costs a request.
const TOKENS: usize = 1_000;
/// Token answers are a JSON object with one token, which may carry many claims.
const TOKEN_BYTES: usize = 256 * 1024;
/// What the specification gives a token without `expires_in`.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);
/// No token is kept longer, so that a revoked right ends soon.
const LONGEST_LIFETIME: Duration = Duration::from_secs(300);
/// A token is not used in the last moments of its life.
const MARGIN: Duration = Duration::from_secs(5);

/// What is sent in the `Authorization` header.
#[derive(Clone, Debug)]
pub(super) enum Authorization {
    Basic { user: String, password: Secret },
    Bearer(Secret),
}

/// Authorizations that worked, until they expire.
#[derive(Default)]
pub(super) struct Authorizations {
    kept: Mutex<HashMap<Key, Kept>>,
}

/// Never shared between different credentials, registries or repositories.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    base: String,
    repository: String,
    credentials: Option<Digest>,
}

struct Kept {
    authorization: Authorization,
    until: Instant,
}

impl Authorization {
    pub(super) fn apply(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match self {
            Authorization::Basic { user, password } => request.basic_auth(user, Some(password.reveal())),
            Authorization::Bearer(token) => request.bearer_auth(token.reveal()),
        }
    }
}

impl Key {
    pub(super) fn new(endpoint: &Endpoint, from: &Source) -> Key {
        Key {
            base: endpoint.base.to_string(),
            repository: from.repository.repository_path(),
            credentials: from.keyring.find(&from.repository).map(Credentials::fingerprint),
        }
    }
}

impl Authorizations {
    pub(super) fn get(&self, key: &Key) -> Option<Authorization> {
        let kept = self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        kept.get(key)
            .filter(|kept| kept.until > Instant::now())
            .map(|kept| kept.authorization.clone())
    }

    pub(super) fn put(&self, key: Key, authorization: Authorization, lifetime: Duration) {
        let mut kept = self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let now = Instant::now();
        if kept.len() >= TOKENS {
            kept.retain(|_, kept| kept.until > now);
        }
        if kept.len() >= TOKENS
            && let Some(oldest) = kept
                .iter()
                .min_by_key(|(_, kept)| kept.until)
                .map(|(key, _)| key.clone())
        {
            kept.remove(&oldest);
        }
        kept.insert(
            key,
            Kept {
                authorization,
                until: now + lifetime,
            },
        );
    }

    pub(super) fn forget(&self, key: &Key) {
        self.kept
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .remove(key);
    }
}

/// Answers a registry's challenges. `Bearer` is preferred, because it keeps the password from the registry's data path.
pub(super) async fn authorize(
    transport: &Transport,
    endpoint: &Endpoint,
    from: &Source,
    challenges: &[Challenge],
    idle: Duration,
) -> Result<(Authorization, Duration), FetchError> {
    let credentials = from.keyring.find(&from.repository);
    let offers = |scheme: &str| challenges.iter().find(|challenge| challenge.scheme == scheme);
    if let Some(challenge) = offers("bearer") {
        if let Some(Credentials::RegistryToken(token)) = credentials {
            return Ok((Authorization::Bearer(token.clone()), LONGEST_LIFETIME));
        }
        return TokenRequest {
            transport,
            endpoint,
            from,
            challenge,
            idle,
        }
        .send(credentials)
        .await;
    }
    match (offers("basic"), credentials) {
        (Some(_), Some(Credentials::Password { user, password })) => {
            let authorization = Authorization::Basic {
                user: user.clone(),
                password: password.clone(),
            };
            Ok((authorization, LONGEST_LIFETIME))
        }
        _ => Err(FetchError::Unauthorized {
            had_credentials: credentials.is_some(),
        }),
    }
}

struct TokenRequest<'a> {
    transport: &'a Transport,
    endpoint: &'a Endpoint,
    from: &'a Source,
    challenge: &'a Challenge,
    idle: Duration,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl TokenRequest<'_> {
    async fn send(&self, credentials: Option<&Credentials>) -> Result<(Authorization, Duration), FetchError> {
        let realm = self.realm()?;
        let allowed = realm::may_see_credentials(&realm, self.endpoint);
        let foreign = || FetchError::ForeignRealm {
            registry: self.endpoint.authority(),
            realm: crate::endpoint::authority(&realm),
        };
        let sent = credentials.filter(|_| allowed);
        let mut response = self.transport.send(self.request(&realm, sent)?, &realm).await?;
        let status = response.status();
        if status.is_success() {
            let body = body::read_bounded(&mut response, "token", TOKEN_BYTES, self.idle).await?;
            return token(&body);
        }
        Err(match status.as_u16() {
            401 | 403 if credentials.is_some() && !allowed => foreign(),
            401 if sent.is_some() => FetchError::WrongCredentials,
            401 | 403 => FetchError::Unauthorized {
                had_credentials: sent.is_some(),
            },
            429 => FetchError::RateLimited { retry_after: None },
            status => FetchError::Server { status, code: None },
        })
    }

    fn realm(&self) -> Result<Url, FetchError> {
        let text = self
            .challenge
            .parameter("realm")
            .ok_or_else(|| FetchError::Protocol("a Bearer challenge without realm".into()))?;
        let realm: Url = text
            .parse()
            .map_err(|error| FetchError::Protocol(format!("the realm of the Bearer challenge: {error}")))?;
        if !realm::may_ask(&realm, self.endpoint) {
            return Err(FetchError::Protocol(
                "the realm of the Bearer challenge is not an https address".into(),
            ));
        }
        Ok(realm)
    }

    fn request(&self, realm: &Url, credentials: Option<&Credentials>) -> Result<reqwest::RequestBuilder, FetchError> {
        let same_host = realm.host() == self.endpoint.base.host();
        let any_address = (self.endpoint.internal && same_host) || self.transport.trusts_host(realm);
        let trust = Trust {
            any_address,
            any_certificate: self.endpoint.insecure && same_host,
        };
        // The scope is ours: a registry cannot make us ask for more than reading this repository.
        let scope = format!("repository:{}:pull", self.from.repository.repository_path());
        let mut parameters = vec![("scope", scope)];
        if let Some(service) = self.challenge.parameter("service") {
            parameters.push(("service", service.to_owned()));
        }
        Ok(match credentials {
            Some(Credentials::Password { user, password }) => self
                .transport
                .get(realm, trust)?
                .query(&parameters)
                .basic_auth(user, Some(password.reveal())),
            Some(Credentials::IdentityToken(token)) => {
                parameters.extend([("grant_type", "refresh_token".into()), ("client_id", "weir".into())]);
                parameters.push(("refresh_token", token.reveal().to_owned()));
                self.transport.post(realm, trust)?.form(&parameters)
            }
            Some(Credentials::RegistryToken(_)) | None => self.transport.get(realm, trust)?.query(&parameters),
        })
    }
}

fn token(body: &[u8]) -> Result<(Authorization, Duration), FetchError> {
    let answer: TokenAnswer = serde_json::from_slice(body)
        .map_err(|_| FetchError::Protocol("the token server's answer is not the expected JSON".into()))?;
    let token = answer.token.or(answer.access_token).filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| FetchError::Protocol("the token server's answer holds no token".into()))?;
    let lifetime = answer.expires_in.map_or(DEFAULT_LIFETIME, Duration::from_secs);
    Ok((
        Authorization::Bearer(Secret::new(token)),
        lifetime.min(LONGEST_LIFETIME).saturating_sub(MARGIN),
    ))
}
