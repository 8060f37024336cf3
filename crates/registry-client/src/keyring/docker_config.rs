use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Deserialize;

use super::{Credentials, KEYRING_ENTRIES, Keyring, Secret};

/// A Kubernetes secret cannot be larger.
const CONFIG_BYTES: usize = 1024 * 1024;

/// Messages never contain the file, because it holds passwords.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    #[error("the registry credentials are not a valid Docker config (line {line}, column {column})")]
    Json { line: usize, column: usize },
    #[error("the registry credentials have {size} bytes; at most {CONFIG_BYTES} are read")]
    TooLarge { size: usize },
    #[error("the registry credentials for {0:?} are not base64 of USER:PASSWORD")]
    Auth(String),
    #[error("{0:?} is not the name of a registry")]
    Pattern(String),
    #[error("there are more than {KEYRING_ENTRIES} registry credentials")]
    TooManyEntries,
}

#[derive(Deserialize)]
struct DockerConfig {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

impl Keyring {
    /// Adds the entries of a `config.json` (`.dockerconfigjson`): `{"auths": {HOST: ...}}`.
    ///
    /// # Errors
    /// Nothing is added when the document or any entry of it cannot be understood.
    pub fn add_docker_config_json(&mut self, json: &[u8]) -> Result<(), KeyringError> {
        let config: DockerConfig = parse(json)?;
        self.add_entries(config.auths)
    }

    /// Adds the entries of the older `.dockercfg`: `{HOST: ...}`.
    ///
    /// # Errors
    /// As [`Keyring::add_docker_config_json`].
    pub fn add_dockercfg(&mut self, json: &[u8]) -> Result<(), KeyringError> {
        let entries: BTreeMap<String, Entry> = parse(json)?;
        self.add_entries(entries)
    }

    fn add_entries(&mut self, entries: BTreeMap<String, Entry>) -> Result<(), KeyringError> {
        let mut changed = self.clone();
        for (host, entry) in entries {
            if let Some(credentials) = entry.credentials(&host)? {
                changed.add(&host, credentials)?;
            }
        }
        *self = changed;
        Ok(())
    }
}

impl Entry {
    /// `None` for an entry without content: the credentials are in a helper that is not here.
    fn credentials(self, host: &str) -> Result<Option<Credentials>, KeyringError> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        if let Some(token) = filled(self.registrytoken) {
            return Ok(Some(Credentials::RegistryToken(Secret::new(token))));
        }
        if let Some(token) = filled(self.identitytoken) {
            return Ok(Some(Credentials::IdentityToken(Secret::new(token))));
        }
        if let Some(user) = filled(self.username) {
            return Ok(Some(Credentials::password(user, self.password.unwrap_or_default())));
        }
        let Some(auth) = filled(self.auth) else { return Ok(None) };
        let unreadable = || KeyringError::Auth(host.into());
        let decoded = STANDARD
            .decode(&auth)
            .or_else(|_| STANDARD_NO_PAD.decode(&auth))
            .map_err(|_| unreadable())?;
        let text = String::from_utf8(decoded).map_err(|_| unreadable())?;
        // Some Docker versions pad the password with NUL.
        let (user, password) = text.split_once(':').ok_or_else(unreadable)?;
        Ok(Some(Credentials::password(user, password.trim_end_matches('\0'))))
    }
}

fn parse<T: for<'de> Deserialize<'de>>(json: &[u8]) -> Result<T, KeyringError> {
    if json.len() > CONFIG_BYTES {
        return Err(KeyringError::TooLarge { size: json.len() });
    }
    serde_json::from_slice(json).map_err(|error| KeyringError::Json {
        line: error.line(),
        column: error.column(),
    })
}
