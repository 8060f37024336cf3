use std::fmt;

use argon2::password_hash::phc;
use argon2::{Argon2, Params, PasswordHasher, PasswordVerifier};

/// Longer texts are no passwords, and not worth hashing.
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// Memory that one check may take, in KiB: 256 MiB. Whoever writes the file could otherwise exhaust the machine.
const MAX_ARGON2_MEMORY: u32 = 256 * 1024;
const MAX_ARGON2_PASSES: u32 = 16;
const MAX_ARGON2_LANES: u32 = 16;
/// Two to this power rounds, some seconds of one core.
const MAX_BCRYPT_COST: u32 = 16;

/// What a file says a password must match.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    text: String,
    scheme: Scheme,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Argon2id,
    Bcrypt,
}

/// Why a hash is not accepted. Messages never contain the hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    #[error("the password is kept in {0}; only argon2id and bcrypt (`htpasswd -B`) are accepted, so set it again")]
    Scheme(&'static str),
    #[error("the {0} hash is damaged; set the password again")]
    Damaged(&'static str),
    #[error("checking this {0} hash would take too much time or memory; set the password again with a lower cost")]
    TooCostly(&'static str),
    #[error("the password is longer than {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    #[error("the password is empty")]
    Empty,
    #[error("the password cannot be hashed: {0}")]
    Hashing(String),
}

impl PasswordHash {
    /// Reads a hash as it stands in a file.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        let scheme = Scheme::of(text)?;
        match scheme {
            Scheme::Argon2id => check_argon2(text)?,
            Scheme::Bcrypt => check_bcrypt(text)?,
        }
        Ok(Self {
            text: text.to_owned(),
            scheme,
        })
    }

    /// A new hash with a new salt: argon2id at the cost that OWASP recommends. Takes tens of milliseconds.
    pub fn of(password: &str) -> Result<Self, HashError> {
        match password.len() {
            0 => return Err(HashError::Empty),
            length if length > MAX_PASSWORD_BYTES => return Err(HashError::TooLong),
            _ => {}
        }
        let hash: phc::PasswordHash = Argon2::default()
            .hash_password(password.as_bytes())
            .map_err(|error| HashError::Hashing(error.to_string()))?;
        Ok(Self {
            text: hash.to_string(),
            scheme: Scheme::Argon2id,
        })
    }

    /// Whether `password` is the one that was hashed. Takes as long as its cost says, right or wrong; not for an async
    /// thread.
    pub fn matches(&self, password: &str) -> bool {
        if password.len() > MAX_PASSWORD_BYTES {
            return false;
        }
        match self.scheme {
            Scheme::Argon2id => phc::PasswordHash::new(&self.text)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()),
            // An error is a password with a NUL byte or the like, which no hash was made of.
            Scheme::Bcrypt => bcrypt::verify(password, &self.text).unwrap_or(false),
        }
    }

    /// As it stands in a file.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl Scheme {
    fn of(text: &str) -> Result<Self, HashError> {
        const KNOWN: [(&str, Result<Scheme, &str>); 13] = [
            ("$argon2id$", Ok(Scheme::Argon2id)),
            ("$2y$", Ok(Scheme::Bcrypt)),
            ("$2b$", Ok(Scheme::Bcrypt)),
            ("$2a$", Ok(Scheme::Bcrypt)),
            ("$argon2i$", Err("argon2i")),
            ("$argon2d$", Err("argon2d")),
            ("$apr1$", Err("MD5 (`htpasswd -m`)")),
            ("$1$", Err("MD5")),
            ("$5$", Err("SHA-256 crypt")),
            ("$6$", Err("SHA-512 crypt")),
            ("$2x$", Err("a broken form of bcrypt")),
            ("{SHA}", Err("SHA-1 (`htpasswd -s`)")),
            ("{SSHA}", Err("salted SHA-1")),
        ];
        let known = KNOWN.into_iter().find(|(prefix, _)| text.starts_with(prefix));
        let scheme = known.map_or(Err("plain text, or in a form that is too weak"), |(_, scheme)| scheme);
        scheme.map_err(HashError::Scheme)
    }
}

fn check_argon2(text: &str) -> Result<(), HashError> {
    let damaged = || HashError::Damaged("argon2id");
    let hash = phc::PasswordHash::new(text).map_err(|_| damaged())?;
    let params = Params::try_from(&hash).map_err(|_| damaged())?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(damaged());
    }
    let fits = params.m_cost() <= MAX_ARGON2_MEMORY
        && params.t_cost() <= MAX_ARGON2_PASSES
        && params.p_cost() <= MAX_ARGON2_LANES;
    fits.then_some(()).ok_or(HashError::TooCostly("argon2id"))
}

fn check_bcrypt(text: &str) -> Result<(), HashError> {
    let parts: bcrypt::HashParts = text.parse().map_err(|_| HashError::Damaged("bcrypt"))?;
    let fits = parts.get_cost() <= MAX_BCRYPT_COST;
    fits.then_some(()).ok_or(HashError::TooCostly("bcrypt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `htpasswd -nbB myName myPassword` writes.
    const APACHE: &str = "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC";

    #[test]
    fn a_new_hash_matches_its_password_alone() {
        let hash = PasswordHash::of("correct horse").unwrap();
        let read = PasswordHash::parse(hash.as_str()).unwrap();
        assert!(read.matches("correct horse"));
        assert!(!read.matches("Correct horse") && !read.matches(""));
        assert_ne!(hash, PasswordHash::of("correct horse").unwrap(), "the salt is new");
        assert_eq!(format!("{hash:?}"), "***");
    }

    #[test]
    fn the_bcrypt_of_apache_works() {
        let hash = PasswordHash::parse(APACHE).unwrap();
        assert!(hash.matches("myPassword"));
        assert!(!hash.matches("mypassword"));
    }

    #[test]
    fn weak_damaged_and_costly_hashes_are_refused() {
        let weak = |text: &str| matches!(PasswordHash::parse(text), Err(HashError::Scheme(_)));
        for text in [
            "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/",
            "{SHA}0DPiKuNIrrVmD8IUCuw1hQxNqZc=",
            "rl.3StKT.4T8M",
            "secret",
            "",
            "$1$a$b",
            "$6$a$b",
            "$argon2i$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$aGFzaA",
        ] {
            assert!(weak(text), "{text}");
        }
        let table = [
            ("$2y$05$short", HashError::Damaged("bcrypt")),
            ("$argon2id$v=19$nonsense", HashError::Damaged("argon2id")),
            (
                "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0",
                HashError::Damaged("argon2id"),
            ),
            (
                "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0$hRjP9uG+wQ4LHQxUV1gL7YY1ZkYqJXlVpPzWAxcDMfM",
                HashError::TooCostly("argon2id"),
            ),
            (
                "$2y$20$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC",
                HashError::TooCostly("bcrypt"),
            ),
        ];
        for (text, error) in table {
            assert_eq!(PasswordHash::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn passwords_have_a_length() {
        assert_eq!(PasswordHash::of("").unwrap_err(), HashError::Empty);
        assert_eq!(
            PasswordHash::of(&"x".repeat(MAX_PASSWORD_BYTES + 1)).unwrap_err(),
            HashError::TooLong
        );
    }
}
