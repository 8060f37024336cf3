use k8s_openapi::api::core::v1::{ContainerStatus, PodCondition};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::containers::Scene;
use crate::facts::Obstacle;
use crate::pod_view::PodView;

/// A condition without its history.
struct Verdict {
    kind: &'static str,
    holds: bool,
    reason: Option<&'static str>,
    message: Option<String>,
}

impl Verdict {
    fn yes(kind: &'static str) -> Self {
        Self {
            kind,
            holds: true,
            reason: None,
            message: None,
        }
    }

    fn no(kind: &'static str, reason: &'static str, message: String) -> Self {
        Self {
            kind,
            holds: false,
            reason: Some(reason),
            message: Some(message),
        }
    }
}

/// The conditions that are ours, in the order that kubelets write them, and those of others as they were.
pub(super) fn conditions(
    scene: &Scene,
    phase: &str,
    init: &[ContainerStatus],
    main: &[ContainerStatus],
) -> Vec<PodCondition> {
    let verdicts = [
        initialized(init, main, phase),
        ready("Ready", scene, main, phase),
        ready("ContainersReady", scene, main, phase),
        Verdict::yes("PodScheduled"),
    ];
    let old = scene
        .pod
        .pod_status()
        .and_then(|status| status.conditions.clone())
        .unwrap_or_default();
    let mut conditions: Vec<PodCondition> = verdicts
        .into_iter()
        .map(|verdict| with_history(verdict, &old, scene))
        .collect();
    let ours: Vec<String> = conditions.iter().map(|condition| condition.type_.clone()).collect();
    conditions.extend(old.into_iter().filter(|condition| !ours.contains(&condition.type_)));
    conditions
}

fn with_history(verdict: Verdict, old: &[PodCondition], scene: &Scene) -> PodCondition {
    let status = if verdict.holds { "True" } else { "False" };
    let known = old
        .iter()
        .find(|condition| condition.type_ == verdict.kind && condition.status == status);
    PodCondition {
        type_: verdict.kind.to_owned(),
        status: status.to_owned(),
        reason: verdict.reason.map(str::to_owned),
        message: verdict.message,
        last_probe_time: None,
        last_transition_time: known
            .and_then(|condition| condition.last_transition_time.clone())
            .or(Some(Time(scene.now))),
        observed_generation: known.and_then(|condition| condition.observed_generation),
    }
}

fn initialized(init: &[ContainerStatus], main: &[ContainerStatus], phase: &str) -> Verdict {
    const KIND: &str = "Initialized";
    let has_run = |status: &ContainerStatus| status.container_id.is_some();
    let open = names(init.iter().filter(|status| !status.ready));
    if open.is_empty() || main.iter().any(has_run) {
        return Verdict {
            reason: (phase == "Succeeded").then_some("PodCompleted"),
            ..Verdict::yes(KIND)
        };
    }
    Verdict::no(
        KIND,
        "ContainersNotInitialized",
        format!("containers with incomplete status: [{open}]"),
    )
}

fn ready(kind: &'static str, scene: &Scene, main: &[ContainerStatus], phase: &str) -> Verdict {
    let open = names(main.iter().filter(|status| !status.ready));
    match phase {
        "Succeeded" => Verdict {
            holds: false,
            reason: Some("PodCompleted"),
            ..Verdict::yes(kind)
        },
        "Failed" => Verdict {
            holds: false,
            reason: Some("PodFailed"),
            ..Verdict::yes(kind)
        },
        _ if open.is_empty() => Verdict::yes(kind),
        _ => match &scene.facts.obstacle {
            Some(obstacle) => Verdict::no(kind, Obstacle::REASON, obstacle.message.clone()),
            None => Verdict::no(
                kind,
                "ContainersNotReady",
                format!("containers with unready status: [{open}]"),
            ),
        },
    }
}

fn names<'a>(statuses: impl Iterator<Item = &'a ContainerStatus>) -> String {
    statuses
        .map(|status| status.name.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}
