use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio_util::codec::{FramedRead, LinesCodec};
use tokio_util::io::ReaderStream;

use super::protocol::{ChildEvent, ChildFailure, ChildFailureKind, ChildJob, Fetched, MAX_EVENT_BYTES};
use crate::context::{MAX_CONTEXT_BYTES, MAX_CONTEXT_ENTRIES, PackJob};
use crate::source::{FetchJob, SurveyJob, UnpackJob};

/// The link to our own program: it can be started even where its directory is closed to the child's user.
const THIS_BINARY: &str = "/proc/self/exe";
/// The subcommand that leads to [`super::child_main`].
pub const CHILD_VERB: &str = "builder-child";
/// Headers of a tar archive: a few blocks for every entry, with long names.
const MAX_ARCHIVE_BYTES: u64 = MAX_CONTEXT_BYTES + MAX_CONTEXT_ENTRIES * 8 * 1024;
/// What is read from the child at once.
const CHUNK_BYTES: usize = 128 * 1024;

/// Where lines for the build log go.
pub(crate) type LogSink = Arc<dyn Fn(String) + Send + Sync>;

/// Which program is the unprivileged child.
#[derive(Clone, Debug, Default)]
pub enum ChildProgram {
    /// The running binary, which dispatches `builder-child` to [`super::child_main`].
    #[default]
    ThisBinary,
    /// A program that calls [`super::child_main`]. The child's user must be able to start it.
    File(PathBuf),
}

/// The user that a child runs as: its own when we are root, ours otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub user: Option<u32>,
}

/// Has the repository cloned into `work/source` and looked through. Dropping the future ends the child.
pub(crate) async fn fetch(
    program: &ChildProgram,
    seat: Seat,
    work: &Path,
    git: FetchJob,
    look_for: SurveyJob,
    log: LogSink,
) -> Result<Fetched, ChildFailure> {
    let mut running = Running::start(
        program,
        "fetch",
        seat,
        work,
        &ChildJob::Fetch {
            git: Box::new(git),
            survey: look_for,
        },
    )
    .await?;
    let stderr = running.stderr.take();
    match last_event(stderr, &log).await? {
        ChildEvent::Fetched(fetched) => {
            running.child.wait().await.map_err(broken)?;
            Ok(*fetched)
        }
        other => Err(unexpected(&other)),
    }
}

/// Has an upload unpacked into `work/source` and looked through. Dropping the future ends the child.
pub(crate) async fn unpack(
    program: &ChildProgram,
    seat: Seat,
    work: &Path,
    upload: (UnpackJob, tokio::fs::File),
    look_for: SurveyJob,
    log: LogSink,
) -> Result<Fetched, ChildFailure> {
    let (upload, mut content) = upload;
    let job = ChildJob::Unpack {
        upload,
        survey: look_for,
    };
    let mut running = Running::start(program, "unpack", seat, work, &job).await?;
    let stderr = running.stderr.take();
    let mut answer = std::pin::pin!(last_event(stderr, &log));
    let event = tokio::select! {
        // A child that has seen enough does not take the rest.
        event = &mut answer => event,
        sent = tokio::io::copy(&mut content, &mut running.stdin) => match sent {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(broken(error)),
            _ => answer.await,
        },
    };
    match event? {
        ChildEvent::Fetched(fetched) => {
            running.child.wait().await.map_err(broken)?;
            Ok(*fetched)
        }
        other => Err(unexpected(&other)),
    }
}

/// The build context as a stream that fails when the child does. Dropping the stream ends the child.
pub(crate) async fn pack(
    program: &ChildProgram,
    seat: Seat,
    work: &Path,
    job: PackJob,
    log: LogSink,
) -> Result<BoxStream<'static, io::Result<Bytes>>, ChildFailure> {
    let mut running = Running::start(program, "pack", seat, work, &ChildJob::Pack(job)).await?;
    let (Some(stdout), stderr) = (running.stdout.take(), running.stderr.take()) else {
        return Err(ChildFailure::child("the context child has no output"));
    };
    let events = tokio::spawn(async move { last_event(stderr, &log).await });
    let chunks = ReaderStream::with_capacity(stdout, CHUNK_BYTES);
    let archive = Archive {
        chunks,
        events: Some(events),
        _running: running,
        sent: 0,
    };
    Ok(futures::stream::try_unfold(archive, |mut archive| async move {
        Ok(archive.next().await?.map(|chunk| (chunk, archive)))
    })
    .boxed())
}

