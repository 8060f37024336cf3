use k8s_openapi::api::core::v1::Container;
use weir_oci::{Reference, ReferenceError};

/// The integrated registry's name in objects, and where it really listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegistryNames {
    pub shown: String,
    pub address: String,
}

/// A pod's image, as the pod writes it and as the engine knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageName {
    written: Reference,
    engine: Reference,
    internal: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PullPolicy {
    Always,
    IfNotPresent,
    Never,
}

impl ImageName {
    pub fn parse(text: &str, names: &RegistryNames) -> Result<Self, ReferenceError> {
        let written: Reference = text.parse()?;
        let internal = written.registry() == names.shown;
        let engine = if internal {
            written.with_registry(&names.address)
        } else {
            written.clone()
        };
        Ok(Self {
            engine: engine.with_docker_defaults().most_specific(),
            written,
            internal,
        })
    }

    /// What to ask the engine for.
    pub fn for_engine(&self) -> String {
        self.engine.to_string()
    }

    /// Whether the integrated registry has it.
    pub fn is_internal(&self) -> bool {
        self.internal
    }

    /// Host of a foreign registry, as pull secrets name it.
    pub fn registry(&self) -> &str {
        self.engine.registry()
    }

    pub fn digest(&self) -> Option<&str> {
        self.written.digest().map(|digest| digest.as_str())
    }

    /// The image by digest under the name that objects show. `digests` are the names under which the engine knows it.
    pub fn image_id(&self, digests: &[String], engine_id: &str) -> String {
        if let Some(digest) = self.written.digest() {
            return self.written.with_digest(digest.clone()).to_string();
        }
        let repository = format!("{}@", self.engine.as_repository());
        let digest = digests
            .iter()
            .find_map(|name| name.strip_prefix(&repository)?.parse().ok());
        digest.map_or_else(
            || engine_id.to_owned(),
            |digest| self.written.with_digest(digest).to_string(),
        )
    }
}

impl PullPolicy {
    /// What the container says; otherwise an image that may change under its name is always looked for.
    pub fn of(container: &Container, image: &ImageName) -> Self {
        match container.image_pull_policy.as_deref() {
            Some("Never") => Self::Never,
            Some("IfNotPresent") => Self::IfNotPresent,
            // What a digest names cannot change.
            _ if image.digest().is_some() => Self::IfNotPresent,
            Some("Always") => Self::Always,
            _ if image.engine.tag().is_none_or(|tag| tag.as_str() == "latest") => Self::Always,
            _ => Self::IfNotPresent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn names() -> RegistryNames {
        RegistryNames {
            shown: "docker-registry.default.svc:5000".to_owned(),
            address: "127.0.0.1:5000".to_owned(),
        }
    }

    fn image(text: &str) -> ImageName {
        ImageName::parse(text, &names()).unwrap()
    }

    #[test]
    fn the_integrated_registry_is_called_where_it_listens() {
        let internal = image(&format!("docker-registry.default.svc:5000/ns/app@{DIGEST}"));
        assert_eq!(internal.for_engine(), format!("127.0.0.1:5000/ns/app@{DIGEST}"));
        assert!(internal.is_internal());
        assert_eq!(
            internal.image_id(&[], "sha256:1"),
            format!("docker-registry.default.svc:5000/ns/app@{DIGEST}")
        );
    }

    #[test]
    fn foreign_names_are_completed() {
        for (written, engine) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("quay.io/a/b:1", "quay.io/a/b:1"),
            (&format!("quay.io/a/b:1@{DIGEST}"), &format!("quay.io/a/b@{DIGEST}")),
        ] {
            assert_eq!(image(written).for_engine(), engine);
            assert!(!image(written).is_internal());
        }
    }

    #[test]
    fn the_digest_in_the_status_is_of_the_same_repository() {
        let tagged = image("docker-registry.default.svc:5000/ns/app:1");
        let digests = [
            format!("other/app@sha256:{}", "b".repeat(64)),
            format!("127.0.0.1:5000/ns/app@{DIGEST}"),
        ];
        assert_eq!(
            tagged.image_id(&digests, "sha256:1"),
            format!("docker-registry.default.svc:5000/ns/app@{DIGEST}")
        );
        assert_eq!(tagged.image_id(&[], "sha256:1"), "sha256:1");
    }

    #[test]
    fn policies_default_by_the_name() {
        let policy = |text: &str, policy: Option<&str>| {
            let container = Container {
                image_pull_policy: policy.map(str::to_owned),
                ..Container::default()
            };
            PullPolicy::of(&container, &image(text))
        };
        assert_eq!(policy("a:1", None), PullPolicy::IfNotPresent);
        assert_eq!(policy("a", None), PullPolicy::Always);
        assert_eq!(policy("a:latest", None), PullPolicy::Always);
        assert_eq!(policy("a:1", Some("Always")), PullPolicy::Always);
        assert_eq!(policy(&format!("a@{DIGEST}"), Some("Always")), PullPolicy::IfNotPresent);
        assert_eq!(policy("a", Some("Never")), PullPolicy::Never);
    }
}
