//! `weir up`: every component in one process, on one data directory.
//!
//! ```text
//! data directory -> credentials -> store -> API server -> in-process clients -> registry, controllers, builder, agent
//!                                              '-> listeners (API: TLS; registry: loopback)
//! ```

mod api;
mod credentials;
mod instance;
mod listeners;
mod login;
mod registry;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use weir_component::telemetry;

use crate::data_directory::DataDirectory;
use instance::Instance;

/// What is shown of the log without `WEIR_LOG`: the steps of the journey, and what went wrong.
const LOG: &str = "info,kube_client=error,kube_runtime=warn,hyper=warn,tower=warn";
/// After SIGTERM everything has ended within this time or is cut off.
const STOP: Duration = Duration::from_millis(1800);
/// Version of Kubernetes whose API this server speaks, as clients compare it with their own.
const KUBERNETES: &str = concat!("v1.33.0+weir-", env!("CARGO_PKG_VERSION"));

#[derive(clap::Args, Debug)]
pub struct Options {
    /// Where the API listens; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8443", value_name = "ADDRESS")]
    api_listen: SocketAddr,
    /// Where the registry listens; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:5000", value_name = "ADDRESS")]
    registry_listen: SocketAddr,
    /// The container engine: a socket or URL, `podman` for a service of our own, or `none`; by default it is found
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,
    /// Host and port of the registry as objects show it
    #[arg(long, default_value = weir_api::names::DEFAULT_REGISTRY_HOST, value_name = "HOST:PORT")]
    registry_host: String,
    /// A registry on this machine or its private network that images may be imported from; may be repeated
    #[arg(long, value_name = "HOST:PORT")]
    import_from: Vec<String>,
    /// Users who log in with a password, in a file as `htpasswd -B` writes it; by default the one that `weir user` keeps
    #[arg(long, value_name = "FILE")]
    htpasswd: Option<PathBuf>,
}

/// Runs until SIGTERM or SIGINT, or until a part of it fails.
pub async fn run(options: Options, data_dir: Option<PathBuf>) -> Result<()> {
    let begun = Instant::now();
    telemetry::init(LOG);
    let data = DataDirectory::named(data_dir)?;
    data.create()?;
    let instance = Instance::assemble(options, data).await?;
    instance.announce(begun.elapsed())?;
    instance.serve_until_terminated().await
}
