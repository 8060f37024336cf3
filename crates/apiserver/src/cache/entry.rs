use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use weir_store::Record;

use super::Form;
use crate::{ApiError, Object};

/// Room for `"resourceVersion":"…",` with any number.
const REVISION_ROOM: usize = 48;

/// One object at one revision.
pub(crate) struct Entry {
    pub key: Arc<str>,
    pub revision: u64,
    /// As stored, without resourceVersion.
    value: Bytes,
    decoration: OnceLock<Decoration>,
    labels: OnceLock<Result<Labels, Box<Unreadable>>>,
    fields: OnceLock<Result<Fields, Box<Unreadable>>>,
}

/// In the order of their keys.
type Labels = Box<[(Box<str>, Box<str>)]>;
type Fields = Box<[(&'static str, String)]>;

/// How the served form differs from the stored one: only what differs is kept, because there are many objects.
#[derive(Debug, PartialEq, Eq)]
enum Decoration {
    None,
    Replaced { start: usize, end: usize, text: Box<[u8]> },
}

/// The part of a stored object that label selectors look at.
#[derive(Deserialize)]
struct Labelled {
    #[serde(default)]
    metadata: LabelledMetadata,
}

#[derive(Default, Deserialize)]
struct LabelledMetadata {
    labels: Option<BTreeMap<Box<str>, Box<str>>>,
}

/// The part of an object that `PartialObjectMetadata` shows.
#[derive(Deserialize)]
struct WithMetadata<'a> {
    #[serde(borrow)]
    metadata: &'a RawValue,
}

/// A stored value that is not the JSON object it was written as.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the stored object {key} cannot be read: {why}")]
pub(crate) struct Unreadable {
    key: String,
    why: String,
}

impl Entry {
    pub fn new(key: Arc<str>, revision: u64, value: Bytes) -> Self {
        Self {
            key,
            revision,
            value,
            decoration: OnceLock::new(),
            labels: OnceLock::new(),
            fields: OnceLock::new(),
        }
    }

    /// Keys end with `NAMESPACE/NAME`; the namespace of cluster-scoped objects is `-`.
    pub fn namespace(&self) -> &str {
        match self.key.rsplit('/').nth(1) {
            None | Some("-") => "",
            Some(namespace) => namespace,
        }
    }

    pub fn name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }

    /// Bytes that it takes on the wire, nearly.
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// As stored, without resourceVersion.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    pub fn is_stored_as(&self, value: &Bytes) -> bool {
        self.value == *value
    }

    /// As stored, with its resourceVersion: what writes start from.
    pub fn stored_object(&self) -> Result<Object, Unreadable> {
        let mut object: Object = serde_json::from_slice(&self.value).map_err(|error| self.unreadable(error))?;
        object["metadata"]["resourceVersion"] = self.revision.to_string().into();
        Ok(object)
    }

    /// As it leaves the server.
    pub fn object(&self, form: &Form) -> Result<Object, Unreadable> {
        let mut object = self.stored_object()?;
        form.strategy.decorate(&mut object);
        Ok(object)
    }

    /// Appends the JSON that leaves the server. `revision` is that of the object, or of its deletion.
    pub fn write_json(&self, form: &Form, revision: u64, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let [before, replaced, after] = self.decoration(form)?.applied_to(&self.value);
        out.reserve(before.len() + replaced.len() + after.len() + REVISION_ROOM);
        if revision == 0 {
            out.extend_from_slice(before); // of a dry run, which has no revision
        } else if form.splice(before, revision, out).is_none() {
            let mut object = self.object(form)?;
            object["metadata"]["resourceVersion"] = revision.to_string().into();
            return serde_json::to_writer(out, &object).map_err(|error| self.unreadable(error));
        }
        out.extend_from_slice(replaced);
        out.extend_from_slice(after);
        Ok(())
    }

    /// Appends `metadata` as it leaves the server.
    pub fn write_metadata(&self, form: &Form, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let mut served = Vec::new();
        self.write_json(form, self.revision, &mut served)?;
        let whole: WithMetadata<'_> = serde_json::from_slice(&served).map_err(|error| self.unreadable(error))?;
        out.extend_from_slice(whole.metadata.get().as_bytes());
        Ok(())
    }

    pub fn label(&self, key: &str) -> Result<Option<&str>, Unreadable> {
        let labels = self.labels()?;
        let found = labels.binary_search_by(|(label, _)| (**label).cmp(key)).ok();
        Ok(found.map(|index| &*labels[index].1))
    }

    /// The value of a field that selectors may name; `""` for what the object does not have.
    pub fn field(&self, form: &Form, field: &str) -> Result<&str, Unreadable> {
        match field {
            "metadata.name" => Ok(self.name()),
            "metadata.namespace" => Ok(self.namespace()),
            field => {
                let mut fields = self.fields(form)?.iter();
                Ok(fields.find(|(name, _)| *name == field).map_or("", |(_, value)| value))
            }
        }
    }

    /// Without a look at the rest of the object, which is most of it.
    fn labels(&self) -> Result<&Labels, Unreadable> {
        let labels = self.labels.get_or_init(|| {
            let object: Labelled =
                serde_json::from_slice(&self.value).map_err(|error| Box::new(self.unreadable(error)))?;
            Ok(object.metadata.labels.unwrap_or_default().into_iter().collect())
        });
        labels.as_ref().map_err(|error| (**error).clone())
    }

    fn fields(&self, form: &Form) -> Result<&Fields, Unreadable> {
        let fields = self.fields.get_or_init(|| {
            let object = self.object(form).map_err(Box::new)?;
            Ok((form.fields)(&object).into())
        });
        fields.as_ref().map_err(|error| (**error).clone())
    }

    fn decoration(&self, form: &Form) -> Result<&Decoration, Unreadable> {
        if !form.strategy.is_decorated() {
            return Ok(&Decoration::None);
        }
        if let Some(decoration) = self.decoration.get() {
            return Ok(decoration);
        }
        let served = form
            .encode(&self.object(form)?)
            .map_err(|error| self.unreadable(error))?;
        Ok(self
            .decoration
            .get_or_init(|| Decoration::between(&self.value, &served)))
    }

    fn unreadable(&self, why: impl ToString) -> Unreadable {
        Unreadable {
            key: self.key.to_string(),
            why: why.to_string(),
        }
    }
}

