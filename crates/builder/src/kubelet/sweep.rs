use std::collections::BTreeMap;

use crate::build::{Kit, temporary_repository};

/// Removes results that builds of this builder have left on the engine when it was cut off. Must not run beside a build.
pub(crate) async fn sweep_images(kit: &Kit) {
    let ours = temporary_repository(&kit.instance);
    let images = match kit.engine.images(&BTreeMap::new()).await {
        Ok(images) => images,
        Err(error) => {
            tracing::info!(%error, "images of interrupted builds are not looked for now");
            return;
        }
    };
    for tag in images
        .iter()
        .flat_map(|image| &image.tags)
        .filter(|tag| tag.starts_with(&ours))
    {
        match kit.engine.remove_image(tag, false).await {
            Ok(()) => tracing::info!(image = tag, "removed the image of an interrupted build"),
            Err(error) => tracing::warn!(image = tag, %error, "cannot remove the image of an interrupted build"),
        }
    }
}
