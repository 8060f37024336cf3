use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use weir_api::image::ImageStream;
use weir_imagestream::source::StreamKey;
use weir_imagestream::triggers::{build_config_streams, deployment_config_streams};

use super::index::Index;
use super::plan;
use crate::control_loop::{ControlLoop, Next};
use crate::error::{ReconcileError, message};
use crate::key::Key;
use crate::queue::Queue;
use crate::world::World;

/// Name under which failed instantiations are told.
const BUILD_SOURCE: &str = "buildconfig-controller";

/// An object with image change triggers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    DeploymentConfig(Key),
    BuildConfig(Key),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeploymentConfig(key) => write!(f, "deploymentconfig {key}"),
            Self::BuildConfig(key) => write!(f, "buildconfig {key}"),
        }
    }
}

/// The loop.
pub struct ImageTrigger {
    world: Arc<World>,
    index: Mutex<Index>,
}

impl ImageTrigger {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self {
            world,
            index: Mutex::new(Index::default()),
        })
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the index true and asks for a pass over the changed object.
    fn target_changed(&self, queue: &Queue<Target>, target: Target, streams: Option<Vec<StreamKey>>) {
        match streams {
            Some(streams) => {
                let concerned = !streams.is_empty();
                self.index().set(&target, streams);
                if concerned {
                    queue.add(target);
                }
            }
            None => self.index().remove(&target),
        }
    }

    fn stream(&self, namespace: &str, name: &str) -> Option<Arc<ImageStream>> {
        self.world.image_streams.get(&Key::new(namespace, name))
    }

    async fn deployment_config(&self, key: &Key) -> Result<(), ReconcileError> {
        let Some(config) = self.world.deployment_configs.get(key) else {
            return Ok(());
        };
        let lookup = |namespace: &str, name: &str| self.stream(namespace, name);
        let Some(patch) = plan::deployment_config(&config, lookup) else {
            return Ok(());
        };
        let edited = self.world.deployment_configs.edit(key, patch).await;
        edited.map_err(ReconcileError::api(format!("set the images of deploymentconfig {key}")))?;
        tracing::info!(deployment_config = %key, "template patched");
        Ok(())
    }

    async fn build_config(&self, key: &Key) -> Result<(), ReconcileError> {
        let lookup = |namespace: &str, name: &str| self.stream(namespace, name);
        let Some(cached) = self.world.build_configs.get(key) else {
            return Ok(());
        };
        if plan::build_config(&cached, lookup).is_none() {
            return Ok(());
        }
        // What was triggered already is recorded by the API, not by us, so the cache may be behind: ask before building.
        let Some(config) = self.world.build_configs.read(key).await? else {
            return Ok(());
        };
        let Some(request) = plan::build_config(&config, lookup) else {
            return Ok(());
        };
        let answer = weir_client::instantiate_build(&self.world.client, &key.namespace, &request).await;
        let Err(error) = answer else { return Ok(()) };
        // Another request may have built from these images meanwhile; then there is nothing to complain about.
        let now = self.world.build_configs.read(key).await?;
        if now.is_none_or(|config| plan::build_config(&config, lookup).is_none()) {
            return Ok(());
        }
        let text = format!("error triggering Build for BuildConfig {key}: {}", message(&error));
        self.world
            .recorder
            .warning(BUILD_SOURCE, &config, "BuildConfigTriggerFailed", text);
        Err(ReconcileError::api(format!("start a build of buildconfig {key}"))(
            error,
        ))
    }
}

impl ControlLoop for ImageTrigger {
    type Key = Target;
    const NAME: &'static str = "image-trigger";
    const WORKERS: usize = 8;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Target>>) {
        let (this, keys) = (self.clone(), queue.clone());
        self.world.deployment_configs.on_change(move |change| {
            let Some(config) = change.latest() else { return };
            let streams = change.after.as_ref().map(|config| deployment_config_streams(config));
            this.target_changed(&keys, Target::DeploymentConfig(Key::of(&**config)), streams);
        });
        let (this, keys) = (self.clone(), queue.clone());
        self.world.build_configs.on_change(move |change| {
            let Some(config) = change.latest() else { return };
            let streams = change.after.as_ref().map(|config| build_config_streams(config));
            this.target_changed(&keys, Target::BuildConfig(Key::of(&**config)), streams);
        });
        let (this, keys) = (self.clone(), queue.clone());
        self.world.image_streams.on_change(move |change| {
            // A deleted stream takes no image away from anybody.
            let Some(stream) = &change.after else { return };
            let Key { namespace, name } = Key::of(&**stream);
            for target in this.index().dependants(&StreamKey { namespace, name }) {
                keys.add(target.clone());
            }
        });
    }

    async fn reconcile(&self, target: &Target) -> Result<Next, ReconcileError> {
        match target {
            Target::DeploymentConfig(key) => self.deployment_config(key).await?,
            Target::BuildConfig(key) => self.build_config(key).await?,
        }
        Ok(Next::Change)
    }
}
