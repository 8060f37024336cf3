use weir_apiserver::{Attributes, Authorizer as _, Decision, Followed, Follower, UserInfo};

use super::super::{SCOPES_EXTRA, user_info};
use super::Authorizer;
use crate::json;
use crate::rbac::{ROLE_BINDINGS, bootstrap, namespace_bindings};

/// What a new instance knows, with the namespaces `a` and `b`.
fn standalone() -> Authorizer {
    let authorizer = Authorizer::default();
    let of_namespaces = ["a", "b"].into_iter().flat_map(namespace_bindings::of_service_accounts);
    let of_namespaces = of_namespaces.map(|binding| (ROLE_BINDINGS, binding));
    for (resource, object) in bootstrap::default_objects().into_iter().chain(of_namespaces) {
        let value = object.to_string();
        let followed = Followed {
            namespace: json::text(&object, "/metadata/namespace"),
            name: json::text(&object, "/metadata/name"),
            value: Some(value.as_bytes()),
        };
        authorizer.changed(&resource, followed);
    }
    authorizer
}

fn account(namespace: &str, name: &str) -> UserInfo {
    UserInfo {
        username: format!("system:serviceaccount:{namespace}:{name}"),
        groups: vec![
            "system:serviceaccounts".into(),
            user_info::service_accounts_group(namespace),
            user_info::AUTHENTICATED.into(),
        ],
        ..UserInfo::default()
    }
}

fn scoped(mut user: UserInfo, scope: &str) -> UserInfo {
    user.extra.insert(SCOPES_EXTRA.into(), vec![scope.into()]);
    user
}

fn stranger() -> UserInfo {
    UserInfo {
        username: "alice".into(),
        groups: vec![user_info::AUTHENTICATED.into()],
        ..UserInfo::default()
    }
}

fn anonymous() -> UserInfo {
    UserInfo {
        username: "system:anonymous".into(),
        groups: vec![user_info::UNAUTHENTICATED.into()],
        ..UserInfo::default()
    }
}

/// `"get image.openshift.io imagestreams/layers hello01/web"`, with `-` for the core group; `"get /metrics"` for a path.
fn asked(line: &str) -> Attributes {
    let words: Vec<&str> = line.split(' ').collect();
    let text = |word: &str| if word == "-" { String::new() } else { word.to_owned() };
    if words.len() == 2 {
        return Attributes {
            verb: words[0].into(),
            path: Some(words[1].into()),
            ..Attributes::default()
        };
    }
    let (resource, subresource) = words[2].split_once('/').unwrap_or((words[2], ""));
    let (namespace, name) = words[3].split_once('/').unwrap_or((words[3], ""));
    Attributes {
        verb: words[0].into(),
        group: text(words[1]),
        resource: resource.into(),
        subresource: subresource.into(),
        namespace: text(namespace),
        name: name.into(),
        ..Attributes::default()
    }
}

