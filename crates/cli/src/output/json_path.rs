//! JSONPath in `kubectl`'s dialect: `{.items[*].metadata.name}`, `{range .items[*]}{.a}{"\n"}{end}`,
//! `{.status.conditions[?(@.type=="Ready")].status}`.
//!
//! A template is parsed once and rendered against a JSON value. What is not there renders as nothing.

mod evaluate;
mod parse;

use serde_json::Value;

pub use evaluate::compare;

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    Path(Path),
    Range(Path, Vec<Node>),
}

/// Steps from a starting value; `absolute` starts at the root (`$`) wherever the path stands.
#[derive(Clone, Debug, PartialEq, Default)]
struct Path {
    absolute: bool,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Field(String),
    Wildcard,
    /// The value and everything below it.
    Descend,
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        step: i64,
    },
    Index(i64),
    Union(Vec<Step>),
    Filter(Filter),
}

#[derive(Clone, Debug, PartialEq)]
struct Filter {
    left: Operand,
    /// Without a comparison the left side only has to exist.
    comparison: Option<(Comparison, Operand)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Path(Path),
    Literal(Value),
}

/// A template that cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("error parsing jsonpath {template}: {problem}")]
pub struct JsonPathError {
    template: String,
    problem: String,
}

impl JsonPath {
    /// Parses a template such as `name: {.metadata.name}`.
    pub fn parse(template: &str) -> Result<Self, JsonPathError> {
        parse::template(template).map_err(|problem| JsonPathError {
            template: template.into(),
            problem,
        })
    }

    /// Parses one path, which may stand without braces and without its first dot: `metadata.name`.
    pub fn parse_relaxed(path: &str) -> Result<Self, JsonPathError> {
        let inner = path
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or(path);
        let dotted = match inner.chars().next() {
            Some('.' | '[' | '$' | '@') => inner.to_string(),
            _ => format!(".{inner}"),
        };
        Self::parse(&format!("{{{dotted}}}"))
    }

    /// The values of a template that is a single path; empty for any other.
    pub fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match self.nodes.as_slice() {
            [Node::Path(path)] => evaluate::path(path, value, value),
            _ => Vec::new(),
        }
    }

    pub fn render(&self, value: &Value) -> String {
        let mut text = String::new();
        evaluate::nodes(&self.nodes, value, value, &mut text);
        text
    }
}

/// A value as text: strings bare, everything else as JSON.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
