use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use weir_apiserver::Server;
use weir_resources::htpasswd::HtpasswdFile;
use weir_resources::oauth::{HtpasswdProvider, OAuthConfig, OAuthServer};

use super::Options;
use crate::data_directory::DataDirectory;

/// The server with the part that turns passwords into tokens, for clients that reach it at `api` by one of `names`.
pub(super) async fn with_logins(
    server: Server,
    options: &Options,
    data: &DataDirectory,
    names: &[String],
    api: SocketAddr,
) -> Result<Server> {
    let file = HtpasswdFile::new(options.htpasswd.clone().unwrap_or_else(|| data.htpasswd()));
    // A file that cannot be used is better known now than at the first login.
    let users = file.users()?;
    if options.htpasswd.is_some() && !file.path().exists() {
        tracing::warn!(file = %file.path().display(), "the users' file does not exist yet; nobody can log in with a password");
    }
    tracing::debug!(users = users.names().count(), "users' file read");
    let oauth = OAuthServer::new(OAuthConfig {
        hosts: hosts(names, api),
        provider: Arc::new(HtpasswdProvider::new(file)),
        objects: server.objects(),
        clock: Arc::new(jiff::Timestamp::now),
        pause: Arc::new(|time| Box::pin(tokio::time::sleep(time))),
    });
    oauth
        .prepare()
        .await
        .context("the clients of the OAuth server cannot be made")?;
    Ok(server.with_routes(oauth.router()))
}

/// `NAME:PORT` of every name in the certificate, the address that we say we listen on first.
fn hosts(names: &[String], api: SocketAddr) -> Vec<String> {
    let port = api.port();
    let host = |name: &String| match name.parse::<IpAddr>() {
        Ok(address) => SocketAddr::new(address, port).to_string(),
        Err(_) => format!("{name}:{port}"),
    };
    let mut hosts: Vec<String> = names.iter().map(host).collect();
    hosts.sort_by_key(|host| *host != api.to_string());
    hosts
}
