use std::collections::HashMap;

use k8s_openapi::api::core::v1::ObjectReference;
use weir_api::image::{TagEvent, TagImportPolicy};

use super::*;
use crate::history::record_tag_event;
use crate::resolve::{newest_event, spec_tag, tag_history};

const HOST: &str = "registry:5000";

fn time(second: i64) -> Time {
    Time(jiff::Timestamp::from_second(second).unwrap())
}

fn tag(name: &str, kind: &str, from: &str) -> TagReference {
    TagReference {
        name: name.into(),
        from: Some(ObjectReference {
            kind: Some(kind.into()),
            name: Some(from.into()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn across(name: &str, namespace: &str, kind: &str, from: &str) -> TagReference {
    let mut tag = tag(name, kind, from);
    tag.from.as_mut().unwrap().namespace = Some(namespace.into());
    tag
}

fn stream(namespace: &str, name: &str, tags: Vec<TagReference>) -> ImageStream {
    let mut stream = ImageStream::default();
    stream.metadata.namespace = Some(namespace.into());
    stream.metadata.name = Some(name.into());
    stream.spec.tags = tags;
    stream
}

fn push(stream: &mut ImageStream, tag: &str, reference: &str, second: i64) {
    let image = reference
        .split_once('@')
        .map(|(_, digest)| digest.to_owned())
        .unwrap_or_default();
    let event = TagEvent {
        created: time(second),
        docker_image_reference: reference.into(),
        image,
        generation: 1,
    };
    assert!(record_tag_event(stream, tag, event).changed());
}

fn digest(n: u8) -> String {
    weir_oci::Digest::sha256_of(&[n]).to_string()
}

fn write(stream: &mut ImageStream, old: Option<&ImageStream>, others: &[&ImageStream]) -> Result<(), Vec<CopyError>> {
    match old {
        Some(old) => prepare_update(stream, old),
        None => prepare_create(stream),
    }
    let others: HashMap<StreamKey, ImageStream> =
        others.iter().map(|other| (own_key(other), (*other).clone())).collect();
    let cx = Copying {
        now: &time(1000),
        registry_host: HOST,
        sources: &|key| others.get(key).cloned(),
    };
    copy_tags(stream, old, &cx)
}

fn created(mut stream: ImageStream) -> ImageStream {
    write(&mut stream, None, &[]).unwrap();
    stream
}

/// images 9
#[test]
fn the_last_of_several_tags_with_one_name_wins() {
    let stream = created(stream(
        "ns",
        "s",
        vec![tag("a", "DockerImage", "x:1"), tag("a", "DockerImage", "x:2")],
    ));
    assert_eq!(stream.spec.tags.len(), 1);
    assert_eq!(stream.spec.tags[0].from.as_ref().unwrap().name.as_deref(), Some("x:2"));
}

/// images 14
#[test]
fn everything_new_is_of_generation_one() {
    let mut fresh = stream(
        "ns",
        "s",
        vec![TagReference {
            generation: Some(9),
            ..tag("a", "DockerImage", "x:1")
        }],
    );
    fresh.metadata.generation = Some(7);
    let stream = created(fresh);
    assert_eq!(
        (stream.metadata.generation, stream.spec.tags[0].generation),
        (Some(1), Some(1))
    );
}

/// images 15
#[test]
fn labels_do_not_count() {
    let old = created(stream("ns", "s", vec![tag("a", "DockerImage", "x:1")]));
    let mut new = old.clone();
    new.metadata.labels = Some([("k".to_owned(), "v".to_owned())].into());
    new.spec.tags[0].annotations = Some(Default::default());
    write(&mut new, Some(&old), &[]).unwrap();
    assert_eq!(
        (new.metadata.generation, new.spec.tags[0].generation),
        (Some(1), Some(1))
    );
}

/// images 16
#[test]
fn a_new_tag_takes_the_new_generation_and_leaves_the_others() {
    let old = created(stream("ns", "s", vec![tag("b", "DockerImage", "x:1")]));
    let mut new = old.clone();
    new.spec.tags.push(tag("a", "DockerImage", "x:1"));
    write(&mut new, Some(&old), &[]).unwrap();
    assert_eq!(new.metadata.generation, Some(2));
    assert_eq!(spec_tag(&new, "a").unwrap().generation, Some(2));
    assert_eq!(spec_tag(&new, "b").unwrap().generation, Some(1));
}

/// images 17, 18, 19
#[test]
fn which_changes_renew_a_wish() {
    type Change = fn(&mut TagReference);
    let table: [(&str, Change, i64, i64); 7] = [
        ("another number is ignored", |tag| tag.generation = Some(99), 1, 1),
        ("nothing is ignored", |tag| tag.generation = None, 1, 1),
        ("zero renews", |tag| tag.generation = Some(0), 2, 2),
        ("scheduled", |tag| tag.import_policy.scheduled = true, 2, 1),
        (
            "import mode",
            |tag| tag.import_policy.import_mode = "PreserveOriginal".into(),
            2,
            2,
        ),
        ("reference", |tag| tag.reference = true, 2, 2),
        ("policy", |tag| tag.reference_policy.r#type = "Local".into(), 2, 1),
    ];
    for (what, change, stream_generation, tag_generation) in table {
        let mut wish = tag("a", "DockerImage", "x:1");
        wish.import_policy = TagImportPolicy {
            import_mode: "Legacy".into(),
            ..Default::default()
        };
        let old = created(stream("ns", "s", vec![wish]));
        let mut new = old.clone();
        change(&mut new.spec.tags[0]);
        write(&mut new, Some(&old), &[]).unwrap();
        let generations = (new.metadata.generation, new.spec.tags[0].generation);
        assert_eq!(generations, (Some(stream_generation), Some(tag_generation)), "{what}");
    }
}

/// images 20
#[test]
fn a_pointer_to_an_external_image_is_an_event_at_once() {
    let pointer = TagReference {
        reference: true,
        ..tag("a", "DockerImage", "r.io/x:1")
    };
    let stream = created(stream("ns", "s", vec![pointer]));
    let event = newest_event(&stream, "a").unwrap();
    assert_eq!(
        (event.docker_image_reference.as_str(), event.image.as_str()),
        ("r.io/x:1", "")
    );
    let import = created(self::stream("ns", "s", vec![tag("a", "DockerImage", "r.io/x:1")]));
    assert_eq!(tag_history(&import, "a"), None);
}

/// images 22
#[test]
fn a_tag_of_the_same_stream_is_copied_with_its_time() {
    let mut old = created(stream("ns", "s", vec![]));
    push(&mut old, "a", &format!("r.io/x@{}", digest(1)), 10);
    for from in ["a", "s:a"] {
        let mut new = old.clone();
        new.spec.tags.push(tag("b", "ImageStreamTag", from));
        write(&mut new, Some(&old), &[]).unwrap();
        let (a, b) = (newest_event(&new, "a").unwrap(), newest_event(&new, "b").unwrap());
        assert_eq!(
            (&a.created, &a.docker_image_reference, &a.image),
            (&b.created, &b.docker_image_reference, &b.image)
        );
        assert_eq!((a.generation, b.generation), (1, 2), "the source is not touched");
    }
}

/// images 23
#[test]
fn followers_move_with_the_tag_they_follow_even_in_chains() {
    let mut stream = created(stream(
        "ns",
        "s",
        vec![
            tag("b", "ImageStreamTag", "s:a"),
            tag("c", "ImageStreamTag", "b"),
            tag("d", "DockerImage", "x:a"),
        ],
    ));
    push(&mut stream, "a", &format!("r.io/x@{}", digest(1)), 10);
    follow(&mut stream, vec!["a".into()]);
    for name in ["b", "c"] {
        assert_eq!(newest_event(&stream, name), newest_event(&stream, "a"), "{name}");
    }
    assert_eq!(newest_event(&stream, "d"), None);
}

/// images 24
#[test]
fn a_tag_of_another_stream_is_copied_once() {
    let mut source = stream("ns", "y", vec![]);
    push(&mut source, "a", &format!("r.io/x@{}", digest(1)), 10);
    let mut old = stream("ns", "x", vec![tag("t", "ImageStreamTag", "y:a")]);
    write(&mut old, None, &[&source]).unwrap();
    push(&mut source, "a", &format!("r.io/x@{}", digest(2)), 20);
    let mut new = old.clone();
    new.metadata.labels = Some([("k".to_owned(), "v".to_owned())].into());
    assert_eq!(other_streams(&new, Some(&old)), []);
    write(&mut new, Some(&old), &[&source]).unwrap();
    assert_eq!(newest_event(&new, "t").unwrap().image, digest(1));
}

/// images 25
#[test]
fn a_missing_stream_is_an_error_and_a_missing_tag_is_not() {
    let wish = || stream("ns", "x", vec![tag("t", "ImageStreamTag", "y:a")]);
    let errors = write(&mut wish(), None, &[]).unwrap_err();
    let key = StreamKey {
        namespace: "ns".into(),
        name: "y".into(),
    };
    assert_eq!(
        errors,
        [CopyError {
            tag: "t".into(),
            cause: CopyCause::NoStream(key)
        }]
    );
    let mut empty = wish();
    write(&mut empty, None, &[&stream("ns", "y", vec![])]).unwrap();
    assert_eq!(tag_history(&empty, "t"), None);
}

/// images 26, 27
#[test]
fn only_references_into_the_source_stream_are_rewritten() {
    let one = digest(1);
    let table = [
        (format!("{HOST}/ns1/s@{one}"), false, format!("{HOST}/ns2/d@{one}")),
        (format!("{HOST}/ns1/s@{one}"), true, format!("{HOST}/ns1/s@{one}")),
        (format!("{HOST}/ns3/s@{one}"), false, format!("{HOST}/ns3/s@{one}")),
        (
            format!("docker.io/library/s@{one}"),
            false,
            format!("docker.io/library/s@{one}"),
        ),
    ];
    for (reference, pointer, expected) in table {
        let mut source = stream("ns1", "s", vec![]);
        push(&mut source, "a", &reference, 10);
        for (kind, from) in [
            ("ImageStreamTag", "s:a".to_owned()),
            ("ImageStreamImage", format!("s@{one}")),
        ] {
            let wish = TagReference {
                reference: pointer,
                ..across("t", "ns1", kind, &from)
            };
            let mut target = stream("ns2", "d", vec![wish]);
            let needed = other_streams(&target, None);
            assert_eq!(
                (needed[0].key.namespace.as_str(), needed[0].tags.as_slice()),
                ("ns1", &["t".to_owned()][..])
            );
            write(&mut target, None, &[&source]).unwrap();
            assert_eq!(newest_event(&target, "t").unwrap().docker_image_reference, expected);
        }
    }
}

/// images 29
#[test]
fn tags_that_follow_each_other_are_accepted_and_come_to_rest() {
    let mut stream = created(stream(
        "ns",
        "s",
        vec![tag("a", "ImageStreamTag", "b"), tag("b", "ImageStreamTag", "a")],
    ));
    assert!(stream.status.tags.is_empty());
    push(&mut stream, "a", &format!("r.io/x@{}", digest(1)), 10);
    follow(&mut stream, vec!["a".into()]);
    assert_eq!(newest_event(&stream, "b"), newest_event(&stream, "a"));
}

/// images 30
#[test]
fn a_short_digest_must_name_one_image() {
    let mut old = created(stream("ns", "s", vec![]));
    for hex in ["aa11", "ab22"] {
        push(&mut old, "t", &format!("r.io/x@sha256:{hex}"), 10);
    }
    for (id, expected) in [
        ("a", None),
        ("aa", Some("sha256:aa11")),
        ("sha256:ab", Some("sha256:ab22")),
        ("ff", None),
    ] {
        let mut new = old.clone();
        new.spec.tags.push(tag("b", "ImageStreamImage", &format!("s@{id}")));
        let result = write(&mut new, Some(&old), &[]);
        let found = newest_event(&new, "b").map(|event| event.image.as_str());
        assert_eq!(found, expected, "{id}");
        if id == "a" {
            let message = result.unwrap_err()[0].cause.to_string();
            let expected =
                r#"error generating tag event: multiple images match the prefix "a": sha256:aa11, sha256:ab22"#;
            assert_eq!(message, expected);
        }
    }
}

/// images 37
#[test]
fn history_outlives_the_wish() {
    let pointer = TagReference {
        reference: true,
        ..tag("a", "DockerImage", "r.io/x:1")
    };
    let old = created(stream("ns", "s", vec![pointer]));
    let mut new = old.clone();
    new.spec.tags.clear();
    write(&mut new, Some(&old), &[]).unwrap();
    assert_eq!(newest_event(&new, "a"), newest_event(&old, "a"));
}
