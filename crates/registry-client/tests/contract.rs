//! What every registry client promises. The one that speaks HTTP is tested against our own registry on a socket.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use serde_json::{Value, json};
use weir_blobstore::MemoryStore;
use weir_oci::{Digest, ManifestType, Platform, Reference, Tag, config_types, layer_types};
use weir_registry::{MemoryStreams, Registry, RegistryConfig};
use weir_registry_client::{
    Credentials, FetchError, HttpRegistryClient, HttpRegistryConfig, Keyring, MemoryRegistries, RegistryClient,
    Selector, Source, fetch_image,
};

const HOST: &str = "registry.test:5000";
const USER: &str = "anybody";
const PASSWORD: &str = "s3cret";

/// A repository that wants credentials, and a client for it.
#[async_trait]
trait Fixture: Send + Sync {
    fn client(&self) -> &dyn RegistryClient;
    async fn add_blob(&self, content: &str) -> Digest;
    async fn add_manifest(&self, tag: Option<&str>, manifest: &Value) -> Digest;
}

struct Memory {
    registries: MemoryRegistries,
}

struct Http {
    client: HttpRegistryClient,
    pusher: reqwest::Client,
    address: SocketAddr,
}

async fn memory() -> Memory {
    let registries = MemoryRegistries::new();
    registries.require_credentials(&repository(), Credentials::password(USER, PASSWORD));
    Memory { registries }
}

async fn http() -> Http {
    let streams = Arc::new(MemoryStreams::new());
    streams.add_admin(PASSWORD);
    let registry = Registry::new(
        RegistryConfig::default(),
        Arc::new(MemoryStore::new()),
        streams.clone(),
        streams,
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, registry.router()).await });
    let config = HttpRegistryConfig {
        internal_hosts: vec![(HOST.into(), address)],
        ..HttpRegistryConfig::default()
    };
    Http {
        client: HttpRegistryClient::new(config),
        pusher: reqwest::Client::new(),
        address,
    }
}

#[async_trait]
impl Fixture for Memory {
    fn client(&self) -> &dyn RegistryClient {
        &self.registries
    }

    async fn add_blob(&self, content: &str) -> Digest {
        self.registries.add_blob(&repository(), content.to_owned())
    }

    async fn add_manifest(&self, tag: Option<&str>, manifest: &Value) -> Digest {
        let tag: Option<Tag> = tag.map(|tag| tag.parse().unwrap());
        self.registries
            .add_manifest(&repository(), tag.as_ref(), manifest.to_string())
    }
}

#[async_trait]
impl Fixture for Http {
    fn client(&self) -> &dyn RegistryClient {
        &self.client
    }

    async fn add_blob(&self, content: &str) -> Digest {
        let digest = Digest::sha256_of(content.as_bytes());
        let url = format!("http://{}/v2/ns/app/blobs/uploads/?digest={digest}", self.address);
        let request = self.pusher.post(url).bearer_auth(PASSWORD).body(content.to_owned());
        assert_eq!(request.send().await.unwrap().status(), 201);
        digest
    }

    async fn add_manifest(&self, tag: Option<&str>, manifest: &Value) -> Digest {
        let body = manifest.to_string();
        let digest = Digest::sha256_of(body.as_bytes());
        let url = format!(
            "http://{}/v2/ns/app/manifests/{}",
            self.address,
            tag.unwrap_or(digest.as_str())
        );
        let request = self
            .pusher
            .put(url)
            .bearer_auth(PASSWORD)
            .header("content-type", manifest["mediaType"].as_str().unwrap());
        assert_eq!(request.body(body).send().await.unwrap().status(), 201);
        digest
    }
}

