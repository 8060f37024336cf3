//! Fills secrets of the type `kubernetes.io/service-account-token`, which keep a token of the account they name.
//!
//! Watches those Secrets, and ServiceAccounts. Owns `token`, `ca.crt` and `namespace` in the data of such secrets, and
//! the annotation with the account's uid.
//!
//! Promises:
//! - What such a secret lacks is filled in; a token that was taken out is made anew.
//! - A secret goes with its account: one that names no account, or one with another uid, is deleted.
//! - Before a secret is written or deleted the API is asked; no decision hangs on what a watch has not shown yet.
//!
//! It does not look after who may use the token. The token is good while its secret shows it, which is for the server to
//! see.

mod issuance;
mod plan;
mod reconcile;

pub use issuance::{Issuance, SecretTokens, SigningError, TokenOwner};
pub use reconcile::TokenSecrets;

#[cfg(test)]
mod tests;
