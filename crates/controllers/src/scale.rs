//! How many replicas a rolling update may add or lack, from numbers or percentages.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use weir_api::apps::DeploymentConfig;

/// What both bounds are when a config names neither.
const DEFAULT_BOUND: &str = "25%";

/// How far a rolling update may stray from the wanted number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Replicas that may be there in addition.
    pub surge: i32,
    /// Replicas that may be missing.
    pub unavailable: i32,
}

impl Bounds {
    /// The bounds for `replicas`: an addition is rounded up, a lack down, and at least one of them lets things move.
    pub fn resolve(surge: Option<&IntOrString>, unavailable: Option<&IntOrString>, replicas: i32) -> Self {
        let default = IntOrString::String(DEFAULT_BOUND.into());
        let (surge, unavailable) = match (surge, unavailable) {
            (None, None) => (Some(&default), Some(&default)),
            given => given,
        };
        let surge = surge.map_or(0, |bound| share(bound, replicas, Round::Up));
        let unavailable = unavailable.map_or(0, |bound| share(bound, replicas, Round::Down));
        if surge == 0 && unavailable == 0 {
            return Self {
                surge: 0,
                unavailable: 1,
            };
        }
        Self { surge, unavailable }
    }

    /// The bounds of the rolling update that `config` describes.
    pub fn of(config: &DeploymentConfig, replicas: i32) -> Self {
        let rolling = config.spec.strategy.rolling_params.as_ref();
        let surge = rolling.and_then(|rolling| rolling.max_surge.as_ref());
        let unavailable = rolling.and_then(|rolling| rolling.max_unavailable.as_ref());
        Self::resolve(surge, unavailable, replicas)
    }
}

/// How many replicas a config tolerates to be missing; none unless it rolls.
pub fn max_unavailable(config: &DeploymentConfig) -> i32 {
    if config.spec.strategy.r#type == "Rolling" {
        Bounds::of(config, config.spec.replicas).unavailable
    } else {
        0
    }
}

#[derive(Clone, Copy)]
enum Round {
    Up,
    Down,
}

fn share(bound: &IntOrString, of: i32, round: Round) -> i32 {
    let of = i64::from(of.max(0));
    let exact = match bound {
        IntOrString::Int(number) => return (*number).max(0),
        // Validation refuses what is no percentage; a bound we cannot read allows nothing.
        IntOrString::String(text) => text
            .strip_suffix('%')
            .and_then(|number| number.parse::<i64>().ok())
            .unwrap_or(0),
    };
    let hundredths = exact.clamp(0, 10_000) * of;
    let share = match round {
        Round::Up => (hundredths + 99) / 100,
        Round::Down => hundredths / 100,
    };
    i32::try_from(share).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString::{self, Int};

    use super::Bounds;

    #[test]
    fn additions_round_up_and_lacks_round_down() {
        let percent = |text: &str| Some(IntOrString::String(text.into()));
        let cases = [
            (None, None, 2, (1, 0)),
            (None, None, 4, (1, 1)),
            (None, None, 10, (3, 2)),
            (percent("0%"), percent("25%"), 2, (0, 1)),
            (percent("50%"), percent("50%"), 3, (2, 1)),
            (Some(Int(0)), Some(Int(0)), 3, (0, 1)),
            (Some(Int(2)), Some(Int(0)), 3, (2, 0)),
            (Some(Int(2)), None, 3, (2, 0)),
            (percent("nonsense"), Some(Int(1)), 3, (0, 1)),
            (None, None, 0, (0, 1)),
        ];
        for (surge, unavailable, replicas, (expected_surge, expected_unavailable)) in cases {
            let bounds = Bounds::resolve(surge.as_ref(), unavailable.as_ref(), replicas);
            let expected = Bounds {
                surge: expected_surge,
                unavailable: expected_unavailable,
            };
            assert_eq!(bounds, expected, "{surge:?} {unavailable:?} of {replicas}");
        }
    }
}