macro_rules! contract {
    ($($test:ident),* $(,)?) => {
        mod memory_registries { $(#[tokio::test] async fn $test() { super::$test(&super::memory().await).await })* }
        mod http_registry_client { $(#[tokio::test] async fn $test() { super::$test(&super::http().await).await })* }
    };
}

contract!(
    a_manifest_is_fetched_by_tag_and_by_digest,
    an_image_is_fetched_with_its_config,
    of_an_index_the_wanted_platform_is_fetched,
    tags_are_listed,
    blobs_are_read_whole_or_piece_by_piece,
    what_is_larger_than_allowed_is_not_read,
    what_is_not_there_is_not_found,
    access_needs_the_right_credentials,
    an_image_without_config_blob_is_not_found,
);

fn repository() -> Reference {
    format!("{HOST}/ns/app").parse().unwrap()
}

fn source_with(password: Option<&str>) -> Source {
    let mut keyring = Keyring::default();
    if let Some(password) = password {
        keyring.add(HOST, Credentials::password(USER, password)).unwrap();
    }
    Source {
        keyring: Arc::new(keyring),
        ..Source::anonymous(&repository())
    }
}

fn source() -> Source {
    source_with(Some(PASSWORD))
}

fn tag(tag: &str) -> Selector {
    Selector::Tag(tag.parse().unwrap())
}

fn image(config: &str, layer: &str) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": ManifestType::OciManifest.as_str(),
        "config": {"mediaType": config_types::OCI, "digest": Digest::sha256_of(config.as_bytes()), "size": config.len()},
        "layers": [{"mediaType": layer_types::OCI_TAR, "digest": Digest::sha256_of(layer.as_bytes()), "size": layer.len()}],
    })
}

async fn add_image(fixture: &dyn Fixture, tag: Option<&str>, architecture: &str) -> (Digest, Value) {
    let config = json!({"architecture": architecture, "os": "linux"}).to_string();
    fixture.add_blob(&config).await;
    fixture.add_blob("layer").await;
    let manifest = image(&config, "layer");
    (fixture.add_manifest(tag, &manifest).await, manifest)
}

async fn a_manifest_is_fetched_by_tag_and_by_digest(fixture: &dyn Fixture) {
    let (digest, manifest) = add_image(fixture, Some("v1"), "amd64").await;
    for which in [tag("v1"), Selector::Digest(digest.clone())] {
        let fetched = fixture.client().fetch_manifest(&source(), &which).await.unwrap();
        assert_eq!(
            (&fetched.digest, fetched.body.as_ref()),
            (&digest, manifest.to_string().as_bytes())
        );
        assert_eq!(fetched.manifest.media_type(), ManifestType::OciManifest);
    }
}

async fn an_image_is_fetched_with_its_config(fixture: &dyn Fixture) {
    let (digest, _) = add_image(fixture, Some("v1"), "amd64").await;
    let fetched = fetch_image(fixture.client(), &source(), &tag("v1"), &[]).await.unwrap();
    assert_eq!(fetched.digest, digest);
    assert_eq!(
        weir_oci::ImageConfig::parse(&fetched.config).unwrap().architecture,
        "amd64"
    );
}

async fn of_an_index_the_wanted_platform_is_fetched(fixture: &dyn Fixture) {
    let mut entries = Vec::new();
    let mut digests = Vec::new();
    for architecture in ["arm64", "amd64"] {
        let (digest, manifest) = add_image(fixture, None, architecture).await;
        entries.push(json!({
            "mediaType": ManifestType::OciManifest.as_str(), "digest": digest, "size": manifest.to_string().len(),
            "platform": {"os": "linux", "architecture": architecture},
        }));
        digests.push(digest);
    }
    let index = json!({"schemaVersion": 2, "mediaType": ManifestType::OciIndex.as_str(), "manifests": entries});
    let whole = fixture.add_manifest(Some("multi"), &index).await;
    let fetch = async |platforms: &[Platform]| {
        fetch_image(fixture.client(), &source(), &tag("multi"), platforms)
            .await
            .unwrap()
            .digest
    };
    assert_eq!(fetch(&[Platform::new("linux", "arm64")]).await, digests[0]);
    assert_eq!(fetch(&[Platform::new("linux", "s390x")]).await, digests[1]);
    assert_eq!(
        fixture
            .client()
            .fetch_manifest(&source(), &tag("multi"))
            .await
            .unwrap()
            .digest,
        whole
    );
}

async fn tags_are_listed(fixture: &dyn Fixture) {
    for name in ["b", "a"] {
        add_image(fixture, Some(name), "amd64").await;
    }
    let tags = fixture.client().list_tags(&source()).await.unwrap();
    assert_eq!(tags, ["a", "b"].map(|tag| tag.parse::<Tag>().unwrap()));
}

async fn blobs_are_read_whole_or_piece_by_piece(fixture: &dyn Fixture) {
    let digest = fixture.add_blob("some content").await;
    add_image(fixture, Some("v1"), "amd64").await;
    assert_eq!(
        fixture.client().fetch_blob(&source(), &digest, 12).await.unwrap(),
        "some content"
    );
    let stream = fixture.client().stream_blob(&source(), &digest).await.unwrap();
    assert_eq!(stream.size, Some(12));
    let pieces: Vec<Bytes> = stream.bytes.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"some content");
}