struct Archive {
    chunks: ReaderStream<ChildStdout>,
    events: Option<JoinHandle<Result<ChildEvent, ChildFailure>>>,
    _running: Running,
    sent: u64,
}

impl Archive {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if let Some(chunk) = self.chunks.next().await {
            let chunk = chunk?;
            self.sent += chunk.len() as u64;
            let fits = self.sent <= MAX_ARCHIVE_BYTES;
            return if fits {
                Ok(Some(chunk))
            } else {
                Err(io::Error::other("the build context is too large"))
            };
        }
        let Some(events) = self.events.take() else {
            return Ok(None);
        };
        match events.await.map_err(io::Error::other)? {
            Ok(ChildEvent::Packed) => Ok(None),
            Ok(other) => Err(io::Error::other(unexpected(&other))),
            Err(failure) => Err(io::Error::other(failure)),
        }
    }
}

/// A started child. Dropping it kills its whole process group.
struct Running {
    child: Child,
    /// Kept open: its end tells the child that we are gone.
    stdin: ChildStdin,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
}

impl Running {
    async fn start(
        program: &ChildProgram,
        task: &str,
        seat: Seat,
        work: &Path,
        job: &ChildJob,
    ) -> Result<Self, ChildFailure> {
        let mut command = command(program, task);
        command
            .current_dir(work)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if let Some(user) = seat.user {
            command.uid(user).gid(user);
        }
        let mut child = command.spawn().map_err(|error| {
            ChildFailure::child(format!("cannot start the unprivileged child of the builder: {error}"))
        })?;
        let Some(mut stdin) = child.stdin.take() else {
            return Err(ChildFailure::child("the child has no input"));
        };
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut line = serde_json::to_vec(job).map_err(|error| ChildFailure::child(error.to_string()))?;
        line.push(b'\n');
        stdin.write_all(&line).await.map_err(broken)?;
        Ok(Self {
            child,
            stdin,
            stdout,
            stderr,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The id is gone once the child was waited for, so that no stranger of the same number is hit.
        let pid = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw);
        if let Some(group) = pid {
            // It may have ended by itself just now.
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

fn command(program: &ChildProgram, task: &str) -> Command {
    match program {
        ChildProgram::ThisBinary => {
            let mut command = Command::new(THIS_BINARY);
            command.arg0("weir").args([CHILD_VERB, task]);
            command
        }
        ChildProgram::File(path) => {
            let mut command = Command::new(path);
            command.arg(task);
            command
        }
    }
}

/// Passes log lines on until the child says how it ended.
async fn last_event(stderr: Option<impl AsyncRead + Unpin>, log: &LogSink) -> Result<ChildEvent, ChildFailure> {
    let Some(stderr) = stderr else {
        return Err(ChildFailure::child("the child has no event channel"));
    };
    let mut lines = FramedRead::new(stderr, LinesCodec::new_with_max_length(MAX_EVENT_BYTES));
    while let Some(line) = lines.next().await {
        let line = line.map_err(|error| ChildFailure::child(format!("cannot understand the child: {error}")))?;
        match serde_json::from_str(&line) {
            Ok(ChildEvent::Log(text)) => log(text),
            Ok(ChildEvent::Failed(failure)) => return Err(failure),
            Ok(event) => return Ok(event),
            // Not ours: a panic message, or the dynamic linker's.
            Err(_) => log(line),
        }
    }
    Err(ChildFailure::child(
        "the unprivileged child of the builder ended before its work was done",
    ))
}

fn unexpected(event: &ChildEvent) -> ChildFailure {
    ChildFailure {
        kind: ChildFailureKind::Child,
        message: format!("the child answered something else: {event:?}"),
    }
}

fn broken(error: io::Error) -> ChildFailure {
    ChildFailure::child(format!("lost the unprivileged child of the builder: {error}"))
}
