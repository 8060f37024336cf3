mod follow;
mod question;

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use weir_apiserver::{Attributes, Decision, UserInfo};
use weir_rbac::{Holders, Index, PolicyRule, RoleNotFound, RoleRef, Who, uncovered};

use super::{scope, user_info};

/// Allows what a role binding allows and nothing else; a token's scopes narrow that further. It knows roles and
/// bindings by following them ([`weir_apiserver::Follower`]).
#[derive(Default)]
pub struct Authorizer {
    index: RwLock<Index>,
}

impl Authorizer {
    /// Why somebody may do something; `None` when he may not.
    pub(crate) fn reason(&self, user: &UserInfo, asked: &Attributes) -> Option<String> {
        if self.is_above_rules(user) {
            return Some(String::new());
        }
        let index = self.read();
        let grant = index.allows(who(user), &question::request(asked))?;
        Some(question::reason(&grant, who(user)))
    }

    /// Holders of the machine itself are not bound by roles, so that nobody can lock himself out.
    pub(crate) fn is_above_rules(&self, user: &UserInfo) -> bool {
        user.groups.iter().any(|group| group == user_info::MASTERS)
    }

    /// Whether somebody holds all of `wanted` himself; otherwise a text that says what he lacks.
    pub(crate) fn covers(&self, user: &UserInfo, namespace: &str, wanted: &[PolicyRule]) -> Result<(), String> {
        let held = self.rules_of(user, namespace);
        uncovered(&held.iter().collect::<Vec<_>>(), wanted).map_err(|missing| {
            let groups: Vec<String> = user.groups.iter().map(|group| format!("{group:?}")).collect();
            format!(
                "user {:?} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{missing}",
                user.username,
                groups.join(" ")
            )
        })
    }

    /// All that somebody may do in a namespace, or (`""`) in the whole cluster.
    pub(crate) fn rules_of(&self, user: &UserInfo, namespace: &str) -> Vec<PolicyRule> {
        if self.is_above_rules(user) {
            return vec![
                PolicyRule::resources(&["*"], &["*"], &["*"]),
                PolicyRule::paths(&["*"], &["*"]),
            ];
        }
        let index = self.read();
        index.rules_of(who(user), namespace).into_iter().cloned().collect()
    }

    pub(crate) fn rules_of_role(&self, namespace: &str, role: &RoleRef) -> Result<Vec<PolicyRule>, RoleNotFound> {
        self.read().rules_of_role(namespace, role).map(<[PolicyRule]>::to_vec)
    }

    /// Everybody who may do something.
    pub(crate) fn holders(&self, asked: &Attributes) -> Holders {
        let mut holders = self.read().holders(&question::request(asked));
        holders.groups.insert(user_info::MASTERS.to_owned());
        holders
    }

    fn allows(&self, user: &UserInfo, asked: &Attributes) -> bool {
        self.is_above_rules(user) || self.read().allows(who(user), &question::request(asked)).is_some()
    }

    /// What a panic left behind is whole: no change of the index can panic halfway.
    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl weir_apiserver::Authorizer for Authorizer {
    async fn authorize(&self, user: &UserInfo, asked: &Attributes) -> Decision {
        if !scope::permits(user, asked) {
            return Decision::Deny("the scopes of this token do not include it".into());
        }
        match self.allows(user, asked) {
            true => Decision::Allow,
            false => Decision::Deny(String::new()),
        }
    }

    fn namespace<'a>(&self, asked: &'a Attributes) -> &'a str {
        question::namespace(asked)
    }
}

fn who(user: &UserInfo) -> Who<'_> {
    Who {
        name: &user.username,
        groups: &user.groups,
    }
}

#[cfg(test)]
mod tests;
