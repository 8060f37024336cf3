/// What to do about a build that failed for `reason`; `None` where the message says all there is to say.
pub fn for_build(reason: &str, program: &str, build: &str) -> Option<String> {
    let text = match reason {
        "FetchSourceFailed" => "check that the git URL and the ref exist and can be reached from the server; a private repository needs a source secret".into(),
        "InvalidContextDirectory" => "check spec.source.contextDir against the directories of the repository".into(),
        "PullBuilderImageFailed" | "FetchImageContentFailed" => {
            "check that the builder image exists and can be pulled: the image and the tag it came from are named above".into()
        }
        "InvalidImageReference" | "InvalidOutputReference" => {
            "the image stream tag named above does not exist, or has no image yet; import or push one, or correct the build config".into()
        }
        "AssembleFailed" | "PostCommitHookFailed" | "DockerBuildFailed" | "GenericBuildFailed" | "ManageDockerfileFailed" => {
            format!("`{program} logs build/{build}` shows what failed; mend that and start another build")
        }
        "PushImageToRegistryFailed" => "check that the registry is running and has space, and that the output stream may be pushed to".into(),
        "OutOfMemoryKilled" => "the build needed more memory than it may use; raise spec.resources.limits.memory of the build config".into(),
        "ExceededRetryTimeout" | "BuildPodDeleted" | "NoBuildContainerStatus" | "FailedContainer" | "BuildPodEvicted" => {
            format!("the build was interrupted, not refused; `{program} start-build --from-build={build}` repeats it")
        }
        "CannotCreateBuildPod" | "CannotCreateBuildPodSpec" | "BuildPodExists" => {
            "the build's pod could not be made; the message above and the events below name what is in the way".into()
        }
        _ => return None,
    };
    Some(text)
}

/// What to do about a container that waits for `reason`.
pub fn for_container(reason: &str, program: &str, pod: &str) -> Option<String> {
    let text = match reason {
        "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" => {
            "check that the image exists under this name and can be pulled; a push or an import makes it available"
                .into()
        }
        "CrashLoopBackOff" | "RunContainerError" => {
            format!("its program ends by itself; `{program} logs -p {pod}` shows what it said last")
        }
        "CreateContainerConfigError" => "a secret, config map or key that it refers to is missing".into(),
        _ => return None,
    };
    Some(text)
}
