use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use weir_oci::limits::MANIFEST_BYTES;
use weir_oci::{
    ContainerConfig, Descriptor, Digest, HistoryEntry, ImageConfig, Manifest, ManifestError, ManifestType, Platform,
    RootFs, config_types, layer_types,
};

use super::layer::Layer;

const LAYOUT_FILE: &str = "oci-layout";
const INDEX_FILE: &str = "index.json";
const VERSION: &str = "1.0.0";

/// An image in a directory: the files `oci-layout` and `index.json`, and blobs named by their digest.
#[derive(Debug)]
pub struct ImageLayout {
    directory: PathBuf,
    /// The manifest that is meant.
    image: Descriptor,
    /// Removed with the layout.
    _temporary: Option<TempDir>,
}

#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is no OCI image layout: it has no file {LAYOUT_FILE}; make one with: skopeo copy IMAGE oci:DIR", .0.display())]
    NotOne(PathBuf),
    #[error("{} has no image for this machine ({architecture})", path.display())]
    NoImage { path: PathBuf, architecture: String },
    #[error("{} cannot be understood: {source}", path.display())]
    Manifest { path: PathBuf, source: ManifestError },
    #[error("{} does not have the content that its name says", .0.display())]
    Content(PathBuf),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    image_layout_version: String,
}

/// Opens an image layout.
pub fn open_layout(directory: &Path) -> Result<ImageLayout, LayoutError> {
    if !directory.join(LAYOUT_FILE).is_file() {
        return Err(LayoutError::NotOne(directory.to_owned()));
    }
    let path = directory.join(INDEX_FILE);
    let bytes = read_bounded(&path)?;
    let kind = Some(ManifestType::OciIndex.as_str());
    let index = Manifest::parse(&bytes, kind).map_err(|source| LayoutError::Manifest {
        path: path.clone(),
        source,
    })?;
    let image = match &index {
        Manifest::Index(index) => match index.manifests.as_slice() {
            [only] => Some(only),
            _ => index.select(&[this_platform()]),
        },
        Manifest::Image(_) => None,
    };
    let none = || LayoutError::NoImage {
        path: directory.to_owned(),
        architecture: this_platform().architecture,
    };
    let image = image.cloned().ok_or_else(none)?;
    Ok(ImageLayout {
        directory: directory.to_owned(),
        image,
        _temporary: None,
    })
}

impl ImageLayout {
    /// Where its files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The layout goes away with this directory, which goes away with the layout.
    pub(super) fn keep(mut self, temporary: TempDir) -> Self {
        self._temporary = Some(temporary);
        self
    }

    /// Digest of the image's manifest.
    pub fn digest(&self) -> &Digest {
        &self.image.digest
    }

    pub(super) fn image(&self) -> &Descriptor {
        &self.image
    }

    pub(super) fn blob_path(&self, digest: &Digest) -> PathBuf {
        blob_path(&self.directory, digest)
    }

    /// Bytes and content of a manifest, checked against its digest.
    pub(super) fn manifest(&self, descriptor: &Descriptor) -> Result<(Vec<u8>, Manifest), LayoutError> {
        let path = self.blob_path(&descriptor.digest);
        let bytes = read_bounded(&path)?;
        if !descriptor.digest.matches(&bytes) {
            return Err(LayoutError::Content(path));
        }
        let manifest = Manifest::parse(&bytes, Some(&descriptor.media_type))
            .map_err(|source| LayoutError::Manifest { path, source })?;
        Ok((bytes, manifest))
    }
}

