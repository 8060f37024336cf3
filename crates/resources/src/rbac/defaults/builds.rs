//! Roles about builds and rollouts.

use super::rules::*;
use super::{DefaultRole, role};

pub(super) fn roles() -> Vec<DefaultRole> {
    vec![
        role(
            "system:build-strategy-docker",
            "",
            [on(&["create"], BUILD, &["builds/docker", "builds/optimizeddocker"])],
        ),
        role(
            "system:build-strategy-source",
            "",
            [on(&["create"], BUILD, &["builds/source"])],
        ),
        // Given to nobody: such a build may do whatever its image does.
        role(
            "system:build-strategy-custom",
            "",
            [on(&["create"], BUILD, &["builds/custom"])],
        ),
        role(
            "system:webhook",
            "",
            [on(&["create", "get"], BUILD, &["buildconfigs/webhooks"])],
        ),
        role(
            "system:deployer",
            "Grants the right to deploy within a project.",
            [
                on(
                    &["delete", "get", "list", "patch", "update"],
                    CORE,
                    &["replicationcontrollers"],
                ),
                on(&["get", "update"], CORE, &["replicationcontrollers/scale"]),
                on(&["create", "get", "list", "watch"], CORE, &["pods"]),
                on(&["get"], CORE, &["pods/log"]),
                on(&["create", "list"], CORE, &["events"]),
                on(&["create", "update"], IMAGE, &["imagestreamtags", "imagetags"]),
            ],
        ),
    ]
}
