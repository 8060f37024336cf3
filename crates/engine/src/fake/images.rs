use std::collections::BTreeMap;

use async_trait::async_trait;
use futures::StreamExt;

use super::FakeEngine;
use super::containers::carries;
use super::world::{World, with_tag};
use crate::{Credentials, EngineError, EngineStream, Image, Images, Transfer, TransferProgress};

#[async_trait]
impl Images for FakeEngine {
    async fn image(&self, reference: &str) -> Result<Image, EngineError> {
        self.enter("image", reference)?.image(reference).cloned()
    }

    async fn images(&self, labels: &BTreeMap<String, String>) -> Result<Vec<Image>, EngineError> {
        let world = self.enter("images", "")?;
        Ok(world
            .images
            .iter()
            .filter(|image| carries(&image.config.labels, labels))
            .cloned()
            .collect())
    }

    fn pull(&self, reference: &str, _credentials: Option<&Credentials>) -> EngineStream<Transfer> {
        let (engine, reference) = (self.clone(), reference.to_owned());
        transfer(async move {
            let mut world = engine.enter("pull", &reference)?;
            fetch(&mut world, &reference)?;
            Ok(reference.split_once('@').map(|(_, digest)| digest.to_owned()))
        })
    }

    fn push(&self, reference: &str, _credentials: Option<&Credentials>) -> EngineStream<Transfer> {
        let (engine, reference) = (self.clone(), reference.to_owned());
        transfer(async move { send(&mut *engine.enter("push", &reference)?, &reference).map(Some) })
    }

    async fn tag(&self, image: &str, reference: &str) -> Result<(), EngineError> {
        let mut world = self.enter("tag", reference)?;
        let image = Image {
            tags: vec![with_tag(reference)],
            ..world.image(image)?.clone()
        };
        world.store_image(image);
        Ok(())
    }

    async fn remove_image(&self, reference: &str, _force: bool) -> Result<(), EngineError> {
        let mut world = self.enter("remove_image", reference)?;
        let id = world.image(reference)?.id.clone();
        if id == reference {
            world.images.retain(|image| image.id != id);
            return Ok(());
        }
        let name = with_tag(reference);
        for image in &mut world.images {
            image.tags.retain(|tag| *tag != name);
            image.digests.retain(|digest| digest != reference);
        }
        world
            .images
            .retain(|image| image.id != id || !image.tags.is_empty() || !image.digests.is_empty());
        Ok(())
    }
}

fn transfer(
    work: impl Future<Output = Result<Option<String>, EngineError>> + Send + 'static,
) -> EngineStream<Transfer> {
    futures::stream::once(work)
        .flat_map(|outcome| {
            let items = match outcome {
                Ok(digest) => {
                    let progress = TransferProgress {
                        status: "layer".to_owned(),
                        ..TransferProgress::default()
                    };
                    vec![Ok(Transfer::Progress(progress)), Ok(Transfer::Done { digest })]
                }
                Err(error) => vec![Err(error)],
            };
            futures::stream::iter(items)
        })
        .boxed()
}

fn rejected(world: &World, reference: &str) -> Result<(), EngineError> {
    world.rejections.get(reference).cloned().map_or(Ok(()), Err)
}

fn fetch(world: &mut World, reference: &str) -> Result<(), EngineError> {
    rejected(world, reference)?;
    let name = with_tag(reference);
    let unknown = || EngineError::not_found(format!("cannot pull {reference}: manifest unknown"));
    let mut image = world.published.get(&name).cloned().ok_or_else(unknown)?;
    if name.contains('@') {
        image.digests.push(name);
    } else {
        image.tags.push(name);
    }
    world.store_image(image);
    Ok(())
}

/// The manifest's digest is made of the image's id, so that pushing twice gives the same.
fn send(world: &mut World, reference: &str) -> Result<String, EngineError> {
    rejected(world, reference)?;
    let mut image = world.image(reference)?.clone();
    let hex: String = image.id.trim_start_matches("sha256:").chars().rev().collect();
    let digest = format!("sha256:{hex}");
    let repository = with_tag(reference)
        .rsplit_once(':')
        .map_or(reference.to_owned(), |(name, _)| name.to_owned());
    image.digests = vec![format!("{repository}@{digest}")];
    world.published.insert(
        image.digests[0].clone(),
        Image {
            tags: Vec::new(),
            ..image.clone()
        },
    );
    world.published.insert(
        with_tag(reference),
        Image {
            tags: Vec::new(),
            ..image.clone()
        },
    );
    world.store_image(image);
    Ok(digest)
}
