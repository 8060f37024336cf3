//! kill -9 of `weir up` at random moments while 64 clients write, then a new start, again and again. A history checker
//! decides whether every acknowledged write is there, no other is half done, no resourceVersion was used twice or ran
//! backwards, and watchers that go on from their last version missed nothing.
//!
//! `WEIR_KILL_ROUNDS` and `WEIR_KILL_SEED` change how often and which choices.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use http::Method;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use weir_tests::history::{History, Outcome};
use weir_tests::load::{Follower, LoadApi, NAMESPACE, PairWriter, Writer};
use weir_tests::{Directory, Weir, WeirOptions};

const ROUNDS: usize = 200;
const SEED: u64 = 1;
/// Rounds on one data directory. The next ones begin with an empty one, so that starts stay quick.
const ROUNDS_PER_LIFE: usize = 25;
/// Clients that write config maps, and clients that write images: 64 together.
const WRITERS: usize = 60;
const PAIR_WRITERS: usize = 4;
const FOLLOWERS: usize = 4;
/// The server dies so many milliseconds after the clients began.
const KILL_AFTER: std::ops::Range<u64> = 50..500;
/// Written after each start: what watchers must see to have seen everything.
const FENCE: &str = "fence";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_kill_nine_and_watchers_miss_nothing() -> Result<()> {
    let rounds = number("WEIR_KILL_ROUNDS")?.map_or(ROUNDS, |rounds| rounds as usize);
    let seed = number("WEIR_KILL_SEED")?.unwrap_or(SEED);
    println!("{rounds} rounds, seed {seed}");
    let begun = Instant::now();
    let mut tally = Tally::default();
    for first in (0..rounds).step_by(ROUNDS_PER_LIFE) {
        let count = ROUNDS_PER_LIFE.min(rounds - first);
        let mut life = Life::begin(seed.wrapping_add(first as u64)).await?;
        for round in first..first + count {
            let done = life.round().await;
            done.with_context(|| format!("round {round}, seed {seed}"))?;
        }
        tally.add(&life.end().await?);
    }
    println!("{tally:?} in {:?}", begun.elapsed());
    Ok(())
}

fn number(variable: &str) -> Result<Option<u64>> {
    match std::env::var(variable) {
        Ok(text) => Ok(Some(text.parse().with_context(|| format!("{variable}={text}"))?)),
        Err(_) => Ok(None),
    }
}

/// How much was looked at.
#[derive(Debug, Default)]
struct Tally {
    acknowledged: usize,
    refused: usize,
    unknown: usize,
    unknown_that_happened: usize,
    reads: usize,
    pairs: usize,
    seen_by_watchers: usize,
    watchers_that_listed_again: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.unknown_that_happened += other.unknown_that_happened;
        self.reads += other.reads;
        self.pairs += other.pairs;
        self.seen_by_watchers += other.seen_by_watchers;
        self.watchers_that_listed_again += other.watchers_that_listed_again;
    }
}

/// One data directory with its server, which dies again and again, and all that its clients know.
struct Life {
    weir: Weir,
    rng: StdRng,
    clock: Arc<AtomicU64>,
    writers: Vec<Writer>,
    pair_writers: Vec<PairWriter>,
    followers: Vec<Follower>,
    fence: Writer,
    /// The version before the first write.
    origin: u64,
    /// What does not belong to one client.
    history: History,
    directory: Directory,
}

impl Life {
    async fn begin(seed: u64) -> Result<Self> {
        let directory = Directory::new("kill")?;
        let weir = start(&directory.path().join("data"))?;
        let clock = Arc::new(AtomicU64::new(1));
        let api = LoadApi::of(&weir, clock.clone())?;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        api.demand(Method::POST, "/api/v1/namespaces", Some(&namespace)).await?;
        let pair_writers: Vec<PairWriter> = (0..PAIR_WRITERS).map(PairWriter::new).collect();
        try_join_all(pair_writers.iter().map(|writer| writer.prepare(&api))).await?;
        let origin = api.snapshot().await?.version;
        let follower = |number| Follower::new(&format!("follower-{number}"), origin);
        Ok(Self {
            weir,
            rng: StdRng::seed_from_u64(seed),
            clock,
            writers: (0..WRITERS).map(|id| Writer::new(id, seed)).collect(),
            pair_writers,
            followers: (0..FOLLOWERS).map(follower).collect(),
            fence: Writer::new(WRITERS, seed),
            origin,
            history: History::default(),
            directory,
        })
    }

