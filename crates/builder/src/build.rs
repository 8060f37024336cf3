//! One build, from its source to the pushed image.
//!
//! ```text
//! fetch -> images -> plan (pure, in `dockerfile`) -> engine build of the packed context -> post-commit hook -> push
//! ```
//!
//! Every step writes to the build's log and returns a [`BuildFailure`] with one of the reasons clients know. Dropping
//! the future of a step ends what it started; [`Attempt::clear_away`] is called in every outcome.

mod attempt;
mod docker;
mod engine_build;
mod fetch;
mod images;
mod injections;
mod outputs;
mod post_commit;
mod push;
mod push_record;
mod source;

pub(crate) use attempt::{Attempt, Kit, Remains};
pub(crate) use engine_build::temporary_repository;
pub(crate) use outputs::Outputs;
pub(crate) use push_record::{PushRecord, PushState};
