use super::*;

const D: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn parse(text: &str) -> Reference {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_parts_of_a_reference_are_found() {
    // text, registry, namespace, name, tag
    let table = [
        ("busybox", "", "", "busybox", None),
        ("busybox:1.36", "", "", "busybox", Some("1.36")),
        ("library/busybox", "", "library", "busybox", None),
        ("docker.io/busybox", "docker.io", "", "busybox", None),
        ("r.io/a/b/c", "r.io", "a", "b/c", None),
        ("a/b/c", "", "a", "b/c", None),
        ("localhost/x", "localhost", "", "x", None),
        ("localhost:5000/x/y:t", "localhost:5000", "x", "y", Some("t")),
        ("127.0.0.1:5000/ns/app", "127.0.0.1:5000", "ns", "app", None),
        ("[::1]:5000/ns/app", "[::1]:5000", "ns", "app", None),
        (
            "docker-registry.default.svc:5000/ns/app:v1",
            "docker-registry.default.svc:5000",
            "ns",
            "app",
            Some("v1"),
        ),
        ("quay.io", "quay.io", "", "", None),
        ("Quay.IO/a/b", "Quay.IO", "a", "b", None),
    ];
    for (text, registry, namespace, name, tag) in table {
        let reference = parse(text);
        let parts = (
            reference.registry(),
            reference.namespace(),
            reference.name(),
            reference.tag().map(Tag::as_str),
        );
        assert_eq!(parts, (registry, namespace, name, tag), "{text}");
        assert_eq!(reference.exact(), text);
    }
}

#[test]
fn tag_and_digest_may_both_be_given_and_the_digest_wins() {
    let reference = parse(&format!("r.io/a/b:t@{D}"));
    assert_eq!(reference.tag().unwrap().as_str(), "t");
    assert_eq!(reference.exact(), format!("r.io/a/b:t@{D}"));
    assert_eq!(reference.most_specific().exact(), format!("r.io/a/b@{D}"));
    assert_eq!(parse("r.io/a/b:t").most_specific().exact(), "r.io/a/b:t");
    assert_eq!(reference.as_repository().exact(), "r.io/a/b");
    assert_eq!(
        parse("busybox:1").with_digest(D.parse().unwrap()).exact(),
        format!("busybox@{D}")
    );
    assert_eq!(reference.with_tag(Tag::latest()).exact(), "r.io/a/b:latest");
}

#[test]
fn defaults_are_those_of_docker_clients() {
    let table = [
        ("foobar", "docker.io/library/foobar:latest"),
        ("docker.io/busybox:1", "docker.io/library/busybox:1"),
        ("index.docker.io/a/b", "docker.io/a/b:latest"),
        ("r.io/x", "r.io/x:latest"),
    ];
    for (text, full) in table {
        assert_eq!(parse(text).with_docker_defaults().exact(), full);
        assert!(parse(text).means_same_as(&parse(full)));
    }
    assert!(!parse("foobar").means_same_as(&parse("foobar:1")));
    let digest = format!("busybox@{D}");
    assert_eq!(
        parse(&digest).with_docker_defaults().exact(),
        format!("docker.io/library/{digest}")
    );
}

#[test]
fn the_host_and_path_to_talk_to_follow_from_the_defaults() {
    let table = [
        ("busybox", "registry-1.docker.io", "library/busybox"),
        ("docker.io/a/b", "registry-1.docker.io", "a/b"),
        ("quay.io/a/b/c", "quay.io", "a/b/c"),
        ("r.io/x", "r.io", "x"),
    ];
    for (text, host, path) in table {
        assert_eq!(
            (parse(text).registry_host(), parse(text).repository_path().as_str()),
            (host, path)
        );
    }
}

#[test]
fn upper_case_in_the_repository_has_its_own_message() {
    for text in ["Busybox", "r.io/A/b", "a/B:tag"] {
        assert_eq!(text.parse::<Reference>(), Err(ReferenceError::UpperCase), "{text}");
    }
}

#[test]
fn malformed_references_are_refused() {
    let long = format!("r.io/{}", "a".repeat(260));
    let cases = [
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        "a/../b",
        "..",
        ".",
        "a:b:c",
        "a:",
        "a@",
        "a@sha256:1",
        "r.io:0/a",
        "r.io:99999/a",
        "r.io:x/a",
        "-r.io/a",
        "r..io/a",
        "a b",
        "a\n",
        "http://r.io/a",
        "user@r.io/a",
        "[::1/a",
        "[zz]/a",
        "a/b%2f",
        "localhost:",
        &long,
    ];
    for text in cases {
        assert!(text.parse::<Reference>().is_err(), "{text:?}");
    }
}

#[test]
fn references_travel_as_json_strings() {
    let reference: Reference = serde_json::from_str("\"r.io/a/b:t\"").unwrap();
    assert_eq!(serde_json::to_string(&reference).unwrap(), "\"r.io/a/b:t\"");
}
