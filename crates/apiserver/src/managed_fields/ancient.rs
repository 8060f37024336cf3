use std::collections::HashMap;

use super::ManagedFields;
use super::entry::Operation;

/// Managers by plain writes that an object remembers. Every program that ever wrote it would otherwise stay for ever.
const MAX_WRITERS: usize = 10;
/// Who owns what the older ones wrote.
const ANCIENT: &str = "ancient-changes";

/// Merges the writers whose last write is oldest into one, per version, until there are few enough.
pub(super) fn cap(managed: &mut ManagedFields) {
    let entries = &mut managed.entries;
    let mut writers: Vec<usize> = (0..entries.len())
        .filter(|place| entries[*place].operation == Operation::Update)
        .collect();
    let mut surplus = writers.len().saturating_sub(MAX_WRITERS);
    if surplus == 0 {
        return;
    }
    writers.sort_by(|left, right| {
        let age = |place: &usize| (&entries[*place].time, &entries[*place].manager);
        age(left).cmp(&age(right))
    });
    // Of each version the place where old changes gather: those of earlier times, or the oldest writer.
    let mut gathering: HashMap<String, usize> = writers
        .iter()
        .filter(|place| entries[**place].manager == ANCIENT)
        .map(|place| (entries[*place].api_version.clone(), *place))
        .collect();
    for place in writers {
        if surplus == 0 {
            break;
        }
        let into = *gathering.entry(entries[place].api_version.clone()).or_insert(place);
        if into == place {
            continue;
        }
        let fields = std::mem::take(&mut entries[place].fields);
        let time = std::mem::take(&mut entries[place].time);
        let ancient = &mut entries[into];
        ancient.fields.unite(&fields);
        ancient.time = time.max(std::mem::take(&mut ancient.time));
        ancient.manager = ANCIENT.to_owned();
        ancient.subresource = String::new();
        surplus -= 1;
    }
    managed.drop_empty();
}
