use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::target::Target;

/// Clients that create at once.
const CLIENTS: usize = 32;
/// Bytes of one object, nearly.
const OBJECT: usize = 2 << 10;

/// The namespace that image streams are made in.
pub(crate) const NAMESPACE: &str = "bench-streams";

pub(crate) fn streams_path() -> String {
    format!("/apis/image.openshift.io/v1/namespaces/{NAMESPACE}/imagestreams")
}

pub(crate) fn stream_name(number: usize) -> String {
    format!("stream-{number:06}")
}

pub(crate) fn stream(name: &str) -> Value {
    json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
        "metadata": {"name": name, "annotations": {"text": "x".repeat(OBJECT - 600)}},
    })
}

/// A ConfigMap of 2 KiB.
pub(crate) fn config_map(name: &str, text: char) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name},
        "data": {"text": text.to_string().repeat(OBJECT - 300)},
    })
}

/// Makes a namespace, if it is not there.
pub(crate) async fn namespace(target: &Target, name: &str) -> Result<()> {
    let mut client = target.connect().await?;
    if client.get(&format!("/api/v1/namespaces/{name}")).await.is_err() {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        client.post("/api/v1/namespaces", &namespace).await?;
    }
    Ok(())
}

/// Makes image streams until there are `count`.
pub(crate) async fn streams_up_to(target: &Target, count: usize) -> Result<()> {
    namespace(target, NAMESPACE).await?;
    let list = target
        .connect()
        .await?
        .get_text(&format!("{}?limit=1", streams_path()))
        .await?;
    let list: Value = serde_json::from_slice(&list)?;
    let left = list["metadata"]["remainingItemCount"].as_u64().unwrap_or(0);
    let present = list["items"].as_array().context("items")?.len() + usize::try_from(left)?;
    let next = Arc::new(AtomicUsize::new(present));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let mut client = target.connect().await?;
        let next = next.clone();
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return anyhow::Ok(());
                }
                client.post(&streams_path(), &stream(&stream_name(number))).await?;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    println!("     {count} image streams are there");
    Ok(())
}