    async fn round(&mut self) -> Result<()> {
        let after = Duration::from_millis(self.rng.random_range(KILL_AFTER));
        let api = LoadApi::of(&self.weir, self.clock.clone())?;
        let pid = rustix::process::Pid::from_raw(self.weir.pid().try_into()?).context("a process id")?;
        let kill = async {
            tokio::time::sleep(after).await; // the moment is part of what is tried, nothing is waited for
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).context("kill -9")
        };
        let writers = try_join_all(self.writers.iter_mut().map(|writer| writer.run(&api)));
        let pairs = try_join_all(self.pair_writers.iter_mut().map(|writer| writer.run(&api)));
        let followers = try_join_all(self.followers.iter_mut().map(|follower| follower.follow(&api)));
        tokio::try_join!(kill, writers, pairs, followers)?;
        self.start_again().await?;
        self.check()
    }

    /// Starts the server anew and looks at everything, until the watchers have caught up.
    async fn start_again(&mut self) -> Result<()> {
        self.weir.wait()?;
        let data = self.weir.data().to_owned();
        self.weir = tokio::task::spawn_blocking(move || start(&data)).await??;
        let api = LoadApi::of(&self.weir, self.clock.clone())?;
        self.history.snapshots.push(api.snapshot().await?);
        self.history.pairings.push(PairWriter::pairing(&api).await?);
        let fence = self.fence.must_put(&api, FENCE).await?;
        try_join_all(self.followers.iter_mut().map(|follower| follower.catch_up(&api, fence))).await?;
        self.history.snapshots.push(api.snapshot().await?);
        Ok(())
    }

    /// Everything that was recorded so far.
    fn recorded(&self) -> History {
        let mut history = self.history.clone();
        for writer in self.writers.iter().chain([&self.fence]) {
            history.writes.extend(writer.writes.iter().cloned());
            history.reads.extend(writer.reads.iter().cloned());
        }
        for writer in &self.pair_writers {
            history.pairs.extend(writer.pairs.iter().cloned());
        }
        for follower in &self.followers {
            history.watchers.push(follower.watcher.clone());
            history.snapshots.extend(follower.relisted.iter().cloned());
        }
        history
    }

    fn check(&self) -> Result<()> {
        let history = self.recorded();
        let violations = history.violations();
        if violations.is_empty() {
            return Ok(());
        }
        let keys: BTreeSet<String> = violations
            .iter()
            .filter_map(|violation| violation.key())
            .map(str::to_owned)
            .collect();
        let listed: Vec<String> = violations.iter().map(|violation| format!("  {violation:?}")).collect();
        bail!(
            "no correct server gives these answers:\n{}\nwhat happened to these objects:\n{}\nthe server said:\n{}",
            listed.join("\n"),
            history.about(&keys),
            self.weir.log()?
        )
    }

    /// A watcher that was never there replays all of it; then the server stops in good order.
    async fn end(mut self) -> Result<Tally> {
        let api = LoadApi::of(&self.weir, self.clock.clone())?;
        let newest = self.fence.must_put(&api, FENCE).await?;
        self.followers.push(Follower::new("late", self.origin));
        try_join_all(
            self.followers
                .iter_mut()
                .map(|follower| follower.catch_up(&api, newest)),
        )
        .await?;
        self.check()?;
        let tally = tally(&self.recorded());
        self.weir.stop()?;
        drop(self.directory);
        Ok(tally)
    }
}

/// On new ports each time: somebody else may have got the old ones while nobody held them.
fn start(data: &Path) -> Result<Weir> {
    for file in ["api-address", "registry-address"] {
        match std::fs::remove_file(data.join("run").join(file)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    let options = WeirOptions {
        arguments: vec!["--engine".into(), "none".into()],
        ..WeirOptions::default()
    };
    Weir::start(data, options)
}

fn tally(history: &History) -> Tally {
    let late = history.watchers.last();
    let changes = history.watchers.iter().map(|watcher| watcher.changes().count()).sum();
    let seen: HashSet<&str> = late
        .into_iter()
        .flat_map(|watcher| watcher.changes())
        .map(|change| &*change.object.token)
        .collect();
    let mut tally = Tally {
        reads: history.reads.len(),
        pairs: history.pairs.len(),
        seen_by_watchers: changes,
        watchers_that_listed_again: history.watchers.iter().map(|watcher| watcher.relists()).sum(),
        ..Tally::default()
    };
    for write in &history.writes {
        match write.outcome {
            Outcome::Put(_) | Outcome::Deleted(_) => tally.acknowledged += 1,
            Outcome::Refused => tally.refused += 1,
            Outcome::Unknown => {
                tally.unknown += 1;
                tally.unknown_that_happened += usize::from(write.token().is_some_and(|token| seen.contains(token)));
            }
        }
    }
    tally
}
