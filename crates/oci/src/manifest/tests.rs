use serde_json::{Value, json};

use super::*;
use crate::config_types;

const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn descriptor(media_type: &str, content: &str) -> Value {
    json!({"mediaType": media_type, "digest": Digest::sha256_of(content.as_bytes()), "size": content.len()})
}

fn image(media_type: Option<&str>) -> Value {
    let mut document = json!({
        "schemaVersion": 2,
        "config": descriptor(config_types::OCI, "{}"),
        "layers": [descriptor(layer_types::OCI_GZIP, "one"), descriptor(layer_types::OCI_GZIP, "two")],
    });
    if let Some(media_type) = media_type {
        document["mediaType"] = media_type.into();
    }
    document
}

fn index(platforms: &[(&str, &str)]) -> Value {
    let entry = |(os, architecture): &(&str, &str)| {
        let mut entry = descriptor(OCI, &format!("{os}/{architecture}"));
        entry["platform"] = json!({"os": os, "architecture": architecture});
        entry
    };
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": platforms.iter().map(entry).collect::<Vec<_>>()})
}

fn parse(document: &Value, content_type: Option<&str>) -> Result<Manifest, ManifestError> {
    Manifest::parse(document.to_string().as_bytes(), content_type)
}

#[test]
fn the_type_comes_from_the_body_or_the_header_or_the_shape() {
    let table = [
        (image(Some(DOCKER)), Some(DOCKER), ManifestType::DockerManifest),
        (image(Some(DOCKER)), None, ManifestType::DockerManifest),
        (image(Some(OCI)), Some(OCI), ManifestType::OciManifest),
        (image(None), Some(OCI), ManifestType::OciManifest),
        (
            image(None),
            Some("application/vnd.oci.image.manifest.v1+json; charset=utf-8"),
            ManifestType::OciManifest,
        ),
        (image(None), None, ManifestType::OciManifest),
        (index(&[("linux", "amd64")]), Some(INDEX), ManifestType::OciIndex),
        (index(&[]), None, ManifestType::OciIndex),
    ];
    for (document, content_type, expected) in table {
        assert_eq!(
            parse(&document, content_type).unwrap().media_type(),
            expected,
            "{document}"
        );
    }
}

#[test]
fn documents_that_could_be_two_things_are_refused() {
    let mut both = index(&[]);
    both["config"] = descriptor(config_types::OCI, "{}");
    let mut layered_index = index(&[]);
    layered_index["layers"] = json!([]);
    let mut listing_image = image(Some(OCI));
    listing_image["manifests"] = json!([]);
    let mut schema1 = image(Some(DOCKER));
    schema1["fsLayers"] = json!([]);
    let mut artifact = image(Some(OCI));
    artifact["blobs"] = json!([]);
    for document in [both, layered_index, listing_image, schema1, artifact] {
        assert!(
            matches!(parse(&document, None), Err(ManifestError::Ambiguous(_))),
            "{document}"
        );
    }
}

#[test]
fn body_and_header_must_agree() {
    let table = [
        (image(Some(DOCKER)), OCI),
        (image(Some(OCI)), DOCKER),
        (index(&[]), DOCKER_LIST),
        (index(&[]), OCI),
    ];
    for (document, header) in table {
        assert!(
            matches!(parse(&document, Some(header)), Err(ManifestError::TypeMismatch { .. })),
            "{document} {header}"
        );
    }
    assert!(matches!(
        parse(&image(None), Some(DOCKER)),
        Err(ManifestError::Incomplete(_))
    ));
    assert!(matches!(
        parse(&image(None), Some("application/json")),
        Err(ManifestError::UnknownType(_))
    ));
    assert!(matches!(
        parse(&image(Some("text/plain")), None),
        Err(ManifestError::UnknownType(_))
    ));
}

#[test]
fn keys_that_readers_see_differently_are_refused() {
    let good = image(Some(OCI)).to_string();
    let twice = good.replacen('{', "{\"schemaVersion\":2,", 1);
    let cased = good.replacen('{', "{\"Layers\":[],", 1);
    let nested = good.replacen("\"digest\":", "\"Digest\":\"x\",\"digest\":", 1);
    let trailing = format!("{good}{{}}");
    for document in [twice, cased, nested, trailing] {
        assert!(
            matches!(Manifest::parse(document.as_bytes(), None), Err(ManifestError::Json(_))),
            "{document}"
        );
    }
    let mut annotated = image(Some(OCI));
    annotated["annotations"] = json!({"a": "1", "A": "2"});
    assert_eq!(parse(&annotated, None).unwrap().annotations().len(), 2);
}

