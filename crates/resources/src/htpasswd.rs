//! Users and the hashes of their passwords, in a file of the format that Apache's `htpasswd` writes.
//!
//! ```text
//! # comments and empty lines stay
//! jane:$argon2id$v=19$m=19456,t=2,p=1$...
//! joe:$2y$10$...
//! ```
//!
//! Only argon2id and bcrypt are accepted: all older forms can be guessed at billions of tries per second.

mod entries;
mod file;
mod hash;
mod made_up;

pub use entries::{EntryError, Htpasswd, MAX_NAME_BYTES, check_user_name};
pub use file::{HtpasswdError, HtpasswdFile};
pub use hash::{HashError, MAX_PASSWORD_BYTES, PasswordHash};
pub use made_up::made_up_password;
