//! Who owns which fields after a write. What a strategy's hooks do to an object is the server's and nobody's: owners are
//! found before they run.

use serde_json::{Value, json};

use super::CreateMode;
use crate::catalog::Served;
use crate::managed_fields::{self, ManagedFields, Part, Writer};
use crate::{Object, RequestContext, UpdateMode, metadata};

const MANAGED_FIELDS: &str = "managedFields";

/// How a write says who owns what.
#[derive(Debug)]
pub(crate) enum Claim {
    /// The writer owns what it changes.
    Changes,
    /// An apply has decided it.
    Applied(ManagedFields),
}

/// The owners of a new object, whose hooks have not run yet.
pub(super) fn of_new(
    cx: &RequestContext,
    served: &Served,
    mode: CreateMode,
    claim: Claim,
    object: &Object,
) -> Option<Value> {
    let mut managed = ManagedFields::default();
    match claim {
        Claim::Applied(applied) => managed = applied,
        Claim::Changes => {
            let part = match mode {
                CreateMode::Main => part(served, UpdateMode::Main),
                CreateMode::Internal => Part::Whole,
            };
            let changes = managed_fields::changes(served.resource.schema, part, &json!({}), object);
            managed_fields::record(&mut managed, &changes, &writer(cx, served, UpdateMode::Main));
        }
    }
    managed.encode()
}

/// Writes the owners into the object.
pub(super) fn put(object: &mut Object, managed: Option<Value>) {
    if let Some(managed) = managed {
        metadata::members(object).insert(MANAGED_FIELDS.to_owned(), managed);
    }
}

/// Who writes, through which path.
pub(super) fn writer(cx: &RequestContext, served: &Served, mode: UpdateMode) -> Writer {
    let subresource = match mode {
        UpdateMode::Status => "status",
        UpdateMode::Main | UpdateMode::Internal => cx.subresource.unwrap_or_default(),
    };
    Writer::of(cx, served.kind(), subresource, metadata::seconds(cx.objects.now()))
}

/// What a write can come to own.
pub(super) fn part(served: &Served, mode: UpdateMode) -> Part {
    match mode {
        UpdateMode::Status => Part::Status,
        UpdateMode::Main if served.has_status() => Part::AllButStatus,
        UpdateMode::Main | UpdateMode::Internal => Part::Whole,
    }
}

/// What a write makes of the owners.
pub(super) enum After {
    Kept,
    /// `None`: there are none.
    Changed(Option<Value>),
}

/// The owners of an object before a write, taken out of it so that nothing else sees them.
pub(super) struct Before {
    /// `Null` when nobody was ever noted down.
    live: Value,
    /// What the writer says of owners, if anything.
    sent: Option<Value>,
}

impl Before {
    pub fn take(object: &mut Object, old: &mut Object) -> Self {
        Self {
            live: take(old).unwrap_or_default(),
            sent: take(object),
        }
    }

    /// The owners after the write, whose hooks have not run yet.
    pub fn after(
        &mut self,
        cx: &RequestContext,
        served: &Served,
        mode: UpdateMode,
        claim: Claim,
        (old, object): (&Object, &Object),
    ) -> After {
        if let Claim::Applied(managed) = claim {
            return After::Changed(managed.encode());
        }
        // Only a write of the object itself by a client can hand over fields.
        let takes_claims = mode == UpdateMode::Main && cx.subresource.is_none();
        let sent = self.sent.take().filter(|_| takes_claims);
        let is_kept = sent.as_ref().is_none_or(|sent| *sent == self.live);
        let changes = managed_fields::changes(served.resource.schema, part(served, mode), old, object);
        if is_kept && (changes.is_empty() || self.live.is_null()) {
            // An object whose owners nobody noted down stays like that until it is applied.
            return After::Kept;
        }
        let mut managed = managed_fields::claimed(sent.as_ref(), &self.live);
        if !managed.is_empty() {
            managed_fields::record(&mut managed, &changes, &writer(cx, served, mode));
        }
        After::Changed(managed.encode())
    }

    /// Writes the owners into the object. A write that changes nothing but the time of an owner changes nothing.
    pub fn put_into(self, object: &mut Object, old: &Object, after: After) {
        let live = Some(self.live).filter(|live| !live.is_null());
        let managed = match after {
            After::Kept => live,
            After::Changed(managed)
                if object == old && managed_fields::is_same_but_for_times(live.as_ref(), managed.as_ref()) =>
            {
                live
            }
            After::Changed(managed) => managed,
        };
        put(object, managed);
    }
}

/// Takes the owners out of an object.
pub(super) fn take(object: &mut Object) -> Option<Value> {
    object.get_mut("metadata")?.as_object_mut()?.remove(MANAGED_FIELDS)
}
