use super::*;

fn event(reference: &str, image: &str, generation: i64, second: i64) -> TagEvent {
    TagEvent {
        created: Time(jiff::Timestamp::from_second(second).unwrap()),
        docker_image_reference: reference.into(),
        image: image.into(),
        generation,
    }
}

fn history(events: &[TagEvent]) -> ImageStream {
    let mut stream = ImageStream::default();
    for event in events {
        assert!(record_tag_event(&mut stream, "t", event.clone()).changed());
    }
    stream
}

fn items(stream: &ImageStream) -> &[TagEvent] {
    &tag_history(stream, "t").unwrap().items
}

fn failure(message: &str, generation: i64) -> TagEventCondition {
    import_failure("NotFound", message, generation, &Time(jiff::Timestamp::UNIX_EPOCH))
}

/// images 31
#[test]
fn the_same_image_again_takes_the_generation_and_keeps_the_time() {
    let mut stream = history(&[event("r@1", "1", 1, 10)]);
    let _: Recording = record_import_failure(&mut stream, "t", failure("x", 1), None);
    assert!(record_tag_event(&mut stream, "t", event("r@1", "1", 2, 20)).changed());
    assert_eq!(items(&stream), [event("r@1", "1", 2, 10)]);
    assert!(tag_history(&stream, "t").unwrap().conditions.is_empty());
}

#[test]
fn an_event_that_says_nothing_new_changes_nothing() {
    let mut stream = history(&[event("r@1", "1", 1, 10)]);
    let before = stream.clone();
    assert_eq!(
        record_tag_event(&mut stream, "t", event("r@1", "1", 1, 20)),
        Recording::Unchanged
    );
    assert_eq!(stream, before);
}

/// images 32
#[test]
fn the_same_image_from_elsewhere_takes_the_new_reference() {
    let stream = history(&[event("a@1", "1", 1, 10), event("b@1", "1", 1, 20)]);
    assert_eq!(items(&stream), [event("b@1", "1", 1, 10)]);
}

/// images 33
#[test]
fn another_image_goes_on_top() {
    let stream = history(&[event("r@1", "1", 1, 10), event("r@2", "2", 1, 20)]);
    assert_eq!(items(&stream), [event("r@2", "2", 1, 20), event("r@1", "1", 1, 10)]);
}

/// images 34
#[test]
fn going_back_is_a_new_event() {
    let (a, b) = (event("r@1", "1", 1, 10), event("r@2", "2", 1, 20));
    let stream = history(&[a.clone(), b, event("r@1", "1", 1, 30)]);
    assert_eq!(items(&stream).len(), 3);
    assert_eq!(items(&stream)[2], a);
}

/// images 35
#[test]
fn history_has_no_limit() {
    let events: Vec<_> = (0..60)
        .map(|n| event(&format!("r@{n}"), &n.to_string(), 1, n))
        .collect();
    assert_eq!(items(&history(&events)).len(), 60);
}

#[test]
fn a_moved_reference_by_tag_keeps_the_image_it_meant_before() {
    let stream = history(&[event("r:t", "1", 1, 10), event("r:t", "2", 1, 20)]);
    assert_eq!(items(&stream).len(), 2);
    let pointers = history(&[event("a:t", "", 1, 10), event("b:t", "", 2, 20)]);
    assert_eq!(items(&pointers).len(), 2);
}

#[test]
fn a_pointer_whose_image_becomes_known_is_completed_in_place() {
    let stream = history(&[event("r:t", "", 1, 10), event("r:t", "1", 1, 20)]);
    assert_eq!(items(&stream), [event("r:t", "1", 1, 10)]);
}

#[test]
fn tags_are_kept_in_the_order_of_their_names() {
    let mut stream = ImageStream::default();
    for tag in ["b", "c", "a"] {
        assert!(record_tag_event(&mut stream, tag, event("r@1", "1", 1, 10)).changed());
    }
    let names: Vec<_> = stream.status.tags.iter().map(|history| history.tag.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn a_failure_keeps_the_last_good_image() {
    let mut stream = history(&[event("r@1", "1", 1, 10)]);
    assert!(record_import_failure(&mut stream, "t", failure("gone", 2), Some(1)).changed());
    assert_eq!(items(&stream).len(), 1);
    assert_eq!(observed_generation(&stream, "t"), 2);
    assert!(clear_conditions(&mut stream, "t").changed());
    assert_eq!(clear_conditions(&mut stream, "t"), Recording::Unchanged);
    assert_eq!(observed_generation(&stream, "t"), 1);
}

#[test]
fn the_same_failure_is_noted_again_only_for_a_renewed_wish() {
    let mut stream = ImageStream::default();
    assert!(record_import_failure(&mut stream, "t", failure("gone", 2), Some(2)).changed());
    let table = [(Some(2), false), (None, false), (Some(3), true)];
    for (wanted, changed) in table {
        let recording = record_import_failure(&mut stream.clone(), "t", failure("gone", 4), wanted);
        assert_eq!(recording.changed(), changed, "{wanted:?}");
    }
    assert!(record_import_failure(&mut stream, "t", failure("other", 2), Some(2)).changed());
}

#[test]
fn a_forgotten_tag_leaves_nothing() {
    let mut stream = history(&[event("r@1", "1", 1, 10)]);
    assert!(forget_tag(&mut stream, "t").changed());
    assert_eq!(forget_tag(&mut stream, "t"), Recording::Unchanged);
    assert_eq!(stream, ImageStream::default());
}

#[test]
fn tags_without_image_and_failure_are_dropped() {
    let mut stream = history(&[event("r@1", "1", 1, 10)]);
    let _: Recording = record_import_failure(&mut stream, "f", failure("x", 1), None);
    stream.status.tags.push(NamedTagEventList {
        tag: "z".into(),
        ..Default::default()
    });
    drop_empty_tags(&mut stream);
    assert_eq!(stream.status.tags.len(), 2);
}
