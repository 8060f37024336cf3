use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use http::{Method, StatusCode};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::api::{LoadApi, Reply, collection, shown};
use crate::history::{Deed, Outcome, Read, Shown, Span, Write};

/// Objects that only one client writes,
const OWN: usize = 4;
/// and objects that all of them write.
const SHARED: usize = 8;
/// Bytes that an object carries at most besides its token.
const PADDING: usize = 2_000;

/// Answers that say that nothing was done.
const REFUSALS: [StatusCode; 4] = [
    StatusCode::NOT_FOUND,
    StatusCode::CONFLICT,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INSUFFICIENT_STORAGE,
];

/// One client: it creates, updates, patches and deletes a few objects until the server is silent.
pub struct Writer {
    id: usize,
    rng: StdRng,
    known: HashMap<String, Known>,
    /// Tokens given out.
    count: usize,
    pub writes: Vec<Write>,
    pub reads: Vec<Read>,
}

/// What the client believes of an object. Of those not in its map it knows nothing.
enum Known {
    Absent,
    Present(Shown),
}

impl Writer {
    /// The same seed gives the same choices.
    pub fn new(id: usize, seed: u64) -> Self {
        Self {
            id,
            rng: StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(id as u64)),
            known: HashMap::new(),
            count: 0,
            writes: Vec::new(),
            reads: Vec::new(),
        }
    }

    /// Goes on until a request is not answered.
    ///
    /// # Errors
    /// When the server answers what it must not answer.
    pub async fn run(&mut self, api: &LoadApi) -> Result<()> {
        while self.step(api).await? {}
        Ok(())
    }

    /// Sends so many requests, all of which are answered.
    pub async fn steps(&mut self, api: &LoadApi, count: usize) -> Result<()> {
        for _ in 0..count {
            if !self.step(api).await? {
                bail!("the server is silent");
            }
        }
        Ok(())
    }

    /// Writes to `key` and must succeed. The version of the write.
    pub async fn must_put(&mut self, api: &LoadApi, key: &str) -> Result<u64> {
        for _ in 0..3 {
            self.turn(api, key, 0).await?;
            if let Some(Outcome::Put(version)) = self.writes.last().map(|write| &write.outcome) {
                return Ok(*version);
            }
        }
        bail!("{key} cannot be written: {:?}", self.writes.last())
    }

    async fn step(&mut self, api: &LoadApi) -> Result<bool> {
        let key = match self.rng.random_range(0..4) {
            0 => format!("shared-{}", self.rng.random_range(0..SHARED)),
            _ => format!("own-{}-{}", self.id, self.rng.random_range(0..OWN)),
        };
        let dice = self.rng.random_range(0..100);
        self.turn(api, &key, dice).await
    }

    /// Does what fits what is known of the object; `false` when the server was silent.
    async fn turn(&mut self, api: &LoadApi, key: &str, dice: u32) -> Result<bool> {
        match self.known.remove(key) {
            None => self.read(api, key).await,
            Some(Known::Absent) => self.create(api, key).await,
            Some(Known::Present(_)) if dice < 30 => self.patch(api, key).await,
            Some(Known::Present(shown)) if dice < 80 => self.update(api, key, &shown).await,
            Some(Known::Present(shown)) => self.delete(api, key, &shown, dice < 90).await,
        }
    }

    async fn read(&mut self, api: &LoadApi, key: &str) -> Result<bool> {
        let (span, reply) = api.send(Method::GET, &path(key), None).await;
        let found = match reply {
            Reply::Silence(_) => return Ok(false),
            Reply::Answer(StatusCode::OK, object) => Some(shown(&object)?),
            Reply::Answer(StatusCode::NOT_FOUND, _) => None,
            Reply::Answer(status, value) => bail!("GET {key}: {status} {value}"),
        };
        let known = found.clone().map_or(Known::Absent, Known::Present);
        self.known.insert(key.to_owned(), known);
        self.reads.push(Read {
            key: key.to_owned(),
            span,
            found,
        });
        Ok(true)
    }

    async fn create(&mut self, api: &LoadApi, key: &str) -> Result<bool> {
        let (token, data) = self.content();
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": key}, "data": data});
        let sent = api
            .send(Method::POST, &collection(), Some(("application/json", &object)))
            .await;
        self.put(key, token, None, sent)
    }

    async fn update(&mut self, api: &LoadApi, key: &str, onto: &Shown) -> Result<bool> {
        let (token, data) = self.content();
        let metadata = json!({"name": key, "resourceVersion": onto.version.to_string()});
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data});
        let sent = api
            .send(Method::PUT, &path(key), Some(("application/json", &object)))
            .await;
        self.put(key, token, Some(onto.version), sent)
    }

    async fn patch(&mut self, api: &LoadApi, key: &str) -> Result<bool> {
        let (token, data) = self.content();
        let patch = json!({ "data": data });
        let sent = api
            .send(
                Method::PATCH,
                &path(key),
                Some(("application/merge-patch+json", &patch)),
            )
            .await;
        self.put(key, token, None, sent)
    }

    async fn delete(&mut self, api: &LoadApi, key: &str, shown: &Shown, that_one_only: bool) -> Result<bool> {
        let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
        if that_one_only {
            options["preconditions"] = json!({"uid": shown.uid, "resourceVersion": shown.version.to_string()});
        }
        let (span, reply) = api
            .send(Method::DELETE, &path(key), Some(("application/json", &options)))
            .await;
        let outcome = outcome(&reply, |status| {
            self.known.insert(key.to_owned(), Known::Absent);
            let uid = status["details"]["uid"].as_str().context("details.uid")?;
            Ok(Outcome::Deleted(uid.to_owned()))
        })?;
        let onto = that_one_only.then_some(shown.version);
        Ok(self.record(key, Deed::Delete, onto, span, outcome))
    }

    /// Records the answer to a write that leaves `token`.
    fn put(&mut self, key: &str, token: String, onto: Option<u64>, (span, reply): (Span, Reply)) -> Result<bool> {
        let outcome = outcome(&reply, |object| {
            let shown = shown(object)?;
            let version = shown.version;
            self.known.insert(key.to_owned(), Known::Present(shown));
            Ok(Outcome::Put(version))
        })?;
        Ok(self.record(key, Deed::Put(token), onto, span, outcome))
    }

    fn record(&mut self, key: &str, deed: Deed, onto: Option<u64>, span: Span, outcome: Outcome) -> bool {
        let answered = outcome != Outcome::Unknown;
        self.writes.push(Write {
            key: key.to_owned(),
            deed,
            onto,
            span,
            outcome,
        });
        answered
    }

    /// A new token, and data in which each part tells whether the others are there.
    fn content(&mut self) -> (String, Value) {
        self.count += 1;
        let token = format!("{}-{}", self.id, self.count);
        let padding = "x".repeat(self.rng.random_range(0..PADDING));
        let data = json!({"token": token, "again": token, "length": padding.len().to_string(), "padding": padding});
        (token, data)
    }
}

fn path(key: &str) -> String {
    format!("{}/{key}", collection())
}

/// What an answer to a write means; `done` reads a success.
fn outcome(reply: &Reply, done: impl FnOnce(&Value) -> Result<Outcome>) -> Result<Outcome> {
    match reply {
        Reply::Silence(_) => Ok(Outcome::Unknown),
        Reply::Answer(StatusCode::OK | StatusCode::CREATED, value) => done(value),
        Reply::Answer(status, _) if REFUSALS.contains(status) => Ok(Outcome::Refused),
        Reply::Answer(status, value) => bail!("a write was answered {status} {value}"),
    }
}
