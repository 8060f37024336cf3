use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use weir_engine::{Container, Engine, EngineError};

use super::NodeService;
use crate::labels;

/// Which container of which pod a request is about.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Target {
    pub(super) namespace: String,
    pub(super) pod: String,
    pub(super) container: String,
}

/// Why a request cannot be served, in words for the user.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }

    pub(super) fn engine(error: EngineError) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: error.to_string(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, self.message).into_response()
    }
}

impl NodeService {
    pub(super) fn engine(&self) -> Result<Arc<dyn Engine>, Refusal> {
        (self.engine)().map_err(|message| Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message,
        })
    }

    /// The newest container of the target, or with `previous` the one before it.
    pub(super) async fn locate(
        &self,
        engine: &dyn Engine,
        target: &Target,
        previous: bool,
    ) -> Result<Container, Refusal> {
        let wanted = labels::of_container(&self.instance, &target.namespace, &target.pod, &target.container);
        let listed = engine.list(&wanted).await.map_err(Refusal::engine)?;
        let mut found = Vec::with_capacity(listed.len());
        for container in listed {
            match engine.inspect(&container.id).await {
                Ok(container) => found.push(container),
                Err(EngineError::NotFound { .. }) => {}
                Err(error) => return Err(Refusal::engine(error)),
            }
        }
        choose(found, previous).ok_or_else(|| missing(target, previous))
    }
}

/// A pod of the same name may have lived before; its containers are older.
fn choose(mut found: Vec<Container>, previous: bool) -> Option<Container> {
    found.sort_by_key(|container| std::cmp::Reverse((container.state.created_at, labels::attempt(container))));
    let newest = found.first()?.labels.get(labels::POD_UID).cloned();
    let mut of_newest_pod = found
        .into_iter()
        .filter(|container| container.labels.get(labels::POD_UID) == newest.as_ref());
    of_newest_pod.nth(usize::from(previous))
}

fn missing(target: &Target, previous: bool) -> Refusal {
    let Target {
        namespace,
        pod,
        container,
    } = target;
    let message = match previous {
        true => format!("previous terminated container {container:?} in pod {pod:?} not found"),
        false => format!(
            "container {container:?} in pod {pod:?} of {namespace:?} has not been made yet; `describe pod/{pod}` says what it waits for"
        ),
    };
    Refusal {
        status: StatusCode::BAD_REQUEST,
        message,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use weir_engine::{ContainerState, RunState};

    use super::*;

    fn container(id: &str, uid: &str, created: i64, attempt: u32) -> Container {
        let labels = [
            (labels::POD_UID, uid.to_owned()),
            (labels::ATTEMPT, attempt.to_string()),
        ];
        Container {
            id: id.into(),
            name: id.into(),
            image_id: String::new(),
            labels: labels
                .map(|(key, value)| (key.to_owned(), value))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            state: ContainerState {
                run: RunState::Exited,
                exit_code: Some(0),
                oom_killed: false,
                error: None,
                created_at: Timestamp::from_second(created).ok(),
                started_at: None,
                finished_at: None,
            },
            addresses: Vec::new(),
        }
    }

    #[test]
    fn newest_attempt_is_chosen_and_the_one_before_it_as_previous() {
        let found = || {
            vec![
                container("a", "u", 1, 0),
                container("c", "u", 3, 2),
                container("b", "u", 2, 1),
            ]
        };
        assert_eq!(
            choose(found(), false).map(|container| container.id).as_deref(),
            Some("c")
        );
        assert_eq!(
            choose(found(), true).map(|container| container.id).as_deref(),
            Some("b")
        );
    }

    #[test]
    fn attempt_decides_when_the_engine_knows_whole_seconds_only() {
        let found = vec![container("a", "u", 1, 0), container("b", "u", 1, 1)];
        assert_eq!(choose(found, false).map(|container| container.id).as_deref(), Some("b"));
    }

    #[test]
    fn containers_of_an_earlier_pod_of_the_same_name_are_not_its_previous_ones() {
        let found = vec![container("old", "before", 1, 0), container("new", "now", 2, 0)];
        assert!(choose(found, true).is_none());
    }
}
