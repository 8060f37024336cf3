use std::sync::Arc;

use weir_api::build::{Build, BuildConfig, BuildRequest};

use super::plan::{plan, wants_first_build};
use crate::build::config_name;
use crate::control_loop::{ControlLoop, Next};
use crate::error::{ReconcileError, code, message};
use crate::image_trigger::build_of_moved_images;
use crate::key::Key;
use crate::ownership::uid;
use crate::queue::Queue;
use crate::world::World;

/// Name under which this loop tells what it did.
const SOURCE: &str = "buildconfig-controller";

/// The loop.
pub struct BuildConfigs {
    world: Arc<World>,
}

impl BuildConfigs {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world })
    }

    /// Whether the image trigger loop, which sees the same caches, asks for a build of `config` now.
    fn images_moved(&self, config: &BuildConfig) -> bool {
        let stream = |namespace: &str, name: &str| self.world.image_streams.get(&Key::new(namespace, name));
        build_of_moved_images(config, stream).is_some()
    }

    async fn first_build(&self, config: &BuildConfig, request: &BuildRequest) -> Result<(), ReconcileError> {
        let key = Key::of(config);
        let Err(error) = weir_client::instantiate_build(&self.world.client, &key.namespace, request).await else {
            return Ok(());
        };
        let now = self.world.build_configs.read(&key).await?;
        if now.is_none_or(|config| !wants_first_build(&config)) {
            // An image change was faster, and its build is the first one.
            return Ok(());
        }
        let text = format!("error instantiating Build from BuildConfig {key}: {}", message(&error));
        self.world
            .recorder
            .warning(SOURCE, config, "BuildConfigInstantiateFailed", text);
        if matches!(code(&error), Some(400 | 403 | 404)) {
            // The same request would be refused again; the next change of the config is the next occasion.
            return Ok(());
        }
        Err(ReconcileError::api(format!(
            "start the first build of buildconfig {key}"
        ))(error))
    }
}

impl ControlLoop for BuildConfigs {
    type Key = Key;
    const NAME: &'static str = "build-config";
    const WORKERS: usize = 8;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let keys = queue.clone();
        self.world.build_configs.on_change(move |change| {
            if let Some(config) = &change.after {
                keys.add(Key::of(&**config));
            }
        });
        let keys = queue.clone();
        self.world.builds.on_change(move |change| {
            let Some(build) = change.latest() else { return };
            if let Some(config) = config_name(build) {
                keys.add(Key::new(build.metadata.namespace.clone().unwrap_or_default(), config));
            }
        });
        // A first build that could not find its image is tried again when a stream changes, not only after a while.
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.image_streams.on_change(move |_| {
            for config in world
                .build_configs
                .all()
                .iter()
                .filter(|config| wants_first_build(config))
            {
                keys.add(Key::of(&**config));
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(config) = self.world.build_configs.get(key) else {
            return Ok(Next::Change);
        };
        let builds = self.world.builds.in_namespace(&key.namespace);
        let own: Vec<&Build> = builds
            .iter()
            .map(|build| &**build)
            .filter(|build| config_name(build) == Some(key.name.as_str()))
            .collect();
        let plan = plan(&config, &own, self.images_moved(&config));
        for build in plan.prune {
            let key = Key::of(build);
            let deleted = self.world.builds.delete(&key, uid(build)).await;
            deleted.map_err(ReconcileError::api(format!("delete the old build {key}")))?;
        }
        if let Some(request) = plan.first_build {
            self.first_build(&config, &request).await?;
        }
        Ok(Next::Change)
    }
}
