//! The Node object: written when the engine is known, if the API has nodes at all.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::Node as NodeObject;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use weir_engine::{DaemonInfo, EngineError};

use crate::node::Node;
use crate::scheduler::node_labels;

/// Pods of one machine; engines and networks take more, people do not.
const MAX_PODS: u32 = 110;
/// Pauses between tries.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

pub(crate) async fn run(node: Arc<Node>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let info = node.engine.info().await;
        let known = info.is_ok();
        match write(&node, info).await {
            Ok(()) if known => return,
            Ok(()) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => return,
            Err(error) => tracing::warn!(%error, "cannot write the node"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn write(node: &Node, info: Result<DaemonInfo, EngineError>) -> Result<(), kube::Error> {
    let nodes: Api<NodeObject> = Api::all(node.client.clone());
    if nodes.get_opt(&node.name).await?.is_none() {
        let object = json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": node.name, "labels": node_labels(&node.name)}, "spec": {}});
        let object: NodeObject = serde_json::from_value(object).map_err(kube::Error::SerdeError)?;
        match nodes.create(&PostParams::default(), &object).await {
            // Somebody was quicker.
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    let patch = json!({"status": status(node, info)});
    nodes
        .patch_status(&node.name, &PatchParams::default(), &Patch::Merge(patch))
        .await
        .map(drop)
}

fn status(node: &Node, info: Result<DaemonInfo, EngineError>) -> Value {
    let now = node.now().to_string();
    let ready = |status: &str, reason: &str, message: &str| {
        json!([{"type": "Ready", "status": status, "reason": reason, "message": message,
                "lastHeartbeatTime": now, "lastTransitionTime": now}])
    };
    let mut status = json!({
        "addresses": [{"type": "InternalIP", "address": node.host_ip}, {"type": "Hostname", "address": node.name}],
    });
    match info {
        Ok(info) => {
            let capacity = json!({
                "cpu": info.cpus.to_string(),
                "memory": format!("{}Ki", info.memory_bytes / 1024),
                "pods": MAX_PODS.to_string(),
            });
            status["allocatable"] = capacity.clone();
            status["capacity"] = capacity;
            status["nodeInfo"] = node_info(&info);
            status["conditions"] = ready("True", "AgentReady", "the agent runs pods");
        }
        Err(error) => {
            status["conditions"] = ready("False", crate::facts::Obstacle::REASON, &error.to_string());
        }
    }
    status
}

fn node_info(info: &DaemonInfo) -> Value {
    let scheme = info.kind.to_string().to_lowercase();
    let version = format!("weir-{}", env!("CARGO_PKG_VERSION"));
    json!({
        "architecture": info.architecture,
        "bootID": "", "machineID": "", "systemUUID": "",
        "containerRuntimeVersion": format!("{scheme}://{}", info.version),
        "kernelVersion": info.kernel,
        "kubeProxyVersion": version,
        "kubeletVersion": version,
        "operatingSystem": "linux",
        "osImage": info.operating_system,
    })
}
