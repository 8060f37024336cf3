use std::fmt::Write;

/// One kind that a server serves, under all its names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub singular: String,
    pub short_names: Vec<String>,
    pub categories: Vec<String>,
    pub verbs: Vec<String>,
    pub namespaced: bool,
}

impl Resource {
    fn known(group: &str, kind: &str, plural: &str, short_names: &[&str], namespaced: bool) -> Self {
        Self {
            group: group.into(),
            version: "v1".into(),
            kind: kind.into(),
            plural: plural.into(),
            singular: kind.to_lowercase(),
            short_names: short_names.iter().map(|name| name.to_string()).collect(),
            categories: Vec::new(),
            verbs: Vec::new(),
            namespaced,
        }
    }

    pub fn deployment_configs() -> Self {
        Self::known(
            "apps.openshift.io",
            "DeploymentConfig",
            "deploymentconfigs",
            &["dc"],
            true,
        )
    }

    pub fn build_configs() -> Self {
        Self::known("build.openshift.io", "BuildConfig", "buildconfigs", &["bc"], true)
    }

    pub fn builds() -> Self {
        Self::known("build.openshift.io", "Build", "builds", &[], true)
    }

    pub fn image_streams() -> Self {
        Self::known("image.openshift.io", "ImageStream", "imagestreams", &["is"], true)
    }

    pub fn image_stream_tags() -> Self {
        Self::known(
            "image.openshift.io",
            "ImageStreamTag",
            "imagestreamtags",
            &["istag"],
            true,
        )
    }

    pub fn image_stream_images() -> Self {
        Self::known(
            "image.openshift.io",
            "ImageStreamImage",
            "imagestreamimages",
            &["isimage"],
            true,
        )
    }

    pub fn image_stream_imports() -> Self {
        Self::known(
            "image.openshift.io",
            "ImageStreamImport",
            "imagestreamimports",
            &[],
            true,
        )
    }

    pub fn projects() -> Self {
        Self::known("project.openshift.io", "Project", "projects", &[], false)
    }

    pub fn project_requests() -> Self {
        Self::known("project.openshift.io", "ProjectRequest", "projectrequests", &[], false)
    }

    pub fn roles() -> Self {
        Self::rbac("Role", "roles", true)
    }

    pub fn cluster_roles() -> Self {
        Self::rbac("ClusterRole", "clusterroles", false)
    }

    pub fn role_bindings() -> Self {
        Self::rbac("RoleBinding", "rolebindings", true)
    }

    pub fn cluster_role_bindings() -> Self {
        Self::rbac("ClusterRoleBinding", "clusterrolebindings", false)
    }

    fn rbac(kind: &str, plural: &str, namespaced: bool) -> Self {
        Self::known("rbac.authorization.k8s.io", kind, plural, &[], namespaced)
    }

    pub fn self_subject_reviews() -> Self {
        Self::known(
            "authentication.k8s.io",
            "SelfSubjectReview",
            "selfsubjectreviews",
            &[],
            false,
        )
    }

    pub fn resource_access_reviews() -> Self {
        Self::known(
            "authorization.openshift.io",
            "ResourceAccessReview",
            "resourceaccessreviews",
            &[],
            false,
        )
    }

    pub fn local_resource_access_reviews() -> Self {
        Self::known(
            "authorization.openshift.io",
            "LocalResourceAccessReview",
            "localresourceaccessreviews",
            &[],
            true,
        )
    }

    pub fn users() -> Self {
        Self::known("user.openshift.io", "User", "users", &[], false)
    }

    pub fn user_groups() -> Self {
        Self::known("user.openshift.io", "Group", "groups", &[], false)
    }

    pub fn namespaces() -> Self {
        Self::known("", "Namespace", "namespaces", &["ns"], false)
    }

    pub fn pods() -> Self {
        Self::known("", "Pod", "pods", &["po"], true)
    }

    pub fn replication_controllers() -> Self {
        Self::known("", "ReplicationController", "replicationcontrollers", &["rc"], true)
    }

    pub fn services() -> Self {
        Self::known("", "Service", "services", &["svc"], true)
    }

    pub fn config_maps() -> Self {
        Self::known("", "ConfigMap", "configmaps", &["cm"], true)
    }

    pub fn limit_ranges() -> Self {
        Self::known("", "LimitRange", "limitranges", &["limits"], true)
    }

    pub fn resource_quotas() -> Self {
        Self::known("", "ResourceQuota", "resourcequotas", &["quota"], true)
    }

