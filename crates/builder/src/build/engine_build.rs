use futures::TryStreamExt;
use weir_engine::{BuildProgress, BuildSpec, EngineError};

use super::Attempt;
use crate::child;
use crate::context::PackJob;
use crate::failure::BuildFailure;
use crate::stages::Step;

/// Name space of the local names that results have until they are pushed.
const TEMPORARY_HOST: &str = "temp.builder.weir.dev";

/// What the engine is asked to build.
pub(super) struct Order {
    pub context: PackJob,
    pub dockerfile: String,
    pub build_args: std::collections::BTreeMap<String, String>,
    pub no_cache: bool,
    /// All steps become one layer on top of the base.
    pub single_layer: bool,
}

/// Packs the context and has it built. Returns the id of the image.
pub(super) async fn run(attempt: &Attempt, order: Order) -> Result<String, BuildFailure> {
    let context = child::pack(
        &attempt.kit.child,
        attempt.place.seat(),
        attempt.place.path(),
        order.context,
        attempt.sink(&attempt.log),
    )
    .await
    .map_err(super::fetch::failure)?;
    let tag = temporary_name(&attempt.kit.instance, &attempt.job.uid);
    attempt.temporary(&tag);
    let spec = BuildSpec {
        dockerfile: order.dockerfile,
        tag: Some(tag),
        build_args: order.build_args,
        no_cache: order.no_cache,
        single_layer: order.single_layer,
        memory_bytes: attempt.job.memory_bytes,
        ..BuildSpec::new(context)
    };
    let built = attempt.timed(Step::DockerBuild, true, follow(attempt, spec)).await;
    built.map_err(|error| {
        let text = attempt.kit.names.for_user(&error.to_string());
        BuildFailure::new(attempt.job.strategy.failure(), explained(&error, &text))
    })
}

/// Follows a build of the engine to its end, line by line.
pub(super) async fn follow(attempt: &Attempt, spec: BuildSpec) -> Result<String, EngineError> {
    let mut progress = attempt.kit.engine.build(spec);
    let mut image = None;
    while let Some(item) = progress.try_next().await? {
        match item {
            BuildProgress::Log(text) => attempt.log.output(&attempt.kit.names.for_user(&text)),
            BuildProgress::Built { image_id } => image = Some(image_id),
        }
    }
    attempt.log.flush();
    image.ok_or_else(|| EngineError::unavailable("the container engine ended the build without an image"))
}

/// The local name of a build's result.
fn temporary_name(instance: &str, uid: &str) -> String {
    let plain: String = uid.chars().filter(char::is_ascii_alphanumeric).collect();
    format!(
        "{}{}:latest",
        temporary_repository(instance),
        plain.to_ascii_lowercase()
    )
}

/// How all local names of one builder begin.
pub(crate) fn temporary_repository(instance: &str) -> String {
    format!("{TEMPORARY_HOST}/{instance}/")
}

fn explained(error: &EngineError, text: &str) -> String {
    match error {
        EngineError::Unavailable { .. } => {
            format!("{text}; check that the container engine runs, then start the build again")
        }
        _ => format!("build error: {text}"),
    }
}
