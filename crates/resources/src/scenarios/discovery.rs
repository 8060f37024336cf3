use std::collections::BTreeMap;

use serde_json::Value;

use super::machine::Machine;

/// `RESOURCE KIND VERBS` as discovery lists them, by group version.
async fn listed(machine: &Machine, group_version: &str) -> BTreeMap<String, (String, String)> {
    let path = if group_version == "v1" {
        "/api/v1".to_owned()
    } else {
        format!("/apis/{group_version}")
    };
    let list = machine.found(&path).await;
    let resources = list["resources"].as_array().unwrap().iter();
    let verbs = |resource: &Value| {
        let mut verbs: Vec<&str> = resource["verbs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|verb| verb.as_str().unwrap())
            .collect();
        verbs.sort_unstable();
        verbs.join(" ")
    };
    resources
        .map(|resource| {
            let text = |field: &str| resource[field].as_str().unwrap_or_default().to_owned();
            let kind = match (text("group"), text("version")) {
                (group, version) if group.is_empty() && version.is_empty() => text("kind"),
                (group, version) => format!("{} {group}/{version}", text("kind")),
            };
            (text("name"), (kind, verbs(resource)))
        })
        .collect()
}

#[tokio::test]
async fn clients_find_the_resources_and_subresources_they_look_for() {
    const ALL: &str = "create delete deletecollection get list patch update watch";
    const SUB: &str = "get patch update";
    let table = [
        ("v1", "pods", "Pod", ALL),
        ("v1", "pods/log", "Pod", "get"),
        ("v1", "pods/exec", "PodExecOptions", "create get"),
        ("v1", "pods/attach", "PodAttachOptions", "create get"),
        ("v1", "pods/status", "Pod", SUB),
        ("v1", "namespaces/finalize", "Namespace", "update"),
        ("v1", "replicationcontrollers/scale", "Scale autoscaling/v1", SUB),
        (
            "v1",
            "serviceaccounts/token",
            "TokenRequest authentication.k8s.io/v1",
            "create",
        ),
        ("v1", "secrets", "Secret", ALL),
        ("v1", "configmaps", "ConfigMap", ALL),
        ("v1", "events", "Event", ALL),
        ("v1", "nodes", "Node", ALL),
        ("v1", "services", "Service", ALL),
        ("build.openshift.io/v1", "buildconfigs", "BuildConfig", ALL),
        (
            "build.openshift.io/v1",
            "buildconfigs/instantiate",
            "BuildRequest",
            "create",
        ),
        (
            "build.openshift.io/v1",
            "buildconfigs/instantiatebinary",
            "BinaryBuildRequestOptions",
            "create",
        ),
        ("build.openshift.io/v1", "buildconfigs/webhooks", "Build", "create"),
        ("build.openshift.io/v1", "builds", "Build", ALL),
        ("build.openshift.io/v1", "builds/log", "BuildLog", "get"),
        ("build.openshift.io/v1", "builds/clone", "BuildRequest", "create"),
        ("build.openshift.io/v1", "builds/details", "Build", "update"),
        ("apps.openshift.io/v1", "deploymentconfigs", "DeploymentConfig", ALL),
        (
            "apps.openshift.io/v1",
            "deploymentconfigs/status",
            "DeploymentConfig",
            SUB,
        ),
        (
            "apps.openshift.io/v1",
            "deploymentconfigs/scale",
            "Scale extensions/v1beta1",
            SUB,
        ),
        (
            "apps.openshift.io/v1",
            "deploymentconfigs/instantiate",
            "DeploymentRequest",
            "create",
        ),
        (
            "apps.openshift.io/v1",
            "deploymentconfigs/rollback",
            "DeploymentConfigRollback",
            "create",
        ),
        ("apps.openshift.io/v1", "deploymentconfigs/log", "DeploymentLog", "get"),
        (
            "project.openshift.io/v1",
            "projects",
            "Project",
            "create delete get list patch update watch",
        ),
        (
            "project.openshift.io/v1",
            "projectrequests",
            "ProjectRequest",
            "create list",
        ),
        (
            "authentication.k8s.io/v1",
            "selfsubjectreviews",
            "SelfSubjectReview",
            "create",
        ),
        ("authentication.k8s.io/v1", "tokenreviews", "TokenReview", "create"),
        (
            "authorization.k8s.io/v1",
            "selfsubjectaccessreviews",
            "SelfSubjectAccessReview",
            "create",
        ),
        (
            "authorization.k8s.io/v1",
            "subjectaccessreviews",
            "SubjectAccessReview",
            "create",
        ),
        (
            "authorization.openshift.io/v1",
            "subjectaccessreviews",
            "SubjectAccessReview",
            "create",
        ),
        ("user.openshift.io/v1", "users", "User", ALL),
        ("user.openshift.io/v1", "identities", "Identity", ALL),
        ("user.openshift.io/v1", "groups", "Group", ALL),
        ("oauth.openshift.io/v1", "oauthclients", "OAuthClient", ALL),
        ("oauth.openshift.io/v1", "oauthaccesstokens", "OAuthAccessToken", ALL),
        ("image.openshift.io/v1", "imagestreams", "ImageStream", ALL),
    ];
    let machine = Machine::start().await;
    for (group_version, name, kind, verbs) in table {
        let listed = listed(&machine, group_version).await;
        let (found_kind, found_verbs) = listed
            .get(name)
            .unwrap_or_else(|| panic!("{group_version} {name}: {listed:?}"));
        assert_eq!(
            (found_kind.as_str(), found_verbs.as_str()),
            (kind, verbs),
            "{group_version} {name}"
        );
    }
}

/// images 1
#[tokio::test]
async fn image_kinds_have_their_short_names_and_only_streams_are_in_all() {
    let machine = Machine::start().await;
    let found = machine.found("/apis/image.openshift.io/v1").await;
    let resources = found["resources"].as_array().unwrap();
    let short: BTreeMap<&str, &str> = resources
        .iter()
        .filter_map(|resource| Some((resource["shortNames"][0].as_str()?, resource["name"].as_str()?)))
        .collect();
    let wanted = [
        ("is", "imagestreams"),
        ("isimage", "imagestreamimages"),
        ("istag", "imagestreamtags"),
        ("itag", "imagetags"),
    ];
    assert_eq!(short, BTreeMap::from(wanted));
    let in_all = resources.iter().filter(|resource| {
        let categories = resource["categories"].as_array();
        categories.is_some_and(|categories| categories.contains(&"all".into()))
    });
    let in_all: Vec<&str> = in_all.filter_map(|resource| resource["name"].as_str()).collect();
    assert_eq!(in_all, ["imagestreams"]);
}

/// images 2
#[tokio::test]
async fn computed_image_kinds_offer_only_the_verbs_that_they_have() {
    const TAGS: &str = "create delete get list patch update";
    let machine = Machine::start().await;
    let listed = listed(&machine, "image.openshift.io/v1").await;
    for (name, verbs) in [
        ("imagestreamtags", TAGS),
        ("imagetags", TAGS),
        ("imagestreamimages", "get"),
        ("imagestreamimports", "create"),
        ("imagestreammappings", "create"),
        ("imagestreams/layers", "get"),
        ("imagestreams/secrets", "get"),
    ] {
        let found = listed.get(name).map(|(_, verbs)| verbs.as_str());
        assert_eq!(found, Some(verbs), "{name}");
    }
}

#[tokio::test]
async fn short_names_and_the_category_all_are_as_clients_expect() {
    let machine = Machine::start().await;
    let mut short = BTreeMap::new();
    let mut all = Vec::new();
    for group_version in ["/api/v1", "/apis/build.openshift.io/v1", "/apis/apps.openshift.io/v1"] {
        for resource in machine.found(group_version).await["resources"].as_array().unwrap() {
            let name = resource["name"].as_str().unwrap().to_owned();
            if let Some(names) = resource["shortNames"].as_array() {
                short.insert(names[0].as_str().unwrap().to_owned(), name.clone());
            }
            if resource["categories"]
                .as_array()
                .is_some_and(|list| list.contains(&"all".into()))
            {
                all.push(name);
            }
        }
    }
    for (name, resource) in [
        ("po", "pods"),
        ("rc", "replicationcontrollers"),
        ("svc", "services"),
        ("sa", "serviceaccounts"),
        ("cm", "configmaps"),
        ("ev", "events"),
        ("ns", "namespaces"),
        ("no", "nodes"),
        ("bc", "buildconfigs"),
        ("dc", "deploymentconfigs"),
    ] {
        assert_eq!(short.get(name).map(String::as_str), Some(resource));
    }
    assert_eq!(
        all,
        [
            "pods",
            "replicationcontrollers",
            "services",
            "buildconfigs",
            "builds",
            "deploymentconfigs"
        ]
    );
}
