//! `buildconfigs/NAME/webhooks/SECRET/TYPE`: addresses that others call when the source changed.
//!
//! ```text
//! path -> TYPE is known? -> the secret is that of a trigger? (else 401, whatever was wrong)
//!   -> what the caller tells (pure: generic, github, gitlab, bitbucket) -> the config's rate -> instantiate
//! ```
//!
//! Nothing of the body is read before the secret was right.

mod answer;
mod bitbucket;
mod branch;
mod generic;
mod github;
mod gitlab;
mod payload;
mod provider;
mod rate;
mod revision;
mod secret;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use http::Response;
use serde_json::{Value, json};
use tokio::time::Instant;
use weir_api::build::{BuildConfig, WebHookTrigger};
use weir_apiserver::{ApiError, Connect, ErrorDetails, Object, RequestContext, SubresourceHandler, UserInfo};

use self::payload::{Delivery, Told, Wish};
use self::provider::Provider;
use self::rate::Rate;
use super::instantiate::Instantiate;
use super::{BUILD_CONFIGS, GROUP};
use crate::auth::MASTERS;
use crate::decode;

/// Who makes the builds. The caller is mostly nobody; the config's author had the right to its strategy.
const BUILDER_OF_HOOKS: &str = "system:weir:webhooks";

/// Refusals are answered this long after their calls: far above what looking takes, so that the time tells neither how
/// near a guess came nor whether there is such a config. It bounds guesses too: each keeps its place among the requests
/// of its user meanwhile.
const REFUSAL_TIME: Duration = Duration::from_millis(50);

pub(super) struct WebHooks {
    instantiate: Instantiate,
    rate: Mutex<Rate>,
}

impl WebHooks {
    pub fn new(instantiate: Instantiate) -> Self {
        Self {
            instantiate,
            rate: Mutex::default(),
        }
    }
}

#[async_trait]
impl SubresourceHandler for WebHooks {
    fn is_connect(&self) -> bool {
        true
    }

    fn is_long_running(&self) -> bool {
        false
    }

    fn takes_path(&self) -> bool {
        true
    }

    async fn connect(&self, cx: &RequestContext, name: &str, request: Connect) -> Result<Response<Body>, ApiError> {
        let began = Instant::now();
        let segments = request.segments()?;
        let [secret, kind] = segments.as_slice() else {
            return Err(unexpected_path());
        };
        let provider = Provider::parse(kind).ok_or_else(|| unknown_type(kind))?;
        let config = config(cx, name).await?;
        let triggers = config.as_ref().map(|config| provider.triggers(config));
        let trigger = secret::accepting(cx, secret, &triggers.unwrap_or_default()).await;
        let (Some(config), Some(trigger)) = (&config, trigger) else {
            tokio::time::sleep_until(began + REFUSAL_TIME).await;
            return Err(refused(provider, name));
        };
        match told(provider, config, trigger, request).await? {
            Told::Nothing { warning } => Ok(answer::nothing(warning.as_deref())),
            Told::Build(wish) => self.build(cx, name, provider, *wish).await,
        }
    }
}

impl WebHooks {
    async fn build(
        &self,
        cx: &RequestContext,
        name: &str,
        provider: Provider,
        wish: Wish,
    ) -> Result<Response<Body>, ApiError> {
        self.take_turn(cx, name)?;
        let mut own = cx.clone();
        own.user = UserInfo {
            username: BUILDER_OF_HOOKS.to_owned(),
            groups: vec![MASTERS.to_owned()],
            ..UserInfo::default()
        };
        let build = self
            .instantiate
            .create(&own, name, build_request(name, provider, &wish)?);
        let build = build
            .await
            .map_err(|error| ApiError::internal(format!("could not generate a build: {error}")))?;
        Ok(answer::build(&build, wish.warning.as_deref()))
    }

    fn take_turn(&self, cx: &RequestContext, name: &str) -> Result<(), ApiError> {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        rate.take((self.instantiate.clock)(), &cx.namespace, name)
            .map_err(|seconds| {
                let why = format!(
                    "the webhooks of \"{name}\" started too many builds in a short time, try again in {seconds} s"
                );
                ApiError::too_many_requests(why, seconds)
            })
    }
}

/// `None` when there is no such config.
async fn config(cx: &RequestContext, name: &str) -> Result<Option<BuildConfig>, ApiError> {
    match cx.objects.get(&BUILD_CONFIGS, &cx.namespace, name).await {
        Ok(config) => decode::stored(&config).map(Some),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn told(
    provider: Provider,
    config: &BuildConfig,
    trigger: &WebHookTrigger,
    request: Connect,
) -> Result<Told, ApiError> {
    let headers = request.request.headers().clone();
    let body = request.into_body().await?;
    provider.read(&Delivery {
        headers: &headers,
        body: &body,
        source: &config.spec.common.source,
        allow_env: trigger.allow_env,
    })
}

fn build_request(name: &str, provider: Provider, wish: &Wish) -> Result<Object, ApiError> {
    let value = |part: Result<Value, serde_json::Error>| part.map_err(ApiError::internal);
    let mut request = json!({
        "kind": "BuildRequest",
        "metadata": {"name": name},
        "triggeredBy": [value(serde_json::to_value(provider.cause(wish.revision.clone())))?],
        "env": wish.env,
    });
    if let Some(revision) = &wish.revision {
        request["revision"] = value(serde_json::to_value(revision))?;
    }
    if let Some(options) = &wish.docker_options {
        request["dockerStrategyOptions"] = value(serde_json::to_value(options))?;
    }
    Ok(request)
}

/// The path is not repeated: it may hold a secret.
fn unexpected_path() -> ApiError {
    ApiError::bad_request("unexpected hook subpath, it must be webhooks/SECRET/TYPE")
}

fn unknown_type(kind: &str) -> ApiError {
    let message = format!("buildconfighook.{GROUP} \"{kind}\" not found");
    ApiError::new(404, "NotFound", message).with_details(ErrorDetails {
        name: kind.to_owned(),
        group: GROUP.to_owned(),
        kind: "buildconfighook".to_owned(),
        ..ErrorDetails::default()
    })
}

/// One answer for all reasons, so that nobody learns which configs exist.
fn refused(provider: Provider, name: &str) -> ApiError {
    let kind = provider.word();
    let why = format!("the webhook \"{kind}\" for \"{name}\" did not accept your secret");
    ApiError::new(401, "Unauthorized", why)
}
