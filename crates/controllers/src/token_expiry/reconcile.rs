use std::sync::Arc;
use std::time::Duration;

use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams};
use kube::{Api, Client, ResourceExt};

use super::plan::is_expired;
use crate::clock::Clock;
use crate::error::{ReconcileError, code};

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(30 * 60);
/// Tokens read at a time.
const PAGE: u32 = 500;
const GROUP: &str = "oauth.openshift.io";
const KINDS: [(&str, &str); 2] = [
    ("OAuthAccessToken", "oauthaccesstokens"),
    ("OAuthAuthorizeToken", "oauthauthorizetokens"),
];

/// The loop. It has one key, all tokens, and only time wakes it.
pub struct TokenExpiry {
    client: Client,
    clock: Clock,
}

impl TokenExpiry {
    pub fn new(client: Client, clock: Clock) -> Arc<Self> {
        Arc::new(Self { client, clock })
    }

    /// Looks again and again, for ever.
    pub async fn run(self: Arc<Self>) {
        loop {
            for (kind, plural) in KINDS {
                if let Err(error) = self.sweep(kind, plural).await {
                    tracing::warn!(%error, "expired tokens could not be deleted and will be next time");
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn sweep(&self, kind: &str, plural: &str) -> Result<(), ReconcileError> {
        let resource = ApiResource {
            group: GROUP.to_owned(),
            version: "v1".to_owned(),
            api_version: format!("{GROUP}/v1"),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
        };
        let all: Api<DynamicObject> = Api::all_with(self.client.clone(), &resource);
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let list = all.list(&page).await;
            let list = list.map_err(ReconcileError::api(format!("list {plural}")))?;
            let now = self.clock.now();
            for token in list.items.iter().filter(|token| is_expired(token, now)) {
                match all.delete(&token.name_any(), &DeleteParams::default()).await {
                    Ok(_) => {}
                    Err(error) if code(&error) == Some(404) => {}
                    // The name is a hash, and says nothing that should not be read.
                    Err(error) => return Err(ReconcileError::api(format!("delete one of the {plural}"))(error)),
                }
            }
            match list.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(()),
            }
        }
    }
}
