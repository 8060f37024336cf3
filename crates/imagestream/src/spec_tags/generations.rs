use weir_api::image::{ImageStream, ImageStreamSpec, TagReference};

use super::changed;
use crate::source::text;

/// Sorts the tags by name and lets the last of several with one name win, as a map of tags would.
pub fn sort_tags(spec: &mut ImageStreamSpec) {
    let mut sorted: Vec<TagReference> = Vec::with_capacity(spec.tags.len());
    for tag in std::mem::take(&mut spec.tags) {
        match sorted.binary_search_by(|other| other.name.cmp(&tag.name)) {
            Ok(index) => sorted[index] = tag,
            Err(index) => sorted.insert(index, tag),
        }
    }
    spec.tags = sorted;
}

/// A new stream and all of its tags are of generation 1.
pub fn prepare_create(stream: &mut ImageStream) {
    sort_tags(&mut stream.spec);
    stream.metadata.generation = Some(1);
    for tag in &mut stream.spec.tags {
        tag.generation = Some(1);
    }
}

/// Gives the stream its next generation if the spec differs, and that generation to every tag whose wish is new.
///
/// Clients may write 0 into the generation of a tag, which renews the wish; any other number they write is ignored.
pub fn prepare_update(stream: &mut ImageStream, old: &ImageStream) {
    sort_tags(&mut stream.spec);
    for tag in stream.spec.tags.iter_mut().filter(|tag| tag.generation != Some(0)) {
        tag.generation = find(old, &tag.name).and_then(|before| before.generation);
    }
    let before = old.metadata.generation.unwrap_or(0);
    let next = if before == 0 || differ(&stream.spec, &old.spec) {
        before + 1
    } else {
        before
    };
    stream.metadata.generation = Some(next);
    let namespace = text(&stream.metadata.namespace).to_owned();
    for tag in &mut stream.spec.tags {
        let old_tag = find(old, &tag.name);
        let unset = tag.generation.is_none_or(|generation| generation == 0);
        if old_tag.is_none() || unset || changed(&namespace, old_tag, tag) {
            tag.generation = Some(next);
        }
    }
}

fn find<'a>(stream: &'a ImageStream, tag: &str) -> Option<&'a TagReference> {
    stream.spec.tags.iter().find(|reference| reference.name == tag)
}

/// Absent and empty annotations mean the same, and so do the orders of the tags.
fn differ(new: &ImageStreamSpec, old: &ImageStreamSpec) -> bool {
    let normal = |spec: &ImageStreamSpec| {
        let mut spec = spec.clone();
        sort_tags(&mut spec);
        for tag in &mut spec.tags {
            tag.annotations.get_or_insert_default();
        }
        spec
    };
    normal(new) != normal(old)
}
