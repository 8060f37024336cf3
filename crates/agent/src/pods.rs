//! The pods of this node, as the last watch event left them, and the workers that care for them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use k8s_openapi::api::core::v1::Pod;

use crate::pod_view::PodView;

/// By uid: a pod that is made anew under its old name is another pod.
#[derive(Clone, Default)]
pub(crate) struct PodTable {
    pods: Arc<RwLock<HashMap<String, Arc<Pod>>>>,
}

impl PodTable {
    pub fn get(&self, uid: &str) -> Option<Arc<Pod>> {
        self.read().get(uid).cloned()
    }

    /// The pod of a name; while an old one goes and a new one has come, the new one.
    pub fn find(&self, namespace: &str, name: &str) -> Option<Arc<Pod>> {
        let pods = self.read();
        let named = pods
            .values()
            .filter(|pod| pod.namespace() == namespace && pod.name() == name);
        named
            .min_by_key(|pod| pod.metadata.deletion_timestamp.is_some())
            .cloned()
    }

    pub fn set(&self, pod: Pod) -> String {
        let uid = pod.uid().to_owned();
        self.write().insert(uid.clone(), Arc::new(pod));
        uid
    }

    pub fn remove(&self, uid: &str) {
        self.write().remove(uid);
    }

    /// Replaces everything, and returns the uids of before and after.
    pub fn replace(&self, pods: Vec<Pod>) -> Vec<String> {
        let new: HashMap<String, Arc<Pod>> = pods
            .into_iter()
            .map(|pod| (pod.uid().to_owned(), Arc::new(pod)))
            .collect();
        let mut table = self.write();
        let mut uids: Vec<String> = table.keys().chain(new.keys()).cloned().collect();
        *table = new;
        uids.sort();
        uids.dedup();
        uids
    }

    pub fn uids(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Arc<Pod>>> {
        self.pods.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Arc<Pod>>> {
        self.pods.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixtures::pod;

    #[test]
    fn a_new_pod_is_found_before_the_old_one_of_its_name() {
        let table = PodTable::default();
        table.set(pod(json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})));
        assert_eq!(table.find("ns", "p").unwrap().uid(), "u-1");
        table.set(pod(json!({"metadata": {"uid": "u-2"}})));
        assert_eq!(table.find("ns", "p").unwrap().uid(), "u-2");
    }

    #[test]
    fn replacing_tells_of_all_that_came_and_went() {
        let table = PodTable::default();
        table.set(pod(json!({})));
        assert_eq!(
            table.replace(vec![pod(json!({"metadata": {"uid": "u-2"}}))]),
            ["u-1", "u-2"]
        );
        assert_eq!(table.uids(), ["u-2"]);
    }
}
