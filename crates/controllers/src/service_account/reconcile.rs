use std::sync::Arc;

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::plan::plan;
use crate::control_loop::{ControlLoop, Next};
use crate::error::{ReconcileError, reason};
use crate::key::Key;
use crate::queue::Queue;
use crate::world::World;

/// The loop.
pub struct ServiceAccounts {
    world: Arc<World>,
}

impl ServiceAccounts {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world })
    }

    async fn create(&self, namespace: &str, name: &str) -> Result<(), ReconcileError> {
        let metadata = ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            ..ObjectMeta::default()
        };
        let account = ServiceAccount {
            metadata,
            ..ServiceAccount::default()
        };
        match self.world.service_accounts.create(&account).await {
            Ok(_) => Ok(()),
            Err(error) if reason(&error) == Some("AlreadyExists") => Ok(()),
            Err(error) => Err(ReconcileError::api(format!(
                "create service account {namespace}/{name}"
            ))(error)),
        }
    }
}

impl ControlLoop for ServiceAccounts {
    type Key = Key;
    const NAME: &'static str = "service-account";
    const WORKERS: usize = 2;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let keys = queue.clone();
        self.world.namespaces.on_change(move |change| {
            if let Some(namespace) = &change.after {
                keys.add(Key::of(&**namespace));
            }
        });
        let keys = queue.clone();
        self.world.service_accounts.on_change(move |change| {
            if let (Some(account), None) = (&change.before, &change.after) {
                keys.add(Key::new("", Key::of(&**account).namespace));
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(namespace) = self.world.namespaces.get(key) else {
            return Ok(Next::Change);
        };
        let accounts = self.world.service_accounts.in_namespace(&key.name);
        let existing: Vec<&str> = accounts
            .iter()
            .filter_map(|account| account.metadata.name.as_deref())
            .collect();
        for missing in plan(&namespace, &existing) {
            self.create(&key.name, missing).await?;
        }
        Ok(Next::Change)
    }
}
