use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, LOCATION, WWW_AUTHENTICATE};
use tokio::sync::Semaphore;
use url::Url;

use super::HttpRegistryConfig;
use super::answer::{self, ERROR_BYTES};
use super::authorization::{self, Authorization, Authorizations, Key};
use super::body::{self, Answer};
use super::transport::{Transport, Trust};
use crate::endpoint::{Endpoint, InternalHosts, endpoints};
use crate::{FetchError, Source, challenge};

/// From the registry to its storage there is one redirect, sometimes two.
const REDIRECTS: usize = 5;
/// A registry that asks for a longer pause gets no second request from this call; the caller decides when to return.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Gets things from registries: chooses the endpoint, authenticates, follows redirects, repeats what may be repeated.
pub(super) struct Exchange {
    config: Arc<HttpRegistryConfig>,
    internal: InternalHosts,
    transport: Transport,
    authorizations: Authorizations,
    in_flight: Arc<Semaphore>,
}

/// What to get from a repository.
pub(super) struct Request<'a> {
    /// Below `/v2/REPOSITORY/`.
    pub path: &'a str,
    pub accept: &'a str,
    pub what: &'static str,
}

impl Exchange {
    pub(super) fn new(config: Arc<HttpRegistryConfig>, internal: InternalHosts, in_flight: usize) -> Exchange {
        Exchange {
            transport: Transport::new(config.clone()),
            config,
            internal,
            authorizations: Authorizations::default(),
            in_flight: Arc::new(Semaphore::new(in_flight)),
        }
    }

    pub(super) async fn get(&self, from: &Source, request: &Request<'_>) -> Result<Answer, FetchError> {
        let permit = self
            .in_flight
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| FetchError::Broken("the client is shut down".into()))?;
        let (first, second) = endpoints(from, &self.internal)?;
        let response = match (self.get_with_retries(&first, from, request).await, second) {
            (Err(FetchError::HttpOnly | FetchError::Connect { .. }), Some(second)) => {
                self.get_with_retries(&second, from, request).await
            }
            (result, _) => result,
        }?;
        Ok(Answer {
            response,
            what: request.what,
            idle: self.config.timeouts.idle_body,
            _permit: permit,
        })
    }

    async fn get_with_retries(
        &self,
        endpoint: &Endpoint,
        from: &Source,
        request: &Request<'_>,
    ) -> Result<reqwest::Response, FetchError> {
        let mut wait = self.config.retry_wait;
        for _ in 0..self.config.retries {
            match self.get_once(endpoint, from, request).await {
                Err(error) if is_transient(&error) => tokio::time::sleep(pause(&error, wait)).await,
                result => return result,
            }
            wait *= 2;
        }
        self.get_once(endpoint, from, request).await
    }

    /// One attempt, with at most one round of authentication.
    async fn get_once(
        &self,
        endpoint: &Endpoint,
        from: &Source,
        request: &Request<'_>,
    ) -> Result<reqwest::Response, FetchError> {
        let url = endpoint.url(&from.repository.repository_path(), request.path)?;
        let key = Key::new(endpoint, from);
        let kept = self.authorizations.get(&key);
        let response = self
            .follow(endpoint, url.clone(), request.accept, kept.as_ref())
            .await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return self.judge(endpoint, from, response).await;
        }
        self.authorizations.forget(&key);
        let offered = response
            .headers()
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let challenges = challenge::parse(offered);
        let idle = self.config.timeouts.idle_body;
        let (authorization, lifetime) =
            authorization::authorize(&self.transport, endpoint, from, &challenges, idle).await?;
        let response = self.follow(endpoint, url, request.accept, Some(&authorization)).await?;
        match (response.status(), &authorization) {
            (StatusCode::UNAUTHORIZED, Authorization::Basic { .. }) => Err(FetchError::WrongCredentials),
            (StatusCode::UNAUTHORIZED, Authorization::Bearer(_)) => self.judge(endpoint, from, response).await,
            _ => {
                self.authorizations.put(key, authorization, lifetime);
                self.judge(endpoint, from, response).await
            }
        }
    }

    /// Sends a request and follows redirects. Authorization goes to the registry's own origin only.
    async fn follow(
        &self,
        endpoint: &Endpoint,
        mut url: Url,
        accept: &str,
        authorization: Option<&Authorization>,
    ) -> Result<reqwest::Response, FetchError> {
        for _ in 0..=REDIRECTS {
            let at_home = url.origin() == endpoint.base.origin();
            let any_address = (endpoint.internal && at_home) || self.transport.trusts_host(&url);
            let same_host = url.host() == endpoint.base.host();
            let trust = Trust {
                any_address,
                any_certificate: endpoint.insecure && same_host,
            };
            let mut request = self.transport.get(&url, trust)?.header(ACCEPT, accept);
            if let Some(authorization) = authorization.filter(|_| at_home) {
                request = authorization.apply(request);
            }
            let response = self.transport.send(request, &url).await?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            url = redirect_target(&response, &url, endpoint)?;
        }
        Err(FetchError::Protocol(format!("more than {REDIRECTS} redirects")))
    }

    async fn judge(
        &self,
        endpoint: &Endpoint,
        from: &Source,
        mut response: reqwest::Response,
    ) -> Result<reqwest::Response, FetchError> {
        let status = response.status();
        if status == StatusCode::OK {
            return Ok(response);
        }
        let idle = self.config.timeouts.idle_body;
        let body = match body::read_bounded(&mut response, "error", ERROR_BYTES, idle).await {
            Ok(body) => body,
            // A long error body tells no more than its status.
            Err(FetchError::TooLarge { .. }) => bytes::Bytes::new(),
            Err(error) => return Err(error),
        };
        if status == StatusCode::NOT_FOUND
            && !answer::is_distribution_error(&body)
            && !self.is_registry(endpoint).await?
        {
            return Err(FetchError::NotV2 {
                host: endpoint.authority(),
            });
        }
        let had_credentials = from.keyring.find(&from.repository).is_some();
        Err(answer::failure(status, response.headers(), &body, had_credentials))
    }

    /// Does the distribution API answer at all?
    async fn is_registry(&self, endpoint: &Endpoint) -> Result<bool, FetchError> {
        let response = self
            .follow(endpoint, endpoint.ping_url()?, "application/json", None)
            .await?;
        Ok(matches!(response.status(), StatusCode::OK | StatusCode::UNAUTHORIZED))
    }
}

fn redirect_target(response: &reqwest::Response, url: &Url, endpoint: &Endpoint) -> Result<Url, FetchError> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| FetchError::Protocol("a redirect without target".into()))?;
    let target = url
        .join(location)
        .map_err(|error| FetchError::Protocol(format!("a redirect to nowhere: {error}")))?;
    match target.scheme() {
        "https" => Ok(target),
        "http" if endpoint.is_plain_http() => Ok(target),
        _ => Err(FetchError::Protocol("a redirect away from TLS".into())),
    }
}

/// May the same request succeed a moment later?
fn is_transient(error: &FetchError) -> bool {
    match error {
        FetchError::Server { status, .. } => matches!(status, 500 | 502 | 503 | 504),
        FetchError::RateLimited { retry_after } => retry_after.is_some_and(|pause| pause <= LONGEST_PAUSE),
        FetchError::Broken(_) => true,
        _ => false,
    }
}

/// What the registry asks for, else the back-off with some jitter, so that many imports do not return together.
fn pause(error: &FetchError, wait: Duration) -> Duration {
    match error {
        FetchError::RateLimited {
            retry_after: Some(pause),
        } => *pause,
        _ => wait.mul_f64(rand::random_range(0.5..=1.0)),
    }
}
