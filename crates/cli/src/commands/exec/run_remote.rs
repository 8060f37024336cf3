use std::io::{Read, Write};

use futures::SinkExt;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::api::{Api, AttachParams, AttachedProcess};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::raw_mode::{self, RawMode};
use crate::failure::Failure;
use crate::session::Session;

/// How much of a stream is moved at once.
const PIECE_BYTES: usize = 32 * 1024;
/// Pieces of standard input that wait for the network; past it, reading waits.
const INPUT_PIECES: usize = 4;

/// What runs where.
pub struct Remote {
    pub pod: String,
    pub container: Option<String>,
    /// Without words it is the container's own process that is attached to.
    pub command: Vec<String>,
    pub stdin: bool,
    pub tty: bool,
}

/// Starts a command whose streams the caller moves.
pub async fn start(session: &Session<'_>, namespace: &str, remote: &Remote) -> Result<AttachedProcess, Failure> {
    let parameters = AttachParams {
        container: remote.container.clone(),
        stdin: remote.stdin,
        stdout: true,
        // With a terminal both outputs are one.
        stderr: !remote.tty,
        tty: remote.tty,
        max_stdin_buf_size: Some(PIECE_BYTES),
        max_stdout_buf_size: Some(PIECE_BYTES),
        max_stderr_buf_size: Some(PIECE_BYTES),
    };
    let api = session.api().await?;
    let pods: Api<Pod> = Api::namespaced(api.client().clone(), namespace);
    let process = match remote.command.is_empty() {
        true => pods.attach(&remote.pod, &parameters).await,
        false => pods.exec(&remote.pod, remote.command.clone(), &parameters).await,
    };
    process.map_err(|error| api.failure_of(&error))
}

/// Runs the command and ends with its exit code.
pub async fn run_remote(session: &Session<'_>, remote: Remote) -> Result<(), Failure> {
    let raw = if remote.tty && remote.stdin {
        RawMode::enter()?
    } else {
        None
    };
    if remote.tty && raw.is_none() {
        session
            .terminal
            .note("Unable to use a TTY - input is not a terminal or the right kind of file");
    }
    let remote = Remote {
        tty: raw.is_some(),
        ..remote
    };
    let process = start(session, session.namespace().await?, &remote).await?;
    let status = transfer(process, remote.stdin, raw.is_some()).await;
    drop(raw);
    conclude(status?)
}

/// Moves the streams until the command ends.
async fn transfer(mut process: AttachedProcess, stdin: bool, tty: bool) -> Result<Option<Status>, Failure> {
    let status = process.take_status();
    let output = pump(process.stdout(), std::io::stdout());
    let errors = pump(process.stderr(), std::io::stderr());
    if stdin && let Some(writer) = process.stdin() {
        tokio::spawn(feed(writer, read_input()));
    }
    if tty && let Some(sizes) = process.terminal_size() {
        tokio::spawn(follow_size(sizes));
    }
    let (output, errors) = tokio::join!(output, errors);
    output?;
    errors?;
    match status {
        Some(status) => Ok(status.await),
        None => Ok(None),
    }
}

/// Copies bytes as they are: what a command of the user's prints is the user's own.
pub async fn pump(from: Option<impl AsyncRead + Unpin>, mut to: impl Write) -> Result<(), Failure> {
    let Some(mut from) = from else { return Ok(()) };
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        to.write_all(&piece[..length])?;
        to.flush()?;
    }
}

/// Standard input is read by a thread of its own: a read that waits for a key must not keep the program from ending.
fn read_input() -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(INPUT_PIECES);
    std::thread::spawn(move || {
        let mut piece = vec![0; PIECE_BYTES];
        while let Ok(length @ 1..) = std::io::stdin().read(&mut piece) {
            if sender.blocking_send(piece[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Ends when there is no more input or the command takes none; the writer's end tells the other side.
async fn feed(mut writer: impl tokio::io::AsyncWrite + Unpin, mut input: mpsc::Receiver<Vec<u8>>) {
    while let Some(piece) = input.recv().await {
        if writer.write_all(&piece).await.is_err() || writer.flush().await.is_err() {
            return;
        }
    }
    // A command that has ended needs no end of input.
    let _ = writer.shutdown().await;
}

async fn follow_size(mut sizes: futures::channel::mpsc::Sender<kube::api::TerminalSize>) {
    let Ok(mut changes) = signal(SignalKind::window_change()) else {
        return;
    };
    loop {
        if let Some(size) = raw_mode::size()
            && sizes.send(size).await.is_err()
        {
            return;
        }
        if changes.recv().await.is_none() {
            return;
        }
    }
}

pub fn conclude(status: Option<Status>) -> Result<(), Failure> {
    let Some(status) = status else {
        return Err(Failure::refused(
            "the connection to the container ended before the command did",
        ));
    };
    if status.status.as_deref() == Some("Success") {
        return Ok(());
    }
    let causes = status
        .details
        .as_ref()
        .and_then(|details| details.causes.as_deref())
        .unwrap_or_default();
    let exit_code = causes.iter().find(|cause| cause.reason.as_deref() == Some("ExitCode"));
    match exit_code.and_then(|cause| cause.message.as_deref()?.parse::<i64>().ok()) {
        Some(code) => Err(Failure::Ended {
            // Codes beyond a byte have no place in an exit status; the nearest says at least "failed".
            code: u8::try_from(code).unwrap_or(u8::MAX),
            message: Some(format!("command terminated with exit code {code}")),
        }),
        None => Err(Failure::refused(
            status.message.unwrap_or_else(|| "the command could not be run".into()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_commands_exit_code_becomes_ours() {
        let ended = |status: serde_json::Value| conclude(serde_json::from_value(status).unwrap());
        assert!(ended(json!({"status": "Success"})).is_ok());
        let failure = ended(json!({"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}))
            .unwrap_err();
        assert_eq!(
            (failure.exit_code(), failure.text().unwrap().as_str()),
            (3, "command terminated with exit code 3")
        );
        let failure = ended(json!({"status": "Failure", "message": "no such container"})).unwrap_err();
        assert_eq!(
            (failure.exit_code(), failure.text().unwrap().as_str()),
            (1, "error: no such container")
        );
        assert_eq!(conclude(None).unwrap_err().exit_code(), 1);
    }
}
