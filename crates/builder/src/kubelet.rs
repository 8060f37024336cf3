//! The builder as the kubelet of the virtual node that build pods are bound to: it sees the pods, runs each build, and
//! writes their status.
//!
//! Watches pods of its node. Owns their status, their logs and whatever a build leaves on the machine. Promises that a
//! pod is carried to its end once: after a restart a build that had pushed nothing runs again from its start, one that
//! had pushed is completed, and one of which that is unknown fails with a reason. A binary build runs when its upload is
//! on disk, and again with the same one.
//!
//! ```text
//! pod event -> plan (pure): leave it | run it | run it again | complete it | fail it | remove it -> a task per pod
//! ```

mod carry;
mod patience;
mod plan;
mod pod_status;
mod receive;
mod sweep;
mod tell;
mod watch;

pub(crate) use watch::{Kubelet, containers};
