use std::collections::VecDeque;
use std::sync::Arc;

use super::Event;

/// Changes of one resource that are kept encoded for watches that resume. Older ones come from the store's history.
const MAX_EVENTS: usize = 1_024;
/// The same in bytes, because objects may be large.
const MAX_BYTES: usize = 4 << 20;

/// The last changes of one resource.
#[derive(Default)]
pub(super) struct Recent {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    /// Every change after this revision is here.
    complete_after: u64,
}

impl Recent {
    pub fn starting_at(revision: u64) -> Self {
        Self {
            complete_after: revision,
            ..Self::default()
        }
    }

    pub fn push(&mut self, event: Arc<Event>) {
        self.bytes += event.len();
        self.events.push_back(event);
        while self.events.len() > MAX_EVENTS || self.bytes > MAX_BYTES {
            let Some(oldest) = self.events.pop_front() else {
                return;
            };
            self.bytes -= oldest.len();
            self.complete_after = oldest.revision;
        }
    }

    /// The changes after `revision`, or `None` when some of them are gone.
    pub fn after(&self, revision: u64) -> Option<Vec<Arc<Event>>> {
        if revision < self.complete_after {
            return None;
        }
        let start = self.events.partition_point(|event| event.revision <= revision);
        Some(self.events.range(start..).cloned().collect())
    }
}
