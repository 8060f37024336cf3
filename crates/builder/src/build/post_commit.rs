use futures::StreamExt;
use weir_engine::BuildSpec;

use super::{Attempt, engine_build};
use crate::failure::BuildFailure;

/// Runs the hook on the finished image, in a build of its own whose result is thrown away. A hook that fails fails the
/// build, before anything is pushed.
pub(super) async fn run(attempt: &Attempt, image: &str) -> Result<(), BuildFailure> {
    let Some(hook) = &attempt.job.post_commit else {
        return Ok(());
    };
    let failed = |detail: String| {
        BuildFailure::new(
            attempt.job.strategy.failure(),
            format!("post commit hook failed: {detail}"),
        )
    };
    let archive =
        single_file("Dockerfile", hook.dockerfile(image).as_bytes()).map_err(|error| failed(error.to_string()))?;
    let context = futures::stream::once(async move { Ok(archive.into()) }).boxed();
    let spec = BuildSpec {
        no_cache: true,
        memory_bytes: attempt.job.memory_bytes,
        ..BuildSpec::new(context)
    };
    attempt.log.line("Running post commit hook ...");
    let result = engine_build::follow(attempt, spec)
        .await
        .map_err(|error| failed(error.to_string()))?;
    attempt.temporary(&result);
    Ok(())
}

fn single_file(name: &str, content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, name, content)?;
    archive.into_inner()
}
