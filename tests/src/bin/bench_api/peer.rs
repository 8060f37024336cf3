use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use weir_tests::Directory;

use crate::target::Target;

/// Programs of the peer, when they are given.
const KUBE_APISERVER: &str = "WEIR_KUBE_APISERVER";
const ETCD: &str = "WEIR_ETCD";
/// The peer is ready within this time.
const START: Duration = Duration::from_secs(60);
const TOKEN: &str = "bench-token";

/// kube-apiserver on etcd, as they are started for the same work.
pub(crate) struct Peer {
    etcd: Child,
    apiserver: Child,
    address: SocketAddr,
    certificate: String,
    _directory: Directory,
}

impl Peer {
    pub(crate) async fn start_if_given() -> Result<Option<Self>> {
        let (Some(apiserver), Some(etcd)) = (std::env::var_os(KUBE_APISERVER), std::env::var_os(ETCD)) else {
            println!("     no peer: {KUBE_APISERVER} and {ETCD} do not name kube-apiserver and etcd");
            return Ok(None);
        };
        let directory = Directory::new("peer")?;
        let (etcd, clients) = start_etcd(Path::new(&etcd), directory.path())?;
        let (apiserver, address, certificate) = start_apiserver(Path::new(&apiserver), directory.path(), clients)
            .inspect_err(|error| {
                eprintln!("the peer cannot be started: {error}");
            })?;
        let mut peer = Self {
            etcd,
            apiserver,
            address,
            certificate,
            _directory: directory,
        };
        peer.wait_until_ready().await?;
        Ok(Some(peer))
    }

    pub(crate) fn target(&self) -> Result<Target> {
        let pids = vec![self.apiserver.id(), self.etcd.id()];
        Target::new(self.address, self.certificate.as_bytes(), TOKEN, pids)
    }

    pub(crate) fn stop(&mut self) -> Result<()> {
        for child in [&mut self.apiserver, &mut self.etcd] {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let target = self.target()?;
        let end = Instant::now() + START;
        loop {
            let ready = match target.connect().await {
                Ok(mut client) => client.get("/readyz").await,
                Err(error) => Err(error),
            };
            match ready {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > end => bail!("the peer is not ready after {START:?}: {error:#}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }
}

impl Drop for Peer {
    /// The way out of a measurement that failed; ending a process twice does nothing.
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("the peer was not ended: {error}");
        }
    }
}

fn start_etcd(program: &Path, directory: &Path) -> Result<(Child, SocketAddr)> {
    let (clients, peers) = (free_address()?, free_address()?);
    let mut command = Command::new(program);
    command
        .arg("--data-dir")
        .arg(directory.join("etcd"))
        .arg(format!("--listen-client-urls=http://{clients}"))
        .arg(format!("--advertise-client-urls=http://{clients}"))
        .arg(format!("--listen-peer-urls=http://{peers}"));
    Ok((start(command, &directory.join("etcd.log"))?, clients))
}

fn start_apiserver(program: &Path, directory: &Path, etcd: SocketAddr) -> Result<(Child, SocketAddr, String)> {
    let address = free_address()?;
    let serving = rcgen::generate_simple_self_signed(vec![address.ip().to_string()])?;
    let accounts = rcgen::KeyPair::generate()?;
    let file = |name: &str, content: String| -> Result<String> {
        let path = directory.join(name);
        std::fs::write(&path, content)?;
        Ok(path.display().to_string())
    };
    let certificate = serving.cert.pem();
    let key = file("accounts.key", accounts.serialize_pem())?;
    let mut command = Command::new(program);
    command
        .arg(format!("--etcd-servers=http://{etcd}"))
        .arg(format!("--bind-address={}", address.ip()))
        .arg(format!("--secure-port={}", address.port()))
        .arg(format!("--tls-cert-file={}", file("serving.crt", certificate.clone())?))
        .arg(format!(
            "--tls-private-key-file={}",
            file("serving.key", serving.signing_key.serialize_pem())?
        ))
        .arg("--service-account-issuer=https://kubernetes.default.svc")
        .arg(format!("--service-account-key-file={key}"))
        .arg(format!("--service-account-signing-key-file={key}"))
        .arg("--service-cluster-ip-range=10.0.0.0/24")
        .arg("--authorization-mode=RBAC")
        .arg("--disable-admission-plugins=ServiceAccount")
        .arg(format!(
            "--token-auth-file={}",
            file("tokens.csv", format!("{TOKEN},admin,1,system:masters\n"))?
        ));
    Ok((start(command, &directory.join("apiserver.log"))?, address, certificate))
}

fn start(mut command: Command, log: &Path) -> Result<Child> {
    let log = File::create(log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.spawn().with_context(|| format!("{command:?}"))
}

/// A port that is free now.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
