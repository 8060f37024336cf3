use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Value;
use weir_store::Record;

use super::Form;
use crate::{ApiError, Object};

/// One object at one revision.
pub(crate) struct Entry {
    pub key: Arc<str>,
    pub revision: u64,
    /// As stored, without resourceVersion.
    value: Bytes,
    /// As served, in the stored form; shares `value` when nothing is computed.
    decorated: OnceLock<Bytes>,
    facts: OnceLock<Result<Facts, Unreadable>>,
}

/// What selectors look at.
struct Facts {
    labels: Vec<(Box<str>, Box<str>)>,
    fields: Vec<(&'static str, String)>,
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
            decorated: OnceLock::new(),
            facts: OnceLock::new(),
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
        let value = self.served_value(form)?;
        if revision == 0 {
            out.extend_from_slice(value); // of a dry run, which has no revision
            return Ok(());
        }
        if form.splice(value, revision, out).is_none() {
            let mut object = self.object(form)?;
            object["metadata"]["resourceVersion"] = revision.to_string().into();
            serde_json::to_writer(out, &object).map_err(|error| self.unreadable(error))?;
        }
        Ok(())
    }

    pub fn label(&self, form: &Form, key: &str) -> Result<Option<&str>, Unreadable> {
        let labels = &self.facts(form)?.labels;
        let found = labels.binary_search_by(|(label, _)| (**label).cmp(key)).ok();
        Ok(found.map(|index| &*labels[index].1))
    }

    /// The value of a field that selectors may name; `""` for what the object does not have.
    pub fn field(&self, form: &Form, field: &str) -> Result<&str, Unreadable> {
        match field {
            "metadata.name" => Ok(self.name()),
            "metadata.namespace" => Ok(self.namespace()),
            field => {
                let fields = &self.facts(form)?.fields;
                Ok(fields
                    .iter()
                    .find(|(name, _)| *name == field)
                    .map_or("", |(_, value)| value))
            }
        }
    }

    fn served_value(&self, form: &Form) -> Result<&Bytes, Unreadable> {
        if !form.strategy.is_decorated() {
            return Ok(&self.value);
        }
        if let Some(value) = self.decorated.get() {
            return Ok(value);
        }
        let encoded = form
            .encode(&self.object(form)?)
            .map_err(|error| self.unreadable(error))?;
        let value = if encoded == self.value {
            self.value.clone()
        } else {
            encoded
        };
        Ok(self.decorated.get_or_init(|| value))
    }

    fn facts(&self, form: &Form) -> Result<&Facts, Unreadable> {
        let facts = self
            .facts
            .get_or_init(|| self.object(form).map(|object| Facts::of(&object, form)));
        facts.as_ref().map_err(Clone::clone)
    }

    fn unreadable(&self, why: impl ToString) -> Unreadable {
        Unreadable {
            key: self.key.to_string(),
            why: why.to_string(),
        }
    }
}

impl Facts {
    fn of(object: &Object, form: &Form) -> Self {
        let labels = object["metadata"]["labels"].as_object();
        let text = |value: &Value| value.as_str().unwrap_or_default().into();
        let mut labels: Vec<(Box<str>, Box<str>)> = labels
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str().into(), text(value)))
            .collect();
        labels.sort_unstable();
        Self {
            labels,
            fields: (form.fields)(object),
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
