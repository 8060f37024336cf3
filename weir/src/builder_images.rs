use std::error::Error;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use k8s_openapi::api::core::v1::{ConfigMap, LocalObjectReference, ObjectReference};
use kube::Api;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;
use weir_api::image::{ImageImportSpec, ImageStream, ImageStreamImport, ImageStreamImportSpec};
use weir_builder::builder_image::{self, ImageLayout, PushTarget};
use weir_cli::{BuilderImages, BuilderImport, BuilderSource, ImportedBuilder, Progress};

use crate::data_directory::DataDirectory;

/// The tag that `NAME~SOURCE` means.
const TAG: &str = "latest";

type Failure = Box<dyn Error + Send + Sync>;

/// Brings builder images to the server of this machine.
pub struct LocalBuilderImages;

#[async_trait]
impl BuilderImages for LocalBuilderImages {
    async fn import(&self, import: BuilderImport<'_>, progress: Progress<'_>) -> Result<ImportedBuilder, Failure> {
        let layout = match &import.from {
            BuilderSource::Directory(directory) => builder_image::open_layout(directory)?,
            BuilderSource::OciArchive(file) => builder_image::open_archive(file, &std::env::temp_dir())?,
            BuilderSource::Default => match public_image(&import, progress).await? {
                Some(digest) => {
                    return Ok(ImportedBuilder {
                        tag: TAG.into(),
                        digest,
                    });
                }
                None => kept_or_made(import.name, &cache_directory(), progress).await?,
            },
        };
        let digest = builder_image::push(&layout, &target(&import).await?, progress).await?;
        describe(&import).await?;
        Ok(ImportedBuilder {
            tag: TAG.into(),
            digest: digest.to_string(),
        })
    }
}

/// Making an image takes minutes, so it is kept. It appears in the cache as a whole or not at all.
async fn kept_or_made(name: &str, cache: &Path, progress: Progress<'_>) -> Result<ImageLayout, Failure> {
    let place = cache.join("builder-images");
    let recipe = builder_image::recipe_digest(name).map(|digest| digest.hex()[..12].to_owned());
    let kept = place.join(format!("{name}-{}", recipe.unwrap_or_default()));
    if kept.is_dir() {
        progress(&format!(
            "using the image in {}; remove it to make a new one",
            kept.display()
        ));
        return Ok(builder_image::open_layout(&kept)?);
    }
    std::fs::create_dir_all(&place)?;
    let made = builder_image::generate(name, &place, progress).await?;
    match std::fs::rename(made.directory(), &kept) {
        Ok(()) => Ok(builder_image::open_layout(&kept)?),
        // Somebody else made the same image meanwhile.
        Err(_) if kept.is_dir() => Ok(made),
        Err(error) => Err(error.into()),
    }
}

/// The digest of the public image, when there is one and a registry answers. The import is the server's, as OpenShift
/// does it; looking first leaves no failed tag behind.
async fn public_image(import: &BuilderImport<'_>, progress: Progress<'_>) -> Result<Option<String>, Failure> {
    let Some(image) = builder_image::public_image(import.name) else {
        return Ok(None);
    };
    progress(&format!("asking for {image}"));
    let imports: Api<ImageStreamImport> = Api::namespaced(import.client.clone(), import.namespace);
    let looked = imports
        .create(&PostParams::default(), &request(import.name, image, false))
        .await?;
    let status = looked
        .status
        .images
        .first()
        .map(|image| image.status.clone())
        .unwrap_or_default();
    if status.status.as_deref() != Some("Success") {
        let reason = status.message.unwrap_or_default();
        progress(&format!(
            "no registry gives it to us ({reason}); it is made of packages instead"
        ));
        return Ok(None);
    }
    let stored = imports
        .create(&PostParams::default(), &request(import.name, image, true))
        .await?;
    let image = stored.status.images.into_iter().next().and_then(|image| image.image);
    describe(import).await?;
    Ok(image.and_then(|image| image.metadata.name))
}

fn request(name: &str, image: &str, import: bool) -> ImageStreamImport {
    let from = ObjectReference {
        kind: Some("DockerImage".into()),
        name: Some(image.to_owned()),
        ..ObjectReference::default()
    };
    let to = Some(LocalObjectReference { name: TAG.into() });
    ImageStreamImport {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        spec: ImageStreamImportSpec {
            import,
            images: vec![ImageImportSpec {
                from,
                to,
                ..ImageImportSpec::default()
            }],
            ..ImageStreamImportSpec::default()
        },
        ..ImageStreamImport::default()
    }
}

/// Marks the stream's tag as a builder, in the annotations that clients look for.
async fn describe(import: &BuilderImport<'_>) -> Result<(), Failure> {
    let unknown = || [("tags".to_owned(), format!("builder,{}", import.name))].into();
    let annotations = builder_image::tag_annotations(import.name).unwrap_or_else(unknown);
    let patch = json!({ "spec": { "tags": [{ "name": TAG, "annotations": annotations }] } });
    let streams: Api<ImageStream> = Api::namespaced(import.client.clone(), import.namespace);
    streams
        .patch(import.name, &PatchParams::default(), &Patch::Strategic(&patch))
        .await?;
    Ok(())
}

async fn target(import: &BuilderImport<'_>) -> Result<PushTarget, Failure> {
    let token = import
        .token
        .ok_or("the registry needs a token; log in with one: weir login --token TOKEN")?;
    Ok(PushTarget {
        registry: format!("http://{}", registry_address(import).await?).parse()?,
        repository: format!("{}/{}", import.namespace, import.name),
        tag: TAG.into(),
        token: token.to_owned(),
    })
}

/// Where the server says its registry listens (KEP-1755).
async fn registry_address(import: &BuilderImport<'_>) -> Result<String, Failure> {
    let config_maps: Api<ConfigMap> = Api::namespaced(import.client.clone(), "kube-public");
    let hint = config_maps.get("local-registry-hosting").await?;
    let text = hint.data.as_ref().and_then(|data| data.get("localRegistryHosting.v1"));
    let host = text.and_then(|text| {
        text.lines()
            .find_map(|line| line.strip_prefix("host: \"")?.strip_suffix('"'))
    });
    Ok(host
        .ok_or("configmap kube-public/local-registry-hosting does not say where the registry is")?
        .to_owned())
}

/// Where images that took long to make are kept: `WEIR_CACHE_DIR`, `/var/cache/weir` for root, else the XDG cache.
fn cache_directory() -> PathBuf {
    if let Some(named) = std::env::var_os("WEIR_CACHE_DIR") {
        return named.into();
    }
    if rustix::process::geteuid().is_root() {
        return "/var/cache/weir".into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let fallback = || DataDirectory::default_path().unwrap_or_else(std::env::temp_dir);
    cache.or_else(home).unwrap_or_else(fallback).join("weir")
}
