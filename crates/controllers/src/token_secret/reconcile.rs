use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use serde_json::{Value, json};
use weir_api::names::annotation;

use super::issuance::{Issuance, TokenOwner};
use super::plan::{self, Action, Missing, account_key, plan};
use crate::control_loop::{ControlLoop, Next};
use crate::error::ReconcileError;
use crate::key::Key;
use crate::ownership::uid;
use crate::queue::Queue;
use crate::world::World;

const SOURCE: &str = "serviceaccount-token-controller";

/// The loop.
pub struct TokenSecrets {
    world: Arc<World>,
    issuance: Issuance,
}

impl TokenSecrets {
    pub fn new(world: Arc<World>, issuance: Issuance) -> Arc<Self> {
        Arc::new(Self { world, issuance })
    }

    /// Whether the caches say that there is nothing to be done.
    fn seems_done(&self, secret: &Secret) -> bool {
        let account = self.world.service_accounts.get(&account_key(secret));
        plan(secret, account.as_deref(), &self.issuance.authority) == Action::Nothing
    }

    async fn fill(
        &self,
        key: &Key,
        secret: &Secret,
        account: &ServiceAccount,
        missing: Missing,
    ) -> Result<(), ReconcileError> {
        let patch = self.patch(key, secret, account, missing)?;
        let filled = self.world.token_secrets.merge(key, &patch).await;
        filled.map_err(ReconcileError::api(format!("fill the token secret {key}")))
    }

    fn patch(
        &self,
        key: &Key,
        secret: &Secret,
        account: &ServiceAccount,
        missing: Missing,
    ) -> Result<Value, ReconcileError> {
        let mut data = BTreeMap::new();
        if missing.token {
            data.insert(plan::TOKEN, ByteString(self.token(key, account)?.into_bytes()));
        }
        if missing.authority {
            data.insert(
                plan::AUTHORITY,
                ByteString(self.issuance.authority.clone().into_bytes()),
            );
        }
        if missing.namespace {
            data.insert(plan::NAMESPACE, ByteString(key.namespace.clone().into_bytes()));
        }
        Ok(json!({
            "metadata": {
                // Somebody may have taken the token out meanwhile, or put another object in the place of this one.
                "resourceVersion": secret.metadata.resource_version,
                "annotations": {annotation::TOKEN_ACCOUNT_UID: uid(account)},
            },
            "data": data,
        }))
    }

    fn token(&self, key: &Key, account: &ServiceAccount) -> Result<String, ReconcileError> {
        let owner = TokenOwner {
            namespace: &key.namespace,
            account: account.metadata.name.as_deref().unwrap_or_default(),
            account_uid: uid(account),
            secret: &key.name,
        };
        self.issuance
            .tokens
            .token(owner)
            .map_err(|source| ReconcileError::Signing {
                secret: key.to_string(),
                source,
            })
    }

    async fn delete(&self, key: &Key, secret: &Secret) -> Result<(), ReconcileError> {
        let deleted = self.world.token_secrets.delete(key, uid(secret)).await;
        let deleted = deleted.map_err(ReconcileError::api(format!("delete the token secret {key}")))?;
        if deleted {
            tracing::info!(secret = %key, account = %account_key(secret).name, "a token secret went with its account");
        }
        Ok(())
    }

    fn refuse(&self, secret: &Secret) {
        let text = "the secret is immutable and lacks a token, which therefore cannot be put in; make it anew without \
                    `immutable`, or ask for a token with `oc create token`";
        self.world
            .recorder
            .warning(SOURCE, secret, "TokenNotFilled", text.to_owned());
    }
}

impl ControlLoop for TokenSecrets {
    type Key = Key;
    const NAME: &'static str = "token-secret";
    const WORKERS: usize = 2;

    fn connect(self: &Arc<Self>, queue: &Arc<Queue<Key>>) {
        let keys = queue.clone();
        self.world.token_secrets.on_change(move |change| {
            if let Some(secret) = &change.after {
                keys.add(Key::of(&**secret));
            }
        });
        let (world, keys) = (self.world.clone(), queue.clone());
        self.world.service_accounts.on_change(move |change| {
            let Some(account) = change.latest().map(|account| Key::of(&**account)) else {
                return;
            };
            let secrets = world.token_secrets.in_namespace(&account.namespace);
            let of_account = secrets.iter().filter(|secret| account_key(secret) == account);
            of_account.for_each(|secret| keys.add(Key::of(&**secret)));
        });
    }

    async fn reconcile(&self, key: &Key) -> Result<Next, ReconcileError> {
        let Some(seen) = self.world.token_secrets.get(key) else {
            return Ok(Next::Change);
        };
        if self.seems_done(&seen) {
            return Ok(Next::Change);
        }
        let Some(secret) = self.world.token_secrets.read(key).await? else {
            return Ok(Next::Change);
        };
        let account = self.world.service_accounts.read(&account_key(&secret)).await?;
        match plan(&secret, account.as_ref(), &self.issuance.authority) {
            Action::Nothing => {}
            Action::Fill(account, missing) => self.fill(key, &secret, account, missing).await?,
            Action::Delete => self.delete(key, &secret).await?,
            Action::Refuse => self.refuse(&secret),
        }
        Ok(Next::Change)
    }
}
