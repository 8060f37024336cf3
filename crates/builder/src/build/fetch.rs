use super::Attempt;
use crate::child::{self, ChildFailure, ChildFailureKind, Fetched};
use crate::failure::{BuildFailure, FailureReason};
use crate::job::{GitSource, Strategy};
use crate::registry_access::secret_data;
use crate::source::{FetchJob, SourceCredentials, SourceSecret, SurveyJob};
use crate::stages::Step;

/// Has the source fetched and looked through by the unprivileged child. A build without a repository has an empty one.
pub(super) async fn fetch(attempt: &Attempt) -> Result<Fetched, BuildFailure> {
    let job = &attempt.job;
    let Some(git) = &job.git else {
        return Ok(Fetched::default());
    };
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
