use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::pod_key::is_name;
use super::{LogWriter, PodKey};

/// The time that is written with a line.
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// File that says to which pod object the logs in a directory belong.
const UID_FILE: &str = "uid";

/// The logs of all builds.
#[derive(Clone)]
pub(crate) struct LogStore {
    shared: Arc<Shared>,
}

struct Shared {
    root: PathBuf,
    clock: Clock,
    live: Mutex<Live>,
}

/// Logs that may grow, by pod and container.
type Live = HashMap<(PodKey, String), Arc<watch::Sender<Position>>>;

/// How much of a log can be read, and whether more may come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub bytes: u64,
    pub ended: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("the log of container \"{container}\" of pod {pod} is not here")]
    Missing { pod: PodKey, container: String },
    #[error("cannot read or write the log of pod {pod}: {source}")]
    Io { pod: PodKey, source: io::Error },
}

impl LogStore {
    pub fn open(root: &Path, clock: Clock) -> io::Result<Self> {
        std::fs::create_dir_all(root)?;
        Ok(Self {
            shared: Arc::new(Shared {
                root: root.to_owned(),
                clock,
                live: Mutex::default(),
            }),
        })
    }

    /// Makes room for the logs of a pod: from now on they can be followed. Logs of another pod of the same name go.
    /// Can be repeated.
    pub fn expect(&self, pod: &PodKey, uid: &str, containers: &[String]) -> Result<(), LogError> {
        let failed = |source| LogError::Io {
            pod: pod.clone(),
            source,
        };
        let directory = self.directory(pod);
        if self.owner(pod).map_err(failed)?.is_some_and(|owner| owner != uid) {
            self.remove(pod)?;
        }
        std::fs::create_dir_all(&directory).map_err(failed)?;
        std::fs::write(directory.join(UID_FILE), uid).map_err(failed)?;
        let mut live = self.live();
        for container in containers.iter().filter(|name| is_name(name)) {
            if let Entry::Vacant(vacant) = live.entry((pod.clone(), container.clone())) {
                let bytes = touch(&self.file(pod, container)).map_err(failed)?;
                vacant.insert(Arc::new(watch::Sender::new(Position { bytes, ended: false })));
            }
        }
        Ok(())
    }

    /// Appends to the log of a container that [`expect`](Self::expect) was told of.
    pub fn writer(&self, pod: &PodKey, container: &str) -> Result<LogWriter, LogError> {
        let position = self.live().get(&(pod.clone(), container.to_owned())).cloned();
        let missing = || LogError::Missing {
            pod: pod.clone(),
            container: container.to_owned(),
        };
        let position = position.ok_or_else(missing)?;
        LogWriter::open(&self.file(pod, container), self.shared.clock.clone(), position).map_err(|source| {
            LogError::Io {
                pod: pod.clone(),
                source,
            }
        })
    }

    /// No more lines will come for this container: whoever follows its log sees the end.
    pub fn end(&self, pod: &PodKey, container: &str) {
        if let Some(position) = self.live().remove(&(pod.clone(), container.to_owned())) {
            position.send_modify(|position| position.ended = true);
        }
    }

    /// [`end`](Self::end) for all containers of a pod.
    pub fn end_all(&self, pod: &PodKey) {
        self.live().retain(|(owner, _), position| {
            if owner == pod {
                position.send_modify(|position| position.ended = true);
            }
            owner != pod
        });
    }

    /// Takes the logs of a pod away.
    pub fn remove(&self, pod: &PodKey) -> Result<(), LogError> {
        self.end_all(pod);
        match std::fs::remove_dir_all(self.directory(pod)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(LogError::Io {
                pod: pod.clone(),
                source,
            }),
            _ => {
                // Succeeds only for the last pod of a namespace.
                let _kept_by_others = std::fs::remove_dir(self.shared.root.join(pod.namespace()));
                Ok(())
            }
        }
    }

    /// The last lines of a log, for `terminated.message`.
    pub fn tail(&self, pod: &PodKey, container: &str, lines: usize, bytes: usize) -> String {
        super::reader::tail(&self.file(pod, container), lines, bytes).unwrap_or_default()
    }

    /// Pods whose logs are on disk, with the id of their object.
    pub fn pods(&self) -> io::Result<Vec<(PodKey, String)>> {
        let mut pods = Vec::new();
        for namespace in directories(&self.shared.root)? {
            for pod in directories(&self.shared.root.join(&namespace))? {
                if let Some(key) = PodKey::new(&namespace, &pod) {
                    let uid = self.owner(&key)?.unwrap_or_default();
                    pods.push((key, uid));
                }
            }
        }
        Ok(pods)
    }

    /// File and position of a log, for a reader. A log without a writer has ended.
    pub(super) fn source(&self, pod: &PodKey, container: &str) -> Option<(PathBuf, watch::Receiver<Position>)> {
        if !is_name(container) {
            return None;
        }
        let file = self.file(pod, container);
        if let Some(position) = self.live().get(&(pod.clone(), container.to_owned())) {
            return Some((file, position.subscribe()));
        }
        let bytes = std::fs::metadata(&file).ok()?.len();
        Some((file, watch::Sender::new(Position { bytes, ended: true }).subscribe()))
    }

    fn owner(&self, pod: &PodKey) -> io::Result<Option<String>> {
        match std::fs::read_to_string(self.directory(pod).join(UID_FILE)) {
            Ok(uid) => Ok(Some(uid)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where everything that is kept about a pod lies.
    pub fn directory(&self, pod: &PodKey) -> PathBuf {
        self.shared.root.join(pod.namespace()).join(pod.name())
    }

    fn file(&self, pod: &PodKey, container: &str) -> PathBuf {
        self.directory(pod).join(format!("{container}.log"))
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.shared.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes sure that the file is there, and returns its size: a container that never starts has an empty log.
fn touch(file: &Path) -> io::Result<u64> {
    Ok(std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)?
        .metadata()?
        .len())
}

fn directories(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir()
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push(name);
        }
    }
    Ok(names)
}
