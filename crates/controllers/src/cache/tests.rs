use std::sync::{Arc, Mutex};

use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::Event;

use super::Cache;
use crate::key::Key;

fn pod(name: &str, uid: &str, revision: u64) -> Pod {
    let mut pod = Pod::default();
    pod.metadata.namespace = Some("ns".into());
    pod.metadata.name = Some(name.into());
    pod.metadata.uid = Some(uid.into());
    pod.metadata.resource_version = Some(revision.to_string());
    pod
}

fn list(cache: &Cache<Pod>, pods: Vec<Pod>) {
    cache.observe_event(Event::Init);
    for pod in pods {
        cache.observe_event(Event::InitApply(pod));
    }
    cache.observe_event(Event::InitDone);
}

fn names(cache: &Cache<Pod>) -> Vec<String> {
    cache
        .in_namespace("ns")
        .iter()
        .filter_map(|pod| pod.metadata.name.clone())
        .collect()
}

fn version(cache: &Cache<Pod>, name: &str) -> String {
    let pod = cache.get(&Key::new("ns", name)).expect("the pod is cached");
    pod.metadata.resource_version.clone().unwrap_or_default()
}

#[test]
fn our_own_write_is_seen_before_the_watch_shows_it() {
    let cache = Cache::new();
    list(&cache, vec![pod("a", "1", 5)]);
    cache.observe_write(pod("b", "2", 7));
    assert_eq!(names(&cache), ["a", "b"]);
}

#[test]
fn a_late_watch_event_does_not_undo_our_write() {
    let cache = Cache::new();
    list(&cache, vec![pod("a", "1", 5)]);
    cache.observe_write(pod("a", "1", 9));
    cache.observe_event(Event::Apply(pod("a", "1", 7)));
    assert_eq!(version(&cache, "a"), "9");
}

#[test]
fn an_answer_that_comes_after_the_objects_deletion_does_not_bring_it_back() {
    let cache = Cache::new();
    list(&cache, vec![]);
    cache.observe_event(Event::Apply(pod("a", "1", 7)));
    cache.observe_event(Event::Delete(pod("a", "1", 8)));
    cache.observe_write(pod("a", "1", 7));
    assert!(names(&cache).is_empty());
}

#[test]
fn what_we_deleted_stays_deleted_while_the_watch_still_shows_older_versions() {
    let cache = Cache::new();
    list(&cache, vec![pod("a", "1", 5)]);
    cache.observe_deleted(&Key::new("ns", "a"), "1");
    cache.observe_event(Event::Apply(pod("a", "1", 6)));
    assert!(names(&cache).is_empty());
    cache.observe_event(Event::Delete(pod("a", "1", 8)));
    cache.observe_event(Event::Apply(pod("a", "2", 9)));
    assert_eq!(names(&cache), ["a"], "a new object of that name is another object");
}

#[test]
fn the_deletion_of_an_older_namesake_leaves_the_newer_object() {
    let cache = Cache::new();
    list(&cache, vec![pod("a", "1", 5)]);
    cache.observe_deleted(&Key::new("ns", "a"), "1");
    cache.observe_write(pod("a", "2", 9));
    cache.observe_event(Event::Delete(pod("a", "1", 8)));
    assert_eq!(version(&cache, "a"), "9");
}

#[test]
fn a_new_list_drops_what_it_does_not_hold_and_keeps_what_we_wrote_meanwhile() {
    let cache = Cache::new();
    list(&cache, vec![pod("a", "1", 5), pod("b", "2", 6)]);
    cache.observe_event(Event::Init);
    cache.observe_event(Event::InitApply(pod("a", "1", 5)));
    cache.observe_write(pod("c", "3", 12));
    cache.observe_event(Event::InitDone);
    assert_eq!(names(&cache), ["a", "c"]);
}

#[test]
fn handlers_hear_each_change_once_with_both_sides() {
    let cache = Cache::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    cache.on_change(move |change| {
        let side = |pod: &Option<Arc<Pod>>| pod.as_ref().and_then(|pod| pod.metadata.resource_version.clone());
        ear.lock().unwrap().push((side(&change.before), side(&change.after)));
    });
    list(&cache, vec![pod("a", "1", 5)]);
    cache.observe_write(pod("a", "1", 6));
    cache.observe_event(Event::Apply(pod("a", "1", 6)));
    cache.observe_event(Event::Delete(pod("a", "1", 7)));
    let version = |text: &str| Some(text.to_owned());
    let expected = [(None, version("5")), (version("5"), version("6")), (version("6"), None)];
    assert_eq!(*heard.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_cache_is_synced_once_its_first_list_is_complete() {
    let cache = Cache::new();
    cache.observe_event(Event::Init);
    cache.observe_event(Event::InitApply(pod("a", "1", 5)));
    assert!(!*cache.synced.borrow());
    cache.observe_event(Event::InitDone);
    cache.synced().await;
}
