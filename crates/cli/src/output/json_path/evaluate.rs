use std::cmp::Ordering;

use serde_json::Value;

use super::{Comparison, Filter, Node, Operand, Path, Step, plain};

/// Renders `nodes` against `current`, the value that relative paths start from.
pub fn nodes(nodes: &[Node], current: &Value, root: &Value, text: &mut String) {
    for node in nodes {
        match node {
            Node::Text(literal) => text.push_str(literal),
            Node::Path(steps) => {
                let found: Vec<String> = path(steps, current, root).into_iter().map(plain).collect();
                text.push_str(&found.join(" "));
            }
            Node::Range(steps, body) => {
                for item in path(steps, current, root) {
                    self::nodes(body, item, root, text);
                }
            }
        }
    }
}

pub fn path<'a>(path: &Path, current: &'a Value, root: &'a Value) -> Vec<&'a Value> {
    let start = if path.absolute { root } else { current };
    path.steps.iter().fold(vec![start], |values, step| {
        values
            .into_iter()
            .flat_map(|value| self::step(step, value, root))
            .collect()
    })
}

fn step<'a>(step: &Step, value: &'a Value, root: &'a Value) -> Vec<&'a Value> {
    match step {
        Step::Field(name) => value.get(name).into_iter().collect(),
        Step::Wildcard => children(value),
        Step::Descend => descendants(value),
        Step::Index(index) => item(value, *index).into_iter().collect(),
        Step::Slice { start, end, step } => slice(value, *start, *end, *step),
        Step::Union(members) => members
            .iter()
            .flat_map(|member| self::step(member, value, root))
            .collect(),
        Step::Filter(filter) => {
            let items = value.as_array().map_or(&[][..], Vec::as_slice);
            items.iter().filter(|item| passes(filter, item, root)).collect()
        }
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

fn descendants(value: &Value) -> Vec<&Value> {
    let mut found = vec![value];
    let mut at = 0;
    while at < found.len() {
        found.extend(children(found[at]));
        at += 1;
    }
    found
}

fn item(value: &Value, index: i64) -> Option<&Value> {
    let items = value.as_array()?;
    let at = if index < 0 { index + items.len() as i64 } else { index };
    items.get(usize::try_from(at).ok()?)
}

fn slice(value: &Value, start: Option<i64>, end: Option<i64>, step: i64) -> Vec<&Value> {
    let Some(items) = value.as_array() else {
        return Vec::new();
    };
    let length = items.len() as i64;
    let bound = |index: i64| (if index < 0 { index + length } else { index }).clamp(0, length) as usize;
    let (start, end) = (bound(start.unwrap_or(0)), bound(end.unwrap_or(length)));
    items
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .step_by(step as usize)
        .collect()
}

fn passes(filter: &Filter, item: &Value, root: &Value) -> bool {
    let Some(left) = operand(&filter.left, item, root) else {
        return false;
    };
    let Some((comparison, right)) = &filter.comparison else {
        return true;
    };
    let Some(right) = operand(right, item, root) else {
        return false;
    };
    let order = compare(left, right);
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

fn operand<'a>(operand: &'a Operand, item: &'a Value, root: &'a Value) -> Option<&'a Value> {
    match operand {
        Operand::Literal(value) => Some(value),
        Operand::Path(steps) => path(steps, item, root).into_iter().next(),
    }
}

/// Orders values of one type; values of different types are neither equal nor ordered.
pub fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => (left == right).then_some(Ordering::Equal),
    }
}
