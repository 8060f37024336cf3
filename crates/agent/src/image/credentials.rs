use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Pod, Secret, ServiceAccount};
use kube::api::{Api, PostParams};
use serde::Deserialize;

use super::ImageName;
use crate::pod_view::PodView;

/// User name that the integrated registry takes a token with.
const TOKEN_USER: &str = "<token>";
/// How long a token is asked for, and how long before its end it is not used any more.
const LIFETIME_SECONDS: i64 = 3600;
const MARGIN: Duration = Duration::from_secs(300);
/// Pull secrets of a pod that are looked at.
const MAX_SECRETS: usize = 16;

/// What a pod may show to a registry: a token of its service account to ours, its pull secrets to others.
pub(crate) struct Credentials {
    client: kube::Client,
    /// By namespace and service account.
    tokens: Mutex<HashMap<(String, String), Token>>,
}

struct Token {
    text: String,
    usable_until: Timestamp,
}

impl Credentials {
    pub fn new(client: kube::Client) -> Self {
        Self {
            client,
            tokens: Mutex::default(),
        }
    }

    pub async fn of(
        &self,
        pod: &Pod,
        image: &ImageName,
        now: Timestamp,
    ) -> Result<Option<weir_engine::Credentials>, kube::Error> {
        if image.is_internal() {
            let password = self.token(pod, now).await?;
            return Ok(Some(weir_engine::Credentials {
                username: TOKEN_USER.to_owned(),
                password,
            }));
        }
        self.in_pull_secrets(pod, image.registry()).await
    }

    async fn token(&self, pod: &Pod, now: Timestamp) -> Result<String, kube::Error> {
        let spec = pod.pod_spec();
        let account = spec
            .service_account_name
            .as_deref()
            .filter(|name| !name.is_empty())
            .unwrap_or("default");
        let key = (pod.namespace().to_owned(), account.to_owned());
        if let Some(token) = self.lock().get(&key).filter(|token| now < token.usable_until) {
            return Ok(token.text.clone());
        }
        let request = TokenRequest {
            spec: TokenRequestSpec {
                expiration_seconds: Some(LIFETIME_SECONDS),
                ..TokenRequestSpec::default()
            },
            ..TokenRequest::default()
        };
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), pod.namespace());
        let answer: TokenRequest = accounts
            .create_subresource("token", account, &PostParams::default(), &request)
            .await?;
        let Some(status) = answer.status else {
            let missing = serde::de::Error::custom("the answer to a token request has no status");
            return Err(kube::Error::SerdeError(missing));
        };
        let usable_until = status.expiration_timestamp.0.saturating_sub(MARGIN).unwrap_or(now);
        let mut tokens = self.lock();
        tokens.retain(|_, token| now < token.usable_until);
        tokens.insert(
            key,
            Token {
                text: status.token.clone(),
                usable_until,
            },
        );
        Ok(status.token)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn in_pull_secrets(
        &self,
        pod: &Pod,
        registry: &str,
    ) -> Result<Option<weir_engine::Credentials>, kube::Error> {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), pod.namespace());
        for reference in pod.pod_spec().image_pull_secrets.iter().flatten().take(MAX_SECRETS) {
            // A pull secret that is missing is no error: another one may fit, or none may be needed.
            let Some(secret) = secrets.get_opt(&reference.name).await? else {
                continue;
            };
            if let Some(found) = login(&secret, registry) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DockerConfig {
    auths: HashMap<String, Login>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    auth: String,
    username: String,
    password: String,
}

/// The login for a registry in a secret of type `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg`.
fn login(secret: &Secret, registry: &str) -> Option<weir_engine::Credentials> {
    let data = secret.data.as_ref()?;
    let logins = match (data.get(".dockerconfigjson"), data.get(".dockercfg")) {
        (Some(text), _) => serde_json::from_slice::<DockerConfig>(&text.0).ok()?.auths,
        (None, Some(text)) => serde_json::from_slice(&text.0).ok()?,
        (None, None) => return None,
    };
    let login = logins
        .into_iter()
        .find(|(host, _)| is_for(host, registry))
        .map(|(_, login)| login)?;
    let (username, password) = match decoded(&login.auth) {
        Some(pair) => pair,
        None => (login.username, login.password),
    };
    (!username.is_empty()).then_some(weir_engine::Credentials { username, password })
}

fn decoded(auth: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(auth.trim()).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}

/// Keys are hosts, or addresses such as `https://index.docker.io/v1/`.
fn is_for(key: &str, registry: &str) -> bool {
    let host = key.trim_start_matches("https://").trim_start_matches("http://");
    let host = host.split('/').next().unwrap_or_default();
    let hub = |name: &str| matches!(name, "docker.io" | "index.docker.io" | "registry-1.docker.io");
    host == registry || (hub(host) && hub(registry))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(key: &str, content: serde_json::Value) -> Secret {
        let data = STANDARD.encode(content.to_string());
        serde_json::from_value(json!({"data": {key: data}})).unwrap()
    }

    #[test]
    fn logins_are_found_by_host() {
        let auth = STANDARD.encode("me:pass:word");
        let config = json!({"auths": {"quay.io": {"auth": auth}, "https://index.docker.io/v1/": {"username": "hub", "password": "x"}}});
        let secret = secret(".dockerconfigjson", config);
        let found = login(&secret, "quay.io").unwrap();
        assert_eq!((found.username.as_str(), found.password.as_str()), ("me", "pass:word"));
        assert_eq!(login(&secret, "docker.io").unwrap().username, "hub");
        assert!(login(&secret, "quay.io.example.com").is_none());
    }

    #[test]
    fn the_older_form_is_understood_and_nonsense_is_passed_over() {
        let old = secret(".dockercfg", json!({"r:5000": {"username": "u", "password": "p"}}));
        assert_eq!(login(&old, "r:5000").unwrap().username, "u");
        assert!(login(&secret(".dockerconfigjson", json!([1])), "r:5000").is_none());
        assert!(login(&secret("other", json!({})), "r:5000").is_none());
    }
}
