//! Looking at registries. Nothing here fails as a whole: every image tells for itself.

use std::sync::Arc;

use futures::StreamExt;
use weir_api::image::{Image, ImageStream, ImageStreamImportSpec, RepositoryImportSpec, TagReference};
use weir_api::meta::Status;
use weir_api::names::annotation::{IMAGE_PREFER_ARCH, IMAGE_PREFER_OS};
use weir_imagestream::image_metadata::{MetadataError, describe};
use weir_imagestream::import::{MAX_TAGS_PER_REPOSITORY, newest_first};
use weir_imagestream::resolve::spec_tag;
use weir_oci::{Digest, Manifest, ManifestType, Platform, Reference, Tag};
use weir_registry_client::{
    FetchError, FetchedImage, FetchedManifest, Keyring, RegistryClient, Selector, Source, fetch_image, resolve_image,
};

use super::failure;
use super::grouping::Insecure;
use crate::image::ImageConfig;
use crate::image::defaults::PRESERVE_ORIGINAL;

/// Images that are fetched at a time for one request; registries count requests.
const AT_A_TIME: usize = 4;

/// What was found for a request.
pub(super) struct Fetched {
    /// In the order of `spec.images`.
    pub images: Vec<FetchedTag>,
    pub repository: Option<FetchedRepository>,
}

pub(super) struct FetchedRepository {
    pub status: Status,
    pub images: Vec<FetchedTag>,
    /// Tags that are there but were not fetched.
    pub additional: Vec<Tag>,
}

/// One image, or why there is none.
pub(super) struct FetchedTag {
    pub reference: Reference,
    pub result: Result<Found, Status>,
}

pub(super) struct Found {
    pub digest: Digest,
    /// With manifest and config only if the request wants to see them.
    pub image: Image,
    /// What an index leads to, when all of its platforms are kept.
    pub manifests: Vec<Image>,
}

/// Fetches everything that `spec` names.
pub(super) async fn all(
    config: &ImageConfig,
    spec: &ImageStreamImportSpec,
    stream: Option<&ImageStream>,
    keyring: Arc<Keyring>,
) -> Fetched {
    let fetcher = Fetcher {
        config,
        client: config.registries.as_ref(),
        keyring,
        insecure: Insecure::of(spec),
    };
    let wanted = spec.images.iter().filter_map(|image| {
        let reference: Reference = image.from.name.as_deref().unwrap_or_default().parse().ok()?;
        let wish = stream
            .zip(image.to.as_ref())
            .and_then(|(stream, to)| spec_tag(stream, &to.name));
        let platforms = match reference.digest() {
            Some(_) => vec![config.platform.clone()],
            None => vec![preferred(wish, &config.platform), config.platform.clone()],
        };
        let whole = image.import_policy.import_mode == PRESERVE_ORIGINAL;
        Some(Wanted {
            reference,
            platforms,
            whole,
            with_content: image.include_manifest,
        })
    });
    let images = fetcher.fetch_many(wanted.collect()).await;
    let repository = match &spec.repository {
        None => None,
        Some(whole) => match whole.from.name.as_deref().unwrap_or_default().parse() {
            Ok(reference) => Some(fetcher.fetch_repository(reference, whole, &images).await),
            Err(_) => None,
        },
    };
    Fetched { images, repository }
}

/// The platform that the wish for a tag prefers, as far as it says.
fn preferred(wish: Option<&TagReference>, own: &Platform) -> Platform {
    let annotations = wish.and_then(|wish| wish.annotations.as_ref());
    let value = |key: &str, own: &str| {
        let said = annotations
            .and_then(|annotations| annotations.get(key))
            .filter(|said| !said.is_empty());
        said.map_or(own, String::as_str).to_owned()
    };
    Platform::new(
        &value(IMAGE_PREFER_OS, &own.os),
        &value(IMAGE_PREFER_ARCH, &own.architecture),
    )
}

struct Wanted {
    reference: Reference,
    platforms: Vec<Platform>,
    /// Keep all platforms of an index.
    whole: bool,
    /// Keep manifest and config, to be shown.
    with_content: bool,
}

struct Fetcher<'a> {
    config: &'a ImageConfig,
    client: &'a dyn RegistryClient,
    keyring: Arc<Keyring>,
    insecure: Insecure,
}

