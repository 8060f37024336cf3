use std::borrow::Borrow;

use k8s_openapi::api::core::v1::ObjectReference;
use weir_api::build::{BuildConfig, BuildTriggerCause, ImageChangeCause, ImageChangeTrigger};
use weir_api::image::ImageStream;

use super::resolve_in;
use crate::source::{StreamKey, StreamTag, kind, text};

/// Message of the cause that a build started by a moved tag carries.
const CAUSE: &str = "Image change";

/// What the image change triggers of a BuildConfig ask for.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one plan at a time, and it is moved once"
)]
pub enum BuildConfigPlan {
    Nothing,
    /// One instantiate request, however many tags moved.
    Instantiate {
        /// Reference of the first trigger that fired.
        from: ObjectReference,
        /// What it means now, of kind DockerImage.
        triggered_by_image: ObjectReference,
        /// One cause per distinct reference that fired.
        causes: Vec<BuildTriggerCause>,
    },
}

/// Plans what follows for `bc` from the images its triggers name: a build when at least one of them is another than the
/// one recorded in `status.imageChangeTriggers`.
pub fn build_config<L, S>(bc: &BuildConfig, lookup: L) -> BuildConfigPlan
where
    L: Fn(&str, &str) -> Option<S>,
    S: Borrow<ImageStream>,
{
    let mut fired: Vec<(ObjectReference, String)> = Vec::new();
    for (trigger, from, tag) in image_triggers(bc).filter(|(trigger, ..)| !trigger.paused) {
        let Some(image) = resolve_in(&lookup, &tag) else {
            continue;
        };
        if image == last_triggered(bc, from) || image == trigger.last_triggered_image_id {
            continue;
        }
        if !fired.iter().any(|(other, _)| other == from) {
            fired.push((from.clone(), image));
        }
    }
    let Some((from, image)) = fired.first().cloned() else {
        return BuildConfigPlan::Nothing;
    };
    BuildConfigPlan::Instantiate {
        from,
        triggered_by_image: ObjectReference {
            kind: Some(kind::DOCKER_IMAGE.into()),
            name: Some(image),
            ..Default::default()
        },
        causes: fired.into_iter().map(|(from, image)| cause(from, image)).collect(),
    }
}

/// The streams whose changes concern `bc`. Paused triggers count: unpausing must find the stream at once.
pub fn build_config_streams(bc: &BuildConfig) -> Vec<StreamKey> {
    let mut keys: Vec<_> = image_triggers(bc).map(|(_, _, tag)| tag.stream).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Image change triggers with the reference they watch: their own, or that of the strategy's image.
fn image_triggers(bc: &BuildConfig) -> impl Iterator<Item = (&ImageChangeTrigger, &ObjectReference, StreamTag)> {
    let namespace = text(&bc.metadata.namespace);
    bc.spec.triggers.iter().filter_map(move |trigger| {
        let change = trigger.image_change.as_ref()?;
        let from = change.from.as_ref().or_else(|| strategy_image(bc))?;
        Some((change, from, StreamTag::of(from, namespace)?))
    })
}

fn strategy_image(bc: &BuildConfig) -> Option<&ObjectReference> {
    let strategy = &bc.spec.common.strategy;
    let source = strategy.source_strategy.as_ref().map(|source| &source.from);
    source.or_else(|| strategy.docker_strategy.as_ref()?.from.as_ref())
}

/// What is recorded for `from`, compared by namespace and name exactly as they are written.
fn last_triggered<'a>(bc: &'a BuildConfig, from: &ObjectReference) -> &'a str {
    let recorded = bc
        .status
        .image_change_triggers
        .iter()
        .find(|status| status.from.namespace == text(&from.namespace) && status.from.name == text(&from.name));
    recorded
        .map(|status| status.last_triggered_image_id.as_str())
        .unwrap_or_default()
}

fn cause(from: ObjectReference, image: String) -> BuildTriggerCause {
    BuildTriggerCause {
        message: CAUSE.into(),
        image_change_build: Some(ImageChangeCause {
            image_id: image,
            from_ref: Some(from),
        }),
        ..Default::default()
    }
}
