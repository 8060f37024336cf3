use async_trait::async_trait;
use weir_apiserver::{Attributes, Decision, UserInfo};

use super::policy::{Binding, PolicyRule, Reach, Role, Subject};
use super::{scope, user_info};

/// Allows what a binding allows and nothing else; a token's scopes narrow that further.
pub struct Authorizer {
    bindings: Vec<Binding>,
}

impl Authorizer {
    pub fn new(bindings: Vec<Binding>) -> Self {
        Self { bindings }
    }

    /// The bindings of a machine without RBAC objects.
    pub fn standalone() -> Self {
        Self::new(standalone_bindings())
    }

    /// To add to them.
    pub fn into_bindings(self) -> Vec<Binding> {
        self.bindings
    }

    fn decide(&self, user: &UserInfo, asked: &Attributes) -> Decision {
        let allowed = || self.bindings.iter().any(|binding| binding.allows(user, asked));
        if self_service().iter().any(|rule| rule.allows(asked)) && is_authenticated(user) {
            return Decision::Allow;
        }
        if !scope::permits(user, asked) {
            return Decision::Deny("the scopes of this token do not include it".into());
        }
        if allowed() {
            Decision::Allow
        } else {
            Decision::Deny(String::new())
        }
    }
}

#[async_trait]
impl weir_apiserver::Authorizer for Authorizer {
    async fn authorize(&self, user: &UserInfo, asked: &Attributes) -> Decision {
        self.decide(user, asked)
    }
}

fn is_authenticated(user: &UserInfo) -> bool {
    user.groups
        .iter()
        .any(|group| group == user_info::AUTHENTICATED || group == user_info::MASTERS)
}

/// Questions everybody with an identity may ask about himself, whatever the scopes of the token.
fn self_service() -> [PolicyRule; 4] {
    [
        PolicyRule::resources(&["create"], &["authentication.k8s.io"], &["selfsubjectreviews"]),
        PolicyRule::resources(&["create"], &["authorization.k8s.io"], &["selfsubjectaccessreviews"]),
        // Its handler lets nobody ask about others without the right to.
        PolicyRule::resources(&["create"], &["authorization.openshift.io"], &["subjectaccessreviews"]),
        PolicyRule {
            resource_names: vec!["~".into()].into(),
            ..PolicyRule::resources(&["get"], &["user.openshift.io"], &["users"])
        },
    ]
}

fn standalone_bindings() -> Vec<Binding> {
    let everywhere = |subject: Subject, role: Role| Binding {
        subject,
        reach: Reach::Everywhere,
        role,
    };
    vec![
        everywhere(Subject::Group(user_info::MASTERS.into()), cluster_admin()),
        everywhere(Subject::Group(user_info::AUTHENTICATED.into()), discovery()),
        everywhere(Subject::Group(user_info::UNAUTHENTICATED.into()), health()),
        everywhere(Subject::Group(user_info::AUTHENTICATED.into()), self_provisioner()),
        Binding {
            subject: Subject::Group(user_info::AUTHENTICATED.into()),
            reach: Reach::Namespace(weir_api::names::SHARED_NAMESPACE.into()),
            role: shared_resource_viewer(),
        },
        everywhere(Subject::LocalServiceAccounts, image_puller()),
        everywhere(Subject::LocalServiceAccount("builder".into()), image_builder()),
        everywhere(Subject::LocalServiceAccount("deployer".into()), deployer()),
    ]
}

fn role(name: &'static str, rules: impl Into<Vec<PolicyRule>>) -> Role {
    Role {
        name: name.into(),
        rules: rules.into(),
    }
}

fn cluster_admin() -> Role {
    role(
        "cluster-admin",
        [
            PolicyRule::resources(&["*"], &["*"], &["*"]),
            PolicyRule::paths(&["*"], &["*"]),
        ],
    )
}

fn discovery() -> Role {
    const PATHS: &[&str] = &[
        "/",
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/openapi",
        "/openapi/*",
        "/version",
        "/version/",
    ];
    role(
        "system:discovery",
        [PolicyRule::paths(&["get", "head"], PATHS), health_rule()],
    )
}

fn health() -> Role {
    role("system:public-info-viewer", [health_rule()])
}

fn health_rule() -> PolicyRule {
    PolicyRule::paths(
        &["get", "head"],
        &[
            "/",
            "/healthz",
            "/livez",
            "/livez/*",
            "/readyz",
            "/readyz/*",
            "/version",
        ],
    )
}

/// Whoever lists projects sees those he may get.
fn self_provisioner() -> Role {
    role(
        "self-provisioner",
        [
            PolicyRule::resources(&["create", "list"], &["project.openshift.io"], &["projectrequests"]),
            PolicyRule::resources(&["list"], &["project.openshift.io"], &["projects"]),
        ],
    )
}

fn shared_resource_viewer() -> Role {
    const KINDS: &[&str] = &["imagestreams", "imagestreamtags", "imagetags", "imagestreamimages"];
    role(
        "shared-resource-viewer",
        [
            PolicyRule::resources(&["get", "list", "watch"], &["image.openshift.io"], KINDS),
            PolicyRule::resources(&["get"], &["image.openshift.io"], &["imagestreams/layers"]),
        ],
    )
}

fn image_puller() -> Role {
    role(
        "system:image-puller",
        [PolicyRule::resources(
            &["get"],
            &["image.openshift.io"],
            &["imagestreams/layers"],
        )],
    )
}

fn image_builder() -> Role {
    role(
        "system:image-builder",
        [
            PolicyRule::resources(&["get", "update"], &["image.openshift.io"], &["imagestreams/layers"]),
            PolicyRule::resources(&["create"], &["image.openshift.io"], &["imagestreams"]),
            PolicyRule::resources(&["update"], &["build.openshift.io"], &["builds/details"]),
            PolicyRule::resources(&["get"], &["build.openshift.io"], &["builds"]),
        ],
    )
}

fn deployer() -> Role {
    role(
        "system:deployer",
        [
            PolicyRule::resources(
                &["get", "list", "update", "patch", "delete"],
                &[""],
                &["replicationcontrollers"],
            ),
            PolicyRule::resources(&["get", "update"], &[""], &["replicationcontrollers/scale"]),
            PolicyRule::resources(&["create", "get", "list", "watch"], &[""], &["pods"]),
            PolicyRule::resources(&["get"], &[""], &["pods/log"]),
            PolicyRule::resources(&["create", "list"], &[""], &["events"]),
            PolicyRule::resources(
                &["create", "update"],
                &["image.openshift.io"],
                &["imagestreamtags", "imagetags"],
            ),
        ],
    )
}

#[cfg(test)]
mod tests;
