use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;

use super::world::Record;
use super::{End, FakeEngine, Script};
use crate::{
    Container, ContainerSpec, ContainerState, Containers, EngineError, EngineStream, EventAction, LogOptions,
    NetworkMode, OutputChunk, OutputStream, RunState,
};

/// Exit code of a process that was killed.
const KILLED: i64 = 137;

#[async_trait]
impl Containers for FakeEngine {
    async fn create(&self, spec: &ContainerSpec) -> Result<String, EngineError> {
        let now = (self.clock)();
        let id = {
            let mut world = self.enter("create", &spec.name)?;
            if world.find(&spec.name).is_some() {
                return Err(EngineError::conflict(format!(
                    "the container name \"{}\" is already in use",
                    spec.name
                )));
            }
            let image = world.image(&spec.image)?.clone();
            if let NetworkMode::Named(name) = &spec.network
                && !world.networks.contains_key(name)
            {
                return Err(EngineError::not_found(format!("network {name} not found")));
            }
            let entrypoint = spec
                .entrypoint
                .clone()
                .unwrap_or_else(|| image.config.entrypoint.clone());
            let cmd = match (&spec.cmd, &spec.entrypoint) {
                (Some(cmd), _) => cmd.clone(),
                (None, Some(_)) => Vec::new(),
                (None, None) => image.config.cmd.clone(),
            };
            let command: Vec<String> = entrypoint.into_iter().chain(cmd).collect();
            let record = Record {
                id: world.fresh_id(),
                image_id: image.id,
                spec: spec.clone(),
                script: world.script_for(&command),
                command,
                state: created(now),
                address: None,
                log: Vec::new(),
                attached_from: 0,
            };
            let id = record.id.clone();
            world.containers.insert(spec.name.clone(), record);
            id
        };
        self.tell(&id, EventAction::Created);
        Ok(id)
    }

    async fn start(&self, container: &str) -> Result<(), EngineError> {
        let now = (self.clock)();
        let (id, exit) = {
            let mut world = self.enter("start", container)?;
            let mode = world.existing(container)?.spec.network.clone();
            let address = world.address(&mode);
            let command = world.existing(container)?.command.clone();
            let script = world.script_for(&command);
            let record = world.existing(container)?;
            if record.state.is_running() {
                return Ok(());
            }
            if let End::CannotStart { message } = &script.end {
                record.state.error = Some(message.clone());
                return Err(EngineError::refused(message.clone()));
            }
            record.state = ContainerState {
                run: RunState::Running,
                started_at: Some(now),
                ..created(now)
            };
            record.address = address;
            record.print(OutputStream::Stdout, &script.stdout, now);
            record.print(OutputStream::Stderr, &script.stderr, now);
            record.script = script;
            (record.id.clone(), own_end(&record.script))
        };
        self.tell(&id, EventAction::Started);
        if let Some(code) = exit {
            self.end(&id, code);
        }
        Ok(())
    }

    async fn stop(&self, container: &str, _grace: Duration) -> Result<(), EngineError> {
        let (id, code) = {
            let mut world = self.enter("stop", container)?;
            let record = world.existing(container)?;
            if !record.state.is_running() {
                return Ok(());
            }
            let code = match record.script.end {
                End::UntilStopped { on_stop } => on_stop.unwrap_or(KILLED),
                _ => KILLED,
            };
            (record.id.clone(), code)
        };
        self.end(&id, code);
        Ok(())
    }

    async fn kill(&self, container: &str) -> Result<(), EngineError> {
        let id = {
            let mut world = self.enter("kill", container)?;
            let record = world.existing(container)?;
            if !record.state.is_running() {
                return Err(EngineError::conflict(format!("container {container} is not running")));
            }
            record.id.clone()
        };
        self.end(&id, KILLED);
        Ok(())
    }

