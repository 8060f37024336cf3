use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::authentication::v1::{BoundObjectReference, TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, Resource, ResourceExt};
use serde_json::json;
use weir_api::names::annotation;

use super::docker_config;
use super::plan::{self, Action, LIFETIME, annotations, plan};
use crate::control_loop::{ControlLoop, Next};
use crate::error::ReconcileError;
use crate::key::Key;
use crate::queue::Queue;
use crate::world::World;

const TYPE: &str = "kubernetes.io/dockercfg";
/// A token for every repository that the account may use, and for nothing else.
const AUDIENCE: &str = "registry:*/*";
/// What generated names may be made of: the suffix and five more characters still fit.
const LONGEST_ACCOUNT: usize = 230;

/// The loop.
pub struct PullSecrets {
    world: Arc<World>,
    /// Names of the registry, as pull specs begin with them.
    hosts: Vec<String>,
}

impl PullSecrets {
    pub fn new(world: Arc<World>, hosts: Vec<String>) -> Arc<Self> {
        Arc::new(Self { world, hosts })
    }

    /// A secret without a token: the token will be bound to it.
    async fn create(&self, account: &ServiceAccount) -> Result<(), ReconcileError> {
        let name = account.metadata.name.as_deref().unwrap_or_default();
        let prefix = name.get(..LONGEST_ACCOUNT).unwrap_or(name).trim_end_matches(['.', '-']);
        let secret = Secret {
            metadata: ObjectMeta {
                generate_name: Some(format!("{prefix}-dockercfg-")),
                namespace: account.metadata.namespace.clone(),
                annotations: Some(annotations(name)),
                owner_references: account.owner_ref(&()).map(|owner| vec![owner]),
                ..ObjectMeta::default()
            },
            type_: Some(TYPE.to_owned()),
            data: Some(content("{}".to_owned())),
            ..Secret::default()
        };
        let created = self.world.pull_secrets.create(&secret).await;
        created.map_err(ReconcileError::api(format!(
            "create a pull secret for service account {name}"
        )))?;
        Ok(())
    }

    async fn renew(&self, key: &Key, secret: &Key) -> Result<(), ReconcileError> {
        let Some(kept) = self.world.pull_secrets.get(secret) else {
            return Ok(());
        };
        let (token, expires) = self.token(key, secret, kept.metadata.uid.clone()).await?;
        let patch = json!({
            "metadata": {"annotations": {annotation::PULL_SECRET_EXPIRES: expires.to_string()}},
            "data": content(docker_config::render(&self.hosts, &token)),
        });
        let patched = self.world.pull_secrets.merge(secret, &patch).await;
        patched.map_err(ReconcileError::api(format!("renew the pull secret {secret}")))
    }

    async fn token(&self, key: &Key, secret: &Key, uid: Option<String>) -> Result<(String, Timestamp), ReconcileError> {
        let request = TokenRequest {
            spec: TokenRequestSpec {
                audiences: vec![AUDIENCE.to_owned()],
                expiration_seconds: i64::try_from(LIFETIME.as_secs()).ok(),
                bound_object_ref: Some(BoundObjectReference {
                    api_version: Some("v1".to_owned()),
                    kind: Some("Secret".to_owned()),
                    name: Some(secret.name.clone()),
                    uid,
                }),
            },
            ..TokenRequest::default()
        };
        let accounts: Api<ServiceAccount> = Api::namespaced(self.world.client.clone(), &key.namespace);
        let given = accounts
            .create_token_request(&key.name, &PostParams::default(), &request)
            .await
            .map_err(ReconcileError::api(format!("get a token of service account {key}")))?;
        match given.status {
            Some(status) => Ok((status.token, status.expiration_timestamp.0)),
            None => Err(ReconcileError::Incomplete(format!(
                "the answer to the request for a token of {key}"
            ))),
        }
    }

    async fn link(&self, account: &ServiceAccount, key: &Key, name: &str) -> Result<(), ReconcileError> {
        let patch = plan::link(account, name);
        let linked = self.world.service_accounts.merge(key, &patch).await;
        linked.map_err(ReconcileError::api(format!(
            "name the pull secret of service account {key}"
        )))
    }
}

fn content(docker_config: String) -> BTreeMap<String, ByteString> {
    [(".dockercfg".to_owned(), ByteString(docker_config.into_bytes()))].into()
}

impl ControlLoop for PullSecrets {
    type Key = Key;
    const NAME: &'static str = "pull-secret";
    const WORKERS: usize = 2;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let keys = queue.clone();
        self.world.service_accounts.on_change(move |change| {
            if let Some(account) = &change.after {
                keys.add(Key::of(&**account));
            }
        });
        let keys = queue.clone();
        self.world.pull_secrets.on_change(move |change| {
            for secret in change.sides() {
                if let Some(account) = secret.annotations().get(annotation::PULL_SECRET_ACCOUNT) {
                    keys.add(Key::new(Key::of(&**secret).namespace, account));
                }
            }
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(account) = self.world.service_accounts.get(key) else {
            return Ok(Next::Change);
        };
        let namespace = self.world.namespaces.get(&Key::new("", &key.namespace));
        let is_ending = namespace.is_none_or(|namespace| namespace.metadata.deletion_timestamp.is_some());
        if is_ending || account.metadata.deletion_timestamp.is_some() {
            return Ok(Next::Change);
        }
        let secrets = self.world.pull_secrets.in_namespace(&key.namespace);
        match plan(&account, &secrets, &self.hosts, self.world.clock.now()) {
            Action::Create => self.create(&account).await?,
            Action::Renew(name) => self.renew(key, &Key::new(&key.namespace, name)).await?,
            Action::Link(name) => self.link(&account, key, &name).await?,
            Action::Wait(left) => return Ok(Next::After(left)),
        }
        // What was written is a change, and the next step follows from it.
        Ok(Next::Change)
    }
}
