use anyhow::{Context, Result, bail};
use http::{Method, StatusCode};
use serde_json::Value;

use super::api::{LoadApi, collection, name, shown, version};
use crate::history::{Change, ChangeKind, Sight, Snapshot, Watcher};

/// A watcher that goes on where it was when its connection broke.
pub struct Follower {
    /// It has seen everything up to here.
    position: u64,
    pub watcher: Watcher,
    /// The lists that it had to make, because the server no longer had the changes that it missed.
    pub relisted: Vec<Snapshot>,
}

/// Why a connection of a watcher ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It saw what it was to see.
    Reached,
    Broken,
    /// It asked for history that is gone.
    Expired,
}

impl Follower {
    pub fn new(name: &str, from: u64) -> Self {
        Self {
            position: from,
            watcher: Watcher {
                name: name.to_owned(),
                sights: vec![Sight::From(from)],
            },
            relisted: Vec::new(),
        }
    }

    /// Watches until the server is gone, and lists again when it must.
    pub async fn follow(&mut self, api: &LoadApi) -> Result<()> {
        while self.watch(api, None).await? == Ended::Expired {
            if self.relist(api).await.is_err() {
                break; // the server went away meanwhile; the next start goes on from the old position
            }
        }
        Ok(())
    }

    /// Watches until it has seen everything up to a version.
    pub async fn catch_up(&mut self, api: &LoadApi, version: u64) -> Result<()> {
        while self.position < version {
            match self.watch(api, Some(version)).await? {
                Ended::Reached => {}
                Ended::Expired => self.relist(api).await?,
                Ended::Broken => bail!(
                    "watcher {} saw changes up to {} only, {version} is the newest",
                    self.watcher.name,
                    self.position
                ),
            }
        }
        Ok(())
    }

    async fn relist(&mut self, api: &LoadApi) -> Result<()> {
        let snapshot = api.snapshot().await?;
        self.position = snapshot.version;
        self.watcher.sights.push(Sight::From(snapshot.version));
        self.relisted.push(snapshot);
        Ok(())
    }

    /// One connection.
    async fn watch(&mut self, api: &LoadApi, enough: Option<u64>) -> Result<Ended> {
        let path = format!(
            "{}?watch=true&allowWatchBookmarks=true&resourceVersion={}",
            collection(),
            self.position
        );
        let Ok(mut answer) = api.request(Method::GET, &path).send().await else {
            return Ok(Ended::Broken);
        };
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::GONE => return Ok(Ended::Expired),
            other => bail!("a watch was answered {other}"),
        }
        let mut lines = Vec::new();
        while let Ok(Some(bytes)) = answer.chunk().await {
            lines.extend_from_slice(&bytes);
            while let Some(end) = lines.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = lines.drain(..=end).collect();
                if self.see(&serde_json::from_slice(&line)?)? == Ended::Expired {
                    return Ok(Ended::Expired);
                }
            }
            if enough.is_some_and(|enough| self.position >= enough) {
                return Ok(Ended::Reached);
            }
        }
        Ok(Ended::Broken)
    }

    /// Records one event.
    fn see(&mut self, event: &Value) -> Result<Ended> {
        let object = &event["object"];
        let kind = match event["type"].as_str().context("a type")? {
            "ADDED" => ChangeKind::Added,
            "MODIFIED" => ChangeKind::Modified,
            "DELETED" => ChangeKind::Deleted,
            "BOOKMARK" => {
                self.position = version(object)?;
                self.watcher.sights.push(Sight::Until(self.position));
                return Ok(Ended::Reached);
            }
            "ERROR" if object["code"] == 410 => return Ok(Ended::Expired),
            other => bail!("a watch event {other}: {object}"),
        };
        let change = Change {
            key: name(object)?,
            kind,
            object: shown(object)?,
        };
        self.position = change.object.version;
        self.watcher.sights.push(Sight::Change(change));
        Ok(Ended::Reached)
    }
}