#[test]
fn missing_parts_and_wrong_values_are_refused() {
    let mut cases = Vec::new();
    for key in ["schemaVersion", "config", "layers"] {
        let mut document = image(Some(OCI));
        document.as_object_mut().unwrap().remove(key);
        cases.push(document);
    }
    for (pointer, value) in [
        ("/schemaVersion", json!(1)),
        ("/config/digest", json!("sha256:zz")),
        ("/config/size", json!(-1)),
        ("/config/size", json!(1.5)),
        ("/config/size", json!("2")),
        ("/layers/0/size", json!(1e30)),
        ("/layers", json!({})),
        ("/config", json!([config_types::OCI, Digest::sha256_of(b""), 0])),
    ] {
        let mut document = image(Some(OCI));
        *document.pointer_mut(pointer).unwrap() = value;
        cases.push(document);
    }
    cases.extend([
        json!({}),
        json!([]),
        json!(null),
        json!({"schemaVersion": 2}),
        json!({"schemaVersion": 2, "mediaType": INDEX}),
    ]);
    for document in cases {
        assert!(parse(&document, None).is_err(), "{document}");
    }
}

#[test]
fn every_bound_is_kept() {
    let mut document = image(Some(OCI));
    let layer = document["layers"][0].clone();
    document["layers"] = vec![layer.clone(); LAYERS].into();
    assert!(parse(&document, None).is_ok());
    document["layers"] = vec![layer; LAYERS + 1].into();
    assert!(matches!(
        parse(&document, None),
        Err(ManifestError::TooMany { what: "layers", .. })
    ));

    let platforms = vec![("linux", "amd64"); INDEX_ENTRIES + 1];
    assert!(parse(&index(&platforms[1..]), None).is_ok());
    assert!(matches!(
        parse(&index(&platforms), None),
        Err(ManifestError::TooMany { what: "manifests", .. })
    ));

    assert!(matches!(
        Manifest::parse(&vec![b' '; MANIFEST_BYTES + 1], None),
        Err(ManifestError::TooLarge { .. })
    ));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
    assert!(matches!(
        Manifest::parse(deep.as_bytes(), None),
        Err(ManifestError::Json(_))
    ));
}

#[test]
fn foreign_layers_need_a_url_and_no_blob() {
    let mut document = image(Some(DOCKER));
    document["layers"][1]["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip".into();
    assert!(matches!(
        parse(&document, None),
        Err(ManifestError::ForeignWithoutUrl(_))
    ));
    document["layers"][1]["urls"] = json!(["https://example.com/layer"]);
    let Manifest::Image(parsed) = parse(&document, None).unwrap() else {
        panic!("an image")
    };
    assert_eq!(parsed.required_blobs().count(), 2);
}

#[test]
fn a_platform_is_selected_by_preference_then_amd64_then_the_first() {
    let document = index(&[("windows", "amd64"), ("linux", "arm64"), ("linux", "amd64")]);
    let Manifest::Index(parsed) = parse(&document, None).unwrap() else {
        panic!("an index")
    };
    let select = |preferred: &[Platform]| parsed.select(preferred).unwrap().platform.clone().unwrap();
    assert_eq!(select(&[Platform::new("linux", "arm64")]).architecture, "arm64");
    assert_eq!(select(&[Platform::new("linux", "s390x")]), Platform::linux_amd64());
    assert_eq!(select(&[]), Platform::linux_amd64());
    let Manifest::Index(odd) = parse(&index(&[("windows", "amd64"), ("plan9", "386")]), None).unwrap() else {
        panic!()
    };
    assert_eq!(odd.select(&[]).unwrap().platform.as_ref().unwrap().os, "windows");
    let Manifest::Index(empty) = parse(&index(&[]), None).unwrap() else {
        panic!("an index")
    };
    assert_eq!(empty.select(&[]), None);
}

#[test]
fn an_index_is_written_as_it_is_read() {
    let document = index(&[("linux", "amd64")]);
    let parsed = parse(&document, None).unwrap();
    let Manifest::Index(inner) = &parsed else {
        panic!("an index")
    };
    assert_eq!(
        parse(&serde_json::to_value(inner).unwrap(), Some(INDEX)).unwrap(),
        parsed
    );
}
