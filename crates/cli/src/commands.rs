//! One file per command.

pub mod version;
pub mod whoami;
