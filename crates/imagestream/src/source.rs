//! `from.name` of a reference to a tag or to an image of a stream, parsed.

use k8s_openapi::api::core::v1::ObjectReference;

/// Kinds a reference to an image can have.
pub mod kind {
    pub const DOCKER_IMAGE: &str = "DockerImage";
    pub const IMAGE_STREAM_TAG: &str = "ImageStreamTag";
    pub const IMAGE_STREAM_IMAGE: &str = "ImageStreamImage";
}

/// Tag that a name without one means.
pub const DEFAULT_TAG: &str = "latest";

/// A stream by namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey {
    pub namespace: String,
    pub name: String,
}

/// A tag of a stream, as `from` of triggers and build inputs names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamTag {
    pub stream: StreamKey,
    pub tag: String,
}

impl StreamTag {
    /// What `from` names when it is an ImageStreamTag: `STREAM:TAG` in its own namespace or in `default_namespace`.
    ///
    /// `None` for other kinds, for references with an `apiVersion` (they mean somebody else's kind), and for names
    /// without a colon. An empty tag after the colon means `latest`.
    pub fn of(from: &ObjectReference, default_namespace: &str) -> Option<Self> {
        if from.kind.as_deref() != Some(kind::IMAGE_STREAM_TAG) || !text(&from.api_version).is_empty() {
            return None;
        }
        let (name, tag) = text(&from.name).split_once(':')?;
        let namespace = some_or(text(&from.namespace), default_namespace);
        Some(Self {
            stream: StreamKey {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            },
            tag: some_or(tag, DEFAULT_TAG).to_owned(),
        })
    }
}

/// Which part of a stream the `from.name` of a spec tag points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pointer {
    Tag(String),
    Image(String),
}

/// A spec tag's `from` of a stream kind: the stream (`None`: the stream that the spec tag is in) and what in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSource {
    pub stream: Option<String>,
    pub pointer: Pointer,
}

/// The name is not one of the four forms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be of the form <tag>, <repo>:<tag>, <id>, or <repo>@<id>")]
pub struct MalformedSource;

impl StreamSource {
    /// Parses `<tag>`, `<stream>:<tag>` (ImageStreamTag) or `<id>`, `<stream>@<id>` (ImageStreamImage). A digest's own
    /// colon belongs to the id.
    pub fn parse(kind: &str, name: &str) -> Result<Self, MalformedSource> {
        match kind {
            kind::IMAGE_STREAM_IMAGE => {
                let (stream, id) = split_one(name, '@')?;
                Ok(Self {
                    stream,
                    pointer: Pointer::Image(id.to_owned()),
                })
            }
            _ => {
                let (stream, tag) = split_one(name, ':')?;
                Ok(Self {
                    stream,
                    pointer: Pointer::Tag(some_or(tag, DEFAULT_TAG).to_owned()),
                })
            }
        }
    }
}

fn split_one(name: &str, separator: char) -> Result<(Option<String>, &str), MalformedSource> {
    match name.split_once(separator) {
        None => Ok((None, name)),
        Some((_, rest)) if rest.contains(separator) => Err(MalformedSource),
        Some((stream, rest)) => Ok((
            Some(stream).filter(|stream| !stream.is_empty()).map(str::to_owned),
            rest,
        )),
    }
}

pub(crate) fn text(field: &Option<String>) -> &str {
    field.as_deref().unwrap_or_default()
}

pub(crate) fn some_or<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(kind: &str, name: &str, namespace: Option<&str>) -> ObjectReference {
        ObjectReference {
            kind: Some(kind.into()),
            name: Some(name.into()),
            namespace: namespace.map(Into::into),
            ..Default::default()
        }
    }

    #[test]
    fn a_stream_tag_defaults_namespace_and_tag() {
        let tag = StreamTag::of(&from("ImageStreamTag", "app:", None), "ns").unwrap();
        assert_eq!(
            (
                tag.stream.namespace.as_str(),
                tag.stream.name.as_str(),
                tag.tag.as_str()
            ),
            ("ns", "app", "latest")
        );
        let other = StreamTag::of(&from("ImageStreamTag", "app:v1", Some("other")), "ns").unwrap();
        assert_eq!(other.stream.namespace, "other");
    }

    #[test]
    fn only_an_image_stream_tag_with_a_colon_is_a_stream_tag() {
        assert_eq!(StreamTag::of(&from("ImageStreamTag", "app", None), "ns"), None);
        assert_eq!(StreamTag::of(&from("DockerImage", "app:v1", None), "ns"), None);
        let foreign = ObjectReference {
            api_version: Some("x/v1".into()),
            ..from("ImageStreamTag", "app:v1", None)
        };
        assert_eq!(StreamTag::of(&foreign, "ns"), None);
    }

    #[test]
    fn sources_have_four_forms_and_no_more() {
        let tag = |text: &str| Pointer::Tag(text.into());
        let image = |text: &str| Pointer::Image(text.into());
        let cases = [
            ("ImageStreamTag", "v1", Some((None, tag("v1")))),
            ("ImageStreamTag", "app:v1", Some((Some("app"), tag("v1")))),
            ("ImageStreamTag", "app:", Some((Some("app"), tag("latest")))),
            ("ImageStreamTag", "a:b:c", None),
            ("ImageStreamImage", "sha256:ab", Some((None, image("sha256:ab")))),
            ("ImageStreamImage", "app@ab", Some((Some("app"), image("ab")))),
            ("ImageStreamImage", "a@b@c", None),
        ];
        for (kind, name, expected) in cases {
            let found = StreamSource::parse(kind, name)
                .ok()
                .map(|source| (source.stream, source.pointer));
            assert_eq!(
                found,
                expected.map(|(stream, pointer)| (stream.map(str::to_owned), pointer)),
                "{kind} {name}"
            );
        }
    }
}
