use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::TryStreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container, Pod};
use kube::api::Api;
use kube::core::{ApiResource, DynamicObject};
use weir_engine::{Engine, EngineError, ImageConfig};

use super::{Credentials, ImageName, PullPolicy, RegistryNames};
use crate::facts::FailureReason;

/// Images on the engine, and the way there.
pub(crate) struct Images {
    engine: Arc<dyn Engine>,
    client: kube::Client,
    names: RegistryNames,
    credentials: Credentials,
    /// Pods that want the same image wait for one pull.
    pulls: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// An image that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PresentImage {
    /// Its id on the engine.
    pub id: String,
    /// By digest, as the status shows it.
    pub image_id: String,
    pub config: ImageConfig,
}

pub(crate) enum Lookup {
    Present(PresentImage),
    /// It has to be pulled.
    Absent(ImageName),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ImageError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("{message}")]
    Refused { reason: FailureReason, message: String },
}

impl Images {
    pub fn new(engine: Arc<dyn Engine>, client: kube::Client, names: RegistryNames) -> Self {
        let credentials = Credentials::new(client.clone());
        Self {
            engine,
            client,
            names,
            credentials,
            pulls: Mutex::default(),
        }
    }

    /// Whether the container's image is there. Asks no registry.
    pub async fn look(&self, container: &Container) -> Result<Lookup, ImageError> {
        let written = container.image.as_deref().unwrap_or_default();
        let image = ImageName::parse(written, &self.names).map_err(|error| {
            let message = format!("\"{written}\" is no image name: {error}");
            ImageError::Refused {
                reason: FailureReason::InvalidImageName,
                message,
            }
        })?;
        let policy = PullPolicy::of(container, &image);
        if policy == PullPolicy::Always {
            return Ok(Lookup::Absent(image));
        }
        if let Some(present) = self.find(&image).await? {
            return Ok(Lookup::Present(present));
        }
        if policy == PullPolicy::Never {
            let message = format!("image \"{written}\" is not on this machine and imagePullPolicy is Never");
            return Err(ImageError::Refused {
                reason: FailureReason::ImageNeverPull,
                message,
            });
        }
        Ok(Lookup::Absent(image))
    }

    async fn find(&self, image: &ImageName) -> Result<Option<PresentImage>, EngineError> {
        if let Some(id) = self.config_digest(image).await
            && let Some(present) = self.by_reference(&id, image).await?
        {
            return Ok(Some(present));
        }
        self.by_reference(&image.for_engine(), image).await
    }

    async fn by_reference(&self, reference: &str, image: &ImageName) -> Result<Option<PresentImage>, EngineError> {
        match self.engine.image(reference).await {
            Ok(found) => Ok(Some(PresentImage {
                image_id: image.image_id(&found.digests, &found.id),
                id: found.id,
                config: found.config,
            })),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The engine's id of an image that our registry has: what was built or pushed here is there already, but an engine
    /// does not always know it by the digest that the registry gave it.
    async fn config_digest(&self, image: &ImageName) -> Option<String> {
        let digest = image.digest().filter(|_| image.is_internal())?;
        let resource = ApiResource {
            group: "image.openshift.io".to_owned(),
            version: "v1".to_owned(),
            api_version: "image.openshift.io/v1".to_owned(),
            kind: "Image".to_owned(),
            plural: "images".to_owned(),
        };
        let images: Api<DynamicObject> = Api::all_with(self.client.clone(), &resource);
        match images.get_opt(digest).await {
            Ok(object) => {
                let id = object?.data.pointer("/dockerImageMetadata/Id")?.as_str()?.to_owned();
                id.starts_with("sha256:").then_some(id)
            }
            // It only saves a pull.
            Err(error) => {
                tracing::debug!(digest, %error, "cannot look up the image");
                None
            }
        }
    }

    /// Fetches an image, with what the pod may show to its registry.
    pub async fn pull(
        &self,
        pod: &Pod,
        image: &ImageName,
        policy: PullPolicy,
        now: Timestamp,
    ) -> Result<PresentImage, ImageError> {
        let reference = image.for_engine();
        let turn = self.turn(&reference);
        let _turn = turn.lock().await;
        if policy != PullPolicy::Always
            && let Some(present) = self.by_reference(&reference, image).await?
        {
            return Ok(present);
        }
        let credentials = self
            .credentials
            .of(pod, image, now)
            .await
            .map_err(|error| ImageError::Refused {
                reason: FailureReason::ImagePull,
                message: format!("cannot get credentials for the registry of {reference}: {error}"),
            })?;
        let mut transfer = self.engine.pull(&reference, credentials.as_ref());
        while transfer
            .try_next()
            .await
            .map_err(|error| self.with_shown_name(image, error))?
            .is_some()
        {}
        let present = self.by_reference(&reference, image).await?;
        present.ok_or_else(|| EngineError::not_found(format!("{reference} was pulled and is gone again")).into())
    }

    /// Users know our registry by its name in objects.
    fn with_shown_name(&self, image: &ImageName, error: EngineError) -> EngineError {
        if !image.is_internal() {
            return error;
        }
        let message = error.to_string().replace(&self.names.address, &self.names.shown);
        error.with_message(message)
    }

    fn turn(&self, reference: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut pulls = self.pulls.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody waits for are forgotten.
        pulls.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(pulls.entry(reference.to_owned()).or_default())
    }

    /// The policy that a pull follows.
    pub fn policy(&self, container: &Container, image: &ImageName) -> PullPolicy {
        PullPolicy::of(container, image)
    }
}
