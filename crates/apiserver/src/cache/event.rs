use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::{Entry, Form, Unreadable};

/// Room for what a line adds to its object, a short decoration included.
const LINE_ROOM: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    Added,
    Modified,
    Deleted,
}

impl EventKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// One change. Each watcher sees it as what it means for its selection.
pub(crate) struct Event {
    pub revision: u64,
    pub current: Option<Arc<Entry>>,
    pub previous: Option<Arc<Entry>>,
    /// The line of a watch for each [`EventKind`], encoded when the first watcher needs it.
    lines: [OnceLock<Bytes>; 3],
}

impl Event {
    pub fn new(revision: u64, current: Option<Arc<Entry>>, previous: Option<Arc<Entry>>) -> Self {
        Self {
            revision,
            current,
            previous,
            lines: Default::default(),
        }
    }

    /// What the change is to somebody who selects with `matches`; `None` when it is nothing.
    pub fn kind_for(
        &self,
        matches: impl Fn(&Entry) -> Result<bool, Unreadable>,
    ) -> Result<Option<EventKind>, Unreadable> {
        let now = self.current.as_deref().map_or(Ok(false), &matches)?;
        let before = self.previous.as_deref().map_or(Ok(false), &matches)?;
        Ok(match (before, now) {
            (false, true) => Some(EventKind::Added),
            (true, true) => Some(EventKind::Modified),
            (true, false) => Some(EventKind::Deleted),
            (false, false) => None,
        })
    }

    /// The object that an event of this kind shows: what left is shown as it was, at the revision of its leaving.
    pub fn shown(&self, kind: EventKind) -> Option<&Arc<Entry>> {
        match kind {
            EventKind::Added | EventKind::Modified => self.current.as_ref(),
            EventKind::Deleted => self.previous.as_ref(),
        }
    }

    /// `{"type":…,"object":…}` and a line feed.
    pub fn line(&self, kind: EventKind, form: &Form) -> Result<Bytes, Unreadable> {
        let line = &self.lines[kind as usize];
        if let Some(line) = line.get() {
            return Ok(line.clone());
        }
        let encoded = match self.shown(kind) {
            Some(entry) => encode_line(kind, entry, self.revision, form)?,
            None => Bytes::new(),
        };
        Ok(line.get_or_init(|| encoded).clone())
    }

    /// Memory that a queue holds on to with it.
    pub fn len(&self) -> usize {
        self.current
            .as_ref()
            .or(self.previous.as_ref())
            .map_or(0, |entry| entry.len())
    }
}

fn encode_line(kind: EventKind, entry: &Entry, revision: u64, form: &Form) -> Result<Bytes, Unreadable> {
    let mut out = Vec::with_capacity(entry.len() + LINE_ROOM);
    write_line(kind, entry, revision, form, &mut out)?;
    Ok(Bytes::from(out))
}

/// Appends the line of a watch that shows `entry`.
pub(crate) fn write_line(
    kind: EventKind,
    entry: &Entry,
    revision: u64,
    form: &Form,
    out: &mut Vec<u8>,
) -> Result<(), Unreadable> {
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(kind.as_str().as_bytes());
    out.extend_from_slice(b"\",\"object\":");
    entry.write_json(form, revision, out)?;
    out.extend_from_slice(b"}\n");
    Ok(())
}
