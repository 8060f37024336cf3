use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Namespace, NamespaceCondition, NamespaceSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::conditions::Seen;
use super::plan::{finalized, holds_up_the_rest, is_to_be_emptied, overdue, rank};

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn namespace(finalizers: &[&str], deleting: bool) -> Namespace {
    let mut namespace = Namespace::default();
    let finalizers = finalizers.iter().map(|finalizer| (*finalizer).to_owned()).collect();
    namespace.spec = Some(NamespaceSpec {
        finalizers: Some(finalizers),
    });
    namespace.metadata.deletion_timestamp = deleting.then(|| Time("2026-01-02T03:04:05Z".parse().unwrap()));
    namespace
}

#[test]
fn only_a_namespace_that_is_deleted_and_held_by_us_is_emptied() {
    assert!(is_to_be_emptied(&namespace(&["kubernetes"], true)));
    assert!(!is_to_be_emptied(&namespace(&["kubernetes"], false)));
    assert!(!is_to_be_emptied(&namespace(&["somebody.else/y"], true)));
}

#[test]
fn finalizers_of_others_stay() {
    let left = finalized(&namespace(&["kubernetes", "somebody.else/y"], true))
        .spec
        .and_then(|spec| spec.finalizers);
    assert_eq!(left, Some(vec!["somebody.else/y".to_owned()]));
}

#[test]
fn pods_go_first_and_accounts_last() {
    let mut kinds = [
        "serviceaccounts",
        "imagestreams",
        "pods",
        "secrets",
        "deploymentconfigs",
        "replicationcontrollers",
    ];
    kinds.sort_by_key(|kind| rank(kind));
    let expected = [
        "pods",
        "deploymentconfigs",
        "replicationcontrollers",
        "imagestreams",
        "secrets",
        "serviceaccounts",
    ];
    assert_eq!(kinds, expected);
    assert!(holds_up_the_rest("pods") && !holds_up_the_rest("secrets"));
}

#[test]
fn a_pod_that_should_have_ended_is_told_of_with_what_its_node_says() {
    let pod = |deadline: &str, message: Option<&str>| {
        crate::testing::object(serde_json::json!({
            "metadata": {"name": "p", "deletionTimestamp": deadline},
            "spec": {"nodeName": "here", "containers": []},
            "status": {"message": message},
        }))
    };
    let (past, present) = ("2026-01-02T03:04:04Z", "2026-01-02T03:04:05Z");
    assert_eq!(overdue(&pod(present, Some("the engine is away")), now()), None);
    let silent = overdue(&pod(past, None), now());
    assert_eq!(silent.as_deref(), Some("pod p has not been ended by node here"));
    let told = overdue(&pod(past, Some("the engine is away")), now());
    assert_eq!(
        told.as_deref(),
        Some("pod p has not been ended by node here: the engine is away")
    );
}

#[test]
fn a_few_overdue_pods_are_named_and_the_others_counted() {
    let message = |pods: usize| {
        let seen = Seen {
            left: [("pods.".to_owned(), pods)].into(),
            overdue: (1..=pods).map(|pod| format!("p{pod}")).collect(),
            ..Seen::default()
        };
        let conditions = seen.conditions(&[], now());
        let remaining = conditions.iter().find(|it| it.type_ == "NamespaceContentRemaining");
        remaining.and_then(|it| it.message.clone()).unwrap()
    };
    let begin = |pods: usize| format!("Some resources are remaining: pods. has {pods} resource instances");
    assert_eq!(message(3), format!("{}; p1; p2; p3", begin(3)));
    assert_eq!(message(5), format!("{}; p1; p2; p3; and 2 more", begin(5)));
}

/// Type, status, reason and message of conditions.
fn said(conditions: &[NamespaceCondition]) -> Vec<[&str; 4]> {
    let conditions = conditions.iter();
    conditions
        .map(|it| {
            [
                &*it.type_,
                &*it.status,
                text(it.reason.as_ref()),
                text(it.message.as_ref()),
            ]
        })
        .collect()
}

fn text(text: Option<&String>) -> &str {
    text.map_or("", String::as_str)
}

#[test]
fn what_holds_a_namespace_up_is_told() {
    let seen = Seen {
        left: [("builds.build.openshift.io".to_owned(), 1), ("pods.".to_owned(), 3)].into(),
        finalizers: [("example.com/keep".to_owned(), 2)].into(),
        failures: vec!["cannot list the secrets".to_owned()],
        ..Seen::default()
    };
    let conditions = seen.conditions(&[], now());
    let expected = [
        [
            "NamespaceDeletionDiscoveryFailure",
            "False",
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ],
        [
            "NamespaceDeletionGroupVersionParsingFailure",
            "False",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ],
        [
            "NamespaceDeletionContentFailure",
            "True",
            "ContentDeletionFailed",
            "Failed to delete all resource types, 1 remaining: cannot list the secrets",
        ],
        [
            "NamespaceContentRemaining",
            "True",
            "SomeResourcesRemain",
            "Some resources are remaining: builds.build.openshift.io has 1 resource instances, pods. has 3 resource instances",
        ],
        [
            "NamespaceFinalizersRemaining",
            "True",
            "SomeFinalizersRemain",
            "Some content in the namespace has finalizers remaining: example.com/keep in 2 resource instances",
        ],
    ];
    assert_eq!(said(&conditions), expected);
    assert!(!seen.is_empty());
}

#[test]
fn a_condition_that_says_the_same_keeps_its_time_and_others_stay() {
    let later = now() + jiff::SignedDuration::from_secs(5);
    let foreign = NamespaceCondition {
        type_: "Blessed".to_owned(),
        status: "True".to_owned(),
        ..NamespaceCondition::default()
    };
    let stuck = Seen {
        left: [("pods.".to_owned(), 1)].into(),
        ..Seen::default()
    };
    let before = stuck.conditions(std::slice::from_ref(&foreign), now());
    assert_eq!(before[0], foreign);
    assert_eq!(stuck.conditions(&before, later), before);
    let after = Seen::default().conditions(&before, later);
    let time = |kind: &str| {
        let condition = after.iter().find(|condition| condition.type_ == kind);
        condition.and_then(|condition| condition.last_transition_time.clone())
    };
    assert_eq!(time("NamespaceContentRemaining"), Some(Time(later)));
    assert_eq!(time("NamespaceFinalizersRemaining"), Some(Time(now())));
}
