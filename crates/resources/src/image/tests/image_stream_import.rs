use serde_json::{Value, json};
use weir_registry_client::Credentials;

use super::server::*;

const CHECKED: &str = "openshift.io/image.dockerRepositoryCheck";

pub(super) fn request(stream: &str, images: Value) -> Value {
    json!({"metadata": {"name": stream}, "spec": {"import": true, "images": images}})
}

fn image(from: &str) -> Value {
    json!({"from": {"kind": "DockerImage", "name": from}})
}

/// An image of which all platforms are kept.
pub(super) fn whole(from: &str) -> Value {
    json!({"from": {"kind": "DockerImage", "name": from}, "importPolicy": {"importMode": "PreserveOriginal"}})
}

/// Publishes an index of amd64 and arm64. Its digest, and those of its manifests.
pub(super) fn publish_index(api: &TestServer, reference: &str) -> (String, Vec<String>) {
    let repository = reference.rsplit_once(':').unwrap().0;
    let parts: Vec<String> = ["amd64", "arm64"]
        .iter()
        .map(|part| publish(&api.registries, repository, part).to_string())
        .collect();
    let entry = |part: &str, digest: &str| {
        json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": manifest(part).0.len(), "digest": digest,
            "platform": {"os": "linux", "architecture": part}})
    };
    let index = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry("amd64", &parts[0]), entry("arm64", &parts[1])],
    });
    let reference = reference.parse().unwrap();
    let digest = api
        .registries
        .add_manifest(&reference, reference.tag(), index.to_string());
    (digest.to_string(), parts)
}

async fn import(api: &TestServer, images: Value) -> Value {
    let (code, answer) = api.post("ns/imagestreamimports", request("s", images)).await;
    assert_eq!(code, 201, "{answer}");
    answer
}

/// images 58
#[tokio::test]
async fn a_look_stores_nothing() {
    let api = TestServer::start().await;
    let digest = publish(&api.registries, "r.io/a/b:1", "1").to_string();
    let mut asked = request("s", json!([image("r.io/a/b:1")]));
    asked["spec"]["import"] = false.into();
    let (code, answer) = api.post("ns/imagestreamimports", asked).await;
    assert_eq!(code, 201);
    let found = &answer["status"]["images"][0];
    assert_eq!(
        (&found["status"]["status"], &found["tag"]),
        (&json!("Success"), &json!("1"))
    );
    assert_eq!(found["image"]["metadata"]["name"], digest);
    assert_eq!(found["image"]["dockerImageReference"], format!("r.io/a/b@{digest}"));
    assert_eq!(
        found["image"]["dockerImageMetadata"]["Config"]["Env"],
        json!(["CONTENT=1"])
    );
    assert!(found["image"].get("dockerImageManifest").is_none());
    assert_eq!(api.get("ns/imagestreams/s").await.0, 404);
    assert_eq!(api.get(&format!("images/{digest}")).await.0, 404);
}

#[tokio::test]
async fn manifests_are_shown_to_those_who_ask() {
    let api = TestServer::start().await;
    publish(&api.registries, "r.io/a/b:1", "1");
    let mut asked = image("r.io/a/b:1");
    asked["includeManifest"] = true.into();
    let answer = import(&api, json!([asked])).await;
    let shown = &answer["status"]["images"][0]["image"];
    assert_eq!(
        (&shown["dockerImageManifest"], &shown["dockerImageConfig"]),
        (&json!(manifest("1").0), &json!(manifest("1").1))
    );
    let (_, stored) = api.get(&format!("images/{}", digest_of("1"))).await;
    assert!(stored.get("dockerImageManifest").is_none());
}

