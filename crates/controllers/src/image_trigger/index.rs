use std::collections::{BTreeSet, HashMap};

use weir_imagestream::source::StreamKey;

use super::Target;

/// Which objects name which streams. Kept up to date with every change of such an object.
#[derive(Debug, Default)]
pub struct Index {
    dependants: HashMap<StreamKey, BTreeSet<Target>>,
    streams: HashMap<Target, Vec<StreamKey>>,
}

impl Index {
    /// Notes that `target` now names exactly `streams`.
    pub fn set(&mut self, target: &Target, streams: Vec<StreamKey>) {
        self.remove(target);
        for stream in &streams {
            self.dependants
                .entry(stream.clone())
                .or_default()
                .insert(target.clone());
        }
        if !streams.is_empty() {
            self.streams.insert(target.clone(), streams);
        }
    }

    /// Forgets `target`.
    pub fn remove(&mut self, target: &Target) {
        for stream in self.streams.remove(target).unwrap_or_default() {
            if let Some(dependants) = self.dependants.get_mut(&stream) {
                dependants.remove(target);
                if dependants.is_empty() {
                    self.dependants.remove(&stream);
                }
            }
        }
    }

    /// Who names `stream`.
    pub fn dependants(&self, stream: &StreamKey) -> impl Iterator<Item = &Target> {
        self.dependants.get(stream).into_iter().flatten()
    }
}
