use std::collections::BTreeMap;

use weir_api::image::{Image, ImageStream, ImageStreamImportSpec};
use weir_api::meta::Status;
use weir_apiserver::{ApiError, Object, Planned, RequestContext, UpdateMode};
use weir_imagestream::import::{Imported, ImportedTag, Origin, plan};

use super::fetch::{Fetched, FetchedTag, Found};
use crate::image::stream_write::{self, MAX_ATTEMPTS, RETRY_AFTER_SECONDS};
use crate::image::{IMAGE_STREAMS, IMAGES, ImageConfig};

/// The stream that an import goes into, as it was when the import began; nothing when it does not exist.
pub(super) struct Target<'a> {
    pub name: &'a str,
    pub stored: Option<Object>,
    pub stream: Option<ImageStream>,
}

/// Writes what was found: images that are new, and the stream, all in one revision. The stream as it is then stored.
///
/// A stream that somebody else changed meanwhile is a conflict, which is the client's to solve. Images that somebody
/// else wrote meanwhile are not: they are the same.
pub(super) async fn record(
    cx: &RequestContext,
    config: &ImageConfig,
    spec: &ImageStreamImportSpec,
    fetched: &Fetched,
    target: Target<'_>,
) -> Result<Object, ApiError> {
    let results = results(spec, fetched);
    let images = images(fetched);
    for _ in 0..MAX_ATTEMPTS {
        let mut planned = missing_images(cx, &images).await?;
        let (write, unchanged) = write(cx, config, &results, &target).await?;
        let writes_stream = write.is_some();
        planned.extend(write);
        if planned.is_empty() {
            return Ok(unchanged);
        }
        match cx.objects.commit(cx, planned).await {
            Ok(mut written) => return Ok(written.pop().filter(|_| writes_stream).unwrap_or(unchanged)),
            Err(error) if is_about_image(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(ApiError::server_timeout(&cx.resource, cx.verb, RETRY_AFTER_SECONDS))
}

/// The write of the stream, if anything changes, and the stream as it was.
async fn write(
    cx: &RequestContext,
    config: &ImageConfig,
    results: &[ImportedTag],
    target: &Target<'_>,
) -> Result<(Option<Planned>, Object), ApiError> {
    let now = stream_write::now(config);
    match (&target.stored, &target.stream) {
        (Some(stored), Some(old)) => {
            let mut stream = old.clone();
            if !plan(&mut stream, results, &now).changed() {
                return Ok((None, stored.clone()));
            }
            let object = stream_write::prepared(cx, config, stored.clone(), stream, old).await?;
            let write = Planned::Update {
                resource: IMAGE_STREAMS,
                object,
                mode: UpdateMode::Internal,
            };
            Ok((Some(write), stored.clone()))
        }
        _ => {
            let mut stream = ImageStream::default();
            stream.metadata.name = Some(target.name.into());
            stream.metadata.namespace = Some(cx.namespace.clone());
            let old = stream.clone();
            let _: weir_imagestream::history::Recording = plan(&mut stream, results, &now);
            let object = stream_write::new_object(&stream)?;
            let object = stream_write::prepared(cx, config, object, stream, &old).await?;
            Ok((
                Some(Planned::CreateInternal {
                    resource: IMAGE_STREAMS,
                    object: object.clone(),
                }),
                object,
            ))
        }
    }
}

/// What the stream is to learn. Images without a target are only looked at.
fn results(spec: &ImageStreamImportSpec, fetched: &Fetched) -> Vec<ImportedTag> {
    let named = spec.images.iter().zip(&fetched.images).filter_map(|(asked, fetched)| {
        Some(ImportedTag {
            tag: asked.to.as_ref()?.name.clone(),
            from: asked.from.name.clone().unwrap_or_default(),
            import_policy: asked.import_policy.clone(),
            reference_policy: asked.reference_policy.clone(),
            origin: Origin::Named,
            result: imported(fetched),
        })
    });
    let repository = spec.repository.as_ref().zip(fetched.repository.as_ref());
    let listed = repository.into_iter().flat_map(|(asked, fetched)| {
        fetched.images.iter().filter_map(|fetched| {
            Some(ImportedTag {
                tag: fetched.reference.tag()?.to_string(),
                from: fetched.reference.exact(),
                import_policy: asked.import_policy.clone(),
                reference_policy: asked.reference_policy.clone(),
                origin: Origin::Repository,
                result: imported(fetched),
            })
        })
    });
    named.chain(listed).collect()
}

fn imported(fetched: &FetchedTag) -> Imported {
    match &fetched.result {
        Ok(Found { digest, .. }) => Imported::Found {
            repository: fetched.reference.as_repository(),
            digest: digest.clone(),
        },
        Err(Status { reason, message, .. }) => Imported::Failed {
            reason: reason.clone().unwrap_or_default(),
            message: message.clone().unwrap_or_default(),
        },
    }
}

/// Every image that was found, once, without manifest and config.
fn images(fetched: &Fetched) -> BTreeMap<String, Image> {
    let listed = fetched.repository.iter().flat_map(|repository| &repository.images);
    let found = fetched
        .images
        .iter()
        .chain(listed)
        .filter_map(|tag| tag.result.as_ref().ok());
    let all = found.flat_map(|found| std::iter::once(&found.image).chain(&found.manifests));
    let mut images = BTreeMap::new();
    for image in all {
        let mut image = image.clone();
        image.docker_image_manifest.clear();
        image.docker_image_config.clear();
        images
            .entry(image.metadata.name.clone().unwrap_or_default())
            .or_insert(image);
    }
    images
}

async fn missing_images(cx: &RequestContext, images: &BTreeMap<String, Image>) -> Result<Vec<Planned>, ApiError> {
    let mut planned = Vec::new();
    for (digest, image) in images {
        match cx.objects.get(&IMAGES, "", digest).await {
            Ok(_) => {}
            Err(error) if error.is_not_found() => {
                let object = weir_api::to_object(image).map_err(ApiError::internal)?;
                planned.push(Planned::Create {
                    resource: IMAGES,
                    object,
                });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(planned)
}

fn is_about_image(error: &ApiError) -> bool {
    error.is_already_exists()
        && error
            .details
            .as_ref()
            .is_some_and(|details| details.kind == IMAGES.resource)
}