/// Lays out an image of one layer. The layer must be at [`blob_path`] already, or be moved there.
pub(super) fn write_image(
    directory: &Path,
    layer: &Layer,
    layer_file: &Path,
    config: ContainerConfig,
    created: jiff::Timestamp,
) -> io::Result<()> {
    let platform = this_platform();
    std::fs::create_dir_all(directory.join("blobs").join("sha256"))?;
    std::fs::rename(layer_file, blob_path(directory, &layer.digest))?;
    let config = ImageConfig {
        architecture: platform.architecture.clone(),
        os: platform.os.clone(),
        created: Some(created.to_string()),
        config: Some(config),
        rootfs: RootFs {
            r#type: "layers".to_owned(),
            diff_ids: vec![layer.diff_id.to_string()],
        },
        history: vec![HistoryEntry {
            created: Some(created.to_string()),
            created_by: "weir import-builder".to_owned(),
            ..HistoryEntry::default()
        }],
        ..ImageConfig::default()
    };
    let config = write_blob(directory, config_types::OCI, &serde_json::to_vec(&config)?)?;
    let layer = Descriptor::new(layer_types::OCI_GZIP, layer.digest.clone(), layer.size);
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": ManifestType::OciManifest.as_str(),
        "config": config,
        "layers": [layer],
    });
    let image = write_blob(
        directory,
        ManifestType::OciManifest.as_str(),
        &serde_json::to_vec(&manifest)?,
    )?;
    let index = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": ManifestType::OciIndex.as_str(),
        "manifests": [Descriptor { platform: Some(platform), ..image }],
    });
    std::fs::write(directory.join(INDEX_FILE), serde_json::to_vec(&index)?)?;
    let marker = Marker {
        image_layout_version: VERSION.to_owned(),
    };
    std::fs::write(directory.join(LAYOUT_FILE), serde_json::to_vec(&marker)?)
}

pub(super) fn blob_path(directory: &Path, digest: &Digest) -> PathBuf {
    directory
        .join("blobs")
        .join(digest.algorithm().as_str())
        .join(digest.hex())
}

fn write_blob(directory: &Path, media_type: &str, bytes: &[u8]) -> io::Result<Descriptor> {
    let digest = Digest::sha256_of(bytes);
    std::fs::write(blob_path(directory, &digest), bytes)?;
    Ok(Descriptor::new(media_type, digest, bytes.len() as u64))
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, LayoutError> {
    let read = |source| LayoutError::Read {
        path: path.to_owned(),
        source,
    };
    let size = std::fs::metadata(path).map_err(read)?.len();
    if size > MANIFEST_BYTES as u64 {
        return Err(LayoutError::Content(path.to_owned()));
    }
    std::fs::read(path).map_err(read)
}

/// The machine in the words of images.
pub(super) fn this_platform() -> Platform {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    Platform {
        architecture: architecture.to_owned(),
        os: "linux".to_owned(),
        ..Platform::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(directory: &Path) {
        let layer_file = directory.join("layer");
        std::fs::create_dir_all(directory).unwrap();
        std::fs::write(&layer_file, b"layer").unwrap();
        let layer = Layer {
            digest: Digest::sha256_of(b"layer"),
            size: 5,
            diff_id: Digest::sha256_of(b"unpacked"),
        };
        let config = ContainerConfig {
            user: "1001".to_owned(),
            ..ContainerConfig::default()
        };
        write_image(directory, &layer, &layer_file, config, jiff::Timestamp::UNIX_EPOCH).unwrap();
    }

    #[test]
    fn written_layout_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("image");
        image(&path);
        let layout = open_layout(&path).unwrap();
        let (_, manifest) = layout.manifest(layout.image()).unwrap();
        let Manifest::Image(image) = manifest else {
            panic!("no image")
        };
        let blobs: Vec<u64> = image.required_blobs().map(|blob| blob.size).collect();
        assert_eq!(blobs.len(), 2);
        assert!(blobs.contains(&5));
    }

    #[test]
    fn changed_manifests_and_other_directories_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(open_layout(directory.path()), Err(LayoutError::NotOne(_))));
        let path = directory.path().join("image");
        image(&path);
        let layout = open_layout(&path).unwrap();
        std::fs::write(layout.blob_path(layout.digest()), "{}").unwrap();
        assert!(matches!(layout.manifest(layout.image()), Err(LayoutError::Content(_))));
    }
}
