use serde_json::Value;
use weir_apiserver::{FieldError, Object};

use crate::json;

/// A pod is what it was made as. Its images may change, its end may come nearer, and a node may be given to it once.
pub(super) fn forbidden_change(pod: &Object, old: &Object) -> Option<FieldError> {
    const MESSAGE: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
        `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing \
        tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
    if comparable(&pod["spec"], &old["spec"]) == old["spec"] {
        return None;
    }
    Some(FieldError::forbidden("spec", MESSAGE))
}

/// The new spec with all that may change put back to what it was.
fn comparable(spec: &Value, old: &Value) -> Value {
    let mut spec = spec.clone();
    for list in ["/containers", "/initContainers"] {
        let were = json::items(old, list);
        for (index, container) in json::items_mut(&mut spec, list).enumerate() {
            if let Some(was) = were.get(index) {
                json::restore(container, was, "/image");
            }
        }
    }
    for path in ["/activeDeadlineSeconds", "/tolerations"] {
        json::restore(&mut spec, old, path);
    }
    if json::text(old, "/nodeName").is_empty() {
        json::restore(&mut spec, old, "/nodeName");
    }
    spec
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_running_pod_changes_in_few_ways() {
        let old = json!({"spec": {"containers": [{"name": "c", "image": "a"}], "restartPolicy": "Always"}});
        let with = |change: fn(&mut Value)| {
            let mut pod = old.clone();
            change(&mut pod["spec"]);
            forbidden_change(&pod, &old).is_some()
        };
        assert!(!with(|_| {}));
        assert!(!with(|spec| spec["containers"][0]["image"] = "b".into()));
        assert!(!with(|spec| spec["nodeName"] = "n".into()));
        assert!(!with(|spec| spec["activeDeadlineSeconds"] = 5.into()));
        assert!(with(|spec| spec["containers"][0]["command"] = json!(["sh"])));
        assert!(with(|spec| spec["restartPolicy"] = "Never".into()));
        assert!(with(|spec| spec["containers"] = json!([])));
        let placed = json!({"spec": {"nodeName": "n"}});
        assert!(forbidden_change(&json!({"spec": {"nodeName": "m"}}), &placed).is_some());
    }
}
