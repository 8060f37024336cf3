//! Deletes users' tokens, and codes for them, that have expired.
//!
//! Looks at all OAuthAccessTokens and OAuthAuthorizeTokens from time to time. Owns their end.
//!
//! Promises: a token goes within the hour after it expired. It is not accepted any longer anyway; this only frees the
//! room.

mod plan;
mod reconcile;

pub use reconcile::TokenExpiry;

#[cfg(test)]
mod tests;
