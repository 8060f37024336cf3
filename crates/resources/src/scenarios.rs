//! Scenarios: everything this crate serves, behind a real API server over the memory store. Numbers in comments are
//! those of the specification's checklist.

mod access;
mod access_matrix;
mod applying;
mod build_configs;
mod build_logs;
mod builds;
mod core_kinds;
mod definitions;
mod deployment_configs;
mod deployment_logs;
mod discovery;
mod dry_runs;
mod events;
mod instantiate;
mod instantiate_binary;
mod machine;
mod nodes;
mod oauth;
mod pods;
mod projects;
mod quotas;
mod rights;
mod schemas;
mod users;
mod webhooks;
