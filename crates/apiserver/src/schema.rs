//! How strategic merge patches treat each field. Big tables stay cheap to write: a table names only the fields whose
//! lists (or maps) are special and the way down to them; everything unnamed is replaced when it is a list and merged
//! member by member when it is an object.
//!
//! ```
//! use weir_apiserver::{Schema, schema};
//!
//! static TOY: Schema = Schema::object(&[
//!     ("metadata", &schema::OBJECT_META),
//!     ("spec", &TOY_SPEC),
//! ]);
//! static TOY_SPEC: Schema = Schema::object(&[
//!     ("template", &schema::POD_TEMPLATE_SPEC),
//!     ("tags", &Schema::merge_by("name", &[])),
//!     ("finalizers", &Schema::SET),
//! ]);
//! ```

mod core;
mod metadata;

pub use self::core::*;
pub use self::metadata::*;

/// How strategic merge patches treat one field and what is below it. Static tables: upstream's schemas are oracles for
/// the tests, never data of ours.
#[derive(Debug)]
pub struct Schema {
    /// Of an object: its fields. Of a list merged by a key: the fields of its elements.
    pub fields: &'static [(&'static str, &'static Schema)],
    /// Of a map with free keys: what each of its values is.
    pub values: Option<&'static Schema>,
    pub list: ListType,
}

#[derive(Debug, PartialEq, Eq)]
pub enum ListType {
    /// Not a list, or a list that is replaced as a whole.
    Atomic,
    /// Elements are objects merged by this key.
    MergeBy(&'static str),
    /// A set of primitive values.
    Set,
}

impl Schema {
    /// Nothing special here or below.
    pub const ANY: Schema = Schema {
        fields: &[],
        values: None,
        list: ListType::Atomic,
    };

    /// A list of primitive values that are added, not replaced.
    pub const SET: Schema = Schema {
        fields: &[],
        values: None,
        list: ListType::Set,
    };

    pub const fn object(fields: &'static [(&'static str, &'static Schema)]) -> Schema {
        Schema {
            fields,
            values: None,
            list: ListType::Atomic,
        }
    }

    /// A list of objects that are the same when `key` is the same. `fields` are the elements' own.
    pub const fn merge_by(key: &'static str, fields: &'static [(&'static str, &'static Schema)]) -> Schema {
        Schema {
            fields,
            values: None,
            list: ListType::MergeBy(key),
        }
    }

    /// An object with free keys.
    pub const fn map_of(values: &'static Schema) -> Schema {
        Schema {
            fields: &[],
            values: Some(values),
            list: ListType::Atomic,
        }
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
}
