use weir_apiserver::{Attributes, UserInfo};

/// Key of [`UserInfo::extra`] that holds the scopes of a token.
pub const SCOPES_EXTRA: &str = "scopes.weir.dev";

const PREFIX: &str = "registry:";

/// In the place of a namespace or a name: any. Neither can be called so.
const ANY: &str = "*";

/// Limits a token to pull from and push to one repository of the registry. Written `registry:NAMESPACE/NAME`, as an
/// audience of a TokenRequest and as an entry of [`SCOPES_EXTRA`]; `registry:*/*` limits it to the registry alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryScope {
    pub namespace: String,
    pub name: String,
}

impl RepositoryScope {
    /// `None` when `text` is not of the form `registry:NAMESPACE/NAME`.
    pub fn parse(text: &str) -> Option<Self> {
        let (namespace, name) = text.strip_prefix(PREFIX)?.split_once('/')?;
        let fits = |part: &str| !part.is_empty() && !part.contains('/');
        (fits(namespace) && fits(name)).then(|| Self {
            namespace: namespace.into(),
            name: name.into(),
        })
    }

    /// Whether `text` means to be such a scope, well-formed or not.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    fn covers(&self, asked: &Attributes) -> bool {
        asked.group == weir_api::image::GROUP
            && asked.resource == "imagestreams"
            && asked.subresource == "layers"
            && matches!(asked.verb.as_str(), "get" | "update")
            && includes(&self.namespace, &asked.namespace)
            && includes(&self.name, &asked.name)
    }
}

fn includes(own: &str, asked: &str) -> bool {
    own == ANY || own == asked
}

/// Whether the scopes of the user's token, if it has any, leave room for what is asked. An unreadable scope leaves none.
pub(super) fn permits(user: &UserInfo, asked: &Attributes) -> bool {
    match user.extra.get(SCOPES_EXTRA) {
        None => true,
        Some(_) if is_about_oneself(asked) => true,
        Some(scopes) => scopes
            .iter()
            .filter_map(|scope| RepositoryScope::parse(scope))
            .any(|scope| scope.covers(asked)),
    }
}

/// Questions about oneself that any token may ask, as far as its owner may.
fn is_about_oneself(asked: &Attributes) -> bool {
    let what = (asked.verb.as_str(), asked.group.as_str(), asked.resource.as_str());
    match what {
        ("create", "authentication.k8s.io", "selfsubjectreviews")
        | ("create", "authorization.k8s.io", "selfsubjectaccessreviews")
        | ("create", "authorization.openshift.io", "subjectaccessreviews") => true,
        ("get", "user.openshift.io", "users") => asked.name == "~",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_names_exactly_one_repository() {
        let scope = RepositoryScope::parse("registry:hello01/web").unwrap();
        assert_eq!((scope.namespace.as_str(), scope.name.as_str()), ("hello01", "web"));
        for wrong in [
            "registry:hello01",
            "registry:/web",
            "registry:a/",
            "registry:a/b/c",
            "hello01/web",
            "",
        ] {
            assert_eq!(RepositoryScope::parse(wrong), None, "{wrong}");
        }
    }
    #[test]
    fn a_scope_for_the_registry_is_for_nothing_else() {
        let scope = RepositoryScope::parse("registry:*/*").unwrap();
        let asked = |resource: &str, verb: &str| Attributes {
            verb: verb.into(),
            group: weir_api::image::GROUP.into(),
            resource: resource.into(),
            subresource: "layers".into(),
            namespace: "a".into(),
            name: "b".into(),
            ..Attributes::default()
        };
        assert!(scope.covers(&asked("imagestreams", "get")) && scope.covers(&asked("imagestreams", "update")));
        assert!(!scope.covers(&asked("imagestreams", "delete")) && !scope.covers(&asked("images", "get")));
        assert!(!RepositoryScope::parse("registry:a/*").unwrap().covers(&Attributes {
            namespace: "b".into(),
            ..asked("imagestreams", "get")
        }));
    }
}
