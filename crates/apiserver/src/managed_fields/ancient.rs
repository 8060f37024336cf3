use super::ManagedFields;
use super::entry::Operation;

/// Managers by plain writes that an object remembers. Every program that ever wrote it would otherwise stay for ever.
const MAX_WRITERS: usize = 10;
/// Who owns what the older ones wrote.
const ANCIENT: &str = "ancient-changes";

/// Merges the writers whose last write is oldest into one, per version, until there are few enough.
pub(super) fn cap(managed: &mut ManagedFields) {
    while writers(managed).count() > MAX_WRITERS {
        let Some((kept, merged)) = oldest_of_one_version(managed) else {
            return; // each has a version of its own
        };
        let older = managed.entries[kept].clone();
        let newer = &mut managed.entries[merged];
        newer.fields.unite(&older.fields);
        newer.manager = ANCIENT.to_owned();
        newer.subresource = String::new();
        managed.entries.remove(kept);
    }
}

fn writers(managed: &ManagedFields) -> impl Iterator<Item = usize> {
    let entries = managed.entries.iter().enumerate();
    entries
        .filter(|(_, entry)| entry.operation == Operation::Update)
        .map(|(place, _)| place)
}

/// The two oldest writers that share a version, the older one first.
fn oldest_of_one_version(managed: &ManagedFields) -> Option<(usize, usize)> {
    let entry = |place: &usize| &managed.entries[*place];
    let mut by_age: Vec<usize> = writers(managed).collect();
    by_age.sort_by(|left, right| {
        let age = |place| (&entry(place).time, &entry(place).manager);
        age(left).cmp(&age(right))
    });
    let pair = |(index, older): (usize, &usize)| {
        let same = |newer: &&usize| entry(newer).api_version == entry(older).api_version;
        Some((*older, *by_age[index + 1..].iter().find(same)?))
    };
    by_age.iter().enumerate().find_map(pair)
}
