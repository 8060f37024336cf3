use super::*;

const NOW: &str = "2026-01-02T03:04:05Z";

fn digest(n: u8) -> String {
    format!("sha256:{}", format!("{n:02x}").repeat(32))
}

fn image(manifest: Value, config: Option<Value>) -> Image {
    Image {
        metadata: weir_api::meta::ObjectMeta {
            name: Some(digest(9)),
            ..Default::default()
        },
        docker_image_manifest: manifest.to_string(),
        docker_image_config: config.map(|config| config.to_string()).unwrap_or_default(),
        ..Default::default()
    }
}

fn schema2() -> Value {
    let layer = |n: u8, size: u64| json!({"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": size, "digest": digest(n)});
    json!({
        "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7, "digest": digest(1)},
        "layers": [layer(2, 100), layer(3, 10), layer(2, 100)],
    })
}

fn described(mut image: Image) -> Image {
    describe(&mut image, NOW.parse().unwrap()).unwrap();
    image
}

/// images 99
#[test]
fn a_schema2_image_tells_config_digest_size_and_layers() {
    let config = json!({
        "architecture": "amd64", "os": "linux", "created": "2020-01-01T00:00:00.5Z",
        "config": {"Env": ["A=b"], "ExposedPorts": {"8080/tcp": {}}, "Labels": {"l": "v"}, "Cmd": ["run"], "User": "1001"},
    });
    let image = described(image(schema2(), Some(config)));
    let metadata = image.docker_image_metadata.unwrap();
    assert_eq!(metadata["kind"], "DockerImage");
    assert_eq!(metadata["apiVersion"], "image.openshift.io/1.0");
    assert_eq!(metadata["Id"], digest(1));
    assert_eq!(metadata["Size"], 117);
    assert_eq!(metadata["Created"], "2020-01-01T00:00:00Z");
    assert_eq!(metadata["Config"]["ExposedPorts"], json!({"8080/tcp": {}}));
    assert_eq!(metadata["Config"]["User"], "1001");
    let layers: Vec<_> = image
        .docker_image_layers
        .iter()
        .map(|layer| layer.name.clone())
        .collect();
    assert_eq!(layers, [digest(2), digest(3), digest(2)]);
    assert_eq!(image.metadata.annotations.unwrap()[IMAGE_LAYERS_ORDER], "ascending");
    assert_eq!(
        image.docker_image_manifest_media_type,
        "application/vnd.docker.distribution.manifest.v2+json"
    );
    assert_eq!(image.docker_image_metadata_version, "1.0");
}

#[test]
fn without_a_config_identity_and_size_are_still_known() {
    let metadata = described(image(schema2(), None)).docker_image_metadata.unwrap();
    assert_eq!((&metadata["Id"], &metadata["Size"]), (&json!(digest(1)), &json!(117)));
    assert!(metadata.get("Config").is_none());
}

#[test]
fn an_index_tells_its_platforms_and_nothing_of_layers() {
    let entry = |n: u8, platform: Value| json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 5, "digest": digest(n), "platform": platform});
    let index = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry(1, json!({"os": "linux", "architecture": "arm64", "variant": "v8"})), entry(2, json!({}))],
    });
    let image = described(image(index, None));
    assert!(image.docker_image_layers.is_empty());
    let first = &image.docker_image_manifests[0];
    assert_eq!(
        (first.os.as_str(), first.architecture.as_str(), first.variant.as_str()),
        ("linux", "arm64", "v8")
    );
    assert_eq!(image.docker_image_manifests[1].os, "unknown");
    let metadata = image.docker_image_metadata.unwrap();
    assert_eq!(
        (&metadata["Id"], &metadata["Created"]),
        (&json!(digest(9)), &json!(NOW))
    );
}

#[test]
fn an_oci_manifest_without_type_takes_the_given_one() {
    let mut manifest = schema2();
    manifest.as_object_mut().unwrap().remove("mediaType");
    manifest["config"]["mediaType"] = "application/vnd.oci.image.config.v1+json".into();
    let mut image = image(manifest, None);
    image.docker_image_manifest_media_type = "application/vnd.oci.image.manifest.v1+json".into();
    assert_eq!(
        described(image).docker_image_manifest_media_type,
        "application/vnd.oci.image.manifest.v1+json"
    );
}

#[test]
fn a_broken_manifest_or_config_leaves_the_image_alone() {
    for mut broken in [
        image(json!({"schemaVersion": 1}), None),
        image(schema2(), Some(json!([1]))),
    ] {
        let before = broken.clone();
        assert!(describe(&mut broken, NOW.parse().unwrap()).is_err());
        assert_eq!(broken, before);
    }
}

#[test]
fn the_config_of_an_artifact_that_is_no_image_is_not_read() {
    let mut manifest = schema2();
    manifest["config"]["mediaType"] = "application/vnd.cncf.helm.config.v1+json".into();
    let metadata = described(image(manifest, Some(json!([1]))))
        .docker_image_metadata
        .unwrap();
    assert_eq!(metadata["Id"], digest(1));
}
