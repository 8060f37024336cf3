use std::collections::HashSet;

use async_trait::async_trait;
use http::{Method, Request, StatusCode};
use kube::{Api, Client};
use serde_json::{Value, json};
use weir_api::image::{API_VERSION, GROUP, Image, ImageStream, ImageStreamMapping};
use weir_api::to_object;
use weir_oci::{Digest, RepositoryName, Tag};

use crate::image::PushedImage;
use crate::streams::user_api::{UserApi, UserApiError};
use crate::streams::{StreamError, Streams};
use crate::token::Caller;

mod reviews;

/// Streams asked for at once when all repositories are listed.
const LIST_PAGE: usize = 500;
/// Pages read for one listing. With more streams than this the listing ends early.
const LIST_PAGES: usize = 200;

/// Streams and permissions as the API has them.
pub struct ApiStreams {
    /// With the registry's own rights.
    own: Client,
    /// With the caller's rights.
    users: UserApi,
    /// How objects name the registry.
    host: String,
}

impl ApiStreams {
    pub fn new(own: Client, users: UserApi, host: &str) -> ApiStreams {
        ApiStreams {
            own,
            users,
            host: host.into(),
        }
    }

    async fn stream(&self, repository: &RepositoryName) -> Result<ImageStream, StreamError> {
        let api: Api<ImageStream> = Api::namespaced(self.own.clone(), repository.namespace());
        api.get(repository.name()).await.map_err(stream_error)
    }

