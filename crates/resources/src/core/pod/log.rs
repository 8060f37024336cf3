mod start;

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use http::Response;
use weir_apiserver::{ApiError, Connect, Object, RequestContext, SubresourceHandler};

pub(crate) use self::start::has_started;
use super::super::PODS;
use super::LogOptions;
use crate::nodes::{self, ContainerAddress, NodeConnector};
use crate::{describe, json};

/// Which container a pod's log is of, when the client does not say.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// `pods/NAME/log`.
pub(super) struct Log(pub Arc<dyn NodeConnector>);

#[async_trait]
impl SubresourceHandler for Log {
    fn is_connect(&self) -> bool {
        true
    }

    async fn connect(&self, cx: &RequestContext, name: &str, _request: Connect) -> Result<Response<Body>, ApiError> {
        let options = LogOptions::parse(cx)?;
        let pod = cx.objects.get(&PODS, &cx.namespace, name).await?;
        let container = choose_container(&pod, &options.container)?;
        let pod = match options.follow && !options.previous {
            true => start::started(cx, pod, &container).await?,
            false => pod,
        };
        stream(self.0.as_ref(), &pod, &container, &options.query()).await
    }
}

/// The log of one container. Empty while no node has the pod.
pub(crate) async fn stream(
    connector: &dyn NodeConnector,
    pod: &Object,
    container: &str,
    query: &[(String, String)],
) -> Result<Response<Body>, ApiError> {
    match address(pod, container) {
        Some(address) => nodes::logs(connector, &address, query).await,
        None => Ok(describe::plain_text(Body::empty())),
    }
}

/// Where the container is. `None`: on no node yet.
pub(super) fn address(pod: &Object, container: &str) -> Option<ContainerAddress> {
    let node = json::text(pod, "/spec/nodeName");
    (!node.is_empty()).then(|| ContainerAddress {
        node: node.to_owned(),
        namespace: json::text(pod, "/metadata/namespace").to_owned(),
        pod: json::text(pod, "/metadata/name").to_owned(),
        container: container.to_owned(),
    })
}

/// The names of a pod's containers in the order they run: the init containers one by one, then the others.
pub(crate) fn container_names(pod: &Object) -> impl Iterator<Item = &str> {
    let names = |path| {
        json::items(pod, path)
            .iter()
            .map(|container| json::text(container, "/name"))
    };
    names("/spec/initContainers").chain(names("/spec/containers"))
}

/// The container that is meant: the named one, the only one, or the one the pod says is its main one.
pub(super) fn choose_container(pod: &Object, named: &str) -> Result<String, ApiError> {
    let name = json::text(pod, "/metadata/name");
    let containers: Vec<&str> = json::items(pod, "/spec/containers")
        .iter()
        .map(|container| json::text(container, "/name"))
        .collect();
    let default = json::meta(pod, "annotations", DEFAULT_CONTAINER);
    let wanted = match (named, containers.as_slice()) {
        ("", [only]) => only,
        ("", _) if !default.is_empty() => default,
        ("", many) => {
            return Err(ApiError::bad_request(format!(
                "a container name must be specified for pod {name}, choose one of: [{}]",
                many.join(" ")
            )));
        }
        (named, _) => named,
    };
    if container_names(pod).any(|container| container == wanted) {
        return Ok(wanted.to_owned());
    }
    Err(ApiError::bad_request(format!(
        "container {wanted} is not valid for pod {name}"
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_container_is_chosen_or_asked_for() {
        let one = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a"}], "initContainers": [{"name": "i"}]}});
        let two = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a"}, {"name": "b"}]}});
        let mut main = two.clone();
        main["metadata"]["annotations"] = json!({DEFAULT_CONTAINER: "b"});
        assert_eq!(choose_container(&one, "").unwrap(), "a");
        assert_eq!(choose_container(&one, "i").unwrap(), "i");
        assert_eq!(choose_container(&main, "").unwrap(), "b");
        let ask = choose_container(&two, "").unwrap_err();
        assert_eq!(
            ask.message,
            "a container name must be specified for pod p, choose one of: [a b]"
        );
        let wrong = choose_container(&two, "c").unwrap_err();
        assert_eq!(
            (wrong.code, wrong.message.as_str()),
            (400, "container c is not valid for pod p")
        );
    }
}
