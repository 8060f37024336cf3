use super::engine_build::{self, Order};
use super::{Attempt, images, injections};
use crate::child::Fetched;
use crate::context::{PackJob, Part, RelativePath};
use crate::dockerfile::{Rewrite, rewrite};
use crate::failure::{BuildFailure, FailureReason};
use crate::job::Strategy;

/// Where an inline Dockerfile is put.
const INLINE_DOCKERFILE: &str = "Dockerfile";

/// A Dockerfile build: the user's Dockerfile, rewritten, in the user's context.
pub(super) async fn build(attempt: &Attempt, fetched: &Fetched) -> Result<String, BuildFailure> {
    let Strategy::Docker {
        from,
        pull_secret,
        environment,
        build_args,
        dockerfile_path,
        no_cache,
        force_pull,
        single_layer,
        image_names,
    } = &attempt.job.strategy
    else {
        return Err(BuildFailure::new(
            FailureReason::GenericBuild,
            "this is no Dockerfile build",
        ));
    };
    let (path, text) = dockerfile(attempt, fetched, dockerfile_path)?;
    let rewritten = rewrite(
        &text,
        &Rewrite {
            from: from.as_deref(),
            environment,
            build_args,
            image_names,
            facts: &attempt.facts(fetched),
            labels: &attempt.job.labels,
            engine_name: &|name| attempt.kit.names.for_engine(name),
        },
    )
    .map_err(|error| BuildFailure::new(FailureReason::ManageDockerfile, error.to_string()))?;
    if let Some(replaced) = &rewritten.replaced {
        attempt.log.line(&format!("Replaced Dockerfile FROM image {replaced}"));
    }
    for image in &rewritten.images {
        images::provide(attempt, image, *force_pull, pull_secret.as_deref()).await?;
    }
    let mut parts = vec![Part::Tree {
        from: attempt.job.context_dir.clone(),
        to: RelativePath::root(),
        s2i_ignore: false,
        without: Vec::new(),
    }];
    parts.extend(injections::as_context_files(injections::read(attempt).await?)?);
    parts.push(Part::File {
        path: path.clone(),
        contents: rewritten.text.into_bytes(),
    });
    let order = Order {
        context: PackJob {
            mtime: fetched.changed_at,
            parts,
        },
        dockerfile: path.to_string(),
        build_args: build_args.clone(),
        no_cache: *no_cache,
        single_layer: *single_layer,
    };
    engine_build::run(attempt, order).await
}

/// Path and text of the Dockerfile, before it is rewritten.
fn dockerfile(
    attempt: &Attempt,
    fetched: &Fetched,
    path: &RelativePath,
) -> Result<(RelativePath, String), BuildFailure> {
    let failure = |detail: String| BuildFailure::new(FailureReason::ManageDockerfile, detail);
    if let Some(text) = &attempt.job.inline_dockerfile {
        let path = INLINE_DOCKERFILE.parse().map_err(|error| failure(format!("{error}")))?;
        return Ok((path, text.clone()));
    }
    match &fetched.survey.dockerfile {
        Some(text) => Ok((path.clone(), text.clone())),
        None => Err(failure(format!(
            "the source has no file \"{}\"; check spec.strategy.dockerStrategy.dockerfilePath and spec.source.contextDir",
            attempt.job.context_dir.join(path)
        ))),
    }
}
