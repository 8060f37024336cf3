use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::htpasswd::{HtpasswdError, HtpasswdFile};

/// Passwords that are hashed at once: each takes a core and tens of megabytes.
const HASHING: usize = 2;

/// Somebody who knows users by name and password.
#[async_trait]
pub trait PasswordProvider: Send + Sync {
    /// The first half of the names of its identities.
    fn name(&self) -> &str;

    /// Whether this is the user's password. Takes as long for users that do not exist.
    async fn verify(&self, user: &str, password: &str) -> Result<bool, ProviderError>;
}

/// Why nobody can say whether a password is right.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error(transparent)]
    Htpasswd(#[from] HtpasswdError),
    #[error("the check of a password ended without an answer: {0}")]
    Broken(String),
}

/// Users of a file.
pub struct HtpasswdProvider {
    file: Arc<HtpasswdFile>,
    hashing: Arc<Semaphore>,
}

impl HtpasswdProvider {
    pub fn new(file: HtpasswdFile) -> Self {
        Self {
            file: Arc::new(file),
            hashing: Arc::new(Semaphore::new(HASHING)),
        }
    }
}

#[async_trait]
impl PasswordProvider for HtpasswdProvider {
    fn name(&self) -> &str {
        "htpasswd"
    }

    async fn verify(&self, user: &str, password: &str) -> Result<bool, ProviderError> {
        let broken = |error: String| ProviderError::Broken(error);
        let permit = self.hashing.clone().acquire_owned().await;
        let permit = permit.map_err(|error| broken(error.to_string()))?;
        let (file, user, password) = (self.file.clone(), user.to_owned(), password.to_owned());
        let verify = move || {
            // Given back when the work is done, not when its asker goes away.
            let _permit = permit;
            file.verify(&user, &password)
        };
        let verified = tokio::task::spawn_blocking(verify).await;
        Ok(verified.map_err(|error| broken(error.to_string()))??)
    }
}
