//! The agent from outside: between an API in memory and an engine in memory or a real one.

mod hooks;
mod podman;
mod scenarios;
mod service;
mod support;