/// images 59
#[tokio::test]
async fn an_image_without_a_target_is_only_shown() {
    let api = TestServer::start().await;
    publish(&api.registries, "busybox:latest", "1");
    publish(&api.registries, "busybox:1", "2");
    let answer = import(&api, json!([image("busybox"), image("busybox:1")])).await;
    assert_eq!(
        answer["status"]["images"][0]["image"]["metadata"]["name"],
        digest_of("1")
    );
    let stream = &answer["status"]["import"];
    let tags: Vec<&Value> = stream["status"]["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["tag"])
        .collect();
    assert_eq!(tags, ["1"]);
    assert_eq!(
        items(stream, "1")[0]["dockerImageReference"],
        format!("busybox@{}", digest_of("2"))
    );
}

/// images 60
#[tokio::test]
async fn failures_are_told_one_by_one() {
    let api = TestServer::start().await;
    publish(&api.registries, "r.io/a/b:good", "1");
    let answer = import(&api, json!([image("r.io/a/b:good"), image("r.io/a/b:bad")])).await;
    let failed = &answer["status"]["images"][1]["status"];
    let message = "dockerimage.image.openshift.io \"r.io/a/b:bad\" not found";
    assert_eq!(
        (&failed["status"], &failed["reason"], &failed["message"]),
        (&json!("Failure"), &json!("NotFound"), &json!(message))
    );
    assert_eq!(
        (&failed["code"], &failed["details"]["kind"]),
        (&json!(404), &json!("dockerimage"))
    );
    let stream = &answer["status"]["import"];
    assert_eq!(items(stream, "good")[0]["image"], digest_of("1"));
    assert_eq!(wish(stream, "bad")["from"]["name"], "r.io/a/b:bad");
    let condition = &stream["status"]["tags"][0]["conditions"][0];
    let told = (
        &condition["type"],
        &condition["status"],
        &condition["reason"],
        &condition["message"],
    );
    assert_eq!(
        told,
        (
            &json!("ImportSuccess"),
            &json!("False"),
            &json!("NotFound"),
            &json!(message)
        )
    );
    assert_eq!(stream["status"]["tags"][0]["items"], Value::Null);
}

/// images 61
#[tokio::test]
async fn success_removes_the_failure() {
    let api = TestServer::start().await;
    import(&api, json!([image("r.io/a/b:1")])).await;
    publish(&api.registries, "r.io/a/b:1", "1");
    let answer = import(&api, json!([image("r.io/a/b:1")])).await;
    assert_eq!(answer["status"]["import"]["status"]["tags"][0].get("conditions"), None);
}

/// images 62, 63
#[tokio::test]
async fn an_import_that_finds_nothing_new_writes_nothing() {
    let api = TestServer::start().await;
    let digest = publish(&api.registries, "r.io/a/b:1", "1");
    let first = import(&api, json!([image("r.io/a/b:1")])).await["status"]["import"].clone();
    assert!(first["metadata"]["annotations"][CHECKED].is_string());
    let event = &items(&first, "1")[0];
    assert_eq!(event["dockerImageReference"], format!("r.io/a/b@{digest}"));
    let generation = &first["metadata"]["generation"];
    assert_eq!(
        (&event["generation"], &wish(&first, "1")["generation"]),
        (generation, generation)
    );
    api.tick();
    let again = import(&api, json!([image("r.io/a/b:1")])).await["status"]["import"].clone();
    assert_eq!(again, first);
    publish(&api.registries, "r.io/a/b:1", "2");
    let moved = import(&api, json!([image("r.io/a/b:1")])).await["status"]["import"].clone();
    assert_eq!(
        (items(&moved, "1").len(), &moved["metadata"]["generation"]),
        (2, &json!(generation.as_i64().unwrap() + 1))
    );
}

/// images 64
#[tokio::test]
async fn the_version_that_an_import_is_based_on_must_be_the_newest() {
    let api = TestServer::start().await;
    publish(&api.registries, "r.io/a/b:1", "1");
    let based_on = |field: &str, value: &str| {
        let mut asked = request("s", json!([image("r.io/a/b:1")]));
        asked["metadata"][field] = value.into();
        asked
    };
    for field in ["resourceVersion", "uid"] {
        assert_eq!(
            api.post("ns/imagestreamimports", based_on(field, "1")).await.0,
            404,
            "{field}"
        );
    }
    let stream = api.stream(json!([])).await;
    let (code, answer) = api
        .post("ns/imagestreamimports", based_on("resourceVersion", "999999"))
        .await;
    assert_eq!((code, &answer["details"]["kind"]), (409, &json!("imagestream")));
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("the image stream was updated from \"999999\" to"),
        "{answer}"
    );
    assert_eq!(api.post("ns/imagestreamimports", based_on("uid", "other")).await.0, 404);
    let version = stream["metadata"]["resourceVersion"].as_str().unwrap();
    assert_eq!(
        api.post("ns/imagestreamimports", based_on("resourceVersion", version))
            .await
            .0,
        201
    );
}

