use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_api::build::{Build, BuildPhase};
use weir_apiserver::{ApiError, FieldError, Object, RequestContext, Resource, Scope, Strategy, Verb};

use super::clone::CloneBuild;
use super::conditions::{self, keep_failure};
use super::details::Details;
use super::log::BuildLog;
use super::{defaults, kind, naming, schemas, strategy_access, table, validation};
use crate::{Clock, Config, decode, describe, json};

/// One run of a BuildConfig, or a build of its own. There is no `/status`: who may update a Build may end it.
pub(super) fn resource(config: &Config) -> Resource {
    let build = kind("Build");
    let clock = config.clock.clone();
    Resource {
        categories: &["all"],
        subresources: vec![
            describe::subresource(
                "clone",
                kind("BuildRequest"),
                &[Verb::Create],
                CloneBuild {
                    clock: config.clock.clone(),
                },
            ),
            describe::subresource(
                "details",
                build,
                &[Verb::Update],
                Details {
                    clock: config.clock.clone(),
                },
            ),
            describe::subresource("log", kind("BuildLog"), &[Verb::Get], BuildLog(config.nodes.clone())),
        ],
        columns: table::BUILD_COLUMNS,
        cells: table::build_cells,
        oldest_first: true,
        fields: |build| {
            vec![
                ("status", json::text(build, "/status/phase").to_owned()),
                ("podName", naming::pod_name(json::text(build, "/metadata/name"))),
            ]
        },
        schema: &schemas::BUILD,
        ..describe::stored(build, "builds", "build", Scope::Namespaced, Arc::new(Builds { clock }))
    }
}

struct Builds {
    clock: Clock,
}

#[async_trait]
impl Strategy for Builds {
    fn default(&self, build: &mut Object) {
        json::map_at(build, &["spec"]);
        defaults::default_spec(&mut build["spec"]);
        json::map_at(build, &["status"]);
        json::set_default_text(build, "/status", "phase", BuildPhase::New.as_str());
        json::map_at(build, &["status", "output"]);
    }

    async fn prepare_for_create(&self, cx: &RequestContext, build: &mut Object) -> Result<(), ApiError> {
        decode::typed::<Build>(build)?;
        strategy_access::check(cx, build).await?;
        json::remove(build, "/status/conditions");
        conditions::record(build, None, (self.clock)());
        Ok(())
    }

    async fn prepare_for_update(&self, _cx: &RequestContext, build: &mut Object, old: &Object) -> Result<(), ApiError> {
        decode::typed::<Build>(build)?;
        spec_is_unchanged(build, old)?;
        keep_failure(build, old);
        conditions::record(build, Some(old), (self.clock)());
        Ok(())
    }

    fn validate(&self, build: &Object) -> Vec<FieldError> {
        match decode::or_field_error::<Build>(build) {
            Ok(typed) => validation::common_spec(&typed.spec.common),
            Err(problem) => vec![problem],
        }
    }

    fn validate_update(&self, build: &Object, old: &Object) -> Vec<FieldError> {
        let mut problems = self.validate(build);
        problems.extend(phase_problem(build, old));
        problems
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn allow_unconditional_update(&self) -> bool {
        false
    }
}

/// A build says for ever what was built; only the secret to push with may be found later.
fn spec_is_unchanged(build: &Object, old: &Object) -> Result<(), ApiError> {
    const MAY_CHANGE: &str = "/output/pushSecret";
    let mut comparable = build["spec"].clone();
    json::restore(&mut comparable, &old["spec"], MAY_CHANGE);
    let changed = changed_fields(&comparable, &old["spec"]);
    if changed.is_empty() {
        return Ok(());
    }
    let message = format!("spec is immutable, diff: {}", changed.join(", "));
    let problem = FieldError::invalid(
        "spec",
        "content of spec is not printed out, please refer to the \"details\"",
        message,
    );
    Err(ApiError::invalid(
        &kind("Build"),
        json::text(old, "/metadata/name"),
        vec![problem],
    ))
}

/// Clients with types of their own write an empty list as null, or not at all.
fn changed_fields(new: &Value, old: &Value) -> Vec<String> {
    let is_empty = |value: Option<&Value>| value.is_none_or(|value| value.is_null() || *value == json!([]));
    let keys = |value: &Value| {
        value
            .as_object()
            .map(|map| map.keys().cloned().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let mut all = keys(new);
    all.extend(keys(old));
    all.sort();
    all.dedup();
    all.into_iter()
        .filter(|key| new.get(key) != old.get(key) && !(is_empty(new.get(key)) && is_empty(old.get(key))))
        .map(|key| format!("spec.{key}"))
        .collect()
}

fn phase_problem(build: &Object, old: &Object) -> Option<FieldError> {
    let (phase, was) = (json::text(build, "/status/phase"), json::text(old, "/status/phase"));
    let ended = ["Complete", "Failed", "Error", "Cancelled"].contains(&was);
    (ended && phase != was)
        .then(|| FieldError::invalid("status.phase", phase, "phase cannot be updated from a terminal state"))
}