impl Decoration {
    fn between(stored: &[u8], served: &[u8]) -> Self {
        if stored == served {
            return Self::None;
        }
        let same = |pairs: &mut dyn Iterator<Item = (&u8, &u8)>| pairs.take_while(|(one, other)| one == other).count();
        let start = same(&mut stored.iter().zip(served));
        let (stored_rest, served_rest) = (&stored[start..], &served[start..]);
        let tail = same(&mut stored_rest.iter().rev().zip(served_rest.iter().rev()));
        Self::Replaced {
            start,
            end: stored.len() - tail,
            text: served_rest[..served_rest.len() - tail].into(),
        }
    }

    /// Three pieces that are the served form when joined.
    fn applied_to<'a>(&'a self, stored: &'a [u8]) -> [&'a [u8]; 3] {
        match self {
            Self::None => [stored, &[], &[]],
            Self::Replaced { start, end, text } => [&stored[..*start], text, &stored[*end..]],
        }
    }
}

impl From<Record> for Entry {
    fn from(record: Record) -> Self {
        Self::new(record.key, record.modified.0, record.value)
    }
}

impl From<Unreadable> for ApiError {
    fn from(error: Unreadable) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoration_turns_the_stored_form_into_the_served_one() {
        let table = [
            ("{}", "{}"),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#),
            (r#"{"a":1,"b":2}"#, r#"{"a":1}"#),
            (r#"{"a":{"x":1},"c":[1,1,1]}"#, r#"{"a":{"x":1,"y":1},"c":[1,1,1,1]}"#),
            ("aaa", "aaaaa"),
            ("aaaaa", "aaa"),
            ("abc", "xyz"),
            ("", "x"),
        ];
        for (stored, served) in table {
            let decoration = Decoration::between(stored.as_bytes(), served.as_bytes());
            assert_eq!(
                decoration.applied_to(stored.as_bytes()).concat(),
                served.as_bytes(),
                "{stored} {served}"
            );
            assert_eq!(decoration == Decoration::None, stored == served);
        }
    }
}
