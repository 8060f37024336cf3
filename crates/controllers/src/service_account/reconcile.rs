use std::sync::Arc;

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{RoleBinding, RoleRef, Subject};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use kube::Resource;
use weir_rbac::NamespaceBinding;

use super::plan::plan;
use crate::control_loop::{ControlLoop, Next};
use crate::error::{ReconcileError, reason};
use crate::key::Key;
use crate::queue::Queue;
use crate::world::World;

const RBAC: &str = "rbac.authorization.k8s.io";

/// The loop.
pub struct ServiceAccounts {
    world: Arc<World>,
}

impl ServiceAccounts {
    pub fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world })
    }

    async fn create_account(&self, namespace: &str, name: &str) -> Result<(), ReconcileError> {
        let account = ServiceAccount {
            metadata: metadata(namespace, name),
            ..ServiceAccount::default()
        };
        let made = self.world.service_accounts.create(&account).await;
        unless_there(made).map_err(ReconcileError::api(format!(
            "create service account {namespace}/{name}"
        )))
    }

    async fn create_binding(&self, namespace: &str, binding: NamespaceBinding) -> Result<(), ReconcileError> {
        let NamespaceBinding {
            name,
            role,
            subject,
            description,
        } = binding;
        let description = ("openshift.io/description".to_owned(), description.to_owned());
        let binding = RoleBinding {
            metadata: ObjectMeta {
                annotations: Some([description].into()),
                ..metadata(namespace, name)
            },
            role_ref: RoleRef {
                api_group: RBAC.to_owned(),
                kind: "ClusterRole".to_owned(),
                name: role.to_owned(),
            },
            subjects: Some(vec![Subject {
                api_group: Some(subject.api_group).filter(|group| !group.is_empty()),
                kind: subject.kind.to_string(),
                name: subject.name,
                namespace: Some(subject.namespace).filter(|namespace| !namespace.is_empty()),
            }]),
        };
        let made = self.world.role_bindings.create(&binding).await;
        unless_there(made).map_err(ReconcileError::api(format!("create role binding {namespace}/{name}")))
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
        self.world.role_bindings.on_change(move |change| {
            if let (Some(binding), None) = (&change.before, &change.after) {
                keys.add(Key::new("", Key::of(&**binding).namespace));
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
        let bindings = self.world.role_bindings.in_namespace(&key.name);
        let missing = plan(&namespace, &names(&accounts), &names(&bindings));
        for account in missing.accounts {
            self.create_account(&key.name, account).await?;
        }
        for binding in missing.bindings {
            self.create_binding(&key.name, binding).await?;
        }
        Ok(Next::Change)
    }
}

fn metadata(namespace: &str, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(namespace.to_owned()),
        ..ObjectMeta::default()
    }
}

fn names<K: Resource>(objects: &[Arc<K>]) -> Vec<&str> {
    let names = objects.iter().map(|object| object.meta().name.as_deref());
    names.flatten().collect()
}

/// The cache may be behind: what is there already was made by somebody else.
fn unless_there<K>(made: Result<K, kube::Error>) -> Result<(), kube::Error> {
    match made {
        Err(error) if reason(&error) != Some("AlreadyExists") => Err(error),
        _ => Ok(()),
    }
}
