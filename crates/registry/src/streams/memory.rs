use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use weir_oci::{Digest, Manifest, RepositoryName, Tag};

use crate::access::{Access, AccessError, Action};
use crate::image::PushedImage;
use crate::streams::{StreamError, Streams};
use crate::token::Caller;

/// Streams and permissions in memory, for tests of the registry and of what talks to it.
#[derive(Default)]
pub struct MemoryStreams {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    streams: BTreeMap<RepositoryName, Stream>,
    images: HashMap<Digest, Manifest>,
    /// What each token may do; an unlisted token is not valid.
    rights: HashMap<String, HashSet<Right>>,
    /// The API does not answer.
    down: bool,
}

/// Newest image first, by tag.
type Stream = BTreeMap<Tag, Vec<Digest>>;

/// What a token of [`MemoryStreams`] may do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Right {
    Everything,
    Do(Action),
    CreateStreams,
}

impl MemoryStreams {
    pub fn new() -> MemoryStreams {
        MemoryStreams::default()
    }

    /// A token that may do everything.
    pub fn add_admin(&self, token: &str) {
        self.grant(token, Right::Everything);
    }

    /// A token that is valid, whatever it may do.
    pub fn add_user(&self, token: &str) {
        self.state().rights.entry(token.into()).or_default();
    }

    pub fn allow(&self, token: &str, action: Action) {
        self.grant(token, Right::Do(action));
    }

    pub fn allow_creating_streams(&self, token: &str) {
        self.grant(token, Right::CreateStreams);
    }

    /// Makes every call fail, or work again.
    pub fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// The history of a tag, newest first.
    pub fn history(&self, repository: &RepositoryName, tag: &Tag) -> Vec<Digest> {
        self.state()
            .streams
            .get(repository)
            .and_then(|stream| stream.get(tag))
            .cloned()
            .unwrap_or_default()
    }

    /// Has the API been told of this image?
    pub fn has_image(&self, digest: &Digest) -> bool {
        self.state().images.contains_key(digest)
    }

    pub fn has_stream(&self, repository: &RepositoryName) -> bool {
        self.state().streams.contains_key(repository)
    }

    /// Lets a tag mean an image, as `oc tag` does.
    pub fn tag(&self, repository: &RepositoryName, tag: &Tag, digest: &Digest) {
        let mut state = self.state();
        state
            .streams
            .entry(repository.clone())
            .or_default()
            .entry(tag.clone())
            .or_default()
            .insert(0, digest.clone());
    }

    fn grant(&self, token: &str, right: Right) {
        self.state().rights.entry(token.into()).or_default().insert(right);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answering(&self) -> Result<MutexGuard<'_, State>, StreamError> {
        let state = self.state();
        if state.down {
            Err(StreamError::Unavailable("switched off".into()))
        } else {
            Ok(state)
        }
    }
}

impl State {
    fn may(&self, caller: &Caller, right: &Right) -> bool {
        let Caller::Token(token) = caller else { return false };
        let rights = self.rights.get(token.reveal());
        rights.is_some_and(|rights| rights.contains(&Right::Everything) || rights.contains(right))
    }

    /// The images of a stream's history and the parts of indexes among them.
    fn images_of(&self, repository: &RepositoryName) -> HashSet<Digest> {
        let histories = self.streams.get(repository).into_iter().flat_map(BTreeMap::values);
        let mut images: HashSet<Digest> = histories.flatten().cloned().collect();
        for digest in images.clone() {
            if let Some(Manifest::Index(index)) = self.images.get(&digest) {
                images.extend(index.manifests.iter().map(|entry| entry.digest.clone()));
            }
        }
        images
    }
}

#[async_trait]
impl Access for MemoryStreams {
    async fn identify(&self, caller: &Caller) -> Result<(), AccessError> {
        match caller {
            Caller::Token(token) if !self.state().rights.contains_key(token.reveal()) => Err(AccessError::InvalidToken),
            _ => Ok(()),
        }
    }

    async fn allows(&self, caller: &Caller, action: &Action) -> Result<bool, AccessError> {
        self.identify(caller).await?;
        let state = self
            .answering()
            .map_err(|error| AccessError::Unavailable(error.to_string()))?;
        Ok(state.may(caller, &Right::Do(action.clone())))
    }
}

#[async_trait]
impl Streams for MemoryStreams {
    async fn resolve_tag(&self, repository: &RepositoryName, tag: &Tag) -> Result<Option<Digest>, StreamError> {
        let state = self.answering()?;
        let stream = state.streams.get(repository).ok_or(StreamError::StreamUnknown)?;
        Ok(stream.get(tag).and_then(|history| history.first()).cloned())
    }

    async fn tags(&self, repository: &RepositoryName) -> Result<Vec<Tag>, StreamError> {
        let state = self.answering()?;
        Ok(state
            .streams
            .get(repository)
            .ok_or(StreamError::StreamUnknown)?
            .keys()
            .cloned()
            .collect())
    }

    async fn knows_image(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool, StreamError> {
        Ok(self.answering()?.images_of(repository).contains(digest))
    }

    async fn layers(&self, repository: &RepositoryName) -> Result<HashSet<Digest>, StreamError> {
        let state = self.answering()?;
        let images = state.images_of(repository);
        let mut blobs = images.clone();
        for image in images.iter().filter_map(|digest| state.images.get(digest)) {
            if let Manifest::Image(image) = image {
                blobs.insert(image.config.digest.clone());
                blobs.extend(image.layers.iter().map(|layer| layer.digest.clone()));
            }
        }
        Ok(blobs)
    }

    async fn repositories(&self, _: &Caller) -> Result<Vec<String>, StreamError> {
        Ok(self.answering()?.streams.keys().map(ToString::to_string).collect())
    }

    async fn record_image(&self, image: &PushedImage) -> Result<(), StreamError> {
        self.answering()?
            .images
            .insert(image.digest.clone(), image.manifest.clone());
        Ok(())
    }

    async fn record_push(&self, image: &PushedImage, tag: &Tag) -> Result<(), StreamError> {
        let mut state = self.answering()?;
        let stream = state
            .streams
            .get_mut(&image.repository)
            .ok_or(StreamError::StreamUnknown)?;
        let history = stream.entry(tag.clone()).or_default();
        if history.first() != Some(&image.digest) {
            history.insert(0, image.digest.clone());
        }
        state.images.insert(image.digest.clone(), image.manifest.clone());
        Ok(())
    }

    async fn create_stream(&self, caller: &Caller, repository: &RepositoryName) -> Result<(), StreamError> {
        let mut state = self.answering()?;
        if !state.may(caller, &Right::CreateStreams) {
            return Err(StreamError::Denied(format!(
                "no right to create the image stream {repository}"
            )));
        }
        state.streams.entry(repository.clone()).or_default();
        Ok(())
    }
}