    /// `GET imagestreams/NAME/layers`; `None` when there is no such stream.
    async fn listing(&self, repository: &RepositoryName) -> Result<Option<Value>, StreamError> {
        let path = format!("{}/imagestreams/{}/layers", namespaced(repository), repository.name());
        let request = Request::get(path)
            .body(Vec::new())
            .map_err(|error| StreamError::Unavailable(error.to_string()))?;
        match self.own.request(request).await.map_err(stream_error) {
            Ok(listing) => Ok(Some(listing)),
            Err(StreamError::StreamUnknown) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Streams for ApiStreams {
    async fn resolve_tag(&self, repository: &RepositoryName, tag: &Tag) -> Result<Option<Digest>, StreamError> {
        let stream = self.stream(repository).await?;
        let events = stream.status.tags.iter().find(|events| events.tag == tag.as_str());
        Ok(events.and_then(|events| events.items.first()?.image.parse().ok()))
    }

    async fn tags(&self, repository: &RepositoryName) -> Result<Vec<Tag>, StreamError> {
        let stream = self.stream(repository).await?;
        let has_image = |image: &str| image.parse::<Digest>().is_ok();
        let tags = stream
            .status
            .tags
            .iter()
            .filter(|events| events.items.first().is_some_and(|event| has_image(&event.image)));
        // Tags that the API has and the distribution grammar does not cannot be asked for here.
        Ok(tags.filter_map(|events| events.tag.parse().ok()).collect())
    }

    async fn knows_image(&self, repository: &RepositoryName, digest: &Digest) -> Result<bool, StreamError> {
        let stream = match self.stream(repository).await {
            Err(StreamError::StreamUnknown) => return Ok(false),
            stream => stream?,
        };
        let mut events = stream.status.tags.iter().flat_map(|tag| &tag.items);
        if events.any(|event| event.image == digest.as_str()) {
            return Ok(true);
        }
        let listing = self.listing(repository).await?.unwrap_or_default();
        Ok(listing["images"].get(digest.as_str()).is_some())
    }

    async fn layers(&self, repository: &RepositoryName) -> Result<HashSet<Digest>, StreamError> {
        let listing = self.listing(repository).await?.unwrap_or_default();
        let blobs = listing["blobs"].as_object();
        Ok(blobs
            .into_iter()
            .flatten()
            .filter_map(|(digest, _)| digest.parse().ok())
            .collect())
    }

    async fn repositories(&self, caller: &Caller) -> Result<Vec<String>, StreamError> {
        let Caller::Token(token) = caller else {
            return Ok(Vec::new());
        };
        let mut names = Vec::new();
        let mut next = String::new();
        for _ in 0..LIST_PAGES {
            let path = format!("/apis/{GROUP}/v1/imagestreams?limit={LIST_PAGE}{next}");
            let (status, page) = self
                .users
                .call(token, Method::GET, &path, None)
                .await
                .map_err(unavailable)?;
            if status != StatusCode::OK {
                return Err(refused(status, &page));
            }
            names.extend(page["items"].as_array().into_iter().flatten().filter_map(full_name));
            match page.pointer("/metadata/continue").and_then(Value::as_str) {
                Some(token) if !token.is_empty() => next = format!("&continue={token}"),
                _ => break,
            }
        }
        Ok(names)
    }

    async fn record_image(&self, image: &PushedImage) -> Result<(), StreamError> {
        let image = to_object(&image.to_image(&self.host)).map_err(|error| StreamError::Invalid(error.to_string()))?;
        match self
            .own
            .request::<Value>(post(&format!("/apis/{GROUP}/v1/images"), &image)?)
            .await
        {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
            Err(error) => Err(stream_error(error)),
        }
    }

    async fn record_push(&self, image: &PushedImage, tag: &Tag) -> Result<(), StreamError> {
        let mapping = mapping(image, tag, &self.host)?;
        let path = format!("{}/imagestreammappings", namespaced(&image.repository));
        match self.own.request::<Value>(post(&path, &mapping)?).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 && !is_about_stream(&status, &image.repository) => {
                Err(StreamError::Denied(status.message.clone()))
            }
            Err(error) => Err(stream_error(error)),
        }
    }

    async fn create_stream(&self, caller: &Caller, repository: &RepositoryName) -> Result<(), StreamError> {
        let Caller::Token(token) = caller else {
            return Err(StreamError::Denied(format!(
                "anonymous callers may not create the image stream {repository}"
            )));
        };
        let stream = json!({"apiVersion": API_VERSION, "kind": "ImageStream", "metadata": {"name": repository.name()}});
        let path = format!("{}/imagestreams", namespaced(repository));
        match self
            .users
            .call(token, Method::POST, &path, Some(&stream))
            .await
            .map_err(unavailable)?
        {
            (StatusCode::CREATED | StatusCode::OK | StatusCode::CONFLICT, _) => Ok(()),
            // Without the namespace there is nothing this user could be allowed to push to.
            (StatusCode::NOT_FOUND, answer) => Err(StreamError::Denied(message(&answer))),
            (status, answer) => Err(refused(status, &answer)),
        }
    }
}

fn namespaced(repository: &RepositoryName) -> String {
    format!("/apis/{GROUP}/v1/namespaces/{}", repository.namespace())
}

fn mapping(image: &PushedImage, tag: &Tag, host: &str) -> Result<Value, StreamError> {
    let mut metadata = ImageStreamMapping::default().metadata;
    metadata.name = Some(image.repository.name().into());
    metadata.namespace = Some(image.repository.namespace().into());
    let image: Image = image.to_image(host);
    let mapping = ImageStreamMapping {
        metadata,
        image,
        tag: tag.to_string(),
    };
    to_object(&mapping).map_err(|error| StreamError::Invalid(error.to_string()))
}

fn post(path: &str, body: &Value) -> Result<Request<Vec<u8>>, StreamError> {
    Request::post(path)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|error| StreamError::Unavailable(error.to_string()))
}

/// A 404 for the mapping says that the stream is missing only if it names the stream; else it is the namespace.
fn is_about_stream(status: &kube::core::Status, repository: &RepositoryName) -> bool {
    let details = status.details.as_ref();
    details.is_some_and(|details| details.kind == "imagestreammappings" && details.name == repository.name())
}

fn full_name(stream: &Value) -> Option<String> {
    let metadata = &stream["metadata"];
    Some(format!(
        "{}/{}",
        metadata["namespace"].as_str()?,
        metadata["name"].as_str()?
    ))
}

fn message(status: &Value) -> String {
    status["message"].as_str().unwrap_or("the API gave no reason").into()
}

fn unavailable(error: UserApiError) -> StreamError {
    StreamError::Unavailable(error.to_string())
}

fn stream_error(error: kube::Error) -> StreamError {
    match error {
        kube::Error::Api(status) => meaning(status.code, status.message.clone()),
        error => StreamError::Unavailable(error.to_string()),
    }
}

fn refused(status: StatusCode, answer: &Value) -> StreamError {
    meaning(status.as_u16(), message(answer))
}

fn meaning(code: u16, message: String) -> StreamError {
    match code {
        404 => StreamError::StreamUnknown,
        401 | 403 => StreamError::Denied(message),
        400 | 413 | 422 => StreamError::Invalid(message),
        409 | 429 => StreamError::Busy(message),
        507 => StreamError::NoSpace(message),
        _ => StreamError::Unavailable(message),
    }
}
