use std::collections::BTreeMap;

use async_trait::async_trait;
use bollard::auth::DockerCredentials;
use bollard::query_parameters::{
    CreateImageOptionsBuilder, ListImagesOptionsBuilder, PushImageOptionsBuilder, RemoveImageOptionsBuilder,
    TagImageOptionsBuilder,
};

use super::containers::label_filter;
use super::{DockerEngine, observe, reference, transfers};
use crate::{Credentials, EngineError, EngineStream, Image, Images, Transfer};

#[async_trait]
impl Images for DockerEngine {
    async fn image(&self, reference: &str) -> Result<Image, EngineError> {
        let answer = self.client().await?.inspect_image(reference).await;
        answer.map(observe::image).map_err(|error| self.explain(error))
    }

    async fn images(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Image>, EngineError> {
        let options = ListImagesOptionsBuilder::default()
            .filters(&label_filter(labels))
            .build();
        let list = self
            .client()
            .await?
            .list_images(Some(options))
            .await
            .map_err(|error| self.explain(error))?;
        let mut images = Vec::with_capacity(list.len());
        for summary in list {
            match self.image(&summary.id).await {
                Ok(image) => images.push(image),
                // Removed between the two calls.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(images)
    }

    fn pull(&self, reference: &str, credentials: Option<&Credentials>) -> EngineStream<Transfer> {
        let parts = reference::split(reference);
        // Without a tag an engine would take every tag of the repository.
        let options = CreateImageOptionsBuilder::default()
            .from_image(parts.repository)
            .tag(parts.version.unwrap_or("latest"))
            .build();
        let credentials = credentials.map(registry_credentials);
        let progress = self.stream(move |client| client.create_image(Some(options), None, credentials));
        transfers::pull(progress, self.clone(), reference.to_owned())
    }

    fn push(&self, reference: &str, credentials: Option<&Credentials>) -> EngineStream<Transfer> {
        let parts = reference::split(reference);
        let options = PushImageOptionsBuilder::default()
            .tag(parts.version.unwrap_or("latest"))
            .build();
        let credentials = credentials.map(registry_credentials);
        let repository = parts.repository.to_owned();
        let progress = self.stream(move |client| client.push_image(&repository, Some(options), credentials));
        transfers::push(progress, self.clone(), reference.to_owned())
    }

    async fn tag(&self, image: &str, reference: &str) -> Result<(), EngineError> {
        let parts = reference::split(reference);
        let options = TagImageOptionsBuilder::default()
            .repo(parts.repository)
            .tag(parts.version.unwrap_or("latest"))
            .build();
        self.client()
            .await?
            .tag_image(image, Some(options))
            .await
            .map_err(|error| self.explain(error))
    }

    async fn remove_image(&self, reference: &str, force: bool) -> Result<(), EngineError> {
        let options = RemoveImageOptionsBuilder::default().force(force).build();
        let answer = self.client().await?.remove_image(reference, Some(options), None).await;
        answer.map(drop).map_err(|error| self.explain(error))
    }
}

pub(super) fn registry_credentials(credentials: &Credentials) -> DockerCredentials {
    DockerCredentials {
        username: Some(credentials.username.clone()),
        password: Some(credentials.password.clone()),
        ..Default::default()
    }
}
