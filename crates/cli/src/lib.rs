//! The command line, in the words of `oc`. It speaks to any server through its API alone.
//!
//! ```text
//! Command (what was typed) -> commands/<verb>.rs -> Session -> Api -> server
//!                                   |                  '-> Discovery: the served kinds
//!                                   '-> output: tables, YAML, JSONPath -> Terminal (neutralised)
//! ```
//!
//! A command is one file: its arguments and `run`. A failure's kind fixes the exit code; its hints say what to do next.

mod command;
mod commands;

mod builder_images;
mod failure;
mod global;
mod identity;
mod session;
mod terminal;

mod api;
mod choice;
mod discovery;
mod editing;
mod kubeconfig;
mod manifest;
mod resource;
mod selection;
mod target;
mod three_way;
mod webhook;
mod writing;

mod age;
mod output;

#[cfg(test)]
mod testing;

pub use builder_images::{BuilderImages, BuilderImport, BuilderSource, ImportedBuilder, Progress};
pub use command::{Command, Program, run};
pub use global::GlobalOptions;
pub use kubeconfig::{KubeconfigError, LocalServer, default_data_dir, register_local_server};
