use std::collections::HashMap;

use serde_json::Value;

use super::{PatchError, identity};
use crate::PatchStrategy;

/// Brings `items` into the order that the patch wants. Elements that the wish does not name (others added them) keep
/// their order and stand before the first wished element that they preceded `before` the patch.
pub(super) fn arrange(
    list: &PatchStrategy,
    items: &mut Vec<Value>,
    before: &[Value],
    wanted: &Value,
) -> Result<(), PatchError> {
    let Value::Array(wanted) = wanted else {
        return Err(PatchError::Malformed("$setElementOrder must be a list".to_owned()));
    };
    let wanted = places(list, wanted)?;
    let before = places(list, before)?;
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for item in items.drain(..) {
        let identity = identity(list, &item)?;
        let place = before.get(&identity).copied();
        match wanted.get(&identity) {
            Some(wish) => named.push((*wish, Placed { item, place })),
            None => others.push(Placed { item, place }),
        }
    }
    named.sort_by_key(|(wish, _)| *wish);
    others.sort_by_key(|other| other.place.unwrap_or(usize::MAX));
    *items = interleave(others, named.into_iter().map(|(_, placed)| placed).collect());
    Ok(())
}

/// An element with its place in the list before the patch.
struct Placed {
    item: Value,
    place: Option<usize>,
}

fn interleave(others: Vec<Placed>, named: Vec<Placed>) -> Vec<Value> {
    let mut merged = Vec::with_capacity(others.len() + named.len());
    let mut others = others.into_iter().peekable();
    for wished in named {
        while let Some(other) = others.next_if(|other| precedes(other, &wished)) {
            merged.push(other.item);
        }
        merged.push(wished.item);
    }
    merged.extend(others.map(|other| other.item));
    merged
}

fn precedes(left: &Placed, right: &Placed) -> bool {
    matches!((left.place, right.place), (Some(left), Some(right)) if left < right)
}

fn places(list: &PatchStrategy, items: &[Value]) -> Result<HashMap<String, usize>, PatchError> {
    let identities = items
        .iter()
        .enumerate()
        .map(|(place, item)| Ok((identity(list, item)?, place)));
    identities.collect()
}
