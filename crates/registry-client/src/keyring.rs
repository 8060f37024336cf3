use std::fmt;

use weir_oci::{DOCKER_HUB, Digest, Reference};

mod docker_config;
mod pattern;

pub use docker_config::KeyringError;
use pattern::Pattern;

/// Entries of all pull secrets together. A namespace has a handful; more than this is no keyring.
pub const KEYRING_ENTRIES: usize = 1_000;

/// Text that must not be shown: it has no `Display`, and `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    Password {
        user: String,
        password: Secret,
    },
    /// Exchanged for an access token at the registry's token endpoint.
    IdentityToken(Secret),
    /// Sent to the registry as it is.
    RegistryToken(Secret),
}

/// Which credentials belong to which registries and repositories.
///
/// Patterns are those of Docker config files: a host with optional port, `*` and `?` within a label, and an optional
/// path. The most specific match counts, and only that one is ever tried.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    /// Most specific first.
    entries: Vec<(Pattern, Credentials)>,
}

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, to be sent and not to be shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Credentials {
    pub fn password(user: impl Into<String>, password: impl Into<String>) -> Credentials {
        Credentials::Password {
            user: user.into(),
            password: Secret::new(password),
        }
    }

    /// Tells credentials apart without keeping them.
    pub(crate) fn fingerprint(&self) -> Digest {
        let text = match self {
            Credentials::Password { user, password } => format!("password\0{user}\0{}", password.reveal()),
            Credentials::IdentityToken(token) => format!("identity\0{}", token.reveal()),
            Credentials::RegistryToken(token) => format!("registry\0{}", token.reveal()),
        };
        Digest::sha256_of(text.as_bytes())
    }
}

impl Keyring {
    /// Adds credentials for a pattern. Among equally specific patterns the one added first wins.
    ///
    /// # Errors
    /// A pattern that is no host and path, or too many entries.
    pub fn add(&mut self, pattern: &str, credentials: Credentials) -> Result<(), KeyringError> {
        if self.entries.len() >= KEYRING_ENTRIES {
            return Err(KeyringError::TooManyEntries);
        }
        let pattern = Pattern::parse(pattern).ok_or_else(|| KeyringError::Pattern(pattern.into()))?;
        let position = self
            .entries
            .partition_point(|(other, _)| other.specificity() >= pattern.specificity());
        self.entries.insert(position, (pattern, credentials));
        Ok(())
    }

    /// The credentials for a repository, if any.
    pub fn find(&self, repository: &Reference) -> Option<&Credentials> {
        let host = if repository.registry_host() == weir_oci::DOCKER_HUB_HOST {
            DOCKER_HUB
        } else {
            repository.registry_host()
        };
        let path = repository.repository_path();
        self.entries
            .iter()
            .find(|(pattern, _)| pattern.matches(host, &path))
            .map(|(_, credentials)| credentials)
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes over the entries of another keyring; its entries lose against equally specific ones of this.
    pub fn extend(&mut self, other: Keyring) {
        for (pattern, credentials) in other.entries {
            if self.entries.len() >= KEYRING_ENTRIES {
                tracing::warn!(
                    limit = KEYRING_ENTRIES,
                    "too many registry credentials; the rest is not used"
                );
                return;
            }
            let position = self
                .entries
                .partition_point(|(other, _)| other.specificity() >= pattern.specificity());
            self.entries.insert(position, (pattern, credentials));
        }
    }
}

#[cfg(test)]
mod tests;