    async fn remove(&self, container: &str, force: bool) -> Result<(), EngineError> {
        let (id, running) = {
            let mut world = self.enter("remove", container)?;
            let record = world.existing(container)?;
            (record.id.clone(), record.state.is_running())
        };
        if running && !force {
            return Err(EngineError::conflict(format!("container {container} is running")));
        }
        if running {
            self.end(&id, KILLED);
        }
        let labels = {
            let mut world = self.lock();
            let name = world.existing(&id)?.spec.name.clone();
            world
                .containers
                .remove(&name)
                .map(|record| record.spec.labels)
                .unwrap_or_default()
        };
        self.announce(&id, EventAction::Removed, labels);
        Ok(())
    }

    async fn inspect(&self, container: &str) -> Result<Container, EngineError> {
        Ok(self.enter("inspect", container)?.existing(container)?.observed())
    }

    async fn list(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Container>, EngineError> {
        let world = self.enter("list", "")?;
        let matching = world
            .containers
            .values()
            .filter(|record| carries(&record.spec.labels, labels));
        Ok(matching.map(Record::observed).collect())
    }

    fn logs(&self, container: &str, options: LogOptions) -> EngineStream<OutputChunk> {
        match self
            .enter("logs", container)
            .and_then(|mut world| world.existing(container).map(|record| first(record, &options)))
        {
            Ok(start) => self.output_from(container, start, options.follow, options.timestamps),
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn wait(&self, container: &str) -> Result<i64, EngineError> {
        let mut version = self.version.subscribe();
        drop(self.enter("wait", container)?);
        loop {
            version.borrow_and_update();
            let state = self.lock().existing(container)?.state.clone();
            if !state.is_running() {
                return Ok(state.exit_code.unwrap_or(0));
            }
            if version.changed().await.is_err() {
                return Err(super::away());
            }
        }
    }
}

impl FakeEngine {
    /// A process ended.
    pub(super) fn end(&self, container: &str, code: i64) {
        let now = (self.clock)();
        let id = {
            let mut world = self.lock();
            let Some(record) = world.find_mut(container).filter(|record| record.state.is_running()) else {
                return;
            };
            record.state.run = RunState::Exited;
            record.state.exit_code = Some(code);
            record.state.finished_at = Some(now);
            record.id.clone()
        };
        self.tell(&id, EventAction::Died { exit_code: Some(code) });
    }

    /// What a container prints, from its `next`-th chunk on.
    pub(super) fn output_from(
        &self,
        container: &str,
        next: usize,
        follow: bool,
        timestamps: bool,
    ) -> EngineStream<OutputChunk> {
        let state = (self.clone(), self.version.subscribe(), container.to_owned(), next);
        futures::stream::try_unfold(state, move |(engine, mut version, container, next)| async move {
            loop {
                version.borrow_and_update();
                let (chunk, ended) = {
                    let world = engine.lock();
                    if world.away {
                        return Err(super::away());
                    }
                    let Some(record) = world.find(&container) else {
                        return Ok(None);
                    };
                    (record.log.get(next).cloned(), record.has_ended())
                };
                if let Some(mut chunk) = chunk {
                    if !timestamps {
                        chunk.timestamp = None;
                    }
                    return Ok(Some((chunk, (engine, version, container, next + 1))));
                }
                if !follow || ended || version.changed().await.is_err() {
                    return Ok(None);
                }
            }
        })
        .boxed()
    }
}

fn created(now: jiff::Timestamp) -> ContainerState {
    ContainerState {
        run: RunState::Created,
        exit_code: None,
        oom_killed: false,
        error: None,
        created_at: Some(now),
        started_at: None,
        finished_at: None,
    }
}

fn own_end(script: &Script) -> Option<i64> {
    match script.end {
        End::Success => Some(0),
        End::Exit(code) => Some(code),
        End::UntilStopped { .. } | End::EchoInput { .. } | End::CannotStart { .. } => None,
    }
}

fn first(record: &Record, options: &LogOptions) -> usize {
    let old = record
        .log
        .iter()
        .take_while(|chunk| options.since.is_some_and(|since| chunk.timestamp < Some(since)));
    let tail = options.tail.map_or(0, |lines| {
        record
            .log
            .len()
            .saturating_sub(usize::try_from(lines).unwrap_or(usize::MAX))
    });
    old.count().max(tail)
}

pub(super) fn carries(labels: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}
