use std::sync::Arc;

use serde_json::json;

use super::plan::plan;
use crate::control_loop::{ControlLoop, Next};
use crate::error::{ReconcileError, reason};
use crate::key::Key;
use crate::queue::Queue;
use crate::world::World;

/// The loop.
pub struct ClusterRoles {
    world: Arc<World>,
}

impl ClusterRoles {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world })
    }
}

impl ControlLoop for ClusterRoles {
    type Key = Key;
    const NAME: &'static str = "cluster-role";
    const WORKERS: usize = 1;

    /// Any role may be part of any aggregated one.
    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let (keys, world) = (queue.clone(), Arc::downgrade(&self.world));
        self.world.cluster_roles.on_change(move |change| {
            if let Some(role) = &change.after {
                keys.add(Key::of(&**role));
            }
            let Some(world) = world.upgrade() else { return };
            for role in world.cluster_roles.all() {
                if role.aggregation_rule.is_some() {
                    keys.add(Key::of(&*role));
                }
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let roles = self.world.cluster_roles.all();
        let Some(role) = self.world.cluster_roles.get(key) else {
            return Ok(Next::Change);
        };
        let planned = plan(&role, roles.iter().map(|role| &**role));
        let planned = planned.map_err(|source| ReconcileError::Encode {
            what: format!("the parts of cluster role {key}"),
            source,
        })?;
        let Some(rules) = planned else {
            return Ok(Next::Change);
        };
        let patch = json!({"metadata": {"resourceVersion": role.metadata.resource_version}, "rules": rules});
        match self.world.cluster_roles.merge(key, &patch).await {
            Err(error) if reason(&error) == Some("NotFound") => Ok(Next::Change),
            written => written
                .map(|()| Next::Change)
                .map_err(ReconcileError::api(format!("write the rules of cluster role {key}"))),
        }
    }
}
