use std::sync::Arc;

use jiff::Timestamp;

use crate::cache::Filter;
use crate::catalog::{Served, Stored};
use crate::core::Core;
use crate::{ApiError, GroupResource, Object};

/// Rules that a new object alone cannot be judged by, such as how many there may be.
///
/// All writes pass here, also those that handlers make, and dry runs. What a rule decides by it knows already, best by
/// being a [`crate::Follower`]: nothing here waits.
pub trait Admission: Send + Sync {
    /// Fills in what is missing from an object that a client creates, after its defaults and before its strategy's hooks.
    fn complete(&self, resource: &GroupResource, object: &mut Object) -> Result<(), ApiError>;

    /// Whether creations in this namespace are to be judged. Asked for each of them, so it must cost next to nothing.
    fn concerns(&self, namespace: &str) -> bool;

    /// May all of these come into being? They are as they will be stored, and come about in one commit or not at all.
    /// `stored` shows every write that was answered before.
    ///
    /// The answer is held until the commit has failed, or until `stored` shows it to whoever is judged next. Dropping it
    /// ends whatever was kept free for it.
    fn judge(&self, creations: &[Creation<'_>], stored: StoredObjects<'_>) -> Result<Reservation, ApiError>;
}

/// What is kept free for a commit; see [`Admission::judge`].
pub type Reservation = Box<dyn Send + Sync>;

/// An object that is about to be created in a namespace.
#[derive(Clone, Copy, Debug)]
pub struct Creation<'a> {
    pub resource: &'a GroupResource,
    pub namespace: &'a str,
    pub name: &'a str,
    pub object: &'a Object,
}

/// What is stored now. Only what is looked at costs anything.
#[derive(Clone, Copy)]
pub struct StoredObjects<'a> {
    core: &'a Core,
}

/// One object as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct StoredObject<'a> {
    pub name: &'a str,
    /// Of its last change: what was learnt of the object at this revision stays true of it.
    pub revision: u64,
    /// JSON, without resourceVersion.
    pub value: &'a [u8],
}

impl<'a> StoredObjects<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// The time of the server.
    pub fn now(&self) -> Timestamp {
        self.core.now()
    }

    /// How many objects of a kind are in a namespace; none of what is not stored here.
    pub fn count(&self, group: &str, resource: &str, namespace: &str) -> usize {
        let Some((_, stored)) = self.find(group, resource) else {
            return 0;
        };
        stored.cache.snapshot(&within(namespace), None, 0).entries.len()
    }

    pub fn contains(&self, group: &str, resource: &str, namespace: &str, name: &str) -> bool {
        self.find(group, resource)
            .is_some_and(|(served, stored)| stored.cache.get(&served.key(namespace, name)).is_some())
    }

    /// Shows all objects of a kind in a namespace.
    pub fn visit(&self, group: &str, resource: &str, namespace: &str, mut see: impl FnMut(StoredObject<'_>)) {
        let Some((_, stored)) = self.find(group, resource) else {
            return;
        };
        for entry in stored.cache.snapshot(&within(namespace), None, 0).entries {
            see(StoredObject {
                name: entry.name(),
                revision: entry.revision,
                value: entry.value(),
            });
        }
    }

    fn find(&self, group: &str, resource: &str) -> Option<(&'a Arc<Served>, &'a Stored)> {
        let mut served = self.core.catalog.served.iter();
        let served = served.find(|served| served.id.resource == resource && served.id.group == group)?;
        Some((served, served.stored.as_ref().filter(|_| served.is_namespaced())?))
    }
}

fn within(namespace: &str) -> Filter {
    Filter {
        namespace: Some(namespace.to_owned()),
        ..Filter::default()
    }
}