    pub fn secrets() -> Self {
        Self::known("", "Secret", "secrets", &[], true)
    }

    pub fn service_accounts() -> Self {
        Self::known("", "ServiceAccount", "serviceaccounts", &["sa"], true)
    }

    pub fn events() -> Self {
        Self::known("", "Event", "events", &["ev"], true)
    }

    /// The kinds whose own commands need no discovery.
    pub fn well_known(name: &str) -> Option<Self> {
        [
            Self::deployment_configs(),
            Self::build_configs(),
            Self::builds(),
            Self::image_streams(),
            Self::image_stream_tags(),
            Self::image_stream_images(),
            Self::pods(),
            Self::replication_controllers(),
            Self::services(),
        ]
        .into_iter()
        .find(|resource| resource.answers_to(name))
    }

    /// Whether somebody who types `name` means this kind: plural, singular, kind or short name, alone or with the group
    /// (`is.image.openshift.io`, `imagestreams.v1.image.openshift.io`).
    pub fn answers_to(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let (bare, qualifier) = match name.split_once('.') {
            Some((bare, qualifier)) => (bare, Some(qualifier)),
            None => (name.as_str(), None),
        };
        let named = bare == self.plural
            || bare == self.singular
            || bare == self.kind.to_lowercase()
            || self.short_names.iter().any(|short| short == bare);
        let qualified = qualifier.is_none_or(|qualifier| {
            qualifier == self.group
                || qualifier == format!("{}.{}", self.version, self.group)
                || (self.group.starts_with(&format!("{qualifier}.")) && !qualifier.is_empty())
        });
        named && qualified
    }

    pub fn can(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }

    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `imagestream.image.openshift.io`, as printed before a name.
    pub fn label(&self) -> String {
        qualified(&self.kind.to_lowercase(), &self.group)
    }

    /// `imagestreams.image.openshift.io`, as servers say it in messages.
    pub fn plural_label(&self) -> String {
        qualified(&self.plural, &self.group)
    }

    /// `imagestream.image.openshift.io/web`.
    pub fn named(&self, name: &str) -> String {
        format!("{}/{name}", self.label())
    }

    /// The path of the collection; without a namespace that of all namespaces.
    pub fn collection(&self, namespace: Option<&str>) -> String {
        let mut path = if self.group.is_empty() {
            format!("/api/{}", segment(&self.version))
        } else {
            format!("/apis/{}/{}", segment(&self.group), segment(&self.version))
        };
        if let Some(namespace) = namespace.filter(|_| self.namespaced) {
            let _ = write!(path, "/namespaces/{}", segment(namespace));
        }
        format!("{path}/{}", segment(&self.plural))
    }

    pub fn object(&self, namespace: &str, name: &str) -> String {
        format!("{}/{}", self.collection(Some(namespace)), segment(name))
    }

    pub fn subresource(&self, namespace: &str, name: &str, subresource: &str) -> String {
        format!("{}/{subresource}", self.object(namespace, name))
    }
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() {
        name.into()
    } else {
        format!("{name}.{group}")
    }
}

/// Escapes what may not stand in one path segment; `name:tag` and `name@sha256:...` stay readable.
fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'@' => {
                escaped.push(char::from(byte));
            }
            _ => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_answers_to_all_its_names() {
        let streams = Resource::image_streams();
        for name in [
            "is",
            "imagestream",
            "ImageStreams",
            "imagestreams.image.openshift.io",
            "is.v1.image.openshift.io",
            "is.image",
        ] {
            assert!(streams.answers_to(name), "{name}");
        }
        for name in [
            "istag",
            "imagestreams.apps",
            "is.",
            "imagestreams.v2.image.openshift.io",
        ] {
            assert!(!streams.answers_to(name), "{name}");
        }
    }

    #[test]
    fn paths_cannot_be_left_by_a_name() {
        let pods = Resource::pods();
        assert_eq!(pods.collection(None), "/api/v1/pods");
        assert_eq!(pods.object("ns", "a"), "/api/v1/namespaces/ns/pods/a");
        assert_eq!(pods.object("ns", "../x?y"), "/api/v1/namespaces/ns/pods/..%2Fx%3Fy");
        assert_eq!(
            Resource::image_stream_tags().object("ns", "web:1.27"),
            "/apis/image.openshift.io/v1/namespaces/ns/imagestreamtags/web:1.27"
        );
        assert_eq!(
            Resource::projects().object("ignored", "p"),
            "/apis/project.openshift.io/v1/projects/p"
        );
    }
}
