//! Moves images into workloads when a tag moves.
//!
//! Watches ImageStreams, DeploymentConfigs and BuildConfigs. Owns the images and `lastTriggeredImage`s that automatic
//! image change triggers of a DeploymentConfig cover, and asks for builds of BuildConfigs whose input images moved.
//!
//! Promises:
//! - Acts at once: from the stream's watch event to the patched template there is no pause and no batch.
//! - One moved tag is one change of the template, however often the loop crashes in between: the plan compares what the
//!   streams say with what the object says, and an object that already agrees is not written.
//! - A change of a stream touches the objects that name it, through an index, and no others.
//! - Triggers of one DeploymentConfig apply together or not at all.
//!
//! What is due is decided in `weir_imagestream::triggers`; `plan` here turns the answer into requests.

mod index;
mod plan;
mod reconcile;

pub(crate) use plan::build_config as build_of_moved_images;
pub use reconcile::{ImageTrigger, Target};

#[cfg(test)]
mod tests;
