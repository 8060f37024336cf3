use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;

use super::Options;

/// Both addresses, taken before anything else happens: a clash then costs nothing.
pub(super) struct Listeners {
    pub(super) api: TcpListener,
    pub(super) registry: TcpListener,
}

impl Listeners {
    pub(super) async fn bind(options: &Options) -> Result<Self> {
        Ok(Self {
            api: bind(options.api_listen, "--api-listen").await?,
            registry: bind(options.registry_listen, "--registry-listen").await?,
        })
    }
}

async fn bind(address: SocketAddr, option: &str) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "{address} is taken by another program; stop it (`ss -ltnp` shows which), or choose another address with \
             {option} (port 0 takes a free one)"
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address} ({option})")),
    }
}
