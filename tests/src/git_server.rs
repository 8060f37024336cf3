use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use http::{HeaderMap, Method, Response, StatusCode, Uri};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;

/// git's own HTTP backend, wherever the distribution puts it.
const BACKENDS: &[&str] = &[
    "/usr/lib/git-core/git-http-backend",
    "/usr/libexec/git-core/git-http-backend",
];

/// Serves the repositories below a directory over smart HTTP on loopback until dropped.
pub struct GitServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl GitServer {
    pub async fn start(root: &Path) -> Result<Self> {
        Self::start_at(root, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub async fn start_at(root: &Path, listen: SocketAddr) -> Result<Self> {
        let backend = BACKENDS.iter().map(PathBuf::from).find(|path| path.exists());
        let backend = backend.context("git-http-backend is not installed; it comes with the package git")?;
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let served = Served {
            root: root.to_owned(),
            backend,
        };
        let router = Router::new().fallback(answer).with_state(served);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("git server: {error}");
            }
        });
        Ok(Self { address, task })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self, repository: &str) -> String {
        format!("http://{}/{repository}", self.address)
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Served {
    root: PathBuf,
    backend: PathBuf,
}

async fn answer(
    State(served): State<Served>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    match run_backend(&served, &method, &uri, &headers, &body).await {
        Ok(response) => response,
        Err(error) => {
            let mut response = Response::new(Body::from(format!("{error:#}")));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

/// One request as CGI (RFC 3875), which is what git's backend speaks.
async fn run_backend(
    served: &Served,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response<Body>> {
    let header = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let mut child = Command::new(&served.backend)
        .env("GIT_PROJECT_ROOT", &served.root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .env("REQUEST_METHOD", method.as_str())
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("git-http-backend")?;
    let mut stdin = child.stdin.take().context("stdin")?;
    let body = body.clone();
    let feeding = tokio::spawn(async move {
        let fed = stdin.write_all(&body).await;
        drop(stdin);
        fed
    });
    let output = child.wait_with_output().await?;
    feeding.await.context("feeding the backend")??;
    parse(&output.stdout)
}

fn parse(output: &[u8]) -> Result<Response<Body>> {
    let end = output
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .context("the backend sent no headers")?;
    let head = std::str::from_utf8(&output[..end])?;
    let mut response = Response::builder();
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(':').context("a header line")?;
        match name {
            "Status" => response = response.status(value.trim().get(..3).context("a status")?),
            _ => response = response.header(name, value.trim()),
        }
    }
    Ok(response.body(Body::from(output[end + 4..].to_vec()))?)
}
