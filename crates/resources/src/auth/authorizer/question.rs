use weir_apiserver::Attributes;
use weir_rbac::{Grant, Request, SubjectKind, Target, Who};

/// The question as rules understand it.
pub(super) fn request(asked: &Attributes) -> Request<'_> {
    let target = match &asked.path {
        Some(path) => Target::Path(path),
        None => Target::Resource {
            group: &asked.group,
            resource: &asked.resource,
            subresource: &asked.subresource,
            namespace: namespace(asked),
            name: &asked.name,
        },
    };
    // Who may read a page may ask whether it is there.
    let verb = match asked.verb.as_str() {
        "head" if asked.path.is_some() => "get",
        verb => verb,
    };
    Request { verb, target }
}

/// Projects are namespaces under another name: rights in the namespace count.
pub(super) fn namespace(asked: &Attributes) -> &str {
    let is_project = asked.resource == "projects" && asked.group == weir_api::project::GROUP;
    if is_project { &asked.name } else { &asked.namespace }
}

/// Which binding allows it, as access reviews tell it.
pub(super) fn reason(grant: &Grant<'_>, who: Who<'_>) -> String {
    let (kind, role) = (grant.role.kind, &grant.role.name);
    let binding = match grant.namespace {
        "" => format!("ClusterRoleBinding {:?}", grant.binding),
        namespace => format!("RoleBinding {:?}", format!("{}/{namespace}", grant.binding)),
    };
    let subject = grant.subjects.iter().find(|subject| subject.is(who));
    let to = subject.map_or_else(String::new, |subject| match subject.kind {
        SubjectKind::ServiceAccount => format!(
            " to {} {:?}",
            subject.kind,
            format!("{}/{}", subject.name, subject.namespace)
        ),
        kind => format!(" to {kind} {:?}", subject.name),
    });
    format!("RBAC: allowed by {binding} of {kind} {role:?}{to}")
}
