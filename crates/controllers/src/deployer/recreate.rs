//! The order of a Recreate rollout: old ones down, one new one on trial, then all.

/// What the world looks like to a Recreate rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub wanted: i32,
    pub new: i32,
    pub new_available: i32,
    /// Replicas that older deployments still ask for.
    pub old: i32,
    /// Pods of older deployments that have not ended.
    pub old_pods: usize,
    /// There is a complete deployment that this one replaces.
    pub replaces: bool,
    /// Waiting for the old pods has been given up.
    pub left_old_pods: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    RemoveOld,
    AwaitOldPods,
    /// One replica first, to see whether it comes up at all.
    TryOne,
    ScaleUp,
    AwaitAvailable(i32),
    Done,
}

pub fn next(sizes: &Sizes) -> Next {
    let begun = sizes.new > 0;
    if sizes.old > 0 {
        return Next::RemoveOld;
    }
    if sizes.old_pods > 0 && !sizes.left_old_pods && !begun {
        return Next::AwaitOldPods;
    }
    if sizes.wanted == 0 {
        return Next::Done;
    }
    if sizes.new_available < sizes.new {
        return Next::AwaitAvailable(sizes.new);
    }
    match sizes.new {
        0 if sizes.replaces => Next::TryOne,
        new if new != sizes.wanted => Next::ScaleUp,
        _ => Next::Done,
    }
}
