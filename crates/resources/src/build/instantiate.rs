use async_trait::async_trait;
use serde_json::{Value, json};
use weir_api::build::BuildRequest;
use weir_apiserver::{ApiError, Object, Planned, RequestContext, SubresourceHandler, UpdateMode};

use super::generator::{self, Inputs, TriggerImage, full_name, strategy_field};
use super::{BUILD_CONFIGS, BUILDS, build_configs, references};
use crate::core::SERVICE_ACCOUNTS;
use crate::{Clock, decode, json, preconditions};

/// Somebody else wrote the config, or took the number: look again, so often.
const ATTEMPTS: usize = 5;
const MANUAL_CAUSE: &str = "Manually triggered";

/// `buildconfigs/NAME/instantiate`: makes the next Build. Build and BuildConfig are written together, so that no number
/// is spent on a build that is refused.
#[derive(Clone)]
pub(super) struct Instantiate {
    pub clock: Clock,
}

#[async_trait]
impl SubresourceHandler for Instantiate {
    async fn create(&self, cx: &RequestContext, name: &str, mut request: Object) -> Result<Object, ApiError> {
        let typed: BuildRequest = decode::typed(&request)?;
        preconditions::same_name(name, &request)?;
        if typed.triggered_by.is_empty() {
            request["triggeredBy"] = json!([{"message": MANUAL_CAUSE}]);
        }
        self.start(cx, name, &request, typed.last_version).await
    }
}

impl Instantiate {
    /// Makes the next Build as the request wants it; `expected` is the number that the last one must have.
    pub async fn start(
        &self,
        cx: &RequestContext,
        name: &str,
        request: &Object,
        expected: Option<i64>,
    ) -> Result<Object, ApiError> {
        let mut skipped = 0;
        for _ in 1..ATTEMPTS {
            match self.attempt(cx, name, request, expected, skipped).await {
                // A build somebody named like ours: its number is taken.
                Err(error) if error.is_already_exists() => skipped += 1,
                Err(error) if error.is_conflict() => {}
                done => return done,
            }
        }
        self.attempt(cx, name, request, expected, skipped).await
    }

    async fn attempt(
        &self,
        cx: &RequestContext,
        name: &str,
        request: &Object,
        expected: Option<i64>,
        skipped: i64,
    ) -> Result<Object, ApiError> {
        let mut config = cx.objects.get(&BUILD_CONFIGS, &cx.namespace, name).await?;
        let last = json::number(&config, "/status/lastVersion").unwrap_or_default();
        may_build(&config, last, expected)?;
        generator::already_built(&config, request)?;
        account_exists(cx, &config).await?;
        let triggers = generator::image_triggers(&config);
        let latest = resolve_triggers(cx, &triggers).await?;
        let inputs = resolve_inputs(cx, &config).await?;
        let number = last + 1 + skipped;
        let build = generator::build(&config, request, &inputs, number)?;
        let entries = generator::status_entries(&triggers, &latest, request, (self.clock)());
        json::put(&mut config, &["status", "imageChangeTriggers"], entries);
        json::put(&mut config, &["status", "lastVersion"], number);
        commit(cx, config, build).await
    }
}

/// Writes the BuildConfig and its new Build in one revision, and answers the Build.
pub(super) async fn commit(cx: &RequestContext, config: Object, build: Object) -> Result<Object, ApiError> {
    let planned = vec![
        Planned::Update {
            resource: BUILD_CONFIGS,
            object: config,
            mode: UpdateMode::Main,
        },
        Planned::Create {
            resource: BUILDS,
            object: build,
        },
    ];
    let written = cx.objects.commit(cx, planned).await?;
    written
        .into_iter()
        .next_back()
        .ok_or_else(|| ApiError::internal("the commit answered no build"))
}

fn may_build(config: &Object, last: i64, expected: Option<i64>) -> Result<(), ApiError> {
    let name = full_name(config);
    if build_configs::is_paused(config) {
        return Err(ApiError::bad_request(format!(
            "can't instantiate from BuildConfig {name}: BuildConfig is paused"
        )));
    }
    match expected {
        Some(expected) if expected != last => Err(ApiError::bad_request(format!(
            "the LastVersion({last}) on build config {name} does not match the build request LastVersion({expected})"
        ))),
        _ => Ok(()),
    }
}

/// The build runs as this account and pushes with its rights.
async fn account_exists(cx: &RequestContext, config: &Object) -> Result<(), ApiError> {
    let account = match json::text(config, "/spec/serviceAccount") {
        "" => "builder",
        named => named,
    };
    match cx.objects.get(&SERVICE_ACCOUNTS, &cx.namespace, account).await {
        Err(error) if error.is_not_found() => Err(ApiError::internal(format!(
            "error getting push/pull secrets for service account {}/{account}: {}",
            cx.namespace, error.message
        ))),
        found => found.map(drop),
    }
}

/// What each trigger's reference means now. A trigger on the strategy's own image must mean something.
async fn resolve_triggers(cx: &RequestContext, triggers: &[TriggerImage]) -> Result<Vec<Option<String>>, ApiError> {
    let mut latest = Vec::with_capacity(triggers.len());
    for trigger in triggers {
        latest.push(match references::pull_spec(cx, &cx.namespace, &trigger.from).await {
            Ok(image) => Some(image),
            Err(error) if error.code == 422 && !trigger.is_strategys => None,
            Err(error) => return Err(error),
        });
    }
    Ok(latest)
}

async fn resolve_inputs(cx: &RequestContext, config: &Object) -> Result<Inputs, ApiError> {
    let spec = &config["spec"];
    let mut inputs = Inputs::default();
    let from = strategy_field(spec)
        .map(|field| &spec["strategy"][field]["from"])
        .filter(|from: &&Value| !from.is_null());
    if let Some(from) = from {
        inputs.strategy = Some(references::pull_spec(cx, &cx.namespace, from).await?);
    }
    for image in json::items(spec, "/source/images") {
        inputs
            .images
            .push(references::pull_spec(cx, &cx.namespace, &image["from"]).await?);
    }
    Ok(inputs)
}
