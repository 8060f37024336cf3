use std::time::Duration;

use weir_api::apps::DeploymentConfig;

/// How long a rollout may stand still where the strategy does not say.
const TIMEOUT: i64 = 600;
/// How long a rollout may take in all where the strategy does not say.
const ACTIVE_DEADLINE: i64 = 21_600;
/// Pause between adding and removing replicas where the strategy does not say.
const UPDATE_PERIOD: i64 = 1;

/// How long things may take, by the strategy.
pub struct Limits {
    pub timeout: Duration,
    pub deadline: Duration,
    pub update_period: Duration,
}

impl Limits {
    pub fn of(config: &DeploymentConfig) -> Self {
        let strategy = &config.spec.strategy;
        let rolling = strategy.rolling_params.as_ref();
        let recreate = strategy
            .recreate_params
            .as_ref()
            .filter(|_| strategy.r#type == "Recreate");
        let timeout = match recreate {
            Some(recreate) => recreate.timeout_seconds,
            None => rolling.and_then(|rolling| rolling.timeout_seconds),
        };
        Self {
            timeout: seconds(timeout, TIMEOUT),
            deadline: seconds(strategy.active_deadline_seconds, ACTIVE_DEADLINE),
            update_period: seconds(rolling.and_then(|rolling| rolling.update_period_seconds), UPDATE_PERIOD),
        }
    }
}

fn seconds(given: Option<i64>, default: i64) -> Duration {
    Duration::from_secs(u64::try_from(given.unwrap_or(default)).unwrap_or(0))
}
