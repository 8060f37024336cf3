//! Registries that are broken, slow or evil.

mod addresses;
mod content;
mod credentials;
mod server;
mod timing;
mod tls;
