use std::collections::{BTreeSet, HashMap};

use weir_oci::{Digest, RepositoryName};

use super::record::Record;
use crate::LinkKind;

/// What the journal says, in memory: where each blob is and who may read it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Index {
    places: HashMap<Digest, Place>,
    links: HashMap<RepositoryName, BTreeSet<(LinkKind, Digest)>>,
    /// Bytes of the journal that a rewritten one would still have.
    live_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the journal.
    Packed { offset: u64, size: u64 },
    /// In a file of its own.
    File { size: u64 },
}

impl Place {
    pub(super) fn size(self) -> u64 {
        match self {
            Place::Packed { size, .. } | Place::File { size } => size,
        }
    }

    pub(super) fn is_file(self) -> bool {
        matches!(self, Place::File { .. })
    }
}

impl Index {
    pub(super) fn place(&self, digest: &Digest) -> Option<Place> {
        self.places.get(digest).copied()
    }

    pub(super) fn is_linked(&self, repository: &RepositoryName, kind: LinkKind, digest: &Digest) -> bool {
        self.links
            .get(repository)
            .is_some_and(|links| links.contains(&(kind, digest.clone())))
    }

    pub(super) fn links(&self, repository: &RepositoryName, kind: LinkKind) -> Vec<Digest> {
        let links = self.links.get(repository).into_iter().flatten();
        links
            .filter(|(of, _)| *of == kind)
            .map(|(_, digest)| digest.clone())
            .collect()
    }

    /// Takes in a record that is durable. `content` is where packed content stands in the journal.
    pub(super) fn apply(&mut self, record: &Record, content: u64) {
        match record {
            Record::Packed { digest, content: bytes } => {
                let size = bytes.len() as u64;
                self.settle(digest, Place::Packed { offset: content, size });
            }
            Record::File { digest, size } => self.settle(digest, Place::File { size: *size }),
            Record::Link {
                repository,
                kind,
                digest,
            } => {
                self.links
                    .entry(repository.clone())
                    .or_default()
                    .insert((*kind, digest.clone()));
            }
            Record::Unlink {
                repository,
                kind,
                digest,
            } => {
                if let Some(links) = self.links.get_mut(repository) {
                    links.remove(&(*kind, digest.clone()));
                    if links.is_empty() {
                        self.links.remove(repository);
                    }
                }
            }
            Record::Forget { digest } => {
                if let Some(place) = self.places.remove(digest) {
                    self.live_bytes -= packed_bytes(place);
                }
            }
        }
    }

    /// Content packed in the journal that is still wanted, in bytes.
    pub(super) fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    pub(super) fn places(&self) -> impl Iterator<Item = (&Digest, Place)> {
        self.places.iter().map(|(digest, place)| (digest, *place))
    }

    pub(super) fn all_links(&self) -> impl Iterator<Item = (&RepositoryName, LinkKind, &Digest)> {
        self.links
            .iter()
            .flat_map(|(repository, links)| links.iter().map(move |(kind, digest)| (repository, *kind, digest)))
    }

    fn settle(&mut self, digest: &Digest, place: Place) {
        let before = self.places.insert(digest.clone(), place);
        self.live_bytes -= before.map_or(0, packed_bytes);
        self.live_bytes += packed_bytes(place);
    }
}

fn packed_bytes(place: Place) -> u64 {
    match place {
        Place::Packed { size, .. } => size,
        Place::File { .. } => 0,
    }
}
