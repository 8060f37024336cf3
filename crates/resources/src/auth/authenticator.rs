use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use weir_apiserver::{ApiError, GroupResource, Objects, UserInfo};

use super::scope::RepositoryScope;
use super::service_account_token::{API_AUDIENCE, Claims, ServiceAccountTokens};
use super::{AdminToken, user_info};
use crate::Clock;

const SERVICE_ACCOUNTS: GroupResource = GroupResource {
    group: "",
    resource: "serviceaccounts",
};

/// Answers whether a service account exists; a token dies with the account it was given to.
#[async_trait]
pub trait ServiceAccountLookup: Send + Sync {
    /// The account's uid. `None`: there is no such account.
    async fn uid(&self, namespace: &str, name: &str) -> Result<Option<String>, ApiError>;
}

#[async_trait]
impl ServiceAccountLookup for Objects {
    async fn uid(&self, namespace: &str, name: &str) -> Result<Option<String>, ApiError> {
        match self.get(&SERVICE_ACCOUNTS, namespace, name).await {
            Ok(account) => Ok(account
                .pointer("/metadata/uid")
                .and_then(|uid| uid.as_str())
                .map(str::to_owned)),
            Err(error) if error.code == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Knows the administrator by one token and service accounts by tokens signed here.
pub struct Authenticator {
    admin: AdminToken,
    tokens: Arc<ServiceAccountTokens>,
    clock: Clock,
    accounts: OnceLock<Arc<dyn ServiceAccountLookup>>,
}

impl Authenticator {
    pub fn new(admin: AdminToken, tokens: Arc<ServiceAccountTokens>, clock: Clock) -> Self {
        Self {
            admin,
            tokens,
            clock,
            accounts: OnceLock::new(),
        }
    }

    /// Tells where service accounts are looked up: the objects of the server that this authenticator guards, which
    /// exist only once the server is built. Until then tokens of service accounts are answered 503. The first call wins.
    pub fn look_up_accounts_in(&self, accounts: Arc<dyn ServiceAccountLookup>) {
        self.accounts.get_or_init(|| accounts);
    }

    pub(crate) fn tokens(&self) -> &ServiceAccountTokens {
        &self.tokens
    }

    /// Who `token` belongs to and for which of `audiences` it is good; without audiences, those of this API are meant.
    pub(super) async fn review(
        &self,
        token: &str,
        audiences: &[String],
        accounts: &dyn ServiceAccountLookup,
    ) -> Result<Option<(UserInfo, Vec<String>)>, ApiError> {
        let for_this_api = audiences.is_empty() || audiences.iter().any(|audience| audience == API_AUDIENCE);
        if self.admin.matches(token) {
            return Ok(for_this_api.then(|| (user_info::admin(), vec![API_AUDIENCE.into()])));
        }
        let Ok(claims) = self.tokens.check(token, (self.clock)()) else {
            return Ok(None);
        };
        let good_for = good_for(&claims.aud, audiences);
        if good_for.is_empty() {
            return Ok(None);
        }
        Ok(owner(&claims, accounts).await?.map(|user| (user, good_for)))
    }

    async fn service_account(&self, bearer: &str) -> Result<Option<UserInfo>, ApiError> {
        let Ok(claims) = self.tokens.check(bearer, (self.clock)()) else {
            return Ok(None);
        };
        if !claims.aud.iter().any(|audience| is_for_this_api(audience)) {
            return Ok(None);
        }
        let accounts = self.accounts.get().ok_or_else(not_ready)?;
        owner(&claims, accounts.as_ref()).await
    }
}

#[async_trait]
impl weir_apiserver::Authenticator for Authenticator {
    async fn authenticate(&self, bearer: &str) -> Result<Option<UserInfo>, ApiError> {
        if self.admin.matches(bearer) {
            return Ok(Some(user_info::admin()));
        }
        self.service_account(bearer).await
    }
}

/// The account the claims name, when it still is the one they were made for.
async fn owner(claims: &Claims, accounts: &dyn ServiceAccountLookup) -> Result<Option<UserInfo>, ApiError> {
    let named = &claims.kubernetes.serviceaccount;
    let uid = accounts.uid(&claims.kubernetes.namespace, &named.name).await?;
    Ok((uid.as_deref() == Some(&named.uid)).then(|| user_info::service_account(claims)))
}

/// The whole API, or single repositories only. Tokens made for other parties mean nothing here.
fn is_for_this_api(audience: &str) -> bool {
    audience == API_AUDIENCE || RepositoryScope::parse(audience).is_some()
}

fn good_for(own: &[String], asked: &[String]) -> Vec<String> {
    let matches = |audience: &&String| {
        if asked.is_empty() {
            is_for_this_api(audience)
        } else {
            asked.contains(audience)
        }
    };
    own.iter().filter(matches).cloned().collect()
}

fn not_ready() -> ApiError {
    ApiError::service_unavailable("the server is starting and cannot check service account tokens yet, try again")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use weir_apiserver::Authenticator as _;

    use super::*;
    use crate::auth::service_account_token::{BoundTo, MIN_LIFETIME, NamedObject};
    use crate::auth::{SCOPES_EXTRA, testing};

    struct Accounts(BTreeMap<(&'static str, &'static str), &'static str>);

    #[async_trait]
    impl ServiceAccountLookup for Accounts {
        async fn uid(&self, namespace: &str, name: &str) -> Result<Option<String>, ApiError> {
            let found = self
                .0
                .iter()
                .find(|((ns, account), _)| *ns == namespace && *account == name);
            Ok(found.map(|(_, uid)| (*uid).to_owned()))
        }
    }

    fn authenticator() -> Authenticator {
        let authenticator = Authenticator::new(AdminToken::new("secret"), testing::tokens(), testing::clock());
        authenticator.look_up_accounts_in(Arc::new(Accounts(BTreeMap::from([(("ns", "builder"), "u1")]))));
        authenticator
    }

    fn token(name: &str, uid: &str, audience: &str) -> String {
        let account = BoundTo {
            namespace: "ns".into(),
            serviceaccount: NamedObject {
                name: name.into(),
                uid: uid.into(),
            },
        };
        testing::tokens()
            .mint(account, vec![audience.into()], testing::NOW, MIN_LIFETIME)
            .unwrap()
            .0
    }

    #[tokio::test]
    async fn the_administrator_is_known_by_the_secret_alone() {
        let user = authenticator().authenticate("secret").await.unwrap().unwrap();
        assert_eq!(user.username, "system:admin");
        assert!(user.groups.iter().any(|group| group == "system:masters"));
        assert_eq!(authenticator().authenticate("Secret").await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_service_account_is_known_while_it_exists_with_the_same_uid() {
        let known = authenticator()
            .authenticate(&token("builder", "u1", API_AUDIENCE))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(known.username, "system:serviceaccount:ns:builder");
        assert!(known.groups.iter().any(|group| group == "system:serviceaccounts:ns"));
        assert!(!known.extra.contains_key(SCOPES_EXTRA));
        for gone in [
            token("builder", "u0", API_AUDIENCE),
            token("deployer", "u1", API_AUDIENCE),
        ] {
            assert_eq!(authenticator().authenticate(&gone).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn a_registry_audience_becomes_a_scope() {
        let user = authenticator()
            .authenticate(&token("builder", "u1", "registry:ns/web"))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(user.extra[SCOPES_EXTRA], ["registry:ns/web"]);
    }

    #[tokio::test]
    async fn a_token_for_another_party_is_not_for_this_api() {
        for audience in ["vault", "registry:nonsense"] {
            assert_eq!(
                authenticator()
                    .authenticate(&token("builder", "u1", audience))
                    .await
                    .unwrap(),
                None
            );
        }
    }
}
