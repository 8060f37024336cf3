use std::collections::BTreeMap;

use http::HeaderMap;

use super::authorization::authorize;
use crate::core::Core;
use crate::{ApiError, Attributes, UserInfo, query};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";
/// Where uids and extras are resources, so that roles can name them.
const IDENTITY: &str = "authentication.k8s.io";

/// Who the headers ask to be.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    user: String,
    uid: String,
    groups: Vec<String>,
    extra: BTreeMap<String, Vec<String>>,
}

/// `--as`: the request runs as somebody else, if its user may impersonate all that it names.
pub(super) async fn impersonate(core: &Core, user: UserInfo, headers: &HeaderMap) -> Result<UserInfo, ApiError> {
    let wish = Wish::read(headers)?;
    if wish == Wish::default() {
        return Ok(user);
    }
    if wish.user.is_empty() {
        return Err(ApiError::bad_request(
            "requested impersonation without a user: set Impersonate-User",
        ));
    }
    for right in wish.rights() {
        authorize(core, &user, &right).await?;
    }
    Ok(wish.into_user())
}

impl Wish {
    fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut wish = Self::default();
        for (name, value) in headers
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("impersonate-"))
        {
            let value = value
                .to_str()
                .map_err(|_| ApiError::bad_request(format!("the header {name} is not text")))?
                .to_owned();
            match name.as_str() {
                USER if wish.user.is_empty() => wish.user = value,
                UID if wish.uid.is_empty() => wish.uid = value,
                USER | UID => return Err(ApiError::bad_request(format!("the header {name} is there twice"))),
                GROUP => wish.groups.push(value),
                name => {
                    let Some(key) = name.strip_prefix(EXTRA) else { continue };
                    // Keys may hold what headers cannot.
                    wish.extra.entry(query::unescape(key, false)?).or_default().push(value);
                }
            }
        }
        Ok(wish)
    }

    /// What the asker must be allowed, one by one.
    fn rights(&self) -> Vec<Attributes> {
        let mut rights = vec![match account(&self.user) {
            Some((namespace, name)) => right("", "serviceaccounts", "", (namespace, name)),
            None => right("", "users", "", ("", &self.user)),
        }];
        rights.extend(self.groups.iter().map(|group| right("", "groups", "", ("", group))));
        if !self.uid.is_empty() {
            rights.push(right(IDENTITY, "uids", "", ("", &self.uid)));
        }
        for (key, values) in &self.extra {
            let values = values.iter();
            rights.extend(values.map(|value| right(IDENTITY, "userextras", key, ("", value))));
        }
        rights
    }

    fn into_user(self) -> UserInfo {
        UserInfo {
            groups: groups_of(&self.user, self.groups),
            username: self.user,
            uid: self.uid,
            extra: self.extra,
        }
    }
}

/// Namespace and name of a service account.
fn account(username: &str) -> Option<(&str, &str)> {
    username.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')
}

fn right(group: &str, resource: &str, subresource: &str, (namespace, name): (&str, &str)) -> Attributes {
    Attributes {
        verb: "impersonate".to_owned(),
        group: group.to_owned(),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        ..Attributes::default()
    }
}

/// The groups that were asked for, or those that come with the name; and that of everybody who is known.
fn groups_of(username: &str, asked: Vec<String>) -> Vec<String> {
    let mut groups = asked;
    if let (true, Some((namespace, _))) = (groups.is_empty(), account(username)) {
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

    fn read(headers: &[(&'static str, &'static str)]) -> Result<Wish, ApiError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header value"));
        }
        Wish::read(&map)
    }

    #[test]
    fn all_that_is_wished_for_needs_a_right_of_its_own() {
        let wish = read(&[
            ("impersonate-user", "system:serviceaccount:a:b"),
            ("impersonate-group", "dev"),
            ("impersonate-uid", "1"),
            ("impersonate-extra-example.com%2fscopes", "x"),
            ("impersonate-extra-example.com%2fscopes", "y"),
        ])
        .expect("a wish");
        let rights: Vec<String> = wish
            .rights()
            .iter()
            .map(|right| {
                let Attributes {
                    group,
                    resource,
                    subresource,
                    namespace,
                    name,
                    ..
                } = right;
                format!("{group}:{resource}/{subresource} {namespace}/{name}")
            })
            .collect();
        assert_eq!(
            rights,
            [
                ":serviceaccounts/ a/b",
                ":groups/ /dev",
                "authentication.k8s.io:uids/ /1",
                "authentication.k8s.io:userextras/example.com/scopes /x",
                "authentication.k8s.io:userextras/example.com/scopes /y",
            ]
        );
        let user = wish.into_user();
        assert_eq!(user.extra["example.com/scopes"], ["x", "y"]);
        assert_eq!(user.uid, "1");
    }

    #[test]
    fn a_user_who_is_named_twice_is_nobody() {
        assert!(read(&[("impersonate-user", "a"), ("impersonate-user", "b")]).is_err());
        assert_eq!(read(&[("x-other", "a")]).expect("no wish"), Wish::default());
    }

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
