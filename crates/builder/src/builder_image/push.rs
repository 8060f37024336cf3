use std::path::PathBuf;
use std::time::Duration;

use futures::TryStreamExt;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, StatusCode, Url};
use tokio_util::io::ReaderStream;
use weir_oci::{Descriptor, Digest, Manifest};

use super::Progress;
use super::layout::{ImageLayout, LayoutError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two signs of life; storing a large layer takes the registry a moment.
const READ_TIMEOUT: Duration = Duration::from_secs(120);
/// As much of a refusal as is shown.
const MAX_REFUSAL_BYTES: usize = 2048;
const CHUNK_BYTES: usize = 256 * 1024;
/// A layer is told in megabytes.
const MEGABYTE: u64 = 1_000_000;

/// Where an image goes.
#[derive(Clone)]
pub struct PushTarget {
    /// As in `http://127.0.0.1:5000`.
    pub registry: Url,
    /// `NAMESPACE/STREAM`.
    pub repository: String,
    pub tag: String,
    /// A token that the registry takes; sent to it alone.
    pub token: String,
}

#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error("the registry at {registry} cannot be reached: {source}; check that the server runs")]
    Unreachable { registry: String, source: reqwest::Error },
    #[error("the registry refused {what} ({status}): {message}")]
    Refused {
        what: String,
        status: StatusCode,
        message: String,
    },
    #[error("the registry answered {what} with something that cannot be understood")]
    Answer { what: String },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

/// Uploads what the registry does not have yet and tags the image. Returns the digest of its manifest.
pub async fn push(layout: &ImageLayout, target: &PushTarget, progress: Progress<'_>) -> Result<Digest, PushError> {
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        // Credentials go to this registry and nowhere else.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|source| PushError::Unreachable {
            registry: target.registry.to_string(),
            source,
        })?;
    let upload = Upload {
        layout,
        target,
        client,
        progress,
    };
    upload.image(layout.image(), &target.tag).await?;
    Ok(layout.digest().clone())
}

struct Upload<'a> {
    layout: &'a ImageLayout,
    target: &'a PushTarget,
    client: Client,
    progress: Progress<'a>,
}

impl Upload<'_> {
    /// One manifest with all it names, those first.
    async fn image(&self, descriptor: &Descriptor, name: &str) -> Result<(), PushError> {
        let (bytes, manifest) = self.layout.manifest(descriptor)?;
        match &manifest {
            Manifest::Index(index) => {
                for child in &index.manifests {
                    Box::pin(self.image(child, child.digest.as_str())).await?;
                }
            }
            Manifest::Image(image) => {
                for blob in image.required_blobs() {
                    self.blob(blob).await?;
                }
            }
        }
        let what = format!("the manifest {name}");
        let url = self.url(&format!("manifests/{name}"), &what)?;
        let request = self
            .client
            .put(url)
            .header(CONTENT_TYPE, manifest.media_type().as_str())
            .body(bytes);
        self.send(request, &what, &[StatusCode::CREATED]).await.map(drop)
    }

    async fn blob(&self, blob: &Descriptor) -> Result<(), PushError> {
        let what = format!("the blob {}", blob.digest);
        let known = self.client.head(self.url(&format!("blobs/{}", blob.digest), &what)?);
        let known = self
            .send(known, &what, &[StatusCode::OK, StatusCode::NOT_FOUND])
            .await?;
        if known.status() == StatusCode::OK {
            return Ok(());
        }
        let begin = self
            .client
            .post(self.url("blobs/uploads/", &what)?)
            .header(CONTENT_LENGTH, 0);
        let begun = self.send(begin, &what, &[StatusCode::ACCEPTED]).await?;
        let mut url = self.location(&begun, &what)?;
        url.query_pairs_mut().append_pair("digest", blob.digest.as_str());
        let path = self.layout.blob_path(&blob.digest);
        let file = tokio::fs::File::open(&path)
            .await
            .map_err(|source| PushError::Read { path, source })?;
        let chunks = ReaderStream::with_capacity(file, CHUNK_BYTES).map_ok(bytes::Bytes::from);
        if blob.size >= MEGABYTE {
            (self.progress)(&format!("uploading {} MB", blob.size / MEGABYTE));
        }
        let request = self
            .client
            .put(url)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, blob.size)
            .body(reqwest::Body::wrap_stream(chunks));
        self.send(request, &what, &[StatusCode::CREATED]).await.map(drop)
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        what: &str,
        expected: &[StatusCode],
    ) -> Result<Response, PushError> {
        let answer = request.bearer_auth(&self.target.token).send().await;
        let answer = answer.map_err(|source| PushError::Unreachable {
            registry: self.target.registry.to_string(),
            source,
        })?;
        if expected.contains(&answer.status()) {
            return Ok(answer);
        }
        let status = answer.status();
        let message = refusal(answer).await;
        Err(PushError::Refused {
            what: what.to_owned(),
            status,
            message,
        })
    }

    fn url(&self, path: &str, what: &str) -> Result<Url, PushError> {
        let path = format!("/v2/{}/{path}", self.target.repository);
        self.target
            .registry
            .join(&path)
            .map_err(|_| PushError::Answer { what: what.to_owned() })
    }

    /// Where the registry wants the bytes; only at itself.
    fn location(&self, answer: &Response, what: &str) -> Result<Url, PushError> {
        let location = answer
            .headers()
            .get(LOCATION)
            .and_then(|location| location.to_str().ok());
        location
            .and_then(|location| self.target.registry.join(location).ok())
            .filter(|url| url.origin() == self.target.registry.origin())
            .ok_or_else(|| PushError::Answer { what: what.to_owned() })
    }
}

/// The first message of a refusal, or its text.
async fn refusal(mut answer: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= MAX_REFUSAL_BYTES {
            bytes.truncate(MAX_REFUSAL_BYTES);
            break;
        }
    }
    let told = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
    let message = told.as_ref().and_then(|told| told["errors"][0]["message"].as_str());
    message.map_or_else(|| String::from_utf8_lossy(&bytes).trim().to_owned(), str::to_owned)
}
