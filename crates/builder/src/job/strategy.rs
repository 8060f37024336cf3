use std::collections::BTreeMap;

use weir_api::build::CommonSpec;
use weir_api::core::{EnvVar, LocalObjectReference, ObjectReference};

use super::failure;
use crate::context::RelativePath;
use crate::failure::{BuildFailure, FailureReason};

/// How the image is made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Strategy {
    Source {
        builder: String,
        pull_secret: Option<String>,
        environment: Vec<(String, String)>,
        scripts_url: String,
        incremental: bool,
        force_pull: bool,
    },
    Docker {
        from: Option<String>,
        pull_secret: Option<String>,
        environment: Vec<(String, String)>,
        build_args: BTreeMap<String, String>,
        dockerfile_path: RelativePath,
        no_cache: bool,
        force_pull: bool,
        single_layer: bool,
        image_names: BTreeMap<String, String>,
    },
}

impl Strategy {
    /// The reason given when the build itself fails.
    pub fn failure(&self) -> FailureReason {
        match self {
            Self::Source { .. } => FailureReason::GenericBuild,
            Self::Docker { .. } => FailureReason::DockerBuild,
        }
    }
}

/// Reads the strategy of a build.
pub(super) fn strategy(spec: &CommonSpec) -> Result<Strategy, BuildFailure> {
    let strategy = &spec.strategy;
    let secret = |secret: &Option<LocalObjectReference>| secret.as_ref().map(|secret| secret.name.clone());
    let image = |reference: &ObjectReference| reference.name.clone().unwrap_or_default();
    if let Some(source) = &strategy.source_strategy {
        return Ok(Strategy::Source {
            builder: image(&source.from),
            pull_secret: secret(&source.pull_secret),
            environment: environment(&source.env)?,
            scripts_url: source.scripts.clone(),
            incremental: source.incremental.unwrap_or_default(),
            force_pull: source.force_pull,
        });
    }
    let Some(docker) = &strategy.docker_strategy else {
        return Err(failure(
            FailureReason::GenericBuild,
            "this builder knows the strategies source and docker; change spec.strategy",
        ));
    };
    let path = if docker.dockerfile_path.is_empty() {
        "Dockerfile"
    } else {
        &docker.dockerfile_path
    };
    let images = &spec.source.images;
    Ok(Strategy::Docker {
        from: docker.from.as_ref().map(image).filter(|name| !name.is_empty()),
        pull_secret: secret(&docker.pull_secret),
        environment: environment(&docker.env)?,
        build_args: environment(&docker.build_args)?.into_iter().collect(),
        dockerfile_path: path
            .parse()
            .map_err(|error| failure(FailureReason::ManageDockerfile, format!("{error}")))?,
        no_cache: docker.no_cache,
        force_pull: docker.force_pull,
        single_layer: matches!(
            docker.image_optimization_policy.as_deref(),
            Some("SkipLayers" | "SkipLayersAndWarn")
        ),
        image_names: images
            .iter()
            .flat_map(|one| one.r#as.iter().map(|name| (name.clone(), image(&one.from))))
            .collect(),
    })
}

/// The controller has put values in the place of all references.
fn environment(variables: &[EnvVar]) -> Result<Vec<(String, String)>, BuildFailure> {
    let pair = |variable: &EnvVar| match &variable.value_from {
        Some(_) => Err(failure(
            FailureReason::GenericBuild,
            format!(
                "the variable {} refers to a value that was not resolved; check spec.strategy",
                variable.name
            ),
        )),
        None => Ok((variable.name.clone(), variable.value.clone().unwrap_or_default())),
    };
    variables.iter().map(pair).collect()
}
