//! What every body begins with: four magic bytes and a message that names the kind and holds the object.

use super::ProtobufError;
use super::value::text;
use super::wire::{Fields, Wire};

const MAGIC: &[u8] = b"k8s\0";

pub(super) struct Envelope<'a> {
    pub api_version: String,
    pub kind: String,
    /// The object, in the format of its kind.
    pub message: &'a [u8],
}

pub(super) fn open(body: &[u8]) -> Result<Envelope<'_>, ProtobufError> {
    let fields = body
        .strip_prefix(MAGIC)
        .ok_or(ProtobufError::Malformed("the magic bytes are missing"))?;
    let (mut type_meta, mut message) = (&[][..], &[][..]);
    for field in Fields(fields) {
        match field? {
            (1, Wire::Bytes(bytes)) => type_meta = bytes,
            (2, Wire::Bytes(bytes)) => message = bytes,
            (3, Wire::Bytes([_, ..])) => {
                return Err(ProtobufError::Malformed("a content encoding is not supported"));
            }
            _ => {}
        }
    }
    let (api_version, kind) = type_of(type_meta)?;
    Ok(Envelope {
        api_version,
        kind,
        message,
    })
}

fn type_of(type_meta: &[u8]) -> Result<(String, String), ProtobufError> {
    let (mut api_version, mut kind) = (String::new(), String::new());
    for field in Fields(type_meta) {
        match field? {
            (1, Wire::Bytes(bytes)) => api_version = text(bytes)?,
            (2, Wire::Bytes(bytes)) => kind = text(bytes)?,
            _ => {}
        }
    }
    Ok((api_version, kind))
}
