use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Request;
use weir_api::image::ImageStreamImport;
use weir_api::to_object;

use super::plan::{Plan, Retry, plan};
use crate::control_loop::{ControlLoop, Next};
use crate::error::{ReconcileError, found};
use crate::key::Key;
use crate::queue::Queue;
use crate::world::World;

/// The loop.
pub struct ImageImport {
    world: Arc<World>,
    /// Streams with failed tags. A restart forgets them, and the first try after it comes sooner.
    retries: Mutex<HashMap<Key, Retry>>,
}

impl ImageImport {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self {
            world,
            retries: Mutex::default(),
        })
    }

    fn retries(&self) -> MutexGuard<'_, HashMap<Key, Retry>> {
        self.retries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn import(&self, key: &Key, import: &ImageStreamImport) -> Result<(), ReconcileError> {
        let what = || format!("the import into imagestream {key}");
        let body = to_object(import).and_then(|object| serde_json::to_vec(&object));
        let body = body.map_err(|source| ReconcileError::Encode { what: what(), source })?;
        let path = format!(
            "/apis/image.openshift.io/v1/namespaces/{}/imagestreamimports",
            key.namespace
        );
        let request = Request::post(path)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|error| ReconcileError::api(format!("post {}", what()))(kube::Error::HttpError(error)))?;
        let answer = self.world.client.request::<serde_json::Value>(request).await;
        // A stream that is gone has no wishes.
        found(answer)
            .map(drop)
            .map_err(ReconcileError::api(format!("post {}", what())))
    }

    /// Makes the date of the next try; how many there were before it.
    fn schedule(&self, key: &Key, earlier: u32) {
        self.retries()
            .insert(key.clone(), Retry::after(earlier, self.world.clock.now()));
    }
}

impl ControlLoop for ImageImport {
    type Key = Key;
    const NAME: &'static str = "image-import";
    /// Imports wait for registries most of the time; the API bounds what each of them may take.
    const WORKERS: usize = 8;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let (this, keys) = (self.clone(), queue.clone());
        self.world.image_streams.on_change(move |change| match &change.after {
            Some(stream) => keys.add(Key::of(&**stream)),
            None => {
                if let Some(stream) = &change.before {
                    this.retries().remove(&Key::of(&**stream));
                }
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(stream) = self.world.image_streams.get(key) else {
            return Ok(Next::Change);
        };
        let now = self.world.clock.now();
        let retry = self.retries().get(key).copied();
        match plan(&stream, retry.as_ref(), now) {
            Plan::Nothing => {
                self.retries().remove(key);
                Ok(Next::Change)
            }
            Plan::Import(import) => {
                self.import(key, &import).await?;
                Ok(Next::Change)
            }
            Plan::Schedule => {
                self.schedule(key, 0);
                Ok(Next::After(std::time::Duration::ZERO))
            }
            Plan::Wait(wait) => Ok(Next::After(wait)),
            Plan::Again(import) => {
                // A failure like the one before leaves the stream as it is, so the next date is made now.
                self.schedule(key, retry.map_or(0, |retry| retry.tries));
                self.import(key, &import).await?;
                Ok(Next::After(std::time::Duration::ZERO))
            }
        }
    }
}