async fn what_is_larger_than_allowed_is_not_read(fixture: &dyn Fixture) {
    let digest = fixture.add_blob("some content").await;
    let result = fixture.client().fetch_blob(&source(), &digest, 11).await;
    assert!(
        matches!(result, Err(FetchError::TooLarge { limit: 11, .. })),
        "{result:?}"
    );
}

async fn what_is_not_there_is_not_found(fixture: &dyn Fixture) {
    add_image(fixture, Some("v1"), "amd64").await;
    let missing = Digest::sha256_of(b"missing");
    let client = fixture.client();
    let elsewhere = Source {
        repository: format!("{HOST}/ns/none").parse().unwrap(),
        ..source()
    };
    assert!(matches!(
        client.fetch_manifest(&source(), &tag("v2")).await,
        Err(FetchError::NotFound)
    ));
    assert!(matches!(
        client
            .fetch_manifest(&source(), &Selector::Digest(missing.clone()))
            .await,
        Err(FetchError::NotFound)
    ));
    assert!(matches!(
        client.fetch_blob(&source(), &missing, 100).await,
        Err(FetchError::NotFound)
    ));
    assert!(matches!(
        client.stream_blob(&source(), &missing).await.map(|_| ()),
        Err(FetchError::NotFound)
    ));
    assert!(matches!(
        client.fetch_manifest(&elsewhere, &tag("v1")).await,
        Err(FetchError::NotFound)
    ));
    assert!(matches!(client.list_tags(&elsewhere).await, Err(FetchError::NotFound)));
}

async fn access_needs_the_right_credentials(fixture: &dyn Fixture) {
    add_image(fixture, Some("v1"), "amd64").await;
    let fetch = async |password| {
        fixture
            .client()
            .fetch_manifest(&source_with(password), &tag("v1"))
            .await
    };
    assert!(matches!(
        fetch(None).await,
        Err(FetchError::Unauthorized { had_credentials: false })
    ));
    assert!(matches!(fetch(Some("wrong")).await, Err(FetchError::WrongCredentials)));
    assert!(fetch(Some(PASSWORD)).await.is_ok());
    // What one caller may see is not shown to the next.
    assert!(matches!(
        fetch(None).await,
        Err(FetchError::Unauthorized { had_credentials: false })
    ));
    assert!(matches!(fetch(Some("wrong")).await, Err(FetchError::WrongCredentials)));
}

async fn an_image_without_config_blob_is_not_found(fixture: &dyn Fixture) {
    let (digest, _) = add_image(fixture, Some("v1"), "amd64").await;
    let other = Source {
        repository: format!("{HOST}/ns/other").parse().unwrap(),
        ..source()
    };
    let result = fetch_image(fixture.client(), &other, &Selector::Digest(digest), &[]).await;
    assert!(matches!(result, Err(FetchError::NotFound)));
}
