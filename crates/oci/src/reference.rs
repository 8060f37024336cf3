use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{NAME_BYTES, REFERENCE_BYTES};
use crate::repository_name::is_path_component;
use crate::{Digest, Tag};

/// The registry that names without a registry mean.
pub const DOCKER_HUB: &str = "docker.io";
/// The host that answers for [`DOCKER_HUB`].
pub const DOCKER_HUB_HOST: &str = "registry-1.docker.io";

/// An image name as users write it: `[registry/][namespace/]name[:tag][@digest]`, with nothing added.
///
/// The first part is a registry if it contains a dot or a colon or is `localhost`. A single part that looks like a host
/// is a registry without a name. Parts beyond the namespace belong to the name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    registry: String,
    namespace: String,
    name: String,
    tag: Option<Tag>,
    digest: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    #[error("the image reference is empty")]
    Empty,
    #[error("repository name must be lowercase")]
    UpperCase,
    #[error("repository name must not be more than {NAME_BYTES} characters")]
    TooLong,
    #[error("invalid reference format")]
    Format,
    #[error("invalid tag: {0}")]
    Tag(#[from] crate::TagError),
    #[error("invalid digest: {0}")]
    Digest(#[from] crate::DigestError),
}

impl Reference {
    /// Empty when the text names none.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Empty when the text names none.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Empty only when the text is a registry alone.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// What was written, nothing defaulted.
    pub fn exact(&self) -> String {
        self.to_string()
    }

    /// A digest says more than a tag: with both, the tag is dropped.
    pub fn most_specific(&self) -> Reference {
        let tag = if self.digest.is_some() { None } else { self.tag.clone() };
        Reference { tag, ..self.clone() }
    }

    /// The repository alone, without tag and digest.
    pub fn as_repository(&self) -> Reference {
        Reference {
            tag: None,
            digest: None,
            ..self.clone()
        }
    }

    /// This repository at a digest, without tag.
    pub fn with_digest(&self, digest: Digest) -> Reference {
        Reference {
            tag: None,
            digest: Some(digest),
            ..self.clone()
        }
    }

    /// This repository at a tag, without digest.
    pub fn with_tag(&self, tag: Tag) -> Reference {
        Reference {
            tag: Some(tag),
            digest: None,
            ..self.clone()
        }
    }

    /// The same image at another registry.
    pub fn with_registry(&self, registry: &str) -> Reference {
        Reference {
            registry: registry.into(),
            ..self.clone()
        }
    }

    /// The same tag and digest in another repository of the same registry.
    pub fn with_repository(&self, namespace: &str, name: &str) -> Reference {
        Reference {
            namespace: namespace.into(),
            name: name.into(),
            ..self.clone()
        }
    }

    /// What a Docker client takes it for: registry `docker.io`, namespace `library` there, tag `latest` unless there is
    /// a digest.
    pub fn with_docker_defaults(&self) -> Reference {
        let mut reference = self.clone();
        if reference.registry.is_empty() || is_docker_hub(&reference.registry) {
            reference.registry = DOCKER_HUB.into();
        }
        if reference.namespace.is_empty() && reference.registry == DOCKER_HUB {
            reference.namespace = "library".into();
        }
        if reference.tag.is_none() && reference.digest.is_none() {
            reference.tag = Some(Tag::latest());
        }
        reference
    }

    /// Do both mean the same image, once the defaults are filled in?
    pub fn means_same_as(&self, other: &Reference) -> bool {
        self.with_docker_defaults() == other.with_docker_defaults()
    }

    /// `host[:port]` to connect to.
    pub fn registry_host(&self) -> &str {
        if self.registry.is_empty() || is_docker_hub(&self.registry) {
            DOCKER_HUB_HOST
        } else {
            &self.registry
        }
    }

    /// `namespace/name` as it stands in the paths of the distribution API, defaults filled in.
    pub fn repository_path(&self) -> String {
        let full = self.with_docker_defaults();
        if full.namespace.is_empty() {
            full.name
        } else {
            format!("{}/{}", full.namespace, full.name)
        }
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Reference, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.len() > REFERENCE_BYTES {
            return Err(ReferenceError::TooLong);
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse()?)),
            None => (text, None),
        };
        let (path, tag) = split_tag(rest)?;
        if path.len() > NAME_BYTES {
            return Err(ReferenceError::TooLong);
        }
        let (registry, namespace, name) = split_path(path)?;
        Ok(Reference {
            registry: registry.into(),
            namespace: namespace.into(),
            name: name.into(),
            tag,
            digest,
        })
    }
}

/// A colon after the last slash starts a tag; before it, a port.
fn split_tag(text: &str) -> Result<(&str, Option<Tag>), ReferenceError> {
    let last = text.rfind('/').map_or(0, |slash| slash + 1);
    match text[last..].split_once(':') {
        Some((name, tag)) => Ok((&text[..last + name.len()], Some(tag.parse()?))),
        None => Ok((text, None)),
    }
}

fn split_path(path: &str) -> Result<(&str, &str, &str), ReferenceError> {
    let Some((first, rest)) = path.split_once('/') else {
        if path.contains('.') || path.starts_with("localhost") {
            return if is_host(path) {
                Ok((path, "", ""))
            } else {
                Err(ReferenceError::Format)
            };
        }
        check_path(path)?;
        return Ok(("", "", path));
    };
    if !(first.contains(['.', ':']) || first == "localhost") {
        check_path(path)?;
        return Ok(("", first, rest));
    }
    if !is_host(first) {
        return Err(ReferenceError::Format);
    }
    check_path(rest)?;
    Ok(match rest.split_once('/') {
        Some((namespace, name)) => (first, namespace, name),
        None => (first, "", rest),
    })
}

fn check_path(path: &str) -> Result<(), ReferenceError> {
    if path.split('/').all(is_path_component) {
        return Ok(());
    }
    let lower = path.to_ascii_lowercase();
    Err(if lower.split('/').all(is_path_component) {
        ReferenceError::UpperCase
    } else {
        ReferenceError::Format
    })
}

/// `host[:port]`: a DNS name or IPv4 address, or an IPv6 address in brackets.
fn is_host(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else {
            return false;
        };
        let port = port.strip_prefix(':').map_or(port.is_empty(), is_port);
        return port && address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let (host, port) = text
        .split_once(':')
        .map_or((text, None), |(host, port)| (host, Some(port)));
    host.split('.').all(is_host_label) && port.is_none_or(is_port)
}

fn is_host_label(label: &str) -> bool {
    let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0)
}

fn is_docker_hub(registry: &str) -> bool {
    matches!(registry, "docker.io" | "index.docker.io" | "registry-1.docker.io")
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.registry, &self.namespace, &self.name];
        for (index, part) in parts.iter().filter(|part| !part.is_empty()).enumerate() {
            write!(f, "{}{part}", if index == 0 { "" } else { "/" })?;
        }
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Reference, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
