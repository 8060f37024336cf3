use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use weir_tests::Weir;

use crate::client::Client;
use crate::processes;

/// A server that is measured, and how to speak to it.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    /// Its processes.
    pub(crate) pids: Vec<u32>,
    http1: Arc<ClientConfig>,
    http2: Arc<ClientConfig>,
}

impl Target {
    pub(crate) fn of(weir: &Weir) -> Result<Self> {
        let read = |file: &str| std::fs::read_to_string(weir.data().join(file)).with_context(|| file.to_owned());
        let address = read("run/api-address")?.trim().parse()?;
        Self::new(
            address,
            read("ca.crt")?.as_bytes(),
            read("admin-token")?.trim(),
            vec![weir.pid()],
        )
    }

    pub(crate) fn new(address: SocketAddr, authority: &[u8], token: &str, pids: Vec<u32>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority) {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let plain = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let speaking = |protocol: &[u8]| {
            let mut config = plain.clone();
            config.alpn_protocols = vec![protocol.to_vec()];
            Arc::new(config)
        };
        Ok(Self {
            address,
            token: token.to_owned(),
            pids,
            http1: speaking(b"http/1.1"),
            http2: speaking(b"h2"),
        })
    }

    /// A connection of its own that speaks HTTP/1.1 and is kept.
    pub(crate) async fn connect(&self) -> Result<Client> {
        Client::http1(self, self.http1.clone()).await
    }

    /// The same with HTTP/2, for many streams.
    pub(crate) async fn connect_http2(&self) -> Result<Client> {
        Client::http2(self, self.http2.clone()).await
    }

    pub(crate) fn processor_time(&self) -> Result<Duration> {
        processes::processor_time(&self.pids)
    }

    /// The process that holds the API's memory.
    pub(crate) fn pid(&self) -> Result<u32> {
        self.pids.first().copied().context("a process")
    }
}
