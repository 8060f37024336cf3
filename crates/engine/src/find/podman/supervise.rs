use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};

use super::ServiceError;
use super::directories::Directories;
use super::leftovers;

/// How long the service may take to end before it is killed. It holds no state in memory.
const STOP_GRACE: Duration = Duration::from_millis(800);
/// Pause before a dead service is started again; doubled up to the longest while it dies at once.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A service that lived this long has recovered.
const HEALTHY_AFTER: Duration = Duration::from_secs(10);
/// Lines of its output kept for error messages, and their longest.
const LINES_KEPT: usize = 10;
const MAX_LINE: u64 = 4096;

/// Hands the listening socket, given as standard input, to the service in the way of socket activation.
const HAND_OVER: &str = r#"LISTEN_PID=$$ LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS; exec "$@" 3<&0 0</dev/null"#;

/// Settings that a command of the user's may need to reach a registry; all else of our environment stays ours.
const PASSED_ON: &[&str] = &[
    "PATH",
    "HOME",
    "XDG_RUNTIME_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Keeps the service alive. The thread that starts the child also waits for it, because the kernel ties a child's
/// death signal to the thread that made it.
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    socket: PathBuf,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopping: bool,
    pid: Option<u32>,
    printed: VecDeque<String>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supervisor {
    pub fn start(podman: &Path, directories: &Directories) -> Result<Self, ServiceError> {
        let socket = directories.socket.clone();
        let listener = listen(&socket).map_err(|source| ServiceError::Directory {
            path: socket.clone(),
            source,
        })?;
        let launch = Launch {
            podman: podman.to_owned(),
            directories: directories.clone(),
            listener,
        };
        let shared = Arc::new(Shared::default());
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("podman-service".to_owned())
            .spawn(move || keep_alive(&launch, &for_thread))
            .map_err(ServiceError::Spawn)?;
        Ok(Self {
            shared,
            thread: Mutex::new(Some(thread)),
            socket,
        })
    }

    pub fn pid(&self) -> Option<u32> {
        self.shared.lock().pid
    }

    pub fn last_words(&self) -> String {
        let printed: Vec<String> = self.shared.lock().printed.iter().cloned().collect();
        if printed.is_empty() {
            "nothing".to_owned()
        } else {
            printed.join(" | ")
        }
    }

    pub fn stop(&self) {
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        self.end_child();
        // The thread ends with the child; a panic in it has been printed already.
        let _outcome = thread.join();
        // Nobody listens any more: a name that leads nowhere would only confuse.
        let _removed = std::fs::remove_file(&self.socket);
    }

    fn end_child(&self) {
        let mut state = self.shared.lock();
        state.stopping = true;
        self.shared.changed.notify_all();
        signal(state.pid, Signal::TERM);
        let deadline = Instant::now() + STOP_GRACE;
        while state.pid.is_some() {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                signal(state.pid, Signal::KILL);
                return;
            };
            state = self
                .shared
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

fn signal(pid: Option<u32>, signal: Signal) {
    if let Some(pid) = pid.and_then(|pid| Pid::from_raw(pid.cast_signed())) {
        // It may have ended between the look and the signal.
        let _sent = kill_process(pid, signal);
    }
}

fn listen(socket: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(listener)
}

struct Launch {
    podman: PathBuf,
    directories: Directories,
    listener: UnixListener,
}

impl Launch {
    fn spawn(&self) -> std::io::Result<Child> {
        let listener: OwnedFd = self.listener.try_clone()?.into();
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", HAND_OVER, "sh"])
            .arg(&self.podman)
            .args(self.directories.options());
        command.args(["system", "service", "--time", "0"]);
        command.env_clear().envs(self.directories.environment());
        command.envs(
            PASSED_ON
                .iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        );
        command
            .stdin(Stdio::from(listener))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        // A process group of its own: an interrupt from the terminal is for us, and we stop the service last.
        command.process_group(0);
        // SAFETY: the closure makes one system call and touches no memory of the parent.
        unsafe {
            command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::TERM))?));
        }
        command.spawn()
    }
}

fn keep_alive(launch: &Launch, shared: &Arc<Shared>) {
    let mut pause = FIRST_PAUSE;
    while !shared.lock().stopping {
        leftovers::remove(&launch.podman, &launch.directories);
        let started = Instant::now();
        match launch.spawn() {
            Ok(child) => run(child, shared),
            Err(error) => tracing::error!(%error, "cannot start podman system service"),
        }
        pause = if started.elapsed() >= HEALTHY_AFTER {
            FIRST_PAUSE
        } else {
            (pause * 2).min(LONGEST_PAUSE)
        };
        let state = shared.lock();
        if !state.stopping {
            tracing::warn!(?pause, "podman system service ended; it is started again");
        }
        let _state = shared
            .changed
            .wait_timeout_while(state, pause, |state| !state.stopping)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// From the start of a child to its end.
fn run(mut child: Child, shared: &Arc<Shared>) {
    {
        let mut state = shared.lock();
        state.pid = Some(child.id());
        if state.stopping {
            signal(state.pid, Signal::TERM);
        }
    }
    if let Some(output) = child.stderr.take() {
        let shared = Arc::clone(shared);
        // Beside us: what it leaves behind may hold its output open for longer than it lives.
        std::thread::spawn(move || listen_to(output, &shared));
    }
    if let Err(error) = child.wait() {
        tracing::error!(%error, "cannot wait for podman system service");
    }
    shared.lock().pid = None;
    shared.changed.notify_all();
}

/// Reads what it prints, until it ends.
fn listen_to(output: impl Read, shared: &Shared) {
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        tracing::debug!(target: "podman", "{text}");
        let mut state = shared.lock();
        state.printed.push_back(text);
        if state.printed.len() > LINES_KEPT {
            state.printed.pop_front();
        }
    }
}
