//! What fields every kind has. The source is a JSON object of schemas in the form of OpenAPI's `components.schemas`, as
//! large as all descriptions together; what is kept in memory is a tree of names ([`tree`]), with which bodies are read
//! ([`reader`]). The documents for clients are made of the source when somebody asks.

pub(crate) mod findings;
pub(crate) mod reader;
pub(crate) mod tree;

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::read::GzDecoder;
use serde_json::{Map, Value};

use crate::GroupVersionKind;
use tree::{Shape, Tree};

/// Largest source, so that a damaged one cannot fill the memory.
const MAX_SOURCE: u64 = 64 << 20;

/// The schemas of all kinds that are served. Kinds without a schema have any fields.
pub struct Definitions {
    source: Source,
    tree: Tree,
}

enum Source {
    Json(&'static [u8]),
    Gzip(&'static [u8]),
}

/// A source that is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionsError {
    #[error("the definitions cannot be unpacked")]
    Unpack(#[from] io::Error),
    #[error("the definitions are not schemas in JSON")]
    Parse(#[from] serde_json::Error),
}

impl Definitions {
    /// `{"NAME": SCHEMA, ...}`, where the schema of a kind says so in `x-kubernetes-group-version-kind`.
    pub fn from_json(json: &'static [u8]) -> Result<Self, DefinitionsError> {
        Self::new(Source::Json(json))
    }

    /// The same, compressed.
    pub fn from_gzip(gzip: &'static [u8]) -> Result<Self, DefinitionsError> {
        Self::new(Source::Gzip(gzip))
    }

    fn new(source: Source) -> Result<Self, DefinitionsError> {
        let tree = Tree::parse(&source.json()?)?;
        Ok(Self { source, tree })
    }

    /// The schemas themselves: large, so for the moment only.
    pub(crate) fn schemas(&self) -> Result<Map<String, Value>, DefinitionsError> {
        Ok(serde_json::from_slice(&self.source.json()?)?)
    }

    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The shape of objects of a kind; of kinds that are not described, anything.
    pub(crate) fn shape_of(&self, kind: &GroupVersionKind) -> Shape {
        self.tree.kind(kind).unwrap_or(Shape::Any)
    }
}

impl Default for Definitions {
    /// Nothing is described, so everything is allowed.
    fn default() -> Self {
        Self {
            source: Source::Json(b"{}"),
            tree: Tree::default(),
        }
    }
}

impl Source {
    fn json(&self) -> Result<Cow<'static, [u8]>, io::Error> {
        match self {
            Self::Json(json) => Ok(Cow::Borrowed(json)),
            Self::Gzip(gzip) => {
                let mut json = Vec::new();
                GzDecoder::new(*gzip).take(MAX_SOURCE).read_to_end(&mut json)?;
                Ok(Cow::Owned(json))
            }
        }
    }
}