impl Fetcher<'_> {
    async fn fetch_many(&self, wanted: Vec<Wanted>) -> Vec<FetchedTag> {
        futures::stream::iter(wanted)
            .map(|wanted| self.fetch(wanted))
            .buffered(AT_A_TIME)
            .collect()
            .await
    }

    async fn fetch(&self, wanted: Wanted) -> FetchedTag {
        let result = self.fetch_with_or_without_credentials(&wanted).await;
        let result = result.map_err(|error| failure::of_image(&error, &wanted.reference));
        FetchedTag {
            reference: wanted.reference,
            result,
        }
    }

    /// Credentials that the registry does not accept should not close what is open to everybody. If it is closed, the
    /// first answer is the one that helps.
    async fn fetch_with_or_without_credentials(&self, wanted: &Wanted) -> Result<Found, FetchError> {
        let mut source = self.source(&wanted.reference);
        let first = self.fetch_from(&source, wanted).await;
        if !matches!(first, Err(FetchError::WrongCredentials)) {
            return first;
        }
        source.keyring = Arc::default();
        match self.fetch_from(&source, wanted).await {
            Err(FetchError::Unauthorized { .. } | FetchError::WrongCredentials) => first,
            second => second,
        }
    }

    async fn fetch_from(&self, source: &Source, wanted: &Wanted) -> Result<Found, FetchError> {
        let fetched = self
            .client
            .fetch_manifest(source, &Selector::of(&wanted.reference))
            .await?;
        match &fetched.manifest {
            Manifest::Index(index) if wanted.whole => {
                let mut manifests = Vec::with_capacity(index.manifests.len());
                for entry in &index.manifests {
                    let entry = Selector::Digest(entry.digest.clone());
                    let image = fetch_image(self.client, source, &entry, &wanted.platforms).await?;
                    manifests.push(self.describe(image, source, wanted)?);
                }
                let digest = fetched.digest.clone();
                Ok(Found {
                    digest,
                    manifests,
                    image: self.describe_index(fetched, source, wanted)?,
                })
            }
            _ => {
                let image = resolve_image(self.client, source, fetched, &wanted.platforms).await?;
                let digest = image.digest.clone();
                Ok(Found {
                    digest,
                    image: self.describe(image, source, wanted)?,
                    manifests: Vec::new(),
                })
            }
        }
    }

    fn describe(&self, found: FetchedImage, source: &Source, wanted: &Wanted) -> Result<Image, FetchError> {
        let media_type = found.manifest.media_type;
        self.to_image(source, found.digest, media_type, (&found.body, &found.config), wanted)
    }

    fn describe_index(&self, found: FetchedManifest, source: &Source, wanted: &Wanted) -> Result<Image, FetchError> {
        let media_type = found.manifest.media_type();
        self.to_image(source, found.digest, media_type, (&found.body, &[]), wanted)
    }

    fn to_image(
        &self,
        source: &Source,
        digest: Digest,
        media_type: ManifestType,
        (manifest, config): (&[u8], &[u8]),
        wanted: &Wanted,
    ) -> Result<Image, FetchError> {
        let mut image = Image {
            docker_image_reference: source.repository.with_digest(digest.clone()).exact(),
            docker_image_manifest: text(manifest)?,
            docker_image_config: text(config)?,
            docker_image_manifest_media_type: media_type.to_string(),
            ..Image::default()
        };
        image.metadata.name = Some(digest.to_string());
        describe(&mut image, (self.config.clock)()).map_err(|error| match error {
            MetadataError::Manifest(error) => FetchError::Manifest(error),
            MetadataError::Config(error) => FetchError::Config(error),
        })?;
        if !wanted.with_content {
            image.docker_image_manifest.clear();
            image.docker_image_config.clear();
        }
        Ok(image)
    }

    async fn fetch_repository(
        &self,
        repository: Reference,
        asked: &RepositoryImportSpec,
        already: &[FetchedTag],
    ) -> FetchedRepository {
        let tags = match self.client.list_tags(&self.source(&repository)).await {
            Ok(tags) => newest_first(tags),
            Err(error) => {
                let status = failure::of_image(&error, &repository);
                return FetchedRepository {
                    status,
                    images: Vec::new(),
                    additional: Vec::new(),
                };
            }
        };
        let (chosen, left) = tags.split_at(tags.len().min(MAX_TAGS_PER_REPOSITORY));
        let fetched = |tag: &&Tag| {
            already
                .iter()
                .any(|known| known.reference.means_same_as(&repository.with_tag((*tag).clone())))
        };
        let additional = left.iter().filter(|tag| !fetched(tag)).cloned().collect();
        let wanted = chosen.iter().map(|tag| Wanted {
            reference: repository.with_tag(tag.clone()),
            platforms: vec![self.config.platform.clone()],
            whole: asked.import_policy.import_mode == PRESERVE_ORIGINAL,
            with_content: asked.include_manifest,
        });
        let images = self.fetch_many(wanted.collect()).await;
        let failed = images.iter().filter(|image| image.result.is_err()).count();
        let status = if failed == 0 {
            failure::success()
        } else {
            failure::of_some(failed)
        };
        FetchedRepository {
            status,
            images,
            additional,
        }
    }

    fn source(&self, reference: &Reference) -> Source {
        Source {
            repository: reference.as_repository(),
            insecure: self.insecure.is(reference),
            keyring: self.keyring.clone(),
        }
    }
}

/// Manifests and configs were parsed as JSON before, so they are text.
fn text(bytes: &[u8]) -> Result<String, FetchError> {
    String::from_utf8(bytes.to_vec()).map_err(|error| FetchError::Protocol(format!("the content is not text: {error}")))
}
