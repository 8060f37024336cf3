use std::collections::BTreeMap;

use bytes::Bytes;
use futures::stream::BoxStream;
use jiff::Timestamp;

/// Bytes on their way to an engine, such as an archive.
pub type ByteStream = BoxStream<'static, std::io::Result<Bytes>>;

/// An image on the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// `sha256:` and 64 hex digits: the digest of the config.
    pub id: String,
    /// `repository:tag` names.
    pub tags: Vec<String>,
    /// `repository@sha256:...` names: the manifests it was pulled from or pushed as.
    pub digests: Vec<String>,
    pub config: ImageConfig,
    pub architecture: String,
    pub os: String,
    pub size_bytes: u64,
    pub created: Option<Timestamp>,
}

/// What an image says about how to run it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageConfig {
    pub env: Vec<(String, String)>,
    pub user: String,
    pub working_dir: String,
    pub labels: BTreeMap<String, String>,
    /// As in `8080/tcp`.
    pub exposed_ports: Vec<String>,
    pub entrypoint: Vec<String>,
    pub cmd: Vec<String>,
    pub volumes: Vec<String>,
    pub stop_signal: Option<String>,
}

/// What a registry wants to see. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub username: String,
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// How far a pull or push is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transfer {
    Progress(TransferProgress),
    /// The last item. The digest of the manifest: known after every push, and after a pull when the engine says it.
    Done {
        digest: Option<String>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferProgress {
    pub layer: Option<String>,
    pub status: String,
    pub current_bytes: Option<u64>,
    pub total_bytes: Option<u64>,
}

/// A build in one Dockerfile. Build steps run without any credential; `registries` are used by the engine for the
/// images named in `FROM` only.
pub struct BuildSpec {
    /// A tar archive, plain or compressed with gzip.
    pub context: ByteStream,
    /// Path of the Dockerfile inside the context.
    pub dockerfile: String,
    pub tag: Option<String>,
    pub build_args: BTreeMap<String, String>,
    pub labels: BTreeMap<String, String>,
    pub no_cache: bool,
    /// Look for newer base images even when they are there.
    pub pull: bool,
    /// Network of the build steps: `None` is the engine's default; `none`, or the name of a network.
    pub network: Option<String>,
    /// Registry host (with port) to credentials.
    pub registries: BTreeMap<String, Credentials>,
    pub memory_bytes: Option<u64>,
    /// All steps of the last stage become one layer on top of their base, and nothing is taken from or left in the
    /// cache. Docker cannot: there every step leaves its layer.
    pub single_layer: bool,
}

impl BuildSpec {
    /// A build of `Dockerfile` in this context, with nothing special.
    pub fn new(context: ByteStream) -> Self {
        Self {
            context,
            dockerfile: "Dockerfile".to_owned(),
            tag: None,
            build_args: BTreeMap::new(),
            labels: BTreeMap::new(),
            no_cache: false,
            pull: false,
            network: None,
            registries: BTreeMap::new(),
            memory_bytes: None,
            single_layer: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildProgress {
    /// Some text of the log, with its line ends.
    Log(String),
    /// The last item: the image's id.
    Built { image_id: String },
}

/// A root file system to be made an image of one layer.
pub struct ImportSpec {
    /// A tar archive, plain or compressed with gzip.
    pub rootfs: ByteStream,
    /// `repository:tag` of the new image.
    pub reference: String,
    /// Dockerfile instructions of its configuration: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, VOLUME, WORKDIR,
    /// STOPSIGNAL.
    pub changes: Vec<String>,
}
