use serde_json::{Value, json};
use weir_oci::Reference;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

/// What a source is.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An image of a registry
    Docker,
    /// A tag of an image stream
    #[value(name = "imagestreamtag", alias = "istag")]
    ImageStreamTag,
    /// An image of an image stream, by digest
    #[value(name = "imagestreamimage", alias = "isimage")]
    ImageStreamImage,
}

/// A source, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From {
    pub kind: Kind,
    pub namespace: Option<String>,
    /// `STREAM:TAG`, `STREAM@DIGEST` or a pull spec.
    pub name: String,
}

impl From {
    /// Reads a source. A registry's name makes it an image of that registry; without one it is of a stream.
    pub fn parse(text: &str, kind: Option<Kind>) -> Result<Self, Failure> {
        let reference: Reference = text
            .parse()
            .map_err(|error| Failure::usage(format!("\"{text}\" is neither an image nor a tag: {error}")))?;
        let kind = kind.unwrap_or(match (reference.registry(), reference.digest()) {
            ("", None) => Kind::ImageStreamTag,
            ("", Some(_)) => Kind::ImageStreamImage,
            _ => Kind::Docker,
        });
        if kind == Kind::Docker {
            return Ok(Self {
                kind,
                namespace: None,
                name: text.into(),
            });
        }
        let namespace = Some(reference.namespace().to_string()).filter(|namespace| !namespace.is_empty());
        let name = match (kind, reference.digest(), reference.tag()) {
            (Kind::ImageStreamImage, Some(digest), _) => format!("{}@{digest}", reference.name()),
            (Kind::ImageStreamImage, None, _) => {
                return Err(Failure::usage(format!(
                    "\"{text}\" names no image; write STREAM@DIGEST"
                )));
            }
            (_, _, Some(tag)) => format!("{}:{tag}", reference.name()),
            (_, _, None) => format!("{}:latest", reference.name()),
        };
        Ok(Self { kind, namespace, name })
    }

    /// The reference from an object in `namespace`.
    pub fn reference(&self, namespace: &str) -> Value {
        let kind = match self.kind {
            Kind::Docker => "DockerImage",
            Kind::ImageStreamTag => "ImageStreamTag",
            Kind::ImageStreamImage => "ImageStreamImage",
        };
        match self.namespace.as_deref().filter(|own| *own != namespace) {
            Some(own) => json!({"kind": kind, "namespace": own, "name": self.name}),
            None => json!({"kind": kind, "name": self.name}),
        }
    }

    pub fn shown(&self, namespace: &str) -> String {
        match self.namespace.as_deref().filter(|own| *own != namespace) {
            Some(own) => format!("{own}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// Follows a stream's tag to the image it points to now: a tag moves, what was tagged shall not.
pub async fn resolve(session: &Session<'_>, from: From) -> Result<From, Failure> {
    let current = session.namespace().await?;
    let namespace = from.namespace.clone().unwrap_or_else(|| current.into());
    if from.kind == Kind::Docker {
        return Ok(from);
    }
    if from.kind == Kind::ImageStreamImage {
        return Ok(From {
            namespace: Some(namespace),
            ..from
        });
    }
    let (stream, tag) = from.name.split_once(':').unwrap_or((from.name.as_str(), "latest"));
    let object = session
        .api()
        .await?
        .get(&Resource::image_streams().object(&namespace, stream))
        .await?;
    let event = newest(&object, tag).ok_or_else(|| {
        Failure::refused(format!(
            "\"{stream}:{tag}\" is not currently pointing to an image, cannot use it as the source of a tag"
        ))
        .hint(format!(
            "`{} describe is/{stream} -n {namespace}` shows its tags",
            session.program
        ))
    })?;
    match event["image"].as_str().filter(|digest| !digest.is_empty()) {
        Some(digest) => Ok(From {
            kind: Kind::ImageStreamImage,
            namespace: Some(namespace),
            name: format!("{stream}@{digest}"),
        }),
        None => Ok(From {
            kind: Kind::Docker,
            namespace: None,
            name: event["dockerImageReference"].as_str().unwrap_or_default().into(),
        }),
    }
}

/// What a tag points to now.
pub fn newest<'a>(stream: &'a Value, tag: &str) -> Option<&'a Value> {
    let tags = stream["status"]["tags"].as_array()?;
    tags.iter().find(|history| history["tag"] == tag)?["items"]
        .as_array()?
        .first()
}

/// `[PROJECT/]STREAM:TAG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    pub namespace: String,
    pub name: String,
}

impl Destination {
    pub fn parse(text: &str, current: &str) -> Result<Self, Failure> {
        let wrong = || Failure::usage(format!("\"{text}\" must be of the form [<namespace>/]<stream>:<tag>"));
        let (namespace, name) = text.split_once('/').unwrap_or((current, text));
        let (stream, tag) = name.split_once(':').ok_or_else(wrong)?;
        if namespace.is_empty() || stream.is_empty() || tag.is_empty() || name.contains(['/', '@']) {
            return Err(wrong());
        }
        Ok(Self {
            namespace: namespace.into(),
            name: name.into(),
        })
    }

    pub fn tag(&self) -> &str {
        self.name.split_once(':').map_or("", |(_, tag)| tag)
    }

    pub fn shown(&self, current: &str) -> String {
        match self.namespace == current {
            true => self.name.clone(),
            false => format!("{}/{}", self.namespace, self.name),
        }
    }
}
