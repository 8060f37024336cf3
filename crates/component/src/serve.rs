mod pace;
mod progress;
mod quiet;
mod watchdog;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use pace::{Pace, Patience};
use progress::InProgress;
use quiet::Quiet;
use watchdog::Watchdog;

/// A client has so long for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// A client may take so long to send a request's head.
const HEAD: Duration = Duration::from_secs(10);
/// A connection may idle for so long.
const IDLE: Duration = Duration::from_secs(120);
/// A client may read nothing of its answer for so long.
const STALLED: Duration = Duration::from_secs(30);
/// A client that took too long may take so long to be told.
const FAREWELL: Duration = Duration::from_secs(1);
/// Bytes of a request's head (line and headers).
const HEAD_BYTES: usize = 64 << 10;
/// Header lines of one request.
const HEADERS: usize = 100;
/// Streams of one HTTP/2 connection; every watch holds one.
const STREAMS: u32 = 1000;
/// After `accept` failed for want of resources, existing connections get so long to finish before the next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bounds of a listener.
#[derive(Clone, Copy, Debug)]
pub struct ServeOptions {
    /// Connections at the same time; more wait in the kernel's queue.
    pub connections: usize,
    /// After shutdown began, requests in flight get so long to finish.
    pub drain: Duration,
    /// A client may take so long for its TLS handshake,
    pub handshake: Duration,
    /// so long to send the head of a request, beginning with its first byte, or with the connection for the first one,
    pub head: Duration,
    /// and so long between two requests.
    pub idle: Duration,
    /// A client that reads nothing of an answer for so long is cut off.
    pub stalled: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            connections: 10_000,
            drain: Duration::from_millis(1500),
            handshake: HANDSHAKE,
            head: HEAD,
            idle: IDLE,
            stalled: STALLED,
        }
    }
}

/// Serves `router` on `listener`, with the peer's address as `ConnectInfo<SocketAddr>` in every request, until `shutdown`, then lets requests in flight finish within the bound and returns.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    options: ServeOptions,
    shutdown: CancellationToken,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    let slots = Arc::new(Semaphore::new(options.connections));
    let connections = TaskTracker::new();
    let end = CancellationToken::new();
    while let Some((stream, peer, slot)) = accept(&listener, &slots, &shutdown).await {
        let (router, acceptor) = (router.clone(), acceptor.clone());
        let (shutdown, end) = (shutdown.clone(), end.clone());
        connections.spawn(async move {
            let _slot = slot;
            tokio::select! {
                biased; // it is at its end, or it is ended
                () = connection(stream, peer, acceptor, router, options, shutdown) => {}
                () = Quiet::new(end.cancelled_owned()) => {}
            }
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(options.drain, connections.wait()).await.is_err() {
        end.cancel();
        connections.wait().await;
    }
}

/// The next connection with its slot, or `None` once shutdown began.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    loop {
        let slot = tokio::select! {
            slot = slots.clone().acquire_owned() => slot.ok()?,
            () = shutdown.cancelled() => return None,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => return None,
        };
        match accepted {
            Ok((stream, peer)) => return Some((stream, peer, slot)),
            Err(error) if is_about_one_connection(&error) => continue,
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    options: ServeOptions,
    shutdown: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let stream = InProgress::new(stream, options.stalled);
    match acceptor {
        None => speak(stream, peer, router, options, shutdown).await,
        Some(acceptor) => match tokio::time::timeout(options.handshake, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => speak(stream, peer, router, options, shutdown).await,
            Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
            Err(_) => tracing::debug!("TLS handshake took too long"),
        },
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    options: ServeOptions,
    shutdown: CancellationToken,
) {
    let pace = Pace::new();
    let patience = Patience {
        head: options.head,
        idle: options.idle,
    };
    let watchdog = Watchdog::new(pace.clone(), patience);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None) // it would also count the time between requests; the watchdog knows the difference
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES.max(8192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES as u32)
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(Duration::from_secs(20));
    let stream = TokioIo::new(pace.over(stream));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let open = pace.request_began(request.version());
        let answer = router.call(request);
        async move { answer.await.map(|answer| open.until_answered(answer)) }
    });
    let conversation = builder.serve_connection_with_upgrades(stream, service);
    let mut conversation = std::pin::pin!(conversation);
    let ended = tokio::select! {
        biased; // the watchdog looks at what the connection did
        ended = conversation.as_mut() => ended,
        () = watchdog => {
            tracing::debug!("a client took too long");
            conversation.as_mut().graceful_shutdown();
            tokio::time::timeout(FAREWELL, conversation).await.unwrap_or(Ok(()))
        }
        () = Quiet::new(shutdown.cancelled_owned()) => {
            conversation.as_mut().graceful_shutdown();
            conversation.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, "connection ended");
    }
}
