use serde_json::Value;
use weir_api::image::{ImageImportStatus, ImageStreamImport, ImageStreamImportStatus, RepositoryImportStatus};
use weir_apiserver::{ApiError, Object};

use super::failure;
use super::fetch::{Fetched, FetchedTag};

/// The request with what came of it. `stream` is the stream after the import, when it was written.
pub(super) fn answer(asked: ImageStreamImport, fetched: Fetched, stream: Option<Object>) -> Result<Object, ApiError> {
    let status = ImageStreamImportStatus {
        import: None,
        images: fetched.images.into_iter().map(status).collect(),
        repository: fetched.repository.map(|repository| RepositoryImportStatus {
            status: repository.status,
            images: repository.images.into_iter().map(status).collect(),
            additional_tags: repository.additional.iter().map(ToString::to_string).collect(),
        }),
    };
    let mut object = weir_api::to_object(&ImageStreamImport { status, ..asked }).map_err(ApiError::internal)?;
    if let Some(stream) = stream {
        object["status"]["import"] = stream;
    }
    if object["metadata"].get("creationTimestamp").is_none() {
        object["metadata"]["creationTimestamp"] = Value::Null;
    }
    Ok(object)
}

fn status(fetched: FetchedTag) -> ImageImportStatus {
    let tag = fetched.reference.tag().map(ToString::to_string).unwrap_or_default();
    match fetched.result {
        Err(status) => ImageImportStatus {
            status,
            tag,
            ..Default::default()
        },
        Ok(found) => ImageImportStatus {
            status: failure::success(),
            image: Some(found.image),
            tag,
            manifests: found.manifests,
        },
    }
}
