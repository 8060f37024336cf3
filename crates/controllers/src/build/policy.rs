use weir_api::build::{Build, BuildPhase};
use weir_api::names::label;

use super::identity::{config_name, number};
use crate::ownership;

/// How builds of one BuildConfig follow each other; written on every Build when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunPolicy {
    Serial,
    SerialLatestOnly,
    Parallel,
}

impl RunPolicy {
    pub fn of(build: &Build) -> Self {
        match ownership::label(&build.metadata, label::BUILD_START_POLICY) {
            Some("Parallel") => Self::Parallel,
            Some("SerialLatestOnly") => Self::SerialLatestOnly,
            _ => Self::Serial,
        }
    }
}

/// Whether a new build may start.
#[derive(Debug, PartialEq)]
pub enum Turn<'a> {
    Now,
    Wait,
    /// These waiting builds are overtaken and have to be cancelled.
    Overtakes(Vec<&'a Build>),
}

/// Whose turn it is, seen from `build`. `others` are all other builds of the namespace.
pub fn turn<'a>(build: &Build, others: &[&'a Build]) -> Turn<'a> {
    let Some(config) = config_name(build) else {
        return Turn::Now;
    };
    let Some(own) = number(build) else { return Turn::Now };
    let siblings: Vec<&Build> = others
        .iter()
        .copied()
        .filter(|other| config_name(other) == Some(config))
        .collect();
    match RunPolicy::of(build) {
        RunPolicy::Parallel => parallel(&siblings),
        RunPolicy::Serial => serial(own, &siblings),
        RunPolicy::SerialLatestOnly => {
            let overtaken = overtaken(own, &siblings);
            if overtaken.is_empty() {
                serial(own, &siblings)
            } else {
                Turn::Overtakes(overtaken)
            }
        }
    }
}

fn serial<'a>(own: i64, siblings: &[&'a Build]) -> Turn<'a> {
    let in_the_way = siblings.iter().any(|other| {
        let is_before = number(other).is_some_and(|number| number < own);
        is_under_way(other) || (other.status.phase == BuildPhase::New && is_before)
    });
    if in_the_way { Turn::Wait } else { Turn::Now }
}

fn parallel<'a>(siblings: &[&'a Build]) -> Turn<'a> {
    let serial_runs = siblings
        .iter()
        .any(|other| is_under_way(other) && RunPolicy::of(other) != RunPolicy::Parallel);
    if serial_runs { Turn::Wait } else { Turn::Now }
}

fn overtaken<'a>(own: i64, siblings: &[&'a Build]) -> Vec<&'a Build> {
    let waits = |build: &Build| matches!(build.status.phase, BuildPhase::New | BuildPhase::Pending);
    let is_before = |build: &Build| number(build).is_some_and(|number| number < own);
    siblings
        .iter()
        .copied()
        .filter(|other| waits(other) && is_before(other) && !other.status.cancelled)
        .collect()
}

fn is_under_way(build: &Build) -> bool {
    matches!(build.status.phase, BuildPhase::Pending | BuildPhase::Running)
}
