use http::HeaderMap;

use super::authorization::authorize;
use crate::core::Core;
use crate::{ApiError, Attributes, UserInfo};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// `--as`: the request runs as somebody else, if its user may impersonate all that it names.
pub(super) async fn impersonate(core: &Core, user: UserInfo, headers: &HeaderMap) -> Result<UserInfo, ApiError> {
    let values = |name: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let groups: Vec<String> = values(GROUP).collect();
    let others = headers
        .keys()
        .any(|name| name == UID || name.as_str().starts_with(EXTRA));
    let Some(username) = values(USER).next().filter(|name| !name.is_empty()) else {
        if groups.is_empty() && !others {
            return Ok(user);
        }
        return Err(ApiError::bad_request(
            "requested impersonation without a user: set Impersonate-User",
        ));
    };
    if others {
        return Err(ApiError::bad_request(
            "impersonation of uids and extras is not supported",
        ));
    }
    authorize(core, &user, &subject(&username)).await?;
    for group in &groups {
        authorize(core, &user, &attributes("groups", "", group)).await?;
    }
    Ok(UserInfo {
        groups: groups_of(&username, groups),
        username,
        ..UserInfo::default()
    })
}

fn subject(username: &str) -> Attributes {
    match username
        .strip_prefix(SERVICE_ACCOUNT)
        .and_then(|account| account.split_once(':'))
    {
        Some((namespace, name)) => attributes("serviceaccounts", namespace, name),
        None => attributes("users", "", username),
    }
}

fn attributes(resource: &str, namespace: &str, name: &str) -> Attributes {
    Attributes {
        verb: "impersonate".to_owned(),
        resource: resource.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        ..Attributes::default()
    }
}

/// The groups that were asked for, or those that come with the name; and that of everybody who is known.
fn groups_of(username: &str, asked: Vec<String>) -> Vec<String> {
    let mut groups = asked;
    let account = username
        .strip_prefix(SERVICE_ACCOUNT)
        .and_then(|account| account.split_once(':'));
    if let (true, Some((namespace, _))) = (groups.is_empty(), account) {
        groups.push("system:serviceaccounts".to_owned());
        groups.push(format!("system:serviceaccounts:{namespace}"));
    }
    let everybody = match username {
        super::authentication::ANONYMOUS => "system:unauthenticated",
        _ => "system:authenticated",
    };
    if !groups.iter().any(|group| group == everybody) {
        groups.push(everybody.to_owned());
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_come_with_the_name_unless_they_are_asked_for() {
        let table = [
            ("jane", vec![], vec!["system:authenticated"]),
            ("jane", vec!["dev"], vec!["dev", "system:authenticated"]),
            (
                "system:serviceaccount:a:b",
                vec![],
                vec![
                    "system:serviceaccounts",
                    "system:serviceaccounts:a",
                    "system:authenticated",
                ],
            ),
            ("system:anonymous", vec![], vec!["system:unauthenticated"]),
        ];
        for (name, asked, wanted) in table {
            assert_eq!(groups_of(name, asked.into_iter().map(str::to_owned).collect()), wanted);
        }
    }
}
