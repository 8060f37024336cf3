//! What a build pod's end means for its build.

use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};
use weir_api::build::BuildPhase;

use super::change::Cause;
use crate::pod_facts::container_statuses;

/// Lines of the failed container that a build shows.
const SNIPPET_LINES: usize = 5;
/// A longer line is shown by its two ends.
const SNIPPET_LINE_MAX: usize = 120;
const SNIPPET_HEAD: usize = 58;
const SNIPPET_TAIL: usize = 59;

/// Reasons and their sentences, as clients know them.
pub mod cause {
    use super::Cause;

    pub fn pod_deleted() -> Cause {
        Cause::new(
            "BuildPodDeleted",
            "The pod for this build was deleted before the build completed.",
        )
    }

    pub fn out_of_memory() -> Cause {
        Cause::new(
            "OutOfMemoryKilled",
            "The build pod was killed due to an out of memory condition.",
        )
    }

    pub fn generic() -> Cause {
        Cause::new("GenericBuildFailed", "Generic Build failure - check logs for details.")
    }

    pub fn cancelled() -> Cause {
        Cause::new("CancelledBuild", "The build was cancelled by the user.")
    }
}

/// Phase and cause of a build whose pod has succeeded.
pub fn of_success(pod: &Pod) -> (BuildPhase, Cause) {
    let ends: Vec<_> = ended(pod).collect();
    if ends.is_empty() {
        let text = "The pod for this build has no container statuses indicating success or failure.";
        return (BuildPhase::Error, Cause::new("NoBuildContainerStatus", text));
    }
    if ends.iter().any(|end| end.exit_code != 0) {
        let text = "The pod for this build has at least one container with a non-zero exit status.";
        return (BuildPhase::Error, Cause::new("FailedContainer", text));
    }
    (BuildPhase::Complete, Cause::none())
}

/// Phase and cause of a build whose pod has failed.
pub fn of_failure(pod: &Pod) -> (BuildPhase, Cause) {
    if is_out_of_memory(pod) {
        return (BuildPhase::Failed, cause::out_of_memory());
    }
    let status = pod.status.as_ref();
    if let Some("Evicted") = status.and_then(|status| status.reason.as_deref()) {
        let text = status.and_then(|status| status.message.clone()).unwrap_or_default();
        return (BuildPhase::Failed, Cause::new("BuildPodEvicted", text));
    }
    if pod.metadata.deletion_timestamp.is_some() {
        return (BuildPhase::Error, cause::pod_deleted());
    }
    (BuildPhase::Failed, cause::generic())
}

/// Whether any container was killed for its memory.
pub fn is_out_of_memory(pod: &Pod) -> bool {
    ended(pod).any(|end| end.reason.as_deref() == Some("OOMKilled"))
}

/// The last lines of the container that failed.
pub fn log_snippet(pod: &Pod) -> Option<String> {
    let failed = ended(pod).find(|end| end.exit_code != 0)?;
    let message = failed.message.as_deref().filter(|message| !message.trim().is_empty())?;
    let lines: Vec<&str> = message.trim_end().lines().collect();
    let last = &lines[lines.len().saturating_sub(SNIPPET_LINES)..];
    Some(last.iter().map(|line| shortened(line)).collect::<Vec<_>>().join("\n"))
}

fn ended(pod: &Pod) -> impl Iterator<Item = &ContainerStateTerminated> {
    container_statuses(pod).filter_map(|status| status.state.as_ref()?.terminated.as_ref())
}

fn shortened(line: &str) -> String {
    let letters: Vec<char> = line.chars().collect();
    if letters.len() <= SNIPPET_LINE_MAX {
        return line.to_owned();
    }
    let head: String = letters[..SNIPPET_HEAD].iter().collect();
    let tail: String = letters[letters.len() - SNIPPET_TAIL..].iter().collect();
    format!("{head}...{tail}")
}
