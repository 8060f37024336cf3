use std::sync::Arc;

use kube::Client;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::census::Census;
use crate::clock::Clock;
use crate::control_loop::{ControlLoop, drive};
use crate::metrics::Metrics;
use crate::queue::Queue;
use crate::recorder::{EventWriter, Recorder};
use crate::supervise::supervise;
use crate::token_secret::Issuance;
use crate::world::World;
use crate::{
    build::Builds, build_config::BuildConfigs, cluster_role::ClusterRoles, deployer::Deployer,
    deployment_config::DeploymentConfigs, event_expiry::EventExpiry, garbage_collector::GarbageCollector,
    image_import::ImageImport, image_trigger::ImageTrigger, namespace::Namespaces, pull_secret::PullSecrets,
    replication_controller::ReplicationControllers, resource_quota::ResourceQuotas, service_account::ServiceAccounts,
    token_expiry::TokenExpiry, token_secret::TokenSecrets,
};

/// How the loops are run. The default runs them on the machine's clock.
#[derive(Debug, Default)]
pub struct Options {
    pub clock: Clock,
    pub metrics: Metrics,
    /// Names of the integrated registry, as pull specs begin with them; without any, accounts get no pull secrets.
    pub registry_hosts: Vec<String>,
    /// How secrets get the tokens they are to keep; without it they stay as they were written.
    pub secret_tokens: Option<Issuance>,
    /// Told once, when everything that exists has been seen and the loops have begun to act.
    pub ready: Option<oneshot::Sender<()>>,
}

/// Runs all loops over `client` until `shutdown`.
///
/// The client's user must be allowed what the loops do: they act for the system. A loop that panics or ends is started
/// again after a pause; a key that fails is tried again for ever, with pauses of 5 ms up to 30 s.
pub async fn run(client: Client, options: Options, shutdown: CancellationToken) {
    let Options {
        clock,
        metrics,
        registry_hosts,
        secret_tokens,
        ready,
    } = options;
    let (recorder, waiting) = Recorder::new(metrics.clone());
    let events = Arc::new(EventWriter::new(client.clone(), clock.clone(), waiting));
    let census = Arc::new(Census::default());
    let garbage = GarbageCollector::new(client.clone(), metrics.clone(), recorder.clone(), census.clone());
    let world = World::new(client.clone(), clock.clone(), recorder);
    let expiry = EventExpiry::new(client.clone(), clock.clone());
    let tokens = TokenExpiry::new(client, clock);

    let mut frame = Frame {
        world: world.clone(),
        metrics,
        shutdown,
        tasks: JoinSet::new(),
    };
    frame.control_loop(ImageTrigger::new(world.clone()));
    frame.control_loop(DeploymentConfigs::new(world.clone()));
    frame.control_loop(Deployer::new(world.clone()));
    frame.control_loop(ReplicationControllers::new(world.clone()));
    frame.control_loop(ResourceQuotas::new(world.clone(), census));
    frame.control_loop(BuildConfigs::new(world.clone()));
    frame.control_loop(Builds::new(world.clone()));
    frame.control_loop(ImageImport::new(world.clone()));
    frame.control_loop(Namespaces::new(world.clone()));
    frame.control_loop(ClusterRoles::new(world.clone()));
    frame.control_loop(ServiceAccounts::new(world.clone()));
    if let Some(issuance) = secret_tokens {
        frame.control_loop(TokenSecrets::new(world.clone(), issuance));
    }
    if !registry_hosts.is_empty() {
        frame.control_loop(PullSecrets::new(world, registry_hosts));
    }
    frame.task("garbage-collector", move || garbage.clone().run());
    frame.task("event-expiry", move || expiry.clone().run());
    frame.task("token-expiry", move || tokens.clone().run());
    frame.task("event-writer", move || events.clone().run());
    frame.watch();
    frame.announce(ready);
    frame.join().await;
}

/// What every task of this component is run in. Dropping it ends them all.
struct Frame {
    world: Arc<World>,
    metrics: Metrics,
    shutdown: CancellationToken,
    tasks: JoinSet<()>,
}

impl Frame {
    /// Connects the loop with the world now, and runs it once the world has been seen.
    fn control_loop<L: ControlLoop>(&mut self, control_loop: Arc<L>) {
        let queue = Arc::new(Queue::new());
        control_loop.connect(&queue);
        let (world, metrics) = (self.world.clone(), self.metrics.clone());
        self.task(L::NAME, move || {
            let (control_loop, queue) = (control_loop.clone(), queue.clone());
            let (world, metrics) = (world.clone(), metrics.clone());
            async move {
                world.synced().await;
                drive(&*control_loop, &queue, &metrics).await;
            }
        });
    }

    fn watch(&mut self) {
        let (world, metrics) = (self.world.clone(), self.metrics.clone());
        self.task("watch", move || {
            let (world, metrics) = (world.clone(), metrics.clone());
            async move { world.watch(&metrics).await }
        });
    }

    fn task<F, T>(&mut self, name: &'static str, start: F)
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let (metrics, shutdown) = (self.metrics.clone(), self.shutdown.clone());
        self.tasks
            .spawn(async move { supervise(name, &metrics, &shutdown, start).await });
    }

    /// Tells once that everything has been seen.
    fn announce(&mut self, ready: Option<oneshot::Sender<()>>) {
        let (world, shutdown) = (self.world.clone(), self.shutdown.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = world.synced() => {
                    // Nobody may be waiting any more; that is theirs to decide.
                    let _ = ready.map(|ready| ready.send(()));
                }
            }
        });
    }

    async fn join(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a supervisor ended");
            }
        }
    }
}
