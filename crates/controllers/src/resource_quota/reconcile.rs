use std::cell::Cell;
use std::sync::Arc;

use k8s_openapi::api::core::v1::ResourceQuota;

use super::plan::{Observed, Plan, plan};
use crate::census::Census;
use crate::control_loop::{ControlLoop, Next};
use crate::error::{ReconcileError, code};
use crate::key::Key;
use crate::queue::Queue;
use crate::world::World;

/// The loop.
pub struct ResourceQuotas {
    world: Arc<World>,
    census: Arc<Census>,
}

impl ResourceQuotas {
    pub fn new(world: Arc<World>, census: Arc<Census>) -> Arc<Self> {
        Arc::new(Self { world, census })
    }

    /// `None` while not everything has been counted; the census tells when it has.
    fn plan(&self, key: &Key, quota: &ResourceQuota) -> Option<Plan> {
        let is_complete = Cell::new(true);
        let count = |kind: &weir_quota::Counted| {
            let count = self.census.count(&kind.group, &kind.resource, &key.namespace);
            is_complete.set(is_complete.get() && count.is_some());
            count.unwrap_or_default()
        };
        let pods = self.world.pods.in_namespace(&key.namespace);
        let plan = plan(&Observed {
            quota,
            pods: pods.iter().map(|pod| &**pod).collect(),
            count: &count,
            now: self.world.clock.now(),
        });
        is_complete.get().then_some(plan)
    }
}

impl ControlLoop for ResourceQuotas {
    type Key = Key;
    const NAME: &'static str = "resource-quota";
    const WORKERS: usize = 4;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let keys = queue.clone();
        self.world.resource_quotas.on_change(move |change| {
            if let Some(quota) = &change.after {
                keys.add(Key::of(&**quota));
            }
        });
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.pods.on_change(move |change| {
            for pod in change.sides() {
                let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
                for quota in world.resource_quotas.in_namespace(namespace) {
                    keys.add(Key::of(&*quota));
                }
            }
        });
        let (world, keys) = (self.world.clone(), queue.clone());
        self.census.on_change(move |namespace| {
            let quotas = match namespace {
                Some(namespace) => world.resource_quotas.in_namespace(namespace),
                None => world.resource_quotas.all(),
            };
            for quota in quotas {
                keys.add(Key::of(&*quota));
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(quota) = self.world.resource_quotas.get(key) else {
            return Ok(Next::Change);
        };
        let Some(plan) = self.plan(key, &quota) else {
            return Ok(Next::Change);
        };
        if let Some(status) = &plan.status {
            match self.world.resource_quotas.merge_status(key, status).await {
                Err(error) if code(&error) != Some(404) => {
                    return Err(ReconcileError::api(format!("write the status of resourcequota {key}"))(
                        error,
                    ));
                }
                _ => {} // written, or gone meanwhile
            }
        }
        Ok(plan.again.into())
    }
}
