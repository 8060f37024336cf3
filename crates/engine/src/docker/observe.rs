use std::collections::BTreeMap;
use std::net::IpAddr;

use bollard::models::{
    ContainerInspectResponse, ContainerState as State, ContainerStateStatusEnum as Status, ContainerSummary,
    ContainerSummaryStateEnum as SummaryState, EndpointSettings, ImageInspect,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::{Container, ContainerState, EngineError, Image, ImageConfig, RunState};

/// An answer to an inspect call.
pub(super) fn container(mut answer: Value) -> Result<Container, EngineError> {
    if let Some(status) = answer.pointer_mut("/State/Status") {
        translate(status);
    }
    serde_json::from_value(answer).map(inspected).map_err(not_understood)
}

/// An answer to a list call.
pub(super) fn containers(mut answer: Value) -> Result<Vec<Container>, EngineError> {
    for status in answer
        .as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(|container| container.get_mut("State"))
    {
        translate(status);
    }
    let list: Vec<ContainerSummary> = serde_json::from_value(answer).map_err(not_understood)?;
    Ok(list.into_iter().map(summary).collect())
}

/// Podman's words for states, where Docker has others or none. (`stopping` is known: it still runs.)
fn translate(status: &mut Value) {
    let docker = match status.as_str() {
        Some("stopped") => "exited",
        Some("configured" | "initialized") => "created",
        _ => return,
    };
    *status = docker.into();
}

fn not_understood(error: serde_json::Error) -> EngineError {
    EngineError::Failed {
        message: format!("the engine's answer about a container is not understood: {error}"),
    }
}

fn inspected(answer: ContainerInspectResponse) -> Container {
    let config = answer.config.unwrap_or_default();
    let networks = answer
        .network_settings
        .and_then(|settings| settings.networks)
        .unwrap_or_default();
    Container {
        id: answer.id.unwrap_or_default(),
        name: plain_name(&answer.name.unwrap_or_default()),
        image_id: image_id(&answer.image.unwrap_or_default()),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        state: state(answer.state.unwrap_or_default(), answer.created.as_deref()),
        addresses: addresses(networks.into_values()),
    }
}

fn summary(answer: ContainerSummary) -> Container {
    let networks = answer
        .network_settings
        .and_then(|settings| settings.networks)
        .unwrap_or_default();
    let run = match answer.state {
        Some(SummaryState::RUNNING | SummaryState::RESTARTING | SummaryState::STOPPING) => RunState::Running,
        Some(SummaryState::PAUSED) => RunState::Paused,
        Some(SummaryState::EXITED | SummaryState::DEAD | SummaryState::REMOVING) => RunState::Exited,
        _ => RunState::Created,
    };
    Container {
        id: answer.id.unwrap_or_default(),
        name: plain_name(answer.names.unwrap_or_default().first().map_or("", String::as_str)),
        image_id: image_id(&answer.image_id.unwrap_or_default()),
        labels: answer.labels.unwrap_or_default().into_iter().collect(),
        state: ContainerState {
            run,
            exit_code: None,
            oom_killed: false,
            error: None,
            created_at: answer.created.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            started_at: None,
            finished_at: None,
        },
        addresses: addresses(networks.into_values()),
    }
}

fn state(state: State, created: Option<&str>) -> ContainerState {
    let run = match state.status {
        Some(Status::RUNNING | Status::RESTARTING | Status::STOPPING) => RunState::Running,
        Some(Status::PAUSED) => RunState::Paused,
        Some(Status::EXITED | Status::DEAD | Status::REMOVING) => RunState::Exited,
        Some(Status::CREATED | Status::EMPTY) | None => RunState::Created,
    };
    ContainerState {
        run,
        exit_code: if run == RunState::Exited { state.exit_code } else { None },
        oom_killed: state.oom_killed.unwrap_or(false),
        error: state.error.filter(|text| !text.is_empty()),
        created_at: created.and_then(instant),
        started_at: state.started_at.as_deref().and_then(instant),
        finished_at: if run == RunState::Exited {
            state.finished_at.as_deref().and_then(instant)
        } else {
            None
        },
    }
}

/// Engines write the year 1 for "never".
fn instant(text: &str) -> Option<Timestamp> {
    let time: Timestamp = text.parse().ok()?;
    (time > Timestamp::UNIX_EPOCH).then_some(time)
}

fn addresses(networks: impl Iterator<Item = EndpointSettings>) -> Vec<IpAddr> {
    let mut list: Vec<IpAddr> = networks
        .flat_map(|endpoint| [endpoint.ip_address, endpoint.global_ipv6_address])
        .flatten()
        .filter_map(|text| text.parse().ok())
        .collect();
    list.sort();
    list.dedup();
    list
}

fn plain_name(name: &str) -> String {
    name.trim_start_matches('/').to_owned()
}

/// Always with the algorithm in front.
pub(super) fn image_id(id: &str) -> String {
    if id.is_empty() || id.contains(':') {
        id.to_owned()
    } else {
        format!("sha256:{id}")
    }
}

pub(super) fn image(answer: ImageInspect) -> Image {
    let config = answer.config.unwrap_or_default();
    Image {
        id: image_id(&answer.id.unwrap_or_default()),
        tags: answer.repo_tags.unwrap_or_default(),
        digests: answer.repo_digests.unwrap_or_default(),
        config: ImageConfig {
            env: config
                .env
                .unwrap_or_default()
                .iter()
                .map(|line| variable(line))
                .collect(),
            user: config.user.unwrap_or_default(),
            working_dir: config.working_dir.unwrap_or_default(),
            labels: config
                .labels
                .unwrap_or_default()
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            exposed_ports: sorted(config.exposed_ports),
            entrypoint: config.entrypoint.unwrap_or_default(),
            cmd: config.cmd.unwrap_or_default(),
            volumes: sorted(config.volumes),
            stop_signal: config.stop_signal.filter(|signal| !signal.is_empty()),
        },
        architecture: answer.architecture.unwrap_or_default(),
        os: answer.os.unwrap_or_default(),
        size_bytes: answer.size.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
        created: answer.created.as_deref().and_then(instant),
    }
}

fn variable(line: &str) -> (String, String) {
    let (name, value) = line.split_once('=').unwrap_or((line, ""));
    (name.to_owned(), value.to_owned())
}

fn sorted(list: Option<Vec<String>>) -> Vec<String> {
    let mut list = list.unwrap_or_default();
    list.sort();
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_one_means_never() {
        assert_eq!(instant("0001-01-01T00:00:00Z"), None);
        assert!(instant("2026-11-23T11:30:00.363799346Z").is_some());
    }

    #[test]
    fn podmans_words_are_understood() {
        for (word, run) in [
            ("stopped", RunState::Exited),
            ("stopping", RunState::Running),
            ("initialized", RunState::Created),
        ] {
            let one = serde_json::json!({"Id": "1", "State": {"Status": word, "ExitCode": 3}});
            assert_eq!(container(one).unwrap().state.run, run);
            let many = serde_json::json!([{"Id": "1", "State": word}]);
            assert_eq!(containers(many).unwrap()[0].state.run, run);
        }
    }

    #[test]
    fn image_ids_carry_their_algorithm() {
        assert_eq!(image_id("abc"), "sha256:abc");
        assert_eq!(image_id("sha256:abc"), "sha256:abc");
        assert_eq!(image_id(""), "");
    }
}
