//! One file per command.

pub mod get;
pub mod version;
pub mod whoami;
