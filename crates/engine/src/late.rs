use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::find::{FindError, FindOptions, FoundEngine, find};
use crate::{
    AttachSpec, BuildProgress, BuildSpec, Builds, Container, ContainerSpec, Containers, Credentials, Daemon,
    DaemonInfo, Engine, EngineError, EngineEvent, EngineStream, Events, Exec, ExecSpec, Image, Images, ImportSpec,
    LogOptions, Network, NetworkSpec, Networks, OutputChunk, Session, Transfer,
};

/// How long after a search that found nothing the next one begins. Nothing tells us that an engine was installed or
/// started, so we look.
const SEARCH_AGAIN: Duration = Duration::from_secs(5);

/// An engine that is found while everything else is running already. Until then every call fails as `Unavailable`, with
/// the reason why there is none.
pub struct LateEngine {
    current: RwLock<Result<Arc<dyn Engine>, String>>,
}

impl Default for LateEngine {
    fn default() -> Self {
        let current = RwLock::new(Err("the container engine is still being looked for".to_owned()));
        Self { current }
    }
}

impl LateEngine {
    /// The engine, or why there is none.
    pub fn current(&self) -> Result<Arc<dyn Engine>, EngineError> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone().map_err(|message| EngineError::Unavailable { message })
    }

    fn set(&self, current: Result<Arc<dyn Engine>, String>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
    }

    /// Looks for an engine until there is one, tells `found`, and keeps it until `shutdown`. An own child is ended then;
    /// containers go on running.
    pub async fn keep(&self, options: FindOptions, found: impl FnOnce(&FoundEngine), shutdown: CancellationToken) {
        let engine = tokio::select! {
            engine = self.search(&options) => engine,
            () = shutdown.cancelled() => return,
        };
        let Some(engine) = engine else {
            return shutdown.cancelled().await;
        };
        self.set(Ok(engine.engine.clone()));
        found(&engine);
        shutdown.cancelled().await;
        if let Some(service) = &engine.service {
            service.stop();
        }
    }

    /// `None`: containers are switched off, so that looking again is no use.
    async fn search(&self, options: &FindOptions) -> Option<FoundEngine> {
        let mut said = String::new();
        loop {
            let error = match find(options).await {
                Ok(found) => return Some(found),
                Err(error) => error,
            };
            let message = error.to_string();
            self.set(Err(message.clone()));
            if matches!(error, FindError::SwitchedOff) {
                tracing::info!("{message}");
                return None;
            }
            if message != said {
                tracing::warn!("{message}");
                said = message;
            }
            tokio::time::sleep(SEARCH_AGAIN).await;
        }
    }

    fn streamed<T: Send + 'static>(&self, ask: impl FnOnce(Arc<dyn Engine>) -> EngineStream<T>) -> EngineStream<T> {
        match self.current() {
            Ok(engine) => ask(engine),
            Err(error) => stream::once(std::future::ready(Err(error))).boxed(),
        }
    }
}

#[async_trait]
impl Daemon for LateEngine {
    async fn ping(&self) -> Result<(), EngineError> {
        self.current()?.ping().await
    }

    async fn info(&self) -> Result<DaemonInfo, EngineError> {
        self.current()?.info().await
    }
}

#[async_trait]
impl Containers for LateEngine {
    async fn create(&self, spec: &ContainerSpec) -> Result<String, EngineError> {
        self.current()?.create(spec).await
    }

    async fn start(&self, container: &str) -> Result<(), EngineError> {
        self.current()?.start(container).await
    }

    async fn stop(&self, container: &str, grace: Duration) -> Result<(), EngineError> {
        self.current()?.stop(container, grace).await
    }

    async fn kill(&self, container: &str) -> Result<(), EngineError> {
        self.current()?.kill(container).await
    }

    async fn remove(&self, container: &str, force: bool) -> Result<(), EngineError> {
        self.current()?.remove(container, force).await
    }

    async fn inspect(&self, container: &str) -> Result<Container, EngineError> {
        self.current()?.inspect(container).await
    }

    async fn list(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Container>, EngineError> {
        self.current()?.list(labels).await
    }

    fn logs(&self, container: &str, options: LogOptions) -> EngineStream<OutputChunk> {
        self.streamed(|engine| engine.logs(container, options))
    }

    async fn wait(&self, container: &str) -> Result<i64, EngineError> {
        self.current()?.wait(container).await
    }
}

#[async_trait]
impl Exec for LateEngine {
    async fn exec(&self, container: &str, spec: &ExecSpec) -> Result<Session, EngineError> {
        self.current()?.exec(container, spec).await
    }

    async fn attach(&self, container: &str, spec: &AttachSpec) -> Result<Session, EngineError> {
        self.current()?.attach(container, spec).await
    }
}

impl Events for LateEngine {
    fn events(&self, labels: &BTreeMap<String, String>, since: Timestamp) -> EngineStream<EngineEvent> {
        self.streamed(|engine| engine.events(labels, since))
    }
}

#[async_trait]
impl Images for LateEngine {
    async fn image(&self, reference: &str) -> Result<Image, EngineError> {
        self.current()?.image(reference).await
    }

    async fn images(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Image>, EngineError> {
        self.current()?.images(labels).await
    }

    fn pull(&self, reference: &str, credentials: Option<&Credentials>) -> EngineStream<Transfer> {
        self.streamed(|engine| engine.pull(reference, credentials))
    }

    fn push(&self, reference: &str, credentials: Option<&Credentials>) -> EngineStream<Transfer> {
        self.streamed(|engine| engine.push(reference, credentials))
    }

    async fn tag(&self, image: &str, reference: &str) -> Result<(), EngineError> {
        self.current()?.tag(image, reference).await
    }

    async fn remove_image(&self, reference: &str, force: bool) -> Result<(), EngineError> {
        self.current()?.remove_image(reference, force).await
    }
}

#[async_trait]
impl Builds for LateEngine {
    fn build(&self, spec: BuildSpec) -> EngineStream<BuildProgress> {
        self.streamed(|engine| engine.build(spec))
    }

    async fn import(&self, spec: ImportSpec) -> Result<String, EngineError> {
        self.current()?.import(spec).await
    }
}

#[async_trait]
impl Networks for LateEngine {
    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError> {
        self.current()?.ensure_network(spec).await
    }

    async fn network(&self, name: &str) -> Result<Network, EngineError> {
        self.current()?.network(name).await
    }

    async fn networks(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Network>, EngineError> {
        self.current()?.networks(labels).await
    }

    async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        self.current()?.remove_network(name).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_before_an_engine_is_found_say_why_there_is_none() {
        let late = LateEngine::default();
        assert!(matches!(late.ping().await, Err(EngineError::Unavailable { .. })));
        let options = FindOptions {
            engine: Some("none".into()),
            ..FindOptions::default()
        };
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        assert!(late.search(&options).await.is_none());
        let mut log = late.logs("some", LogOptions::default());
        let error = log.next().await.expect("an answer").expect_err("no engine");
        assert!(error.to_string().contains("--engine none"), "{error}");
    }

    #[tokio::test]
    async fn calls_reach_the_engine_once_it_is_there() {
        let late = LateEngine::default();
        late.set(Ok(Arc::new(crate::fake::FakeEngine::new())));
        late.ping().await.expect("the engine in memory answers");
    }
}
