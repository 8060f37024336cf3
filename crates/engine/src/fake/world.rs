use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use jiff::Timestamp;

use super::{End, Script};
use crate::{
    Container, ContainerSpec, ContainerState, EngineError, Image, Network, NetworkMode, OutputChunk, OutputStream,
    RunState,
};

#[derive(Default)]
pub(super) struct World {
    pub containers: BTreeMap<String, Record>,
    pub images: Vec<Image>,
    pub networks: BTreeMap<String, Network>,
    /// What foreign registries hold, by reference.
    pub published: HashMap<String, Image>,
    pub rejections: HashMap<String, EngineError>,
    pub scripts: HashMap<Vec<String>, Script>,
    pub failures: Vec<(String, EngineError)>,
    pub calls: Vec<String>,
    pub away: bool,
    counter: u64,
}

pub(super) struct Record {
    pub id: String,
    pub image_id: String,
    pub spec: ContainerSpec,
    pub command: Vec<String>,
    pub script: Script,
    pub state: ContainerState,
    pub address: Option<IpAddr>,
    pub log: Vec<OutputChunk>,
    /// Whoever is attached gets what is printed from now on.
    pub attached_from: usize,
}

impl World {
    /// 64 hex digits that no other object has.
    pub fn fresh_id(&mut self) -> String {
        self.counter += 1;
        format!("{:064x}", self.counter)
    }

    pub fn find(&self, key: &str) -> Option<&Record> {
        self.containers.values().find(|record| record.answers_to(key))
    }

    pub fn find_mut(&mut self, key: &str) -> Option<&mut Record> {
        self.containers.values_mut().find(|record| record.answers_to(key))
    }

    pub fn existing(&mut self, key: &str) -> Result<&mut Record, EngineError> {
        self.find_mut(key)
            .ok_or_else(|| EngineError::not_found(format!("no such container: {key}")))
    }

    pub fn image(&self, reference: &str) -> Result<&Image, EngineError> {
        let named = with_tag(reference);
        let found = self.images.iter().find(|image| {
            image.id == reference
                || image.id.trim_start_matches("sha256:") == reference
                || image.tags.contains(&named)
                || image.digests.iter().any(|digest| digest == reference)
        });
        found.ok_or_else(|| EngineError::not_found(format!("no such image: {reference}")))
    }

    /// Keeps an image; its tags are taken away from all others.
    pub fn store_image(&mut self, mut image: Image) -> Image {
        if image.id.is_empty() {
            image.id = format!("sha256:{}", self.fresh_id());
        }
        for other in &mut self.images {
            other.tags.retain(|tag| !image.tags.contains(tag));
        }
        if let Some(known) = self.images.iter_mut().find(|known| known.id == image.id) {
            extend(&mut known.tags, image.tags);
            extend(&mut known.digests, image.digests);
            return known.clone();
        }
        self.images.push(image.clone());
        image
    }

    pub fn publish(&mut self, reference: &str, mut image: Image) {
        if image.id.is_empty() {
            image.id = format!("sha256:{}", self.fresh_id());
        }
        self.published.insert(with_tag(reference), image);
    }

    pub fn script_for(&self, command: &[String]) -> Script {
        let forever = Script {
            end: End::UntilStopped { on_stop: None },
            ..Script::default()
        };
        self.scripts.get(command).cloned().unwrap_or(forever)
    }

    /// An address on the network, or that of the container whose network is shared.
    pub fn address(&mut self, mode: &NetworkMode) -> Option<IpAddr> {
        match mode {
            NetworkMode::None => None,
            NetworkMode::Named(_) => {
                self.counter += 1;
                let [.., high, low] = self.counter.to_be_bytes();
                Some(IpAddr::V4(Ipv4Addr::new(10, 1, high, low)))
            }
            NetworkMode::Container(_) => None,
        }
    }
}

impl Record {
    fn answers_to(&self, key: &str) -> bool {
        self.spec.name == key || self.id == key
    }

    pub fn print(&mut self, stream: OutputStream, text: &str, now: Timestamp) {
        for line in text.split_inclusive('\n') {
            let bytes = Bytes::copy_from_slice(line.as_bytes());
            self.log.push(OutputChunk {
                stream,
                bytes,
                timestamp: Some(now),
            });
        }
    }

    pub fn observed(&self) -> Container {
        Container {
            id: self.id.clone(),
            name: self.spec.name.clone(),
            image_id: self.image_id.clone(),
            labels: self.spec.labels.clone(),
            state: self.state.clone(),
            addresses: self.address.filter(|_| self.state.is_running()).into_iter().collect(),
        }
    }

    pub fn has_ended(&self) -> bool {
        self.state.run == RunState::Exited
    }
}

/// `a/b` -> `a/b:latest`; names with a tag or digest stay.
pub(super) fn with_tag(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    if last.contains(':') || last.contains('@') {
        reference.to_owned()
    } else {
        format!("{reference}:latest")
    }
}

fn extend(list: &mut Vec<String>, more: Vec<String>) {
    for item in more {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}
