use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use weir_agent::{Agent, AgentConfig};
use weir_api::names::node;
use weir_apiserver::Server;
use weir_builder::{Builder, BuilderConfig};
use weir_cli::{LocalServer, register_local_server};
use weir_component::{CancellationToken, ServeOptions, Tasks, private_file, serve, signals::Termination};
use weir_engine::LateEngine;
use weir_engine::find::podman::network_name;
use weir_engine::find::{FindOptions, FoundEngine};
use weir_store_embedded::EmbeddedStore;

use super::credentials::Credentials;
use super::listeners::Listeners;
use super::{Options, STOP, api, login, registry};
use crate::bootstrap;
use crate::data_directory::DataDirectory;
use crate::engine;
use crate::nodes::Nodes;

/// Everything, assembled and running.
pub(super) struct Instance {
    data: DataDirectory,
    server: Server,
    tasks: Tasks,
    api: SocketAddr,
    registry: SocketAddr,
    registry_host: String,
    termination: Termination,
}

impl Instance {
    pub(super) async fn assemble(options: Options, data: DataDirectory) -> Result<Self> {
        let termination = Termination::listen()?;
        let store = Arc::new(EmbeddedStore::open(data.path())?);
        let listeners = Listeners::bind(&options).await?;
        let credentials = Credentials::load_or_create(&data)?;
        let nodes = Nodes::default();
        let mut metrics = prometheus_client::registry::Registry::default();
        let loops = weir_controllers::Metrics::default();
        loops.register(&mut metrics);
        let images = weir_registry::Metrics::default();
        images.register(&mut metrics);
        store.metrics().register(&mut metrics);
        let (api, registry) = (listeners.api.local_addr()?, listeners.registry.local_addr()?);
        let server = api::server(&options, store, &credentials, &nodes, registry, metrics).await?;
        let server = login::with_logins(server, &options, &data, &certificate_names(api), api).await?;
        let instance = Self {
            tasks: Tasks::new(CancellationToken::new()),
            api,
            registry,
            registry_host: options.registry_host.clone(),
            data,
            server,
            termination,
        };
        bootstrap::bootstrap(&instance.server, &registry.to_string()).await?;
        // Whoever hears that the server is ready finds the files that lead to it.
        instance.write_files(&credentials)?;
        instance.listen(&options, &credentials, listeners, images)?;
        instance.start_controllers(&credentials, loops);
        let engine = Arc::new(LateEngine::default());
        instance.start_builder(&options, engine.clone(), &nodes)?;
        instance.start_agent(&options, engine.clone(), &nodes)?;
        instance.look_for_engine(&options, engine);
        Ok(instance)
    }

    fn listen(
        &self,
        options: &Options,
        credentials: &Credentials,
        listeners: Listeners,
        metrics: weir_registry::Metrics,
    ) -> Result<()> {
        let names = certificate_names(self.api);
        let tls = credentials.authority.server_config(&names)?;
        let shutdown = self.tasks.shutdown();
        let registry = registry::registry(options, &self.data, &self.server)?.with_metrics(metrics);
        let (api, images) = (self.server.router(), registry.router());
        let on_api = serve(listeners.api, Some(tls), api, ServeOptions::default(), shutdown.clone());
        let on_registry = serve(
            listeners.registry,
            None,
            images,
            ServeOptions::default(),
            shutdown.clone(),
        );
        self.tasks.spawn("api", on_api);
        self.tasks.spawn("registry", on_registry);
        self.tasks
            .spawn("registry-maintenance", async move { registry.maintain(shutdown).await });
        Ok(())
    }

    fn start_controllers(&self, credentials: &Credentials, metrics: weir_controllers::Metrics) {
        let registry_hosts = vec![
            self.registry_host.clone(),
            self.registry.to_string(),
            format!("localhost:{}", self.registry.port()),
        ];
        let options = weir_controllers::Options {
            metrics,
            registry_hosts,
            secret_tokens: Some(credentials.issuance()),
            ..weir_controllers::Options::default()
        };
        let client = api::client(&self.server, "weir-controllers");
        self.tasks.spawn(
            "controllers",
            weir_controllers::run(client, options, self.tasks.shutdown()),
        );
    }

