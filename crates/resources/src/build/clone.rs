use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use weir_api::build::BuildRequest;
use weir_api::names::annotation;
use weir_apiserver::{ApiError, Object, RequestContext, SubresourceHandler};

use super::{BUILD_CONFIGS, BUILDS, build_configs, generator, instantiate, naming};
use crate::{Clock, decode, json, preconditions};

/// Digits of a name's suffix that is made from the time.
const TIME_DIGITS: u32 = 10;
/// What another build system said about the original.
const FOREIGN_ANNOTATIONS: [&str; 5] = [
    "openshift.io/jenkins-status-json",
    "openshift.io/jenkins-log-url",
    "openshift.io/jenkins-console-log-url",
    "openshift.io/jenkins-blueocean-log-url",
    "openshift.io/jenkins-build-uri",
];

/// `builds/NAME/clone`: the same build once more, from the very same images.
pub(super) struct CloneBuild {
    pub clock: Clock,
}

#[async_trait]
impl SubresourceHandler for CloneBuild {
    async fn create(&self, cx: &RequestContext, name: &str, request: Object) -> Result<Object, ApiError> {
        decode::typed::<BuildRequest>(&request)?;
        preconditions::same_name(name, &request)?;
        let original = cx.objects.get(&BUILDS, &cx.namespace, name).await?;
        let Some(mut config) = config_of(cx, &original).await? else {
            let clone = plan(&original, &timed_name(name, (self.clock)()), None, &request)?;
            return cx.objects.create(&cx.for_resource(BUILDS), &BUILDS, clone).await;
        };
        if build_configs::is_paused(&config) {
            return Err(ApiError::internal(format!(
                "fatal error generating Build from BuildConfig: can't instantiate from BuildConfig {}: BuildConfig is paused",
                generator::full_name(&config)
            )));
        }
        let number = json::number(&config, "/status/lastVersion").unwrap_or_default() + 1;
        let name = naming::build_name(json::text(&config, "/metadata/name"), number);
        let clone = plan(&original, &name, Some(number), &request)?;
        json::put(&mut config, &["status", "lastVersion"], number);
        instantiate::commit(cx, config, clone).await
    }
}

async fn config_of(cx: &RequestContext, build: &Object) -> Result<Option<Object>, ApiError> {
    let name = json::text(build, "/status/config/name");
    if name.is_empty() {
        return Ok(None);
    }
    match cx.objects.get(&BUILD_CONFIGS, &cx.namespace, name).await {
        Err(error) if error.is_not_found() => Ok(None),
        found => found.map(Some),
    }
}

fn plan(original: &Object, name: &str, number: Option<i64>, request: &Object) -> Result<Object, ApiError> {
    let metadata = &original["metadata"];
    let mut clone = json!({
        "kind": "Build",
        "apiVersion": weir_api::build::API_VERSION,
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": metadata["labels"],
            "annotations": annotations(original, number),
            "ownerReferences": metadata["ownerReferences"],
        },
        "spec": original["spec"],
        "status": {"phase": "New", "config": original["status"]["config"], "output": {}},
    });
    let spec = &mut clone["spec"];
    json::remove(spec, "/source/binary");
    let causes = request.get("triggeredBy").filter(|causes| !causes.is_null());
    spec["triggeredBy"] = causes.cloned().unwrap_or_else(|| json!([]));
    generator::apply_options(spec, original, request)?;
    Ok(clone)
}

fn annotations(original: &Object, number: Option<i64>) -> Value {
    let mut annotations = original["metadata"]["annotations"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    annotations.remove(annotation::BUILD_POD_NAME);
    for key in FOREIGN_ANNOTATIONS {
        annotations.remove(key);
    }
    annotations.insert(annotation::BUILD_CLONE_OF.into(), original["metadata"]["name"].clone());
    if let Some(number) = number {
        annotations.insert(annotation::BUILD_NUMBER.into(), number.to_string().into());
    }
    annotations.into()
}

/// `NAME-<digits of the time>`, with such digits of an earlier clone dropped.
fn timed_name(name: &str, now: Timestamp) -> String {
    let is_time =
        |suffix: &str| suffix.len() == TIME_DIGITS as usize && suffix.bytes().all(|byte| byte.is_ascii_digit());
    let base = match name.rsplit_once('-') {
        Some((base, suffix)) if is_time(suffix) => base,
        _ => name,
    };
    let digits = now.as_nanosecond().rem_euclid(10_i128.pow(TIME_DIGITS));
    format!("{base}-{digits:010}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_remembers_its_original_and_forgets_its_pod() {
        let original = json!({
            "metadata": {"name": "web-1", "namespace": "ns", "labels": {"buildconfig": "web"}, "annotations": {
                "openshift.io/build.pod-name": "web-1-build", "openshift.io/build.number": "1", "openshift.io/jenkins-log-url": "u", "note": "n"}},
            "spec": {"source": {"binary": {}, "git": {"uri": "u"}}, "strategy": {"sourceStrategy": {"from": {"kind": "DockerImage", "name": "i@sha256:1"}}}},
            "status": {"phase": "Failed", "reason": "x", "config": {"name": "web"}},
        });
        let request = json!({"triggeredBy": [{"message": "again"}], "env": [{"name": "A", "value": "1"}]});
        let clone = plan(&original, "web-2", Some(2), &request).unwrap();
        assert_eq!(
            clone["metadata"]["annotations"],
            json!({"openshift.io/build.clone-of": "web-1", "openshift.io/build.number": "2", "note": "n"})
        );
        assert_eq!(clone["spec"]["source"], json!({"git": {"uri": "u"}}));
        assert_eq!(
            clone["spec"]["strategy"]["sourceStrategy"]["from"]["name"],
            "i@sha256:1"
        );
        assert_eq!(
            clone["spec"]["strategy"]["sourceStrategy"]["env"],
            json!([{"name": "A", "value": "1"}])
        );
        assert_eq!(
            clone["status"],
            json!({"phase": "New", "config": {"name": "web"}, "output": {}})
        );
    }

    #[test]
    fn names_made_of_the_time_do_not_grow() {
        let now = Timestamp::new(1_800_000_000, 42).unwrap();
        let first = timed_name("lone", now);
        assert_eq!(first, "lone-0000000042");
        assert_eq!(timed_name(&first, now), first);
    }
}
