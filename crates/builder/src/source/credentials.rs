use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// User name that goes with a bare token or password, as upstream has it.
const DEFAULT_USER: &str = "builder";

/// What a source secret gives to git.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCredentials {
    pub username: String,
    pub password: String,
    /// PEM certificates that an https server is checked against.
    pub ca: Option<String>,
}

impl std::fmt::Debug for SourceCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceCredentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// A source secret, read; with remarks on the parts of it that are left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceSecret {
    pub credentials: SourceCredentials,
    pub remarks: Vec<String>,
}

impl SourceSecret {
    /// Reads the keys of a Secret. A file `.gitconfig` can make git run programs, so it is not applied.
    pub fn from_data(data: &BTreeMap<String, Vec<u8>>) -> Self {
        let text = |key: &str| {
            data.get(key)
                .map(|bytes| String::from_utf8_lossy(bytes).trim_end().to_owned())
        };
        let password = text("password").or_else(|| text("token")).unwrap_or_default();
        let username = match text("username").filter(|name| !name.is_empty()) {
            Some(name) => name,
            None if password.is_empty() => String::new(),
            None => DEFAULT_USER.to_owned(),
        };
        let mut remarks = Vec::new();
        if data.contains_key(".gitconfig") {
            remarks.push("WARNING: the key .gitconfig of the source secret is not applied".to_owned());
        }
        if data.contains_key("ssh-privatekey") {
            remarks.push("WARNING: the key ssh-privatekey of the source secret is not used: this builder fetches over https, http, git and file".to_owned());
        }
        Self {
            credentials: SourceCredentials {
                username,
                password,
                ca: text("ca.crt"),
            },
            remarks,
        }
    }
}

impl SourceCredentials {
    /// The line of a git credential store for one server, or nothing without a user.
    pub fn store_line(&self, origin: &str) -> Option<String> {
        if self.username.is_empty() {
            return None;
        }
        let (scheme, host) = origin.split_once("://")?;
        Some(format!(
            "{scheme}://{}:{}@{host}\n",
            encoded(&self.username),
            encoded(&self.password)
        ))
    }
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(pairs: &[(&str, &str)]) -> SourceSecret {
        SourceSecret::from_data(
            &pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), v.as_bytes().to_vec()))
                .collect(),
        )
    }

    #[test]
    fn password_or_token_alone_belongs_to_the_user_builder() {
        let table = [
            (vec![("username", "ann"), ("password", "s3")], "ann", "s3"),
            (vec![("password", "s3\n")], "builder", "s3"),
            (vec![("token", "t")], "builder", "t"),
            (vec![("username", "ann")], "ann", ""),
            (vec![], "", ""),
        ];
        for (pairs, user, password) in table {
            let read = secret(&pairs).credentials;
            assert_eq!(
                (read.username.as_str(), read.password.as_str()),
                (user, password),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn git_configuration_in_a_secret_is_named_and_left_alone() {
        let read = secret(&[(".gitconfig", "[core]\nsshCommand=id")]);
        assert_eq!(
            read.remarks,
            ["WARNING: the key .gitconfig of the source secret is not applied"]
        );
    }

    #[test]
    fn store_line_cannot_be_broken_out_of() {
        let read = secret(&[("username", "a:b@c"), ("password", "p/\nhost=evil")]).credentials;
        assert_eq!(
            read.store_line("https://git.example:8443").unwrap(),
            "https://a%3Ab%40c:p%2F%0Ahost%3Devil@git.example:8443\n"
        );
        assert_eq!(secret(&[]).credentials.store_line("https://x"), None);
    }

    #[test]
    fn credentials_are_not_printed() {
        let read = secret(&[("username", "ann"), ("password", "s3cret")]);
        assert!(!format!("{read:?}").contains("s3cret"));
    }
}
