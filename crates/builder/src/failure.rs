use std::fmt;

/// Longest explanation kept in a Build's status; the log has the rest.
const MAX_DETAIL_BYTES: usize = 1024;

/// The reasons of a failed build, in the words that clients look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureReason {
    FetchSource,
    InvalidContextDirectory,
    FetchImageContent,
    ManageDockerfile,
    PullBuilderImage,
    FetchScripts,
    DockerfileCreation,
    AssembleUserForbidden,
    DockerBuild,
    GenericBuild,
    PushImage,
}

impl FailureReason {
    /// `status.reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FetchSource => "FetchSourceFailed",
            Self::InvalidContextDirectory => "InvalidContextDirectory",
            Self::FetchImageContent => "FetchImageContentFailed",
            Self::ManageDockerfile => "ManageDockerfileFailed",
            Self::PullBuilderImage => "PullBuilderImageFailed",
            Self::FetchScripts => "FetchScriptsFailed",
            Self::DockerfileCreation => "DockerFileCreationFailed",
            Self::AssembleUserForbidden => "AssembleUserForbidden",
            Self::DockerBuild => "DockerBuildFailed",
            Self::GenericBuild => "GenericBuildFailed",
            Self::PushImage => "PushImageToRegistryFailed",
        }
    }

    fn summary(self) -> &'static str {
        match self {
            Self::FetchSource => "Failed to fetch the input source.",
            Self::InvalidContextDirectory => "The supplied context directory does not exist.",
            Self::FetchImageContent => "Failed to extract image content.",
            Self::ManageDockerfile => "Failed to prepare the dockerfile for the build.",
            Self::PullBuilderImage => "Failed pulling builder image.",
            Self::FetchScripts => "Failed to fetch specified scripts.",
            Self::DockerfileCreation => "Failed to create the dockerfile for the build.",
            Self::AssembleUserForbidden => "Assemble user for S2I build is forbidden.",
            Self::DockerBuild => "Dockerfile build strategy has failed.",
            Self::GenericBuild => "Generic Build failure - check logs for details.",
            Self::PushImage => "Failed to push the image to the registry.",
        }
    }
}

/// Why a build ended without a result: one reason, and what happened with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct BuildFailure {
    pub reason: FailureReason,
    pub detail: String,
}

impl BuildFailure {
    pub fn new(reason: FailureReason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }

    /// `status.message`: the words every client knows, then ours, bounded.
    pub fn message(&self) -> String {
        let detail = bounded(self.detail.trim());
        if detail.is_empty() {
            self.reason.summary().to_owned()
        } else {
            format!("{} {detail}", self.reason.summary())
        }
    }
}

impl fmt::Display for BuildFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.detail.is_empty() {
            self.reason.summary()
        } else {
            &self.detail
        })
    }
}

fn bounded(text: &str) -> String {
    if text.len() <= MAX_DETAIL_BYTES {
        return text.to_owned();
    }
    let mut end = MAX_DETAIL_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_starts_with_the_words_clients_know() {
        let failure = BuildFailure::new(FailureReason::FetchSource, "requested repository \"x\" not found");
        assert_eq!(
            failure.message(),
            "Failed to fetch the input source. requested repository \"x\" not found"
        );
        let bare = BuildFailure::new(FailureReason::PushImage, "");
        assert_eq!(bare.message(), "Failed to push the image to the registry.");
    }

    #[test]
    fn message_is_bounded_at_a_character() {
        let failure = BuildFailure::new(FailureReason::GenericBuild, "ü".repeat(4096));
        assert!(failure.message().len() < 1200);
        assert!(failure.message().ends_with("..."));
    }
}
