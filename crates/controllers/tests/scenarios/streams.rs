use serde_json::json;
use weir_api::image::ImageStream;
use weir_oci::Reference;

use crate::machine::Machine;

fn import_condition(stream: &ImageStream) -> Option<(&str, &str)> {
    let condition = stream.status.tags.first()?.conditions.first()?;
    Some((condition.r#type.as_str(), condition.status.as_str()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wished_tag_is_imported_without_being_asked() {
    let machine = Machine::start().await;
    let repository: Reference = "elsewhere.test/team/app".parse().expect("a reference");
    let config = machine.registries.add_blob(
        &repository,
        r#"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"#,
    );
    let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config.to_string(), "size": 90}, "layers": []});
    let tag = "v1".parse().expect("a tag");
    let digest = machine
        .registries
        .add_manifest(&repository, Some(&tag), manifest.to_string());
    let wish = json!({"name": "latest", "from": {"kind": "DockerImage", "name": "elsewhere.test/team/app:v1"}});
    machine
        .create::<ImageStream>(json!({"metadata": {"name": "app"}, "spec": {"tags": [wish]}}))
        .await;
    let stream = machine
        .until("app", "imported", |stream: &ImageStream| !stream.status.tags.is_empty())
        .await;
    let history = &stream.status.tags[0];
    assert_eq!(
        history.items.first().map(|event| event.image.clone()),
        Some(digest.to_string()),
        "{history:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_that_cannot_be_fulfilled_says_so_and_is_not_asked_for_again_and_again() {
    let machine = Machine::start().await;
    let wish = json!({"name": "latest", "from": {"kind": "DockerImage", "name": "elsewhere.test/team/nothing:v1"}});
    machine
        .create::<ImageStream>(json!({"metadata": {"name": "app"}, "spec": {"tags": [wish]}}))
        .await;
    let failed = machine
        .until("app", "failed", |stream: &ImageStream| {
            import_condition(stream).is_some()
        })
        .await;
    assert_eq!(import_condition(&failed), Some(("ImportSuccess", "False")));
    // Whatever would touch the stream again would come before the import of another one that is made later.
    let wish = json!({"name": "latest", "from": {"kind": "DockerImage", "name": "elsewhere.test/team/other:v1"}});
    machine
        .create::<ImageStream>(json!({"metadata": {"name": "later"}, "spec": {"tags": [wish]}}))
        .await;
    machine
        .until("later", "failed", |stream: &ImageStream| {
            import_condition(stream).is_some()
        })
        .await;
    let still = machine.get::<ImageStream>("app").await;
    assert_eq!(still.metadata.resource_version, failed.metadata.resource_version);
}
