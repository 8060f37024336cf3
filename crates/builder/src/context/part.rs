use serde::{Deserialize, Serialize};

use super::RelativePath;

/// What goes into the archive, in this order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PackJob {
    /// Modification time of every entry, in seconds since 1970: the same commit gives the same archive.
    pub mtime: u64,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Part {
    Directory {
        path: RelativePath,
    },
    /// A directory of the source with all it contains.
    Tree {
        from: RelativePath,
        to: RelativePath,
        /// Obey its `.s2iignore`.
        s2i_ignore: bool,
        /// Paths inside that stay out.
        without: Vec<RelativePath>,
    },
    /// One script of the source, made executable.
    Script {
        from: RelativePath,
        to: RelativePath,
    },
    /// A file that is not in the source. It takes the place of one that is.
    File {
        path: RelativePath,
        #[serde(with = "base64_bytes")]
        contents: Vec<u8>,
    },
}

impl Part {
    /// Path of a file that is not in the source.
    pub fn own_path(&self) -> Option<&RelativePath> {
        match self {
            Self::File { path, .. } => Some(path),
            _ => None,
        }
    }
}

mod base64_bytes {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}
