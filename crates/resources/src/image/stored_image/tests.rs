use serde_json::json;

use super::*;

const NOW: jiff::Timestamp = jiff::Timestamp::constant(1_800_000_000, 0);

fn manifest() -> String {
    json!({
        "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 2, "digest": Digest::sha256_of(b"{}")},
        "layers": [],
    })
    .to_string()
}

fn image() -> Object {
    let manifest = manifest();
    json!({
        "kind": "Image", "apiVersion": "image.openshift.io/v1",
        "metadata": {"name": Digest::sha256_of(manifest.as_bytes())},
        "dockerImageReference": "r.io/a/b:t", "dockerImageManifest": manifest, "dockerImageConfig": "{}",
        "signatures": [{"content": "c2lnbmVk", "metadata": {}, "type": "AtomicImageV1"}],
    })
}

fn update(mut image: Object, old: &Object) -> Object {
    for path in COMPUTED {
        json::restore(&mut image, old, path);
    }
    keep_content(&mut image, old);
    drop_stored_content(&mut image);
    image
}

#[test]
fn what_follows_from_the_manifest_is_filled_in_and_the_rest_is_kept() {
    let mut image = image();
    prepare(&mut image, NOW).unwrap();
    assert_eq!(image["dockerImageMetadata"]["Id"], json!(Digest::sha256_of(b"{}")));
    assert_eq!(
        image["signatures"],
        json!([{"content": "c2lnbmVk", "metadata": {}, "type": "AtomicImageV1"}])
    );
    assert!(image["dockerImageManifest"].is_string());
    let once = image.clone();
    prepare(&mut image, NOW).unwrap();
    assert_eq!(image, once);
}

#[test]
fn content_that_the_registry_has_is_dropped() {
    let mut image = image();
    image["metadata"]["annotations"] = json!({IMAGE_MANIFEST_BLOB_STORED: "true"});
    prepare(&mut image, NOW).unwrap();
    assert!(image.get("dockerImageManifest").is_none() && image.get("dockerImageConfig").is_none());
    assert_eq!(image["dockerImageMetadata"]["kind"], "DockerImage");
}

/// images 57
#[test]
fn what_is_computed_cannot_be_changed() {
    let mut old = image();
    prepare(&mut old, NOW).unwrap();
    let mut new = old.clone();
    new["dockerImageMetadata"]["Id"] = "other".into();
    new["dockerImageLayers"] = json!([{"name": "x"}]);
    new["dockerImageManifest"] = "other".into();
    assert_eq!(update(new, &old), old);
}

#[test]
fn only_the_named_bytes_may_replace_a_manifest() {
    let mut old = image();
    prepare(&mut old, NOW).unwrap();
    let mut empty = old.clone();
    json::remove(&mut empty, MANIFEST);
    let mut refilled = empty.clone();
    refilled["dockerImageManifest"] = manifest().into();
    assert_eq!(update(refilled, &empty), old);
}

#[test]
fn an_image_names_where_it_is_and_its_platforms() {
    let problems = |image: Value| -> Vec<String> {
        let image: Image = serde_json::from_value(image).unwrap();
        validation::image("", &image)
            .iter()
            .map(|problem| problem.field.clone())
            .collect()
    };
    assert_eq!(problems(json!({})), ["dockerImageReference"]);
    assert_eq!(
        problems(json!({"dockerImageReference": "A/b"})),
        ["dockerImageReference"]
    );
    let entry = json!({"digest": "x", "mediaType": "x", "manifestSize": -1, "architecture": "", "os": "linux"});
    let index = json!({"dockerImageReference": "r.io/a", "dockerImageManifests": [entry], "dockerImageLayers": [{}]});
    let fields =
        ["digest", "mediaType", "architecture", "size"].map(|field| format!("dockerImageManifests[0].{field}"));
    assert_eq!(
        problems(index),
        [&fields[..], &["dockerImageLayers".to_owned()]].concat()
    );
}
