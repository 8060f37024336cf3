//! The builder as a whole: against a scripted API, with the engine in memory and with Podman.

mod api;
mod binary;
mod builder_images;
mod podman;
mod registry;
mod repository;
mod scenarios;
mod scene;
