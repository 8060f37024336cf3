use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use weir_apiserver::{ApiError, Creation, StoredObjects};
use weir_quota::{Amounts, PodTraits, PodUsage, Quantity, names_of};

/// What is about to be stored, by namespace. A page holds what is on its way to the disk, and what was learnt of the
/// pods that are there.
#[derive(Default)]
pub(super) struct Ledger {
    pages: Mutex<HashMap<String, Page>>,
}

#[derive(Default)]
pub(super) struct Page {
    /// Bounded by the requests in flight.
    waiting: Vec<Entry>,
    /// By name, at a revision: most pods do not change from one creation to the next.
    pods: HashMap<String, (u64, Arc<PodUsage>)>,
}

/// One object that is to be created.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub group: &'static str,
    pub resource: &'static str,
    pub namespace: String,
    pub name: String,
    pub usage: Usage,
}

#[derive(Clone, Debug)]
pub(super) enum Usage {
    Object(Amounts),
    Pod(Arc<PodUsage>),
}

/// Holds places until it is dropped.
pub(super) struct Places {
    ledger: Arc<Ledger>,
    entries: Vec<Entry>,
}

/// The pages, while somebody decides by them.
pub(super) type Open<'a> = MutexGuard<'a, HashMap<String, Page>>;

impl Ledger {
    pub fn open(&self) -> Open<'_> {
        // Entries are added and removed whole, so what a panic left behind is true.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing decides in this namespace any more.
    pub fn forget(&self, namespace: &str) {
        let mut pages = self.open();
        if pages.get(namespace).is_some_and(|page| page.waiting.is_empty()) {
            pages.remove(namespace);
        }
    }

    /// Keeps places for `entries`.
    pub fn enter(self: &Arc<Self>, pages: &mut Open<'_>, entries: Vec<Entry>) -> Places {
        for entry in &entries {
            pages
                .entry(entry.namespace.clone())
                .or_default()
                .waiting
                .push(entry.clone());
        }
        Places {
            ledger: self.clone(),
            entries,
        }
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        let mut pages = self.ledger.open();
        for entry in &self.entries {
            let Some(page) = pages.get_mut(&entry.namespace) else {
                continue;
            };
            // Of two creations of the same name either entry is as good as the other.
            if let Some(at) = page.waiting.iter().position(|waiting| waiting.is_same(entry)) {
                page.waiting.swap_remove(at);
            }
        }
    }
}

impl Entry {
    pub fn of(creation: &Creation<'_>) -> Result<Self, ApiError> {
        let usage = match (creation.resource.group, creation.resource.resource) {
            ("", "pods") => Usage::Pod(Arc::new(PodUsage::of(&crate::decode::typed::<Pod>(creation.object)?))),
            (group, resource) => Usage::Object(names_of(group, resource)),
        };
        Ok(Self {
            group: creation.resource.group,
            resource: creation.resource.resource,
            namespace: creation.namespace.to_owned(),
            name: creation.name.to_owned(),
            usage,
        })
    }

    fn is_of(&self, group: &str, resource: &str) -> bool {
        self.group == group && self.resource == resource
    }

    fn is_same(&self, other: &Self) -> bool {
        self.is_of(other.group, other.resource) && self.namespace == other.namespace && self.name == other.name
    }

    fn is_stored(&self, stored: StoredObjects<'_>) -> bool {
        stored.contains(self.group, self.resource, &self.namespace, &self.name)
    }
}

impl Usage {
    pub fn amounts(&self, now: Timestamp) -> Amounts {
        match self {
            Self::Object(amounts) => amounts.clone(),
            Self::Pod(usage) => usage.at(now),
        }
    }

    pub fn pod(&self) -> Option<&PodTraits> {
        match self {
            Self::Object(_) => None,
            Self::Pod(usage) => Some(&usage.traits),
        }
    }
}

impl Page {
    /// How many objects of a kind there are, with those on their way.
    pub fn count(&self, (group, resource): (&str, &str), namespace: &str, stored: StoredObjects<'_>) -> Quantity {
        let waiting = self.unseen(group, resource, stored).count();
        Quantity::whole(stored.count(group, resource, namespace) + waiting)
    }

    /// All pods, with those on their way.
    pub fn pods(&mut self, namespace: &str, stored: StoredObjects<'_>) -> Result<Vec<Arc<PodUsage>>, ApiError> {
        let mut known = HashMap::new();
        let mut unreadable = None;
        stored.visit("", "pods", namespace, |pod| {
            let usage = match self.pods.remove(pod.name) {
                Some((revision, usage)) if revision == pod.revision => Ok(usage),
                _ => serde_json::from_slice::<Pod>(pod.value).map(|pod| Arc::new(PodUsage::of(&pod))),
            };
            match usage {
                Ok(usage) => drop(known.insert(pod.name.to_owned(), (pod.revision, usage))),
                Err(error) => {
                    unreadable = Some(format!(
                        "the stored pod {namespace}/{} cannot be read: {error}",
                        pod.name
                    ))
                }
            }
        });
        self.pods = known;
        if let Some(why) = unreadable {
            return Err(ApiError::internal(why));
        }
        let waiting = self.unseen("", "pods", stored).filter_map(|entry| match &entry.usage {
            Usage::Pod(usage) => Some(usage.clone()),
            Usage::Object(_) => None,
        });
        let seen = self.pods.values().map(|(_, usage)| usage.clone());
        Ok(seen.chain(waiting).collect())
    }

    /// What is on its way and not stored yet. Two creations of the same name can only end in one object.
    fn unseen<'a>(
        &'a self,
        group: &'a str,
        resource: &'a str,
        stored: StoredObjects<'a>,
    ) -> impl Iterator<Item = &'a Entry> {
        let waiting = self.waiting.iter().enumerate();
        waiting
            .filter(move |(_, entry)| entry.is_of(group, resource) && !entry.is_stored(stored))
            .filter(|(at, entry)| !self.waiting[..*at].iter().any(|earlier| earlier.is_same(entry)))
            .map(|(_, entry)| entry)
    }
}
