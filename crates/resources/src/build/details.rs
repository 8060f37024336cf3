use async_trait::async_trait;
use serde_json::Value;
use weir_api::build::{Build, BuildPhase};
use weir_apiserver::{ApiError, FieldError, Object, RequestContext, SubresourceHandler, UpdateMode};

use super::conditions::{self, keep_failure};
use super::{BUILDS, kind};
use crate::{Clock, decode, json, preconditions};

/// What the builder may report of a build; everything else of the request is ignored.
const REPORTED: [&str; 4] = [
    "/status/stages",
    "/status/reason",
    "/status/message",
    "/status/output/to",
];

/// `builds/NAME/details`: the report of whoever runs the build.
pub(super) struct Details {
    pub clock: Clock,
}

#[async_trait]
impl SubresourceHandler for Details {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        cx.objects.get(&BUILDS, &cx.namespace, name).await
    }

    async fn update(&self, cx: &RequestContext, name: &str, report: Object) -> Result<Object, ApiError> {
        let typed: Build = decode::typed(&report)?;
        let version = json::text(&report, "/metadata/resourceVersion").to_owned();
        let cx = cx.for_resource(BUILDS);
        let change = |build: &mut Object| {
            preconditions::same_version(&BUILDS, name, build, &version)?;
            let old = build.clone();
            apply(build, &report, typed.status.phase)?;
            keep_failure(build, &old);
            conditions::record(build, Some(&old), (self.clock)());
            Ok(())
        };
        cx.objects
            .update_with(&cx, &BUILDS, &cx.namespace, name, UpdateMode::Internal, change)
            .await
    }
}

/// The builder ends builds; it does not move them otherwise.
fn apply(build: &mut Object, report: &Object, phase: BuildPhase) -> Result<(), ApiError> {
    if phase.is_terminal() {
        json::put(build, &["status", "phase"], phase.as_str());
    }
    for path in REPORTED {
        json::restore(build, report, path);
    }
    set_revision(build, report)
}

/// What was built is found out once.
fn set_revision(build: &mut Object, report: &Object) -> Result<(), ApiError> {
    const PATH: &str = "/spec/revision";
    if json::is_unset(report, PATH) {
        return Ok(());
    }
    let mut revision = report["spec"]["revision"].clone();
    json::put(&mut revision, &["type"], "Git");
    let stored = build.pointer(PATH).cloned().unwrap_or(Value::Null);
    if !stored.is_null() && stored != revision {
        let problem = FieldError::duplicate("spec.revision", json::text(&stored, "/git/commit"));
        return Err(ApiError::invalid(
            &kind("Build"),
            json::text(build, "/metadata/name"),
            vec![problem],
        ));
    }
    json::put(build, &["spec", "revision"], revision);
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored() -> Object {
        json!({"metadata": {"name": "web-1"}, "spec": {"source": {"git": {"uri": "u"}}}, "status": {"phase": "Running", "output": {}}})
    }

    #[test]
    fn only_the_report_is_taken() {
        let mut build = stored();
        let report = json!({
            "metadata": {"labels": {"a": "b"}},
            "spec": {"source": {"git": {"uri": "evil"}}, "revision": {"git": {"commit": "c"}}},
            "status": {"phase": "Complete", "cancelled": true, "stages": [{"name": "Build"}], "output": {"to": {"imageDigest": "d"}}},
        });
        apply(&mut build, &report, BuildPhase::Complete).unwrap();
        assert_eq!(
            build,
            json!({"metadata": {"name": "web-1"},
                "spec": {"source": {"git": {"uri": "u"}}, "revision": {"type": "Git", "git": {"commit": "c"}}},
                "status": {"phase": "Complete", "stages": [{"name": "Build"}], "output": {"to": {"imageDigest": "d"}}}})
        );
    }

    #[test]
    fn a_running_build_is_not_moved_back() {
        let mut build = stored();
        apply(
            &mut build,
            &json!({"status": {"phase": "Pending"}}),
            BuildPhase::Pending,
        )
        .unwrap();
        assert_eq!(json::text(&build, "/status/phase"), "Running");
    }

    #[test]
    fn the_revision_is_set_once() {
        let mut build = stored();
        let report =
            |commit: &str| json!({"spec": {"revision": {"git": {"commit": commit}}}, "status": {"phase": "Running"}});
        apply(&mut build, &report("a"), BuildPhase::Running).unwrap();
        apply(&mut build, &report("a"), BuildPhase::Running).unwrap();
        apply(&mut build, &json!({"status": {}}), BuildPhase::Running).unwrap();
        let refused = apply(&mut build, &report("b"), BuildPhase::Running).unwrap_err();
        assert_eq!(refused.code, 422);
        assert_eq!(refused.details.unwrap().causes[0].reason, "FieldValueDuplicate");
    }
}
