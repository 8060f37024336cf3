use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use weir_engine::{AttachSpec, Session, SessionControl, SessionInput};

use super::NodeService;
use super::channels::{self, Inbound, PROTOCOLS};
use super::locate::{Refusal, Target};
use super::query::Query;

/// One frame of a client at most; clients send 32 KiB at a time.
const FRAME_BYTES: usize = 1 << 20;

/// Runs a command in a container, over a WebSocket.
pub(super) async fn exec(
    State(service): State<NodeService>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let spec = Query::parse(query.as_deref())
        .exec_spec()
        .map_err(Refusal::bad_request)?;
    let engine = service.engine()?;
    let container = running(&service, &*engine, &target).await?;
    Ok(accept(upgrade).on_upgrade(move |socket| async move {
        match engine.exec(&container, &spec).await {
            Ok(session) => converse(socket, session).await,
            Err(error) => refuse(socket, &error.to_string()).await,
        }
    }))
}

/// Connects to the main process of a container, over a WebSocket.
pub(super) async fn attach(
    State(service): State<NodeService>,
    Path(target): Path<Target>,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let query = Query::parse(query.as_deref());
    let tty = query.flag("tty");
    let spec = AttachSpec {
        stdin: query.flag("stdin"),
        stdout: query.flag("stdout"),
        stderr: query.flag("stderr") && !tty,
        tty,
    };
    let engine = service.engine()?;
    let container = running(&service, &*engine, &target).await?;
    Ok(accept(upgrade).on_upgrade(move |socket| async move {
        match engine.attach(&container, &spec).await {
            Ok(session) => converse(socket, session).await,
            Err(error) => refuse(socket, &error.to_string()).await,
        }
    }))
}

/// Older clients fall back to SPDY by POST; they are told what to do instead.
pub(super) async fn not_a_websocket() -> Refusal {
    Refusal {
        status: StatusCode::UPGRADE_REQUIRED,
        message:
            "streams are served over WebSocket only (v5.channel.k8s.io, v4.channel.k8s.io); use a client of Kubernetes \
                  1.29 or later"
                .into(),
    }
}

fn accept(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .protocols(PROTOCOLS)
        .max_message_size(FRAME_BYTES)
        .max_frame_size(FRAME_BYTES)
}

async fn running(service: &NodeService, engine: &dyn weir_engine::Engine, target: &Target) -> Result<String, Refusal> {
    let container = service.locate(engine, target, false).await?;
    if container.state.is_running() {
        return Ok(container.id);
    }
    Err(Refusal::bad_request(format!(
        "container {:?} in pod {:?} is not running; `logs {} -c {}` shows what it said",
        target.container, target.pod, target.pod, target.container
    )))
}

/// Carries both directions until the command ends or the client leaves.
async fn converse(socket: WebSocket, session: Session) {
    let Session {
        input,
        mut output,
        control,
    } = session;
    let (mut sink, stream) = socket.split();
    let listening = listen(stream, input, &*control);
    let speaking = speak(&mut sink, &mut output);
    let finished = tokio::select! {
        finished = speaking => finished,
        () = listening => return,
    };
    let last_word = match finished {
        Spoken::ClientGone => return,
        Spoken::Failed(message) => channels::failure(&message),
        Spoken::All => match control.exit_code().await {
            Ok(code) => channels::exit(code),
            Err(error) => channels::failure(&error.to_string()),
        },
    };
    say_goodbye(sink, last_word).await;
}

enum Spoken {
    All,
    Failed(String),
    ClientGone,
}

async fn speak(
    sink: &mut SplitSink<WebSocket, Message>,
    output: &mut weir_engine::EngineStream<weir_engine::OutputChunk>,
) -> Spoken {
    while let Some(chunk) = output.next().await {
        let message = match chunk {
            Ok(chunk) => channels::output(chunk.stream, &chunk.bytes),
            Err(error) => return Spoken::Failed(error.to_string()),
        };
        if sink.send(message).await.is_err() {
            return Spoken::ClientGone;
        }
    }
    Spoken::All
}

/// Ends when the client is gone. A process that closed its input is no reason to stop listening for the client.
async fn listen(mut stream: SplitStream<WebSocket>, mut input: Option<SessionInput>, control: &dyn SessionControl) {
    while let Some(Ok(message)) = stream.next().await {
        match channels::read(message) {
            Inbound::Input(bytes) => {
                if let Some(open) = &mut input
                    && open.write_all(&bytes).await.is_err()
                {
                    input = None;
                }
            }
            Inbound::InputEnds => {
                if let Some(mut open) = input.take()
                    && let Err(error) = open.shutdown().await
                {
                    tracing::debug!(%error, "the input of a session was closed already");
                }
            }
            Inbound::Resize { columns, rows } => {
                if let Err(error) = control.resize(columns, rows).await {
                    tracing::debug!(%error, "a terminal was not resized");
                }
            }
            Inbound::Gone => return,
            Inbound::Nothing => {}
        }
    }
}

async fn refuse(socket: WebSocket, message: &str) {
    let (sink, _) = socket.split();
    say_goodbye(sink, channels::failure(message)).await;
}

async fn say_goodbye(mut sink: SplitSink<WebSocket, Message>, last_word: Message) {
    let said = async {
        sink.send(last_word).await?;
        sink.send(Message::Close(None)).await?;
        sink.close().await
    };
    if let Err(error) = said.await {
        tracing::debug!(%error, "the client left before the last word");
    }
}
