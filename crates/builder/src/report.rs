//! What the builder tells the Build: `PUT builds/NAME/details`, read, changed and written back until nobody came between.

use std::time::Duration;

use serde_json::{Value, json};
use weir_api::build::StageInfo;

use crate::failure::BuildFailure;
use crate::source::Commit;

/// As upstream: ten tries, the pause between them doubled each time.
const TRIES: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(25);

/// What is to be told. Absent parts stay as they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report<'a> {
    pub failure: Option<&'a BuildFailure>,
    pub commit: Option<&'a Commit>,
    pub image_digest: Option<&'a str>,
    pub stages: &'a [StageInfo],
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error("cannot tell the build {build} how it went: {source}")]
    Api { build: String, source: Box<kube::Error> },
    #[error("cannot tell the build {0} how it went: somebody else changed it {TRIES} times in a row")]
    Contended(String),
}

/// Tells the Build. One that is gone or has ended needs to hear nothing.
pub(crate) async fn report(
    client: &kube::Client,
    namespace: &str,
    build: &str,
    report: &Report<'_>,
) -> Result<(), ReportError> {
    let failed = |source| ReportError::Api {
        build: build.to_owned(),
        source: Box::new(source),
    };
    let path = format!("/apis/build.openshift.io/v1/namespaces/{namespace}/builds/{build}");
    let mut pause = FIRST_PAUSE;
    for _ in 0..TRIES {
        let mut object: Value = match client.request(get(&path).map_err(failed)?).await {
            Ok(object) => object,
            Err(error) if status_code(&error) == Some(404) => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        if is_over(&object) {
            return Ok(());
        }
        apply(&mut object, report);
        match client
            .request::<Value>(put(&format!("{path}/details"), &object).map_err(failed)?)
            .await
        {
            Ok(_) => return Ok(()),
            Err(error) if status_code(&error) == Some(404) => return Ok(()),
            Err(error) if status_code(&error) == Some(409) => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Err(ReportError::Contended(build.to_owned()))
}

/// Writes the report into the object as it was read.
fn apply(object: &mut Value, report: &Report<'_>) {
    if let Some(commit) = report.commit
        && object["spec"]["revision"].is_null()
    {
        object["spec"]["revision"] = json!(commit.revision());
    }
    if !report.stages.is_empty() {
        object["status"]["stages"] = json!(report.stages);
    }
    if let Some(digest) = report.image_digest {
        object["status"]["output"] = json!({"to": {"imageDigest": digest}});
    }
    if let Some(failure) = report.failure {
        object["status"]["phase"] = json!("Failed");
        object["status"]["reason"] = json!(failure.reason.as_str());
        object["status"]["message"] = json!(failure.message());
    }
}

fn is_over(object: &Value) -> bool {
    matches!(
        object["status"]["phase"].as_str(),
        Some("Complete" | "Failed" | "Error" | "Cancelled")
    )
}

/// HTTP status of an answer that was an error.
pub(crate) fn status_code(error: &kube::Error) -> Option<u16> {
    match error {
        kube::Error::Api(status) => Some(status.code),
        _ => None,
    }
}

fn get(path: &str) -> Result<http::Request<Vec<u8>>, kube::Error> {
    http::Request::get(path)
        .body(Vec::new())
        .map_err(kube::Error::HttpError)
}

fn put(path: &str, object: &Value) -> Result<http::Request<Vec<u8>>, kube::Error> {
    let body = serde_json::to_vec(object).map_err(kube::Error::SerdeError)?;
    http::Request::put(path)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(kube::Error::HttpError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureReason;

    #[test]
    fn report_changes_only_what_it_tells() {
        let mut object = json!({"metadata": {"name": "b", "x": 1}, "spec": {"revision": {"type": "Git"}, "unknown": 2},
                                "status": {"phase": "Running", "output": {}}});
        let commit = Commit {
            id: "abc".into(),
            ..Commit::default()
        };
        let failure = BuildFailure::new(FailureReason::PushImage, "no");
        apply(
            &mut object,
            &Report {
                commit: Some(&commit),
                failure: Some(&failure),
                ..Report::default()
            },
        );
        assert_eq!(object["spec"], json!({"revision": {"type": "Git"}, "unknown": 2}));
        assert_eq!(object["status"]["reason"], "PushImageToRegistryFailed");
        assert_eq!(object["status"]["phase"], "Failed");
        assert_eq!(object["status"]["output"], json!({}));
        assert_eq!(object["metadata"]["x"], 1);
    }

    #[test]
    fn revision_and_digest_are_set_once_known() {
        let mut object = json!({"spec": {}, "status": {}});
        let commit = Commit {
            id: "abc".into(),
            ..Commit::default()
        };
        apply(
            &mut object,
            &Report {
                commit: Some(&commit),
                image_digest: Some("sha256:1"),
                ..Report::default()
            },
        );
        assert_eq!(object["spec"]["revision"]["git"]["commit"], "abc");
        assert_eq!(object["status"]["output"]["to"]["imageDigest"], "sha256:1");
        assert_eq!(object["status"]["phase"], Value::Null);
    }
}
