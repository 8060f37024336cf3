//! Transcripts: what a person types and what is printed, kept in files that can be read without this program.
//!
//! ```text
//! text (parse, write)  ->  Transcript: Steps with what each client shall say
//!                            '-> play: one client against a server of its own -> normal: volatile words replaced
//!                                  '-> verdict: said as expected? -> report: counts, differences, the file written anew
//! ```
//!
//! The form, like that of a session pasted into a page:
//!
//! ```text
//! Unindented lines are prose. The first lines may say `Clients: oc kubectl` and `Engine: yes`.
//!
//!   + weir new-project demo        a step of the stage, never compared; it must succeed
//!   @ kubectl, loose               for the next command: its clients (ours is always among them); loose columns
//!   $ kubectl get nosuch           the command, run by a shell; the client's name stands for whichever client runs
//!   what it prints                 a line that ends in a blank is closed with a pilcrow
//!   ! what it says on standard error
//!   # rc=1
//!   --- weir: why ours says something else on purpose
//!   what ours says
//! ```
//!
//! `--- openshift: reason` keeps what the original server makes the client say, where ours differs on purpose; nothing
//! runs it. Set `WEIR_TRANSCRIPTS=write` to write down what was said; every new difference then waits for its reason.

mod client;
#[cfg(test)]
mod coverage;
mod normal;
mod parse;
mod play;
mod report;
mod step;
mod write;

pub use client::Client;
pub use play::{Played, Props, Stage, play};
pub use report::{Count, Report};
pub use step::{Said, Step, Transcript, Who};