    fn start_builder(&self, options: &Options, engine: Arc<LateEngine>, nodes: &Nodes) -> Result<()> {
        let client = api::client(&self.server, "weir-builder");
        let builder = Builder::new(BuilderConfig {
            registry_host: options.registry_host.clone(),
            ..BuilderConfig::new(self.data.path(), client, engine, self.registry.to_string())
        })?;
        nodes.connect(node::BUILDER, builder.router());
        self.tasks.spawn("builder", builder.run(self.tasks.shutdown()));
        Ok(())
    }

    fn start_agent(&self, options: &Options, engine: Arc<LateEngine>, nodes: &Nodes) -> Result<()> {
        let node_name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let agent = Agent::new(AgentConfig {
            node_name: node_name.clone(),
            data_dir: self.data.path().to_owned(),
            client: api::client(&self.server, "weir-agent"),
            engine,
            installation: network_name(self.data.path()),
            registry_name: options.registry_host.clone(),
            registry_address: self.registry.to_string(),
            clock: weir_agent::Clock::system(),
        })?;
        nodes.connect(&node_name, agent.router());
        let shutdown = self.tasks.shutdown();
        self.tasks.spawn("agent", async move { agent.run(shutdown).await });
        Ok(())
    }

    /// The engine is found while everything else is ready already.
    fn look_for_engine(&self, options: &Options, engine: Arc<LateEngine>) {
        let search = FindOptions {
            engine: options.engine.clone(),
            docker_host: std::env::var("DOCKER_HOST").ok(),
            data_dir: self.data.path().to_owned(),
            plain_http_registries: vec![self.registry.to_string()],
        };
        let shutdown = self.tasks.shutdown();
        let data = self.data.clone();
        self.tasks.spawn("engine", async move {
            let found = |found: &FoundEngine| {
                tracing::info!(engine = found.origin, "engine found");
                if let Err(error) = engine::remember(&data, &found.endpoint) {
                    tracing::warn!(%error, "the engine is not written down; name it when you reset with --engine");
                }
            };
            engine.keep(search, found, shutdown).await;
        });
    }

    fn write_files(&self, credentials: &Credentials) -> Result<()> {
        let url = format!("https://{}", self.api);
        let local = LocalServer {
            url: &url,
            certificate_authority: credentials.authority.certificate(),
            token: &credentials.admin_token,
        };
        register_local_server(&self.data.kubeconfig(), &local)?;
        let run = self.data.run();
        for (path, content) in [
            (run.join("api-address"), self.api.to_string()),
            (run.join("registry-address"), self.registry.to_string()),
        ] {
            private_file::write(&path, content.as_bytes()).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }

    /// Tells the user where everything is. The last line starts with `ready`.
    pub(super) fn announce(&self, took: Duration) -> Result<()> {
        let kubeconfig = self.data.kubeconfig();
        let mut out = std::io::stdout().lock();
        writeln!(out, "weir {}", env!("CARGO_PKG_VERSION"))?;
        writeln!(out, "  data        {}", self.data.path().display())?;
        writeln!(out, "  API         https://{}", self.api)?;
        writeln!(
            out,
            "  registry    {} ({} in objects)",
            self.registry, self.registry_host
        )?;
        writeln!(out, "  kubeconfig  {}", kubeconfig.display())?;
        writeln!(
            out,
            "ready after {} ms; next: weir --kubeconfig {} new-project hello01",
            took.as_millis(),
            kubeconfig.display()
        )?;
        out.flush()?;
        Ok(())
    }

    /// Drains and stops everything. Containers go on running.
    pub(super) async fn serve_until_terminated(mut self) -> Result<()> {
        let shutdown = self.tasks.shutdown();
        let failed = tokio::select! {
            () = self.termination.requested() => false,
            () = shutdown.cancelled() => true,
        };
        self.server.drain();
        shutdown.cancel();
        if !self.tasks.finished(STOP).await {
            tracing::warn!("not everything ended within {STOP:?}; the rest is cut off");
        }
        if failed {
            bail!("a part of weir ended by itself; the log above says which and why");
        }
        Ok(())
    }
}

/// Names and addresses under which this machine's clients reach the API.
fn certificate_names(api: SocketAddr) -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default.svc"]
        .map(str::to_owned)
        .to_vec();
    let own = api.ip().to_string();
    if !api.ip().is_unspecified() && !names.contains(&own) {
        names.push(own);
    }
    names
}