fn repository(from: &str) -> Value {
    json!({"metadata": {"name": "s"}, "spec": {"import": true, "repository": image(from)}})
}

/// images 65
#[tokio::test]
async fn of_a_large_repository_the_likeliest_tags_are_imported() {
    let api = TestServer::start().await;
    for n in 0..60 {
        publish(&api.registries, &format!("r.io/a/b:1.{n}"), &n.to_string());
    }
    let (code, answer) = api.post("ns/imagestreamimports", repository("r.io/a/b")).await;
    assert_eq!(code, 201);
    let found = &answer["status"]["repository"];
    assert_eq!(
        (found["images"].as_array().unwrap().len(), &found["images"][0]["tag"]),
        (50, &json!("1.59"))
    );
    let left: Vec<String> = (0..10).rev().map(|n| format!("1.{n}")).collect();
    assert_eq!(found["additionalTags"], json!(left));
    assert_eq!(
        answer["status"]["import"]["status"]["tags"].as_array().unwrap().len(),
        50
    );
    assert_eq!(
        wish(&answer["status"]["import"], "1.59")["from"]["name"],
        "r.io/a/b:1.59"
    );
}

#[tokio::test]
async fn a_repository_tells_how_many_of_its_tags_failed() {
    let api = TestServer::start().await;
    publish(&api.registries, "r.io/a/b:1", "1");
    let gone: weir_oci::Reference = "r.io/a/b:2".parse().unwrap();
    let (manifest, _) = manifest("without a config");
    api.registries.add_manifest(&gone, gone.tag(), manifest);
    let (_, answer) = api.post("ns/imagestreamimports", repository("r.io/a/b")).await;
    let status = &answer["status"]["repository"]["status"];
    assert_eq!(
        (&status["reason"], &status["message"]),
        (
            &json!("ImportFailed"),
            &json!("one of the images from this repository failed to import")
        )
    );
    let (_, answer) = api.post("ns/imagestreamimports", repository("r.io/none")).await;
    assert_eq!(answer["status"]["repository"]["status"]["reason"], "NotFound");
    assert_eq!(answer["status"]["repository"].get("images"), None);
}

/// images 67
#[tokio::test]
async fn of_several_platforms_one_is_chosen() {
    let api = TestServer::start().await;
    let (_, parts) = publish_index(&api, "r.io/a/b:1");
    let answer = import(&api, json!([image("r.io/a/b:1")])).await;
    assert_eq!(
        answer["status"]["images"][0]["image"]["metadata"]["name"], parts[1],
        "the machine is an arm64"
    );
    let preferred = json!({"importer.image.openshift.io/prefer-arch": "amd64"});
    let mut tags = answer["status"]["import"]["spec"]["tags"].clone();
    tags[0]["annotations"] = preferred;
    assert_eq!(
        api.patch("ns/imagestreams/s", json!({"spec": {"tags": tags}})).await.0,
        200
    );
    let answer = import(&api, json!([image("r.io/a/b:1")])).await;
    assert_eq!(items(&answer["status"]["import"], "1")[0]["image"], parts[0]);
}

