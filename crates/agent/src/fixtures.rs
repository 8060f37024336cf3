//! Pods and instances for tests.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use weir_engine::{ContainerState, RunState};

use crate::instance::{Instance, Role};

/// The moment that tests call zero.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).expect("in range")
}

/// A pod on our node with one container `c` of image `img`, changed by `patch`.
pub(crate) fn pod(patch: Value) -> Pod {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p", "namespace": "ns", "uid": "u-1", "resourceVersion": "1"},
        "spec": {"nodeName": "node", "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
                 "containers": [{"name": "c", "image": "img"}]},
        "status": {"phase": "Pending"},
    });
    merge(&mut pod, patch);
    serde_json::from_value(pod).expect("a pod")
}

/// A merge patch.
pub(crate) fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch,
    }
}

pub(crate) fn instance(container: &str, attempt: u32, run: RunState) -> Instance {
    Instance {
        id: format!("{container}-{attempt}"),
        container: container.to_owned(),
        role: Role::Main,
        attempt,
        crashes: 0,
        image: "img".to_owned(),
        image_id: "img@sha256:00".to_owned(),
        state: ContainerState {
            run,
            exit_code: None,
            oom_killed: false,
            error: None,
            created_at: Some(at(0)),
            started_at: (run != RunState::Created).then(|| at(0)),
            finished_at: None,
        },
        address: (run == RunState::Running).then(|| "10.1.0.2".parse().expect("an address")),
    }
}

pub(crate) fn running(container: &str) -> Instance {
    instance(container, 0, RunState::Running)
}

/// An instance that ended ten seconds after `at(0)`.
pub(crate) fn ended(container: &str, code: i64, crashes: u32, attempt: u32) -> Instance {
    let mut instance = instance(container, attempt, RunState::Exited);
    instance.crashes = crashes;
    instance.state.exit_code = Some(code);
    instance.state.finished_at = Some(at(0) + Duration::from_secs(10));
    instance
}

pub(crate) fn of_role(role: Role, mut instance: Instance) -> Instance {
    instance.role = role;
    instance
}
