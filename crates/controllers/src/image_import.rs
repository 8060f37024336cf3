//! Imports the tags that streams wish for from other registries.
//!
//! Watches ImageStreams. Owns nothing: it decides when, and posts an ImageStreamImport like any user; the API looks at
//! the registry and writes the stream.
//!
//! Promises:
//! - A wish is looked after once, as soon as it is made.
//! - What failed for a reason that may pass (the registry was away or busy) is tried again, ever more rarely; what
//!   failed for good is left until the wish changes.
//!
//! What is due is decided in `weir_imagestream::import`; `plan` here adds the second tries.

mod plan;
mod reconcile;

pub use reconcile::ImageImport;

#[cfg(test)]
mod tests;
