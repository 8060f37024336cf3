use crate::core::Core;
use crate::{ApiError, Attributes, Decision, ErrorDetails, UserInfo};

pub(crate) async fn authorize(core: &Core, user: &UserInfo, attributes: &Attributes) -> Result<(), ApiError> {
    match core.authorizer.authorize(user, attributes).await {
        Decision::Allow => Ok(()),
        Decision::Deny(reason) => Err(forbidden(
            user,
            attributes,
            core.authorizer.namespace(attributes),
            &reason,
        )),
    }
}

/// In the words of Kubernetes: who cannot do what, where.
fn forbidden(user: &UserInfo, attributes: &Attributes, namespace: &str, reason: &str) -> ApiError {
    let (who, verb) = (&user.username, &attributes.verb);
    let reason = if reason.is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    };
    if let Some(path) = &attributes.path {
        let message = format!("forbidden: User \"{who}\" cannot {verb} path \"{path}\"{reason}");
        return ApiError::new(403, "Forbidden", message).with_details(ErrorDetails::default());
    }
    let (group, resource, name) = (&attributes.group, &attributes.resource, &attributes.name);
    let what = if group.is_empty() {
        resource.clone()
    } else {
        format!("{resource}.{group}")
    };
    let subject = if name.is_empty() {
        what
    } else {
        format!("{what} \"{name}\"")
    };
    let full = match attributes.subresource.as_str() {
        "" => resource.clone(),
        subresource => format!("{resource}/{subresource}"),
    };
    let place = match namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace \"{namespace}\""),
    };
    let message = format!(
        "{subject} is forbidden: User \"{who}\" cannot {verb} resource \"{full}\" in API group \"{group}\" {place}{reason}"
    );
    ApiError::new(403, "Forbidden", message).with_details(ErrorDetails {
        name: name.clone(),
        group: group.clone(),
        kind: resource.clone(),
        ..ErrorDetails::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_read_like_kubernetes() {
        let user = UserInfo {
            username: "jane".to_owned(),
            ..UserInfo::default()
        };
        let attributes = |group: &str, subresource: &str, namespace: &str, name: &str| Attributes {
            verb: "get".to_owned(),
            group: group.to_owned(),
            resource: "pods".to_owned(),
            subresource: subresource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            ..Attributes::default()
        };
        let path = Attributes {
            verb: "get".to_owned(),
            path: Some("/metrics".to_owned()),
            ..Attributes::default()
        };
        let table = [
            (
                attributes("", "log", "a", "p"),
                "pods \"p\" is forbidden: User \"jane\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"a\": why",
            ),
            (
                attributes("g.io", "", "", ""),
                "pods.g.io is forbidden: User \"jane\" cannot get resource \"pods\" in API group \"g.io\" at the cluster scope: why",
            ),
            (path, "forbidden: User \"jane\" cannot get path \"/metrics\": why"),
        ];
        for (attributes, wanted) in table {
            let namespace = &attributes.namespace;
            assert_eq!(forbidden(&user, &attributes, namespace, "why").message, wanted);
        }
    }
}
