//! How patches treat each field. One table serves both worlds: strategic merge patches, which merge lists by one key,
//! and server-side apply, where several managers own members, list elements or whole values of one object.
//!
//! Big tables stay cheap to write: a table names only the fields that are special and the way down to them. Everything
//! unnamed is replaced and owned as a whole when it is a list, and merged and owned member by member when it is an
//! object.
//!
//! ```
//! use weir_apiserver::{Schema, schema};
//!
//! static TOY: Schema = Schema::object(&[
//!     ("metadata", &schema::OBJECT_META),
//!     ("spec", &TOY_SPEC),
//! ]);
//! static TOY_SPEC: Schema = Schema::object(&[
//!     ("finalizers", &Schema::SET),
//!     ("selector", &Schema::ATOMIC),
//!     ("tags", &Schema::merge_by("name", &[])),
//!     ("template", &schema::POD_TEMPLATE_SPEC),
//! ])
//! .embedded();
//! ```

mod core;
mod metadata;
mod volumes;

pub use self::core::*;
pub use self::metadata::*;
pub use self::volumes::*;

/// The fields of an object that a table names.
pub type Fields = &'static [(&'static str, &'static Schema)];

/// How patches treat one field and what is below it. Static tables: upstream's schemas are oracles for the tests, never
/// data of ours.
#[derive(Debug)]
pub struct Schema {
    /// Of an object: its fields. Of a list whose elements are merged or owned one by one: the fields of its elements.
    pub fields: Fields,
    /// Of a map with free keys: what each of its values is.
    pub values: Option<&'static Schema>,
    /// What strategic merge patches do.
    pub patch: PatchStrategy,
    /// A strategic merge patch names all members that stay (`$retainKeys`), because they exclude each other. Clients
    /// that compute patches read this; for us it changes nothing.
    pub retain_keys: bool,
    /// What a manager of server-side apply can own.
    pub topology: Topology,
    /// Of a list with keys: each element is owned as a whole.
    pub atomic_elements: bool,
    /// An object or a list that upstream's types always have, empty when nothing is in it. Nobody comes to own its mere
    /// presence.
    pub is_embedded: bool,
}

/// What a strategic merge patch does with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchStrategy {
    /// Objects are merged member by member, lists and all else are replaced.
    Default,
    /// Replaced as a whole, even if it is an object.
    Replace,
    /// A list of objects that are the same one when this key is the same.
    MergeBy(ListKey),
    /// A list of primitive values that are added, not replaced.
    MergeSet,
}

/// What server-side apply sees in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// Members of objects are owned one by one; lists as strategic merge patches treat them.
    Default,
    /// Owned as a whole, even if it is an object.
    Atomic,
    /// A list of primitive values, each owned by itself.
    Set,
    /// A list of objects that are the same one when all these keys are the same.
    Keyed(&'static [ListKey]),
}

/// What can be owned of a list: the answer of [`Schema::list_type`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListType<'a> {
    Atomic,
    Set,
    Map(&'a [ListKey]),
}

/// One of the keys that tell the elements of a list apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListKey {
    pub name: &'static str,
    /// What an element without this key is taken to have.
    pub default: Option<&'static str>,
}

impl ListKey {
    pub const fn required(name: &'static str) -> Self {
        Self { name, default: None }
    }

    pub const fn with_default(name: &'static str, default: &'static str) -> Self {
        Self {
            name,
            default: Some(default),
        }
    }
}

impl Schema {
    /// Nothing special here or below.
    pub const ANY: Schema = Schema {
        fields: &[],
        values: None,
        patch: PatchStrategy::Default,
        retain_keys: false,
        topology: Topology::Default,
        atomic_elements: false,
        is_embedded: false,
    };

    /// A list of primitive values that are added, not replaced, and owned one by one.
    pub const SET: Schema = Schema {
        patch: PatchStrategy::MergeSet,
        ..Schema::ANY
    };

    /// An object that one manager owns as a whole. Strategic merge patches merge it all the same.
    pub const ATOMIC: Schema = Schema {
        topology: Topology::Atomic,
        ..Schema::ANY
    };

    /// An object without a schema of its own: replaced and owned as a whole.
    pub const OPAQUE: Schema = Schema {
        patch: PatchStrategy::Replace,
        topology: Topology::Atomic,
        ..Schema::ANY
    };

    /// An object that is always there, with nothing special in it.
    pub const EMBEDDED: Schema = Schema {
        is_embedded: true,
        ..Schema::ANY
    };

    pub const fn object(fields: Fields) -> Schema {
        Schema { fields, ..Schema::ANY }
    }

    /// An object with free keys.
    pub const fn map_of(values: &'static Schema) -> Schema {
        Schema {
            values: Some(values),
            ..Schema::ANY
        }
    }

    /// A list of objects that are the same when `key` is the same, for both kinds of patches. `fields` are the elements'
    /// own.
    pub const fn merge_by(key: &'static str, fields: Fields) -> Schema {
        Schema {
            fields,
            patch: PatchStrategy::MergeBy(ListKey::required(key)),
            ..Schema::ANY
        }
    }

    /// A list that strategic merge patches replace, while server-side apply tells its elements apart by `keys`.
    pub const fn keyed(keys: &'static [ListKey], fields: Fields) -> Schema {
        Schema {
            fields,
            topology: Topology::Keyed(keys),
            ..Schema::ANY
        }
    }

    /// The same list, told apart by more keys where managers own its elements.
    pub const fn owned_by(mut self, keys: &'static [ListKey]) -> Schema {
        self.topology = Topology::Keyed(keys);
        self
    }

    /// The same value, which has one owner.
    pub const fn owned_whole(mut self) -> Schema {
        self.topology = Topology::Atomic;
        self
    }

    /// The same list, whose elements are each owned as a whole.
    pub const fn with_atomic_elements(mut self) -> Schema {
        self.atomic_elements = true;
        self
    }

    /// The same, with `retainKeys` for clients that compute patches.
    pub const fn retaining_keys(mut self) -> Schema {
        self.retain_keys = true;
        self
    }

    /// The same value, always there.
    pub const fn embedded(mut self) -> Schema {
        self.is_embedded = true;
        self
    }

    /// What is known of a field; [`Schema::ANY`] when nothing is.
    pub fn field(&self, name: &str) -> &'static Schema {
        static ANY: Schema = Schema::ANY;
        let named = self
            .fields
            .iter()
            .find(|(field, _)| *field == name)
            .map(|(_, schema)| *schema);
        named.or(self.values).unwrap_or(&ANY)
    }

    /// What can be owned when the value is a list.
    pub fn list_type(&self) -> ListType<'_> {
        match (self.topology, &self.patch) {
            (Topology::Keyed(keys), _) => ListType::Map(keys),
            (Topology::Default, PatchStrategy::MergeBy(key)) => ListType::Map(std::slice::from_ref(key)),
            (Topology::Set, _) | (Topology::Default, PatchStrategy::MergeSet) => ListType::Set,
            (Topology::Atomic | Topology::Default, _) => ListType::Atomic,
        }
    }

    /// Is this member one of many with free keys, rather than a field?
    pub fn is_free_key(&self, name: &str) -> bool {
        self.values.is_some() && !self.fields.iter().any(|(field, _)| *field == name)
    }
}
