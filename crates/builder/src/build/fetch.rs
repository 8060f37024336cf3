use std::io;
use std::time::UNIX_EPOCH;

use tokio::fs::File;

use super::Attempt;
use crate::child::{self, ChildFailure, ChildFailureKind, Fetched};
use crate::failure::{BuildFailure, FailureReason};
use crate::job::{BinarySource, GitSource, Strategy};
use crate::registry_access::secret_data;
use crate::source::{FetchJob, SourceCredentials, SourceSecret, SurveyJob, UnpackJob};
use crate::stages::Step;

/// Has the source fetched and looked through by the unprivileged child. A build without a repository and without an
/// upload has an empty one.
pub(super) async fn fetch(attempt: &Attempt) -> Result<Fetched, BuildFailure> {
    match (&attempt.job.git, &attempt.job.binary) {
        (Some(git), _) => repository(attempt, git).await,
        (None, Some(binary)) => upload(attempt, binary).await,
        (None, None) => Ok(Fetched::default()),
    }
}

async fn upload(attempt: &Attempt, binary: &BinarySource) -> Result<Fetched, BuildFailure> {
    let unreadable = |error: io::Error| {
        let detail = format!("cannot read the upload: {error}");
        BuildFailure::new(FailureReason::GenericBuild, detail)
    };
    let content = File::open(attempt.upload.path()).await.map_err(unreadable)?;
    let metadata = content.metadata().await.map_err(unreadable)?;
    let uploaded = metadata.modified().map_err(unreadable)?.duration_since(UNIX_EPOCH);
    let job = UnpackJob {
        bytes: metadata.len(),
        as_file: binary.as_file.clone(),
        uploaded_at: uploaded.map(|since| since.as_secs()).unwrap_or_default(),
    };
    child::unpack(
        &attempt.kit.child,
        attempt.place.seat(),
        attempt.place.path(),
        (job, content),
        survey_job(attempt),
        attempt.sink(&attempt.clone_log),
    )
    .await
    .map_err(failure)
}

async fn repository(attempt: &Attempt, git: &GitSource) -> Result<Fetched, BuildFailure> {
    let job = &attempt.job;
    let credentials = credentials(attempt).await?;
    let fetch = fetch_job(git, credentials, job.log_level, attempt.kit.local_repositories);
    let fetching = child::fetch(
        &attempt.kit.child,
        attempt.place.seat(),
        attempt.place.path(),
        fetch,
        survey_job(attempt),
        attempt.sink(&attempt.clone_log),
    );
    attempt
        .timed(Step::FetchGitSource, true, fetching)
        .await
        .map_err(failure)
}

fn fetch_job(git: &GitSource, credentials: SourceCredentials, log_level: u8, allow_local: bool) -> FetchJob {
    FetchJob {
        url: git.uri.clone(),
        checkout: git.commit.clone().or_else(|| git.reference.clone()),
        credentials,
        http_proxy: git.http_proxy.clone(),
        https_proxy: git.https_proxy.clone(),
        no_proxy: git.no_proxy.clone(),
        skip_tls_verification: git.skip_tls_verification,
        log_level,
        allow_local,
    }
}

fn survey_job(attempt: &Attempt) -> SurveyJob {
    let job = &attempt.job;
    let dockerfile = match &job.strategy {
        Strategy::Docker { dockerfile_path, .. } if job.inline_dockerfile.is_none() => Some(dockerfile_path.clone()),
        _ => None,
    };
    let s2i = matches!(job.strategy, Strategy::Source { .. });
    SurveyJob {
        context_dir: job.context_dir.clone(),
        dockerfile,
        s2i,
    }
}

async fn credentials(attempt: &Attempt) -> Result<SourceCredentials, BuildFailure> {
    let Some(name) = &attempt.job.source_secret else {
        return Ok(SourceCredentials::default());
    };
    let data = secret_data(&attempt.kit.client, attempt.job.pod.namespace(), name)
        .await
        .map_err(|error| BuildFailure::new(FailureReason::FetchSource, error.to_string()))?;
    let secret = SourceSecret::from_data(&data);
    for remark in &secret.remarks {
        attempt.clone_log.line(remark);
    }
    Ok(secret.credentials)
}

pub(super) fn failure(failure: ChildFailure) -> BuildFailure {
    let reason = match failure.kind {
        ChildFailureKind::Source => FailureReason::FetchSource,
        ChildFailureKind::NoContextDirectory => FailureReason::InvalidContextDirectory,
        ChildFailureKind::Child => FailureReason::GenericBuild,
    };
    BuildFailure::new(reason, failure.message)
}
