//! Gives every service account a secret that opens the integrated registry.
//!
//! Watches ServiceAccounts, and Secrets of the type `kubernetes.io/dockercfg`. Owns the secrets that it makes, and their
//! names in `secrets` and `imagePullSecrets` of the account.
//!
//! Promises: an account in use has one such secret; the token in it is good for the registry and for nothing else, dies
//! with the secret, and is replaced well before it expires. What others put into an account stays.

mod docker_config;
mod plan;
mod reconcile;

pub use reconcile::PullSecrets;

#[cfg(test)]
mod tests;
