//! Reads a body into a JSON value while it compares it with the shape of its kind: one pass, whatever the language of
//! the body. Fields that are not known are left out, as upstream's typed decoders leave them out; of a field that is
//! there twice, the last one counts.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::findings::{Findings, Place, Step};
use super::tree::{Shape, Struct, Tree, Width};

/// One reading.
pub(crate) struct Reader<'t> {
    tree: &'t Tree,
    findings: RefCell<Findings>,
}

impl<'t> Reader<'t> {
    pub fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            findings: RefCell::default(),
        }
    }

    /// The seed of a whole body.
    pub fn root<'r>(&'r self, shape: &'r Shape) -> Seed<'r, 't> {
        Seed {
            reader: self,
            shape,
            holder: None,
            place: None,
        }
    }

    pub fn into_findings(self) -> Findings {
        self.findings.into_inner()
    }
}

/// Reads one value.
pub(crate) struct Seed<'r, 't> {
    reader: &'r Reader<'t>,
    shape: &'r Shape,
    /// The object whose field this is.
    holder: Option<&'r Struct>,
    place: Option<&'r Place<'r>>,
}

impl<'r> Seed<'r, '_> {
    fn below<'b>(&'b self, shape: &'b Shape, holder: Option<&'b Struct>, place: &'b Place<'b>) -> Seed<'b, 'b>
    where
        'r: 'b,
    {
        Seed {
            reader: self.reader,
            shape,
            holder,
            place: Some(place),
        }
    }

    /// Remembers that the value is not what it should be, in the words of Go's decoder.
    fn refuse(&self, found: &str) {
        let mut findings = self.reader.findings.borrow_mut();
        if findings.type_error.is_some() {
            return;
        }
        let wanted = self.shape.go_name(self.reader.tree);
        findings.type_error = Some(match (self.place, self.holder) {
            (Some(place), Some(holder)) => format!(
                "json: cannot unmarshal {found} into Go struct field {}.{} of type {wanted}",
                holder.name(),
                place.fields()
            ),
            _ => format!("json: cannot unmarshal {found} into Go value of type {wanted}"),
        });
    }

    fn integer(&self, number: Number) -> Value {
        let fits = match self.shape {
            Shape::Integer(Width::Bits32) | Shape::IntOrString => {
                number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
            }
            Shape::Integer(Width::Bits64) => number.as_i64().is_some(),
            Shape::Number | Shape::Any => true,
            // Amounts are texts that may be written as numbers; nobody who reads them needs to know.
            Shape::Quantity => return Value::String(number.to_string()),
            _ => {
                self.refuse("number");
                return Value::Number(number);
            }
        };
        if !fits {
            self.refuse(&format!("number {number}"));
        }
        Value::Number(number)
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        if !matches!(self.shape, Shape::Boolean | Shape::Any) {
            self.refuse("bool");
        }
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(self.integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(self.integer(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        match (self.shape, Number::from_f64(value)) {
            (_, None) => Err(E::custom("a number is not finite")),
            (Shape::Quantity, Some(number)) => Ok(Value::String(number.to_string())),
            (Shape::Number | Shape::Any, Some(number)) => Ok(Value::Number(number)),
            (_, Some(number)) => {
                self.refuse(&format!("number {number}"));
                Ok(Value::Number(number))
            }
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        let fits = matches!(
            self.shape,
            Shape::Text | Shape::Bytes | Shape::IntOrString | Shape::Quantity | Shape::Any
        );
        if !fits {
            self.refuse("string");
        }
        Ok(Value::String(value))
    }

    /// `null` is how clients write an absent field, of whatever type.
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let shape = match self.shape {
            Shape::List(items) => items,
            other => {
                if !matches!(other, Shape::Any) {
                    self.refuse("array");
                }
                &Shape::Any
            }
        };
        let mut items = Vec::new();
        loop {
            let place = Place {
                parent: self.place,
                step: Step::Item(items.len()),
            };
            match sequence.next_element_seed(self.below(shape, self.holder, &place))? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let fields = match self.shape {
            Shape::Struct(index) => self.reader.tree.get(*index),
            _ => None,
        };
        let values = match self.shape {
            Shape::Map(values) => values,
            Shape::Struct(_) | Shape::Any => &Shape::Any,
            _ => {
                self.refuse("object");
                &Shape::Any
            }
        };
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let (shape, step, holder) = match fields {
                None => (Some(values), Step::Key(&key), self.holder),
                Some(fields) => (fields.field(&key), Step::Field(&key), Some(fields)),
            };
            let Some(shape) = shape else {
                self.reader.findings.borrow_mut().unknown(self.place, &key);
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let place = Place {
                parent: self.place,
                step,
            };
            let value = map.next_value_seed(self.below(shape, holder, &place))?;
            if members.contains_key(&key) {
                self.reader.findings.borrow_mut().duplicate(self.place, &key);
            }
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}
