//! What the fields of messages are called and what is in them.
//!
//! ```text
//! kind v1 Secret core.v1.Secret          an object of this apiVersion and kind is this message; `*`: any apiVersion
//!
//! message core.v1.Secret
//! 1 metadata meta.v1.ObjectMeta          number, name in JSON, type
//! 2 data {}bytes                         a map from texts; `[]`: a list
//! 5 immutable? bool                      zero means zero, not absent
//! 6 +inline core.v1.Details              its members are members of the object itself
//! ```

use std::collections::HashMap;

/// The tables of the machinery's own messages.
const MACHINERY: &str = include_str!("machinery.txt");

/// A table that cannot be understood: a mistake of the program, found when the server is built.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("the protobuf table has an odd line: {0:?}")]
    Line(String),
    #[error("the protobuf table names the message {0}, which it does not describe")]
    UnknownMessage(String),
}

/// Position of a message.
pub(super) type MessageId = usize;

/// The messages that bodies may hold.
#[derive(Debug, Default)]
pub struct ProtobufTables {
    /// By apiVersion, which may be `*`, and kind.
    kinds: HashMap<(String, String), MessageId>,
    messages: Vec<Vec<Field>>,
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub number: u64,
    pub name: String,
    pub shape: Shape,
    pub content: Content,
    /// Clients of typed objects always send numbers, texts and booleans that cannot be absent in their language; zero
    /// then means that nothing is set. Of other fields zero is a value.
    pub zero_counts: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    One,
    List,
    Map,
    Inline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text,
    Boolean,
    Number,
    Bytes,
    Quantity,
    NumberOrText,
    /// In whole seconds.
    Time,
    /// In microseconds.
    MicroTime,
    /// JSON in bytes.
    Json,
    /// A list of texts in a message of its own, as values of maps are.
    Texts,
    Message(MessageId),
}

impl ProtobufTables {
    /// The machinery's own and those of `texts`.
    ///
    /// # Errors
    /// When a text is not written as tables are.
    pub fn new(texts: &[&str]) -> Result<Self, TableError> {
        let lines = || texts.iter().chain([&MACHINERY]).flat_map(|text| text.lines());
        let mut ids = HashMap::new();
        for line in lines() {
            if let Some(name) = line.strip_prefix("message ") {
                let next = ids.len();
                ids.entry(name).or_insert(next);
            }
        }
        let mut tables = Self {
            messages: vec![Vec::new(); ids.len()],
            ..Self::default()
        };
        let mut current = None;
        for line in lines() {
            tables.line(line, &ids, &mut current)?;
        }
        for fields in &mut tables.messages {
            fields.sort_by_key(|field| field.number);
        }
        Ok(tables)
    }

    fn line(
        &mut self,
        line: &str,
        ids: &HashMap<&str, MessageId>,
        current: &mut Option<MessageId>,
    ) -> Result<(), TableError> {
        let id = |name: &str| {
            let found = ids.get(name).copied();
            found.ok_or_else(|| TableError::UnknownMessage(name.to_owned()))
        };
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            [""] | ["#", ..] => {}
            ["kind", api_version, kind, message] => {
                let key = ((*api_version).to_owned(), (*kind).to_owned());
                self.kinds.insert(key, id(message)?);
            }
            ["message", name] => *current = Some(id(name)?),
            [number, name, content] => {
                let odd = || TableError::Line(line.to_owned());
                let number = number.parse().map_err(|_| odd())?;
                let message = current.ok_or_else(odd)?;
                self.messages[message].push(field(number, name, content, id)?);
            }
            _ => return Err(TableError::Line(line.to_owned())),
        }
        Ok(())
    }

    pub(super) fn of_kind(&self, api_version: &str, kind: &str) -> Option<MessageId> {
        let find = |api_version: &str| self.kinds.get(&(api_version.to_owned(), kind.to_owned()));
        find(api_version).or_else(|| find("*")).copied()
    }

    /// The field of a message with a number; fields that are not known are skipped, as protobuf wants it.
    pub(super) fn field(&self, message: MessageId, number: u64) -> Option<&Field> {
        let fields = self.messages.get(message)?;
        let at = fields.binary_search_by_key(&number, |field| field.number).ok()?;
        fields.get(at)
    }
}

fn field(
    number: u64,
    name: &str,
    content: &str,
    id: impl Fn(&str) -> Result<MessageId, TableError>,
) -> Result<Field, TableError> {
    let (shape, content) = match (content.strip_prefix("[]"), content.strip_prefix("{}")) {
        (Some(content), _) => (Shape::List, content),
        (_, Some(content)) => (Shape::Map, content),
        _ if name == "+inline" => (Shape::Inline, content),
        _ => (Shape::One, content),
    };
    let content = match content {
        "string" => Content::Text,
        "bool" => Content::Boolean,
        "int" => Content::Number,
        "bytes" => Content::Bytes,
        "quantity" => Content::Quantity,
        "intorstring" => Content::NumberOrText,
        "time" => Content::Time,
        "microtime" => Content::MicroTime,
        "fields" => Content::Json,
        "list.string" => Content::Texts,
        message => Content::Message(id(message)?),
    };
    Ok(Field {
        number,
        name: name.trim_end_matches('?').to_owned(),
        shape,
        content,
        zero_counts: name.ends_with('?'),
    })
}