#[tokio::test]
async fn each_identity_may_do_what_its_roles_say_and_no_more() {
    let admin = user_info::admin();
    let builder = account("a", "builder");
    let deployer = account("a", "deployer");
    let default = account("a", "default");
    let push_web = scoped(account("a", "builder"), "registry:a/web");
    let pull_shared = scoped(account("a", "builder"), "registry:openshift/nodejs");
    let logged_in = UserInfo {
        groups: vec![user_info::AUTHENTICATED.into(), "system:authenticated:oauth".into()],
        ..stranger()
    };
    let broken_scope = scoped(user_info::admin(), "registry:nonsense");
    let table: &[(&UserInfo, &str, bool)] = &[
        (&admin, "delete - namespaces -/a", true),
        (&admin, "get /metrics", true),
        (&stranger(), "get /apis/apps.openshift.io/v1", true),
        (&stranger(), "get /metrics", false),
        (&stranger(), "create authentication.k8s.io selfsubjectreviews -", true),
        (&stranger(), "create authentication.k8s.io tokenreviews -", false),
        (
            &stranger(),
            "create authorization.k8s.io selfsubjectaccessreviews -",
            true,
        ),
        (&stranger(), "create authorization.k8s.io subjectaccessreviews -", false),
        (&stranger(), "get user.openshift.io users -/~", true),
        (&stranger(), "get user.openshift.io users -/bob", false),
        (&stranger(), "create project.openshift.io projectrequests -", false),
        (&logged_in, "create project.openshift.io projectrequests -", true),
        (&stranger(), "list project.openshift.io projects -", true),
        (&stranger(), "get project.openshift.io projects -/a", false),
        (&stranger(), "create build.openshift.io builds/docker a", true),
        (&stranger(), "create build.openshift.io builds/custom a", false),
        (&stranger(), "get - configmaps kube-public/local-registry-hosting", true),
        (&stranger(), "get - configmaps kube-public/other", false),
        (&stranger(), "list image.openshift.io imagestreams openshift", true),
        (&stranger(), "watch image.openshift.io imagestreamtags openshift", true),
        (
            &stranger(),
            "get image.openshift.io imagestreams/layers openshift/nodejs",
            true,
        ),
        (
            &stranger(),
            "update image.openshift.io imagestreams/layers openshift/nodejs",
            false,
        ),
        (&stranger(), "list image.openshift.io imagestreams a", false),
        (&stranger(), "get image.openshift.io imagestreams/layers a/web", false),
        (&stranger(), "list - secrets openshift", false),
        (&anonymous(), "get /readyz", true),
        (&anonymous(), "get /version", true),
        (&anonymous(), "get /.well-known/oauth-authorization-server", true),
        (&anonymous(), "get /apis", false),
        (&anonymous(), "get /metrics", false),
        (&anonymous(), "create authentication.k8s.io selfsubjectreviews -", false),
        (&anonymous(), "list image.openshift.io imagestreams openshift", false),
        (&default, "get image.openshift.io imagestreams/layers a/web", true),
        (&default, "update image.openshift.io imagestreams/layers a/web", false),
        (&default, "get image.openshift.io imagestreams/layers b/web", false),
        (&builder, "update image.openshift.io imagestreams/layers a/web", true),
        (&builder, "update image.openshift.io imagestreams/layers b/web", false),
        (&builder, "create image.openshift.io imagestreams a", true),
        (&builder, "update build.openshift.io builds/details a/web-1", true),
        (&builder, "get build.openshift.io builds a/web-1", true),
        (&builder, "update build.openshift.io builds a/web-1", false),
        (&builder, "get - secrets a/s", false),
        (&deployer, "update - replicationcontrollers/scale a/web-1", true),
        (&deployer, "create - pods a", true),
        (&deployer, "delete - pods a/p", false),
        (&deployer, "update image.openshift.io imagestreams/layers a/web", false),
        (&push_web, "update image.openshift.io imagestreams/layers a/web", true),
        (&push_web, "get image.openshift.io imagestreams/layers a/web", true),
        (&push_web, "get image.openshift.io imagestreams/layers a/db", false),
        (&push_web, "get build.openshift.io builds a/web-1", false),
        (&push_web, "create image.openshift.io imagestreams a", false),
        (
            &push_web,
            "create authorization.k8s.io selfsubjectaccessreviews -",
            true,
        ),
        (&push_web, "get /apis", false),
        (
            &pull_shared,
            "get image.openshift.io imagestreams/layers openshift/nodejs",
            true,
        ),
        (
            &pull_shared,
            "update image.openshift.io imagestreams/layers openshift/nodejs",
            false,
        ),
        (&broken_scope, "get image.openshift.io imagestreams/layers a/web", false),
    ];
    let authorizer = standalone();
    for (user, line, expected) in table {
        let allowed = authorizer.authorize(user, &asked(line)).await == Decision::Allow;
        assert_eq!(allowed, *expected, "{} {line}", user.username);
    }
}

#[tokio::test]
async fn a_name_that_looks_like_an_account_of_another_namespace_gives_nothing() {
    let forged = UserInfo {
        username: "system:serviceaccount::builder".into(),
        ..stranger()
    };
    let asked = asked("create image.openshift.io imagestreams -");
    assert_ne!(standalone().authorize(&forged, &asked).await, Decision::Allow);
}
