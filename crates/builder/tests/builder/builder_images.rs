use std::path::Path;
use std::sync::Mutex;

use serde_json::json;
use weir_builder::builder_image::{self, PushTarget, generate, open_archive, open_layout, push};
use weir_oci::Digest;

use crate::registry::Registry;

/// A small image as a layout, written by hand.
fn layout(directory: &Path) {
    let blob = |bytes: &[u8]| {
        let digest = Digest::sha256_of(bytes);
        std::fs::create_dir_all(directory.join("blobs/sha256")).unwrap();
        std::fs::write(directory.join("blobs/sha256").join(digest.hex()), bytes).unwrap();
        (digest.to_string(), bytes.len())
    };
    let (config, config_size) =
        blob(br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#);
    let (layer, layer_size) = blob(&[7; 3000]);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": config_size},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer, "size": layer_size}],
    });
    let (manifest, size) = blob(manifest.to_string().as_bytes());
    let index = json!({"schemaVersion": 2, "manifests": [
        {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": manifest, "size": size}]});
    std::fs::write(directory.join("index.json"), index.to_string()).unwrap();
    std::fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}

fn target(registry: &Registry) -> PushTarget {
    PushTarget {
        registry: format!("http://{}", registry.address).parse().unwrap(),
        repository: "openshift/nodejs".to_owned(),
        tag: "latest".to_owned(),
        token: "t0ken".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn layout_and_archive_reach_the_registry() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("image");
    std::fs::create_dir(&path).unwrap();
    layout(&path);
    let file = directory.path().join("image.tar");
    let mut archive = tar::Builder::new(std::fs::File::create(&file).unwrap());
    archive.append_dir_all(".", &path).unwrap();
    archive.into_inner().unwrap();

    for image in [
        open_layout(&path).unwrap(),
        open_archive(&file, directory.path()).unwrap(),
    ] {
        let registry = Registry::start().await;
        let digest = push(&image, &target(&registry), &|_| {}).await.unwrap();
        assert_eq!(
            registry.digest("openshift/nodejs", "latest").unwrap(),
            digest.to_string()
        );
        let manifest = registry.manifest("openshift/nodejs", "latest").unwrap();
        assert_eq!(
            registry
                .blob(manifest["layers"][0]["digest"].as_str().unwrap())
                .unwrap(),
            [7; 3000]
        );
        assert!(registry.authorizations().iter().all(|said| said == "Bearer t0ken"));
        // What is there is not sent again.
        let before = registry.authorizations().len();
        push(&image, &target(&registry), &|_| {}).await.unwrap();
        assert_eq!(
            registry.authorizations().len() - before,
            3,
            "two looks and one manifest"
        );
    }
    let left: Vec<_> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[tokio::test]
async fn blob_that_is_not_what_its_name_says_is_refused_by_the_registry() {
    let directory = tempfile::tempdir().unwrap();
    layout(directory.path());
    let layer = Digest::sha256_of(&[7; 3000]);
    std::fs::write(directory.path().join("blobs/sha256").join(layer.hex()), [8; 3000]).unwrap();
    let registry = Registry::start().await;
    let error = push(&open_layout(directory.path()).unwrap(), &target(&registry), &|_| {})
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("the registry refused the blob sha256:"),
        "{error}"
    );
    assert_eq!(registry.digest("openshift/nodejs", "latest"), None);
}

#[tokio::test]
async fn unknown_builder_images_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let error = generate("cobol", directory.path(), &|_| {}).await.unwrap_err();
    assert!(error.to_string().contains("known are: nodejs"), "{error}");
    assert_eq!(
        builder_image::tag_annotations("nodejs").unwrap()["tags"],
        "builder,nodejs"
    );
}

/// Makes the image for real, builds an application with it on Podman, and runs the result.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "fetches and installs several hundred packages, which takes minutes"]
async fn image_from_packages_builds_and_runs_an_application() {
    let Some(bench) = crate::podman::Bench::new().await else {
        return;
    };
    let work = tempfile::tempdir_in("/var/tmp").unwrap();
    let lines = Mutex::new(Vec::new());
    let begun = std::time::Instant::now();
    let image = generate("nodejs", work.path(), &|line| {
        println!("{line}");
        lines.lock().unwrap().push(line.to_owned());
    })
    .await
    .unwrap();
    println!("made in {} s", begun.elapsed().as_secs());
    let digest = push(&image, &target(&bench.registry), &|line| println!("{line}"))
        .await
        .unwrap();
    drop(image);
    assert_eq!(
        std::fs::read_dir(work.path()).unwrap().count(),
        0,
        "nothing is left behind"
    );
    let manifest = bench.registry.manifest("openshift/nodejs", "latest").unwrap();
    println!(
        "size {} MB",
        manifest["layers"][0]["size"].as_u64().unwrap() / 1_000_000
    );
    bench
        .run_application(&format!("{}/openshift/nodejs@{digest}", crate::scene::SHOWN))
        .await;
}
