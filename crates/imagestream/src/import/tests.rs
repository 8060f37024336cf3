use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use weir_api::image::{ImageStream, TagImportPolicy, TagReference, TagReferencePolicy};
use weir_api::names::annotation::IMAGE_REPOSITORY_CHECK;

use super::*;
use crate::resolve::{newest_event, spec_tag, tag_history};
use crate::spec_tags::prepare_update;

fn now(second: i64) -> Time {
    Time(jiff::Timestamp::from_second(second).unwrap())
}

fn digest(n: u8) -> weir_oci::Digest {
    weir_oci::Digest::sha256_of(&[n])
}

fn policy(mode: &str) -> TagImportPolicy {
    TagImportPolicy {
        import_mode: mode.into(),
        ..Default::default()
    }
}

fn found(tag: &str, n: u8) -> ImportedTag {
    ImportedTag {
        tag: tag.into(),
        from: format!("r.io/a/b:{tag}"),
        import_policy: policy("Legacy"),
        reference_policy: TagReferencePolicy { r#type: "Local".into() },
        origin: Origin::Named,
        result: Imported::Found {
            repository: "r.io/a/b".parse().unwrap(),
            digest: digest(n),
        },
    }
}

fn failed(tag: &str, origin: Origin) -> ImportedTag {
    let result = Imported::Failed {
        reason: "NotFound".into(),
        message: "no".into(),
    };
    ImportedTag {
        origin,
        result,
        ..found(tag, 0)
    }
}

/// Records the results and writes the stream as the API does.
fn import(stream: &mut ImageStream, results: &[ImportedTag], second: i64) -> bool {
    let old = stream.clone();
    let changed = plan(stream, results, &now(second)).changed();
    prepare_update(stream, &old);
    changed
}

fn stream() -> ImageStream {
    let mut stream = ImageStream::default();
    stream.metadata.name = Some("s".into());
    stream.metadata.namespace = Some("ns".into());
    stream.metadata.generation = Some(1);
    stream
}

/// images 63
#[test]
fn success_records_event_wish_and_time_in_one_generation() {
    let mut stream = stream();
    assert!(import(&mut stream, &[found("1", 1)], 100));
    let event = newest_event(&stream, "1").unwrap();
    let wish = spec_tag(&stream, "1").unwrap();
    assert_eq!(event.docker_image_reference, format!("r.io/a/b@{}", digest(1)));
    assert_eq!(event.image, digest(1).to_string());
    assert_eq!(
        (event.generation, wish.generation, stream.metadata.generation),
        (2, Some(2), Some(2))
    );
    assert_eq!(wish.from.as_ref().unwrap().name.as_deref(), Some("r.io/a/b:1"));
    assert_eq!(wish.reference_policy.r#type, "Local");
    assert_eq!(
        stream.metadata.annotations.unwrap()[IMAGE_REPOSITORY_CHECK],
        "1970-01-01T00:01:40Z"
    );
}

/// images 62
#[test]
fn an_unchanged_image_changes_nothing() {
    let mut stream = stream();
    assert!(import(&mut stream, &[found("1", 1)], 100));
    let before = stream.clone();
    assert!(!import(&mut stream, &[found("1", 1)], 200));
    assert_eq!(stream, before);
}

/// images 60
#[test]
fn a_failure_leaves_the_wish_and_a_condition() {
    let mut stream = stream();
    assert!(import(
        &mut stream,
        &[found("good", 1), failed("bad", Origin::Named)],
        100
    ));
    let condition = &tag_history(&stream, "bad").unwrap().conditions[0];
    assert_eq!(
        (condition.r#type.as_str(), condition.status.as_str()),
        ("ImportSuccess", "False")
    );
    assert_eq!(
        (condition.reason.as_str(), condition.message.as_str()),
        ("NotFound", "no")
    );
    assert!(spec_tag(&stream, "bad").unwrap().from.is_some());
    assert_eq!(newest_event(&stream, "good").unwrap().image, digest(1).to_string());
    assert_eq!(due(&stream), None);
}

#[test]
fn a_failed_tag_of_a_whole_repository_leaves_no_wish() {
    let mut stream = stream();
    assert!(import(&mut stream, &[failed("bad", Origin::Repository)], 100));
    assert_eq!(spec_tag(&stream, "bad"), None);
}

/// images 61
#[test]
fn success_after_failure_removes_the_condition() {
    let mut stream = stream();
    assert!(import(&mut stream, &[failed("1", Origin::Named)], 100));
    assert!(import(&mut stream, &[found("1", 1)], 200));
    assert!(tag_history(&stream, "1").unwrap().conditions.is_empty());
}

/// images 72
#[test]
fn a_failed_tag_is_due_again_only_when_the_wish_is_renewed() {
    let mut stream = stream();
    assert!(import(&mut stream, &[failed("1", Origin::Named)], 100));
    assert_eq!(due(&stream), None);
    let old = stream.clone();
    stream.spec.tags[0].generation = Some(0);
    prepare_update(&mut stream, &old);
    assert!(due(&stream).is_some());
    assert!(import(&mut stream, &[failed("1", Origin::Named)], 200));
    assert_eq!(due(&stream), None);
}

#[test]
fn failure_keeps_what_was_imported_before() {
    let mut stream = stream();
    assert!(import(&mut stream, &[found("1", 1)], 100));
    assert!(import(&mut stream, &[failed("1", Origin::Named)], 200));
    assert_eq!(newest_event(&stream, "1").unwrap().image, digest(1).to_string());
}

/// images 69
#[test]
fn the_requested_import_mode_replaces_the_old_one_and_leaves_nothing_due() {
    let mut stream = stream();
    let list = ImportedTag {
        import_policy: policy("PreserveOriginal"),
        ..found("1", 1)
    };
    assert!(import(&mut stream, &[list], 100));
    assert!(import(&mut stream, &[found("1", 1)], 200));
    assert_eq!(spec_tag(&stream, "1").unwrap().import_policy.import_mode, "Legacy");
    assert_eq!(due(&stream), None);
}

fn wish(name: &str, generation: Option<i64>) -> TagReference {
    TagReference {
        name: name.into(),
        from: Some(ObjectReference {
            kind: Some("DockerImage".into()),
            name: Some("r.io/a/b:x".into()),
            ..Default::default()
        }),
        generation,
        ..Default::default()
    }
}

/// images 73, 74
#[test]
fn only_wishes_newer_than_what_was_seen_are_due() {
    let mut stream = stream();
    stream.metadata.resource_version = Some("7".into());
    stream.metadata.uid = Some("u".into());
    stream.metadata.annotations = Some([(IMAGE_REPOSITORY_CHECK.to_owned(), "then".to_owned())].into());
    let pointer = TagReference {
        reference: true,
        ..wish("pointer", Some(1))
    };
    stream.spec.tags = vec![wish("new", Some(1)), wish("unset", None), pointer];
    let _: crate::history::Recording = plan(&mut stream, &[found("done", 1)], &now(1));
    let request = due(&stream).unwrap();
    let names: Vec<_> = request
        .spec
        .images
        .iter()
        .map(|image| image.to.as_ref().unwrap().name.as_str())
        .collect();
    assert_eq!(names, ["new", "unset"]);
    assert_eq!(request.metadata.resource_version.as_deref(), Some("7"));
    assert_eq!(request.metadata.uid.as_deref(), Some("u"));
    assert!(request.spec.import && request.spec.repository.is_none());
}

/// images 74
#[test]
fn a_stream_that_was_never_imported_wants_its_whole_repository() {
    let mut stream = stream();
    stream.spec.docker_image_repository = "r.io/a/b".into();
    assert!(import(&mut stream, &[found("1", 1)], 100));
    assert_eq!(due(&stream), None);
    stream.metadata.annotations = None;
    let request = due(&stream).unwrap();
    assert_eq!(request.spec.repository.unwrap().from.name.as_deref(), Some("r.io/a/b"));
    assert_eq!(request.spec.images.len(), 1);
}

/// images 66
#[test]
fn tags_are_ordered_by_how_likely_they_are_wanted() {
    let table: [(&[&str], &[&str]); 3] = [
        (&["abc", "5.1.3", "latest", "5.1"], &["latest", "5.1", "5.1.3", "abc"]),
        (
            &["v5.1", "5.2", "5.1", "5.1-rc1", "5.10"],
            &["5.10", "5.2", "5.1", "v5.1", "5.1-rc1"],
        ),
        (
            &["1.2.3", "1.10.0", "v1.2.3", "7", "1.2.3.4", "a"],
            &["1.10.0", "1.2.3", "v1.2.3", "1.2.3.4", "7", "a"],
        ),
    ];
    for (given, expected) in table {
        let tags = given.iter().map(|tag| tag.parse().unwrap()).collect();
        let sorted: Vec<String> = newest_first(tags).iter().map(ToString::to_string).collect();
        assert_eq!(sorted, expected);
    }
}
