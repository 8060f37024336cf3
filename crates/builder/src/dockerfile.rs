//! The Dockerfile a build runs, as pure functions: a source build becomes a generated Dockerfile, a Dockerfile build is
//! the user's file with the base image, the environment and the labels of the build written in.
//!
//! ```text
//! source strategy: builder image facts + source survey + Build -> S2iPlan { dockerfile, parts of the context }
//! docker strategy: Dockerfile text + Build                     -> Rewritten { text, images it needs }
//! ```

mod environment_file;
mod facts;
mod mount_rules;
mod post_commit;
mod quote;
mod rewrite;
mod s2i;
mod variables;

pub(crate) use facts::BuildFacts;
pub(crate) use post_commit::PostCommit;
pub(crate) use rewrite::{Rewrite, rewrite};
pub(crate) use s2i::{BuilderImage, Injection, Previous, S2iError, S2iInput, plan_s2i};
