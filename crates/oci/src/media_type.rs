use std::fmt;
use std::str::FromStr;

/// Media types of image configs.
pub mod config_types {
    pub const DOCKER: &str = "application/vnd.docker.container.image.v1+json";
    pub const OCI: &str = "application/vnd.oci.image.config.v1+json";
}

/// Media types of layers.
pub mod layer_types {
    pub const DOCKER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    pub const OCI_TAR: &str = "application/vnd.oci.image.layer.v1.tar";
    pub const OCI_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    pub const OCI_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

    /// Layers that may not be redistributed; they are fetched from their URLs and need not be in the registry.
    pub fn is_foreign(media_type: &str) -> bool {
        media_type.starts_with("application/vnd.docker.image.rootfs.foreign.")
            || media_type.starts_with("application/vnd.oci.image.layer.nondistributable.")
    }
}

/// The kinds of manifests that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ManifestType {
    DockerManifest,
    DockerList,
    OciManifest,
    OciIndex,
}

impl ManifestType {
    pub const ALL: [ManifestType; 4] = [
        ManifestType::DockerManifest,
        ManifestType::DockerList,
        ManifestType::OciManifest,
        ManifestType::OciIndex,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            ManifestType::DockerManifest => "application/vnd.docker.distribution.manifest.v2+json",
            ManifestType::DockerList => "application/vnd.docker.distribution.manifest.list.v2+json",
            ManifestType::OciManifest => "application/vnd.oci.image.manifest.v1+json",
            ManifestType::OciIndex => "application/vnd.oci.image.index.v1+json",
        }
    }

    /// Does it list other manifests?
    pub fn is_index(self) -> bool {
        matches!(self, ManifestType::DockerList | ManifestType::OciIndex)
    }

    pub fn is_oci(self) -> bool {
        matches!(self, ManifestType::OciManifest | ManifestType::OciIndex)
    }
}

/// Not one of the media types of [`ManifestType`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unsupported image manifest type")]
pub struct UnknownManifestType;

impl FromStr for ManifestType {
    type Err = UnknownManifestType;

    /// Parameters (`; charset=utf-8`) are allowed and ignored.
    fn from_str(text: &str) -> Result<ManifestType, UnknownManifestType> {
        let essence = text.split(';').next().unwrap_or_default().trim();
        ManifestType::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(essence))
            .ok_or(UnknownManifestType)
    }
}

impl fmt::Display for ManifestType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
