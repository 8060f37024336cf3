use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use weir_oci::Digest;

use super::NAMESPACE;
use super::api::{LoadApi, Reply, name};
use crate::history::{Pair, Pairing};

const GROUP: &str = "/apis/image.openshift.io/v1";

/// One client that tells of images as the registry does: image and tag history are written together.
pub struct PairWriter {
    stream: String,
    pub pairs: Vec<Pair>,
}

impl PairWriter {
    pub fn new(id: usize) -> Self {
        Self {
            stream: format!("stream-{id}"),
            pairs: Vec::new(),
        }
    }

    /// Makes the stream that its images go to.
    pub async fn prepare(&self, api: &LoadApi) -> Result<()> {
        let stream = json!({"metadata": {"name": self.stream}});
        let path = format!("{GROUP}/namespaces/{NAMESPACE}/imagestreams");
        api.demand(Method::POST, &path, Some(&stream)).await?;
        Ok(())
    }

    /// Goes on until a request is not answered.
    ///
    /// # Errors
    /// When the server answers what it must not answer.
    pub async fn run(&mut self, api: &LoadApi) -> Result<()> {
        while self.step(api).await? {}
        Ok(())
    }

    async fn step(&mut self, api: &LoadApi) -> Result<bool> {
        let tag = format!("t{}", self.pairs.len());
        let image = Digest::sha256_of(format!("{} {tag}", self.stream).as_bytes()).to_string();
        let reference = format!("registry.invalid/{}@{image}", self.stream);
        let mapping = json!({"metadata": {"name": self.stream}, "tag": tag,
            "image": {"metadata": {"name": image}, "dockerImageReference": reference}});
        let path = format!("{GROUP}/namespaces/{NAMESPACE}/imagestreammappings");
        let (_, reply) = api
            .send(Method::POST, &path, Some(("application/json", &mapping)))
            .await;
        let acknowledged = match reply {
            Reply::Silence(_) => false,
            Reply::Answer(StatusCode::OK | StatusCode::CREATED, _) => true,
            Reply::Answer(status, value) => bail!("a mapping was answered {status} {value}"),
        };
        self.pairs.push(Pair {
            name: image,
            acknowledged,
        });
        Ok(acknowledged)
    }

    /// Which images are there, and which ones the streams know.
    pub async fn pairing(api: &LoadApi) -> Result<Pairing> {
        let (_, images) = api.demand(Method::GET, &format!("{GROUP}/images"), None).await?;
        let path = format!("{GROUP}/namespaces/{NAMESPACE}/imagestreams");
        let (span, streams) = api.demand(Method::GET, &path, None).await?;
        let left: BTreeSet<String> = items(&images)?.iter().map(name).collect::<Result<_>>()?;
        let events = items(&streams)?
            .iter()
            .filter_map(|stream| stream["status"]["tags"].as_array())
            .flatten()
            .filter_map(|tag| tag["items"].as_array())
            .flatten();
        let right = events
            .filter_map(|event| event["image"].as_str().map(str::to_owned))
            .collect();
        Ok(Pairing {
            moment: span.ended,
            left,
            right,
        })
    }
}

fn items(list: &Value) -> Result<&Vec<Value>> {
    list["items"].as_array().context("items")
}
