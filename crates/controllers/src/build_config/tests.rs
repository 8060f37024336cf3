use serde_json::{Value, json};
use weir_api::build::{Build, BuildConfig};

use super::plan::plan;
use crate::testing::{ago, meta, names, object, with};

fn config(change: Value) -> BuildConfig {
    let base = json!({"metadata": meta("app"), "spec": {"triggers": [{"type": "ConfigChange"}]}, "status": {"lastVersion": 0}});
    object(with(base, change))
}

fn build(number: i64, phase: &str) -> Build {
    let name = format!("app-{number}");
    let change = json!({
        "creationTimestamp": ago(1000 - number).to_string(),
        "annotations": {"openshift.io/build.number": number.to_string()},
    });
    object(json!({"metadata": with(meta(&name), change), "spec": {}, "status": {"phase": phase}}))
}

fn pruned(config: &BuildConfig, builds: &[Build]) -> Vec<String> {
    names(plan(config, &builds.iter().collect::<Vec<_>>(), false).prune)
}

#[test]
fn a_config_change_trigger_asks_for_the_first_build_and_for_no_other() {
    let request = plan(&config(json!({})), &[], false).first_build.expect("a request");
    assert_eq!(
        (request.metadata.name.as_deref(), request.last_version),
        (Some("app"), Some(0))
    );
    assert_eq!(request.triggered_by[0].message, "Build configuration change");
    for change in [
        json!({"status": {"lastVersion": 1}}),
        json!({"spec": {"triggers": [{"type": "ImageChange", "imageChange": {}}]}}),
        json!({"metadata": {"deletionTimestamp": ago(1).to_string()}}),
    ] {
        assert_eq!(plan(&config(change.clone()), &[], false).first_build, None, "{change}");
    }
}

#[test]
fn the_first_build_is_left_to_the_image_trigger_that_asks_for_it() {
    assert_eq!(plan(&config(json!({})), &[], true).first_build, None);
}

#[test]
fn the_newest_finished_builds_are_kept_successful_and_failed_ones_apart() {
    let builds: Vec<Build> = [
        (1, "Complete"),
        (2, "Failed"),
        (3, "Complete"),
        (4, "Error"),
        (5, "Cancelled"),
        (6, "Complete"),
        (7, "Running"),
        (8, "New"),
    ]
    .map(|(number, phase)| build(number, phase))
    .to_vec();
    let limits = |good: Value, bad: Value| {
        config(json!({"spec": {"successfulBuildsHistoryLimit": good, "failedBuildsHistoryLimit": bad}}))
    };
    assert_eq!(
        pruned(&limits(json!(2), json!(1)), &builds),
        ["app-1", "app-4", "app-2"]
    );
    assert_eq!(
        pruned(&limits(json!(0), json!(null)), &builds),
        ["app-6", "app-3", "app-1"]
    );
    assert!(pruned(&limits(json!(null), json!(null)), &builds).is_empty());
}
