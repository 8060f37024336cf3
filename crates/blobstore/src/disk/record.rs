use bytes::Bytes;
use weir_oci::{Digest, RepositoryName};

use crate::LinkKind;

/// One fact of the journal.
///
/// ```text
/// record  = length u32 LE | checksum 8 bytes | payload (length bytes)
/// payload = type u8 | kind u8 | digest text (length u8) | then by type:
///           Packed: content    File: size u64 LE    Link, Unlink: repository text    Forget: nothing
/// ```
///
/// The checksum is the start of the SHA-256 of length and payload.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Record {
    Packed {
        digest: Digest,
        content: Bytes,
    },
    File {
        digest: Digest,
        size: u64,
    },
    Link {
        repository: RepositoryName,
        kind: LinkKind,
        digest: Digest,
    },
    Unlink {
        repository: RepositoryName,
        kind: LinkKind,
        digest: Digest,
    },
    Forget {
        digest: Digest,
    },
}

/// Length and checksum.
pub(super) const HEADER_BYTES: usize = 12;
/// No payload is longer: packed content and a digest.
pub(super) const PAYLOAD_BYTES: usize = super::PACKED_BYTES as usize + 256;

const PACKED: u8 = 1;
const FILE: u8 = 2;
const LINK: u8 = 3;
const UNLINK: u8 = 4;
const FORGET: u8 = 5;

impl Record {
    /// Appends the record to `buffer`. Returns where in the buffer its packed content, or whatever follows the digest,
    /// begins.
    pub(super) fn encode(&self, buffer: &mut Vec<u8>) -> usize {
        let start = buffer.len();
        buffer.resize(start + HEADER_BYTES, 0);
        let (code, kind, digest) = self.head();
        buffer.extend([code, kind, digest.as_str().len() as u8]);
        buffer.extend_from_slice(digest.as_str().as_bytes());
        let content = buffer.len();
        match self {
            Record::Packed { content, .. } => buffer.extend_from_slice(content),
            Record::File { size, .. } => buffer.extend_from_slice(&size.to_le_bytes()),
            Record::Link { repository, .. } | Record::Unlink { repository, .. } => {
                buffer.extend_from_slice(repository.as_str().as_bytes());
            }
            Record::Forget { .. } => {}
        }
        let length = ((buffer.len() - start - HEADER_BYTES) as u32).to_le_bytes();
        let sum = checksum(length, &buffer[start + HEADER_BYTES..]);
        buffer[start..start + 4].copy_from_slice(&length);
        buffer[start + 4..start + HEADER_BYTES].copy_from_slice(&sum);
        content
    }

    fn head(&self) -> (u8, u8, &Digest) {
        let kind = |kind: LinkKind| match kind {
            LinkKind::Blob => 0,
            LinkKind::Manifest => 1,
        };
        match self {
            Record::Packed { digest, .. } => (PACKED, 0, digest),
            Record::File { digest, .. } => (FILE, 0, digest),
            Record::Link { kind: of, digest, .. } => (LINK, kind(*of), digest),
            Record::Unlink { kind: of, digest, .. } => (UNLINK, kind(*of), digest),
            Record::Forget { digest } => (FORGET, 0, digest),
        }
    }

    /// Reads a payload whose checksum is right. Returns the record and where in the payload its content begins. `None`
    /// for what this version does not know.
    pub(super) fn decode(payload: &Bytes) -> Option<(Record, usize)> {
        let (&code, &kind, &length) = (payload.first()?, payload.get(1)?, payload.get(2)?);
        let content = 3 + usize::from(length);
        let digest: Digest = std::str::from_utf8(payload.get(3..content)?).ok()?.parse().ok()?;
        let rest = &payload[content..];
        let repository = || std::str::from_utf8(rest).ok()?.parse().ok();
        let kind = if kind == 1 { LinkKind::Manifest } else { LinkKind::Blob };
        let record = match code {
            PACKED => Record::Packed {
                digest,
                content: payload.slice(content..),
            },
            FILE => Record::File {
                digest,
                size: u64::from_le_bytes(rest.try_into().ok()?),
            },
            LINK => Record::Link {
                repository: repository()?,
                kind,
                digest,
            },
            UNLINK => Record::Unlink {
                repository: repository()?,
                kind,
                digest,
            },
            FORGET => Record::Forget { digest },
            _ => return None,
        };
        Some((record, content))
    }
}

pub(super) fn checksum(length: [u8; 4], payload: &[u8]) -> [u8; 8] {
    use sha2::{Digest as _, Sha256};
    let hash = Sha256::new().chain_update(length).chain_update(payload).finalize();
    let mut sum = [0; 8];
    sum.copy_from_slice(&hash[..8]);
    sum
}