/// images 68, 69
#[tokio::test]
async fn all_platforms_are_kept_until_somebody_asks_for_one() {
    let api = TestServer::start().await;
    let (index, parts) = publish_index(&api, "r.io/a/b:1");
    let answer = import(&api, json!([whole("r.io/a/b:1")])).await;
    let found = &answer["status"]["images"][0];
    assert_eq!(found["image"]["metadata"]["name"], index);
    assert_eq!(found["manifests"].as_array().unwrap().len(), 2);
    assert_eq!(items(&answer["status"]["import"], "1")[0]["image"], index);
    for digest in parts.iter().chain([&index]) {
        assert_eq!(api.get(&format!("images/{digest}")).await.0, 200);
    }
    let (_, layers) = api.get("ns/imagestreams/s/layers").await;
    assert_eq!(
        layers["images"][&index],
        json!({"layers": null, "config": null, "manifests": [parts[0], parts[1]]})
    );
    let answer = import(&api, json!([image("r.io/a/b:1")])).await;
    assert_eq!(
        wish(&answer["status"]["import"], "1")["importPolicy"]["importMode"],
        "Legacy"
    );
}

/// images 70
#[tokio::test]
async fn plain_http_needs_to_be_asked_for() {
    let api = TestServer::start().await;
    publish(&api.registries, "r.io/a/b:1", "1");
    api.registries.make_insecure(&"r.io/a/b".parse().unwrap());
    let answer = import(&api, json!([image("r.io/a/b:1")])).await;
    let status = &answer["status"]["images"][0]["status"];
    assert_eq!(status["reason"], "BadRequest");
    assert_eq!(
        status["message"],
        "the repository r.io/a/b is HTTP only and requires the insecure flag to import"
    );
    let mut insecure = image("r.io/a/b:1");
    insecure["importPolicy"] = json!({"insecure": true});
    let answer = import(&api, json!([insecure])).await;
    assert_eq!(answer["status"]["images"][0]["status"]["status"], "Success");
}

#[tokio::test]
async fn pull_secrets_of_the_namespace_open_closed_repositories() {
    let api = TestServer::start().await;
    publish(&api.registries, "r.io/a/b:1", "1");
    api.registries
        .require_credentials(&"r.io/a/b".parse().unwrap(), Credentials::password("u", "p"));
    let answer = import(&api, json!([image("r.io/a/b:1")])).await;
    let status = &answer["status"]["images"][0]["status"];
    assert_eq!(
        (&status["reason"], &status["code"]),
        (&json!("Unauthorized"), &json!(401))
    );
    use base64::Engine;
    let config = json!({"auths": {"r.io": {"username": "u", "password": "p"}}}).to_string();
    let data = json!({".dockerconfigjson": base64::engine::general_purpose::STANDARD.encode(config)});
    let broken = json!({"metadata": {"name": "broken"}, "type": "kubernetes.io/dockerconfigjson", "data": {}});
    let secret = json!({"metadata": {"name": "good"}, "type": "kubernetes.io/dockerconfigjson", "data": data});
    for asked in [broken, secret] {
        assert_eq!(api.post("ns/secrets", asked).await.0, 201);
    }
    let answer = import(&api, json!([image("r.io/a/b:1")])).await;
    assert_eq!(answer["status"]["images"][0]["status"]["status"], "Success", "{answer}");
}

#[tokio::test]
async fn an_import_moves_the_tags_that_follow() {
    let api = TestServer::start().await;
    api.stream(json!([following("stable", "s:1")])).await;
    let digest = publish(&api.registries, "r.io/a/b:1", "1").to_string();
    let answer = import(&api, json!([image("r.io/a/b:1")])).await;
    assert_eq!(items(&answer["status"]["import"], "stable")[0]["image"], digest);
}
