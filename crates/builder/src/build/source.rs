use std::collections::BTreeMap;

use weir_engine::EngineKind;

use super::engine_build::{self, Order};
use super::{Attempt, images, injections};
use crate::child::Fetched;
use crate::context::{PackJob, Part, RelativePath};
use crate::dockerfile::{BuilderImage, Injection, Previous, S2iError, S2iInput, plan_s2i};
use crate::failure::{BuildFailure, FailureReason};
use crate::job::Strategy;

const DOCKERFILE: &str = "Dockerfile";

/// A source build: the builder image, a generated Dockerfile, one layer on top.
pub(super) async fn build(attempt: &Attempt, fetched: &Fetched) -> Result<String, BuildFailure> {
    let Strategy::Source {
        builder,
        pull_secret,
        environment,
        scripts_url,
        incremental,
        force_pull,
    } = &attempt.job.strategy
    else {
        return Err(BuildFailure::new(
            FailureReason::GenericBuild,
            "this is no source build",
        ));
    };
    let builder = builder_image(attempt, builder, *force_pull, pull_secret.as_deref()).await?;
    let previous = if *incremental { previous(attempt).await } else { None };
    let injections = injections::read(attempt).await?;
    refuse_secrets_without_single_layer(attempt, &injections).await?;
    attempt.log.line(&format!(
        "Generating dockerfile with builder image {}",
        builder.reference
    ));
    let plan = plan_s2i(&S2iInput {
        builder: &builder,
        facts: &attempt.facts(fetched),
        context_dir: &attempt.job.context_dir,
        has_source: attempt.job.git.is_some() || attempt.job.binary.is_some(),
        environment_file: &fetched.survey.environment,
        source_scripts: &fetched.survey.scripts,
        scripts_url,
        environment,
        labels: &attempt.job.labels,
        injections: &injections,
        previous: previous.as_ref(),
        allowed_users: attempt.job.allowed_users.as_deref(),
    })
    .map_err(|error| BuildFailure::new(reason(&error), error.to_string()))?;
    for remark in &plan.remarks {
        attempt.log.line(remark);
    }
    let path: RelativePath = DOCKERFILE
        .parse()
        .map_err(|error| BuildFailure::new(FailureReason::DockerfileCreation, format!("{error}")))?;
    let mut parts = plan.parts;
    parts.push(Part::File {
        path,
        contents: plan.dockerfile.into_bytes(),
    });
    let order = Order {
        context: PackJob {
            mtime: fetched.changed_at,
            parts,
        },
        dockerfile: DOCKERFILE.to_owned(),
        build_args: BTreeMap::new(),
        // The assemble script fetches what is new today; a cached result would be an old one.
        no_cache: true,
        single_layer: true,
    };
    engine_build::run(attempt, order).await
}

async fn builder_image(
    attempt: &Attempt,
    name: &str,
    force: bool,
    secret: Option<&str>,
) -> Result<BuilderImage, BuildFailure> {
    if name.is_empty() {
        return Err(BuildFailure::new(
            FailureReason::PullBuilderImage,
            "the build names no builder image; set spec.strategy.sourceStrategy.from",
        ));
    }
    let image = images::provide(attempt, name, force, secret).await?;
    Ok(BuilderImage {
        reference: name.to_owned(),
        engine_name: attempt.kit.names.for_engine(name),
        user: image.config.user,
        working_dir: image.config.working_dir,
        labels: image.config.labels,
    })
}

/// The image that the last build pushed. There may be none: then the build is not incremental.
async fn previous(attempt: &Attempt) -> Option<Previous> {
    let output = attempt.job.output.as_deref()?;
    match images::provide(attempt, output, true, attempt.job.push_secret.as_deref()).await {
        Ok(_) => Some(Previous {
            engine_name: attempt.kit.names.for_engine(output),
        }),
        Err(failure) => {
            attempt
                .log
                .line(&format!("No artifacts of an earlier build are used: {failure}"));
            None
        }
    }
}

/// Where every instruction leaves a layer, a secret that is removed in a later one is still in the image.
async fn refuse_secrets_without_single_layer(attempt: &Attempt, injections: &[Injection]) -> Result<(), BuildFailure> {
    if !injections
        .iter()
        .any(|injection| injection.secret && !injection.files.is_empty())
    {
        return Ok(());
    }
    let info = attempt
        .kit
        .engine
        .info()
        .await
        .map_err(|error| BuildFailure::new(FailureReason::GenericBuild, error.to_string()))?;
    match info.kind {
        EngineKind::Podman => Ok(()),
        EngineKind::Docker => Err(BuildFailure::new(
            FailureReason::GenericBuild,
            "source.secrets of a source build would stay readable in the layers that Docker makes; use Podman as the engine, or build without source.secrets",
        )),
    }
}

fn reason(error: &S2iError) -> FailureReason {
    match error {
        S2iError::ScriptsUrl(_) => FailureReason::FetchScripts,
        S2iError::UserForbidden { .. } => FailureReason::AssembleUserForbidden,
        S2iError::Path { .. } | S2iError::User(_) | S2iError::FileName(_) | S2iError::ContextPath(_) => {
            FailureReason::DockerfileCreation
        }
    }
}
