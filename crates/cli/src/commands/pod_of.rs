use std::cmp::Reverse;

use serde_json::Value;

use crate::failure::Failure;
use crate::output::server_table::labels;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

/// The name of a pod that stands for an object: itself, or one that runs for a deployment config or controller.
pub async fn pod_of(session: &Session<'_>, resource: &Resource, name: &str) -> Result<String, Failure> {
    if resource.kind == "Pod" {
        return Ok(name.into());
    }
    let (api, namespace) = (session.api().await?, session.namespace().await?);
    let object = api.get(&resource.object(namespace, name)).await?;
    let selector = &object["spec"]["selector"];
    if selector.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(Failure::refused(format!("a {} has no pods", resource.kind)));
    }
    let selection = Selection::labelled(namespace, labels(selector));
    let mut pods = selection.list(api, &Resource::pods()).await?;
    pods.retain(|pod| pod["status"]["phase"] == "Running" && pod["metadata"]["deletionTimestamp"].is_null());
    pods.sort_by_key(|pod| Reverse((is_ready(pod), created(pod))));
    match pods.first().and_then(|pod| pod["metadata"]["name"].as_str()) {
        Some(pod) => Ok(pod.into()),
        None => Err(
            Failure::refused(format!("{} has no running pod", resource.named(name))).hint(format!(
                "`{} describe {}/{name}` tells why",
                session.program, resource.singular
            )),
        ),
    }
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions
        .into_iter()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

fn created(pod: &Value) -> String {
    pod["metadata"]["creationTimestamp"].as_str().unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Server;

    #[tokio::test]
    async fn the_newest_ready_pod_stands_for_its_deployment() {
        let server = Server::new();
        server.on(
            "GET /apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/app",
            200,
            json!({"spec": {"selector": {"app": "x"}}}),
        );
        let pod = |name: &str, ready: &str, phase: &str| {
            json!({"metadata": {"name": name}, "status": {
            "phase": phase, "conditions": [{"type": "Ready", "status": ready}]}})
        };
        let pods = "GET /api/v1/namespaces/myproject/pods?labelSelector=app%3Dx&limit=500";
        let list = [
            pod("a", "True", "Succeeded"),
            pod("b", "False", "Running"),
            pod("c", "True", "Running"),
        ];
        server
            .on(pods, 200, json!({ "items": list }))
            .on(pods, 200, json!({"items": []}));
        let session = server.session();
        assert_eq!(
            pod_of(&session, &Resource::deployment_configs(), "app").await.unwrap(),
            "c"
        );
        let failure = pod_of(&session, &Resource::deployment_configs(), "app")
            .await
            .unwrap_err();
        assert!(failure.text().unwrap().contains("has no running pod"));
        assert_eq!(pod_of(&session, &Resource::pods(), "p").await.unwrap(), "p");
    }
}
