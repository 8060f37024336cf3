use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use async_trait::async_trait;
use weir_apiserver::{ApiError, Followed, Follower, GroupResource, Object, Objects, UserInfo};

use super::scope::RepositoryScope;
use super::service_account_token::{API_AUDIENCE, Claims, NamedObject, ServiceAccountTokens, Signed};
use super::{AdminToken, oauth_token, secret_token, user_info};
use crate::core::{PODS, SECRETS, SERVICE_ACCOUNTS};
use crate::user::{GROUPS, Membership};
use crate::{Clock, json};

/// What an authenticator follows, for `ServerBuilder::follow`.
pub const FOLLOWED_BY_AUTHENTICATOR: [GroupResource; 1] = [GROUPS];

/// The objects that tokens speak of; a token dies with any of them.
#[async_trait]
pub trait ObjectLookup: Send + Sync {
    /// The newest state. `None`: there is no such object.
    async fn object(&self, resource: &GroupResource, namespace: &str, name: &str) -> Result<Option<Object>, ApiError>;
}

#[async_trait]
impl ObjectLookup for Objects {
    async fn object(&self, resource: &GroupResource, namespace: &str, name: &str) -> Result<Option<Object>, ApiError> {
        match self.get(resource, namespace, name).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Knows the administrator by one token, users by tokens that are kept as hashes, and service accounts by tokens signed
/// here.
pub struct Authenticator {
    admin: AdminToken,
    tokens: Arc<ServiceAccountTokens>,
    clock: Clock,
    objects: OnceLock<Arc<dyn ObjectLookup>>,
    /// Known by following [`FOLLOWED_BY_AUTHENTICATOR`].
    membership: RwLock<Membership>,
}

impl Authenticator {
    pub fn new(admin: AdminToken, tokens: Arc<ServiceAccountTokens>, clock: Clock) -> Self {
        Self {
            admin,
            tokens,
            clock,
            objects: OnceLock::new(),
            membership: RwLock::default(),
        }
    }

    /// Tells where the objects are that tokens speak of: in the server that this authenticator guards, which exists only
    /// once it is built. Until then all tokens but the administrator's are answered 503. The first call wins.
    pub fn look_up_in(&self, objects: Arc<dyn ObjectLookup>) {
        self.objects.get_or_init(|| objects);
    }

    pub(crate) fn tokens(&self) -> &ServiceAccountTokens {
        &self.tokens
    }

    /// Who `token` belongs to and for which of `audiences` it is good; without audiences, those of this API are meant.
    pub(super) async fn review(
        &self,
        token: &str,
        audiences: &[String],
        objects: &dyn ObjectLookup,
    ) -> Result<Option<(UserInfo, Vec<String>)>, ApiError> {
        let for_this_api = audiences.is_empty() || audiences.iter().any(|audience| audience == API_AUDIENCE);
        let this_api = |user| for_this_api.then(|| (user, vec![API_AUDIENCE.into()]));
        if self.admin.matches(token) {
            return Ok(this_api(user_info::admin()));
        }
        if let Some(name) = oauth_token::name(token) {
            return Ok(self.user(&name, objects).await?.and_then(this_api));
        }
        let Ok(signed) = self.tokens.check(token, (self.clock)()) else {
            return Ok(None);
        };
        let good_for = good_for(&signed.audiences(), audiences);
        if good_for.is_empty() {
            return Ok(None);
        }
        Ok(owner(&signed, token, objects).await?.map(|user| (user, good_for)))
    }

    async fn service_account(&self, bearer: &str) -> Result<Option<UserInfo>, ApiError> {
        let Ok(signed) = self.tokens.check(bearer, (self.clock)()) else {
            return Ok(None);
        };
        if !signed.audiences().iter().any(|audience| is_for_this_api(audience)) {
            return Ok(None);
        }
        owner(&signed, bearer, self.objects()?).await
    }

    /// Whose token is kept under `name`, with the groups that list him.
    async fn user(&self, name: &str, objects: &dyn ObjectLookup) -> Result<Option<UserInfo>, ApiError> {
        let Some(token) = oauth_token::owner(name, (self.clock)(), objects).await? else {
            return Ok(None);
        };
        let membership = self.membership.read().unwrap_or_else(PoisonError::into_inner);
        let groups = membership.of(&token.user);
        Ok(Some(user_info::user(&token.user, &token.uid, groups, token.scopes)))
    }

    fn objects(&self) -> Result<&dyn ObjectLookup, ApiError> {
        self.objects.get().map(AsRef::as_ref).ok_or_else(not_ready)
    }
}

#[async_trait]
impl weir_apiserver::Authenticator for Authenticator {
    async fn authenticate(&self, bearer: &str) -> Result<Option<UserInfo>, ApiError> {
        if self.admin.matches(bearer) {
            return Ok(Some(user_info::admin()));
        }
        match oauth_token::name(bearer) {
            Some(name) => self.user(&name, self.objects()?).await,
            None => self.service_account(bearer).await,
        }
    }
}

impl Follower for Authenticator {
    fn reset(&self, _resource: &GroupResource, groups: &[Followed<'_>]) {
        self.membership
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .reset(groups);
    }

    fn changed(&self, _resource: &GroupResource, group: Followed<'_>) {
        self.membership
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .changed(group);
    }
}

/// The account that `token`, which says `signed`, was made for; `None` when something that it ends with has ended.
async fn owner(signed: &Signed, token: &str, objects: &dyn ObjectLookup) -> Result<Option<UserInfo>, ApiError> {
    match signed {
        Signed::Requested(claims) => owner_of_requested(claims, objects).await,
        Signed::Kept(claims) => secret_token::owner(claims, token, objects).await,
    }
}

/// The account the claims name, when it still is the one they were made for.
async fn owner_of_requested(claims: &Claims, objects: &dyn ObjectLookup) -> Result<Option<UserInfo>, ApiError> {
    let named = &claims.kubernetes.serviceaccount;
    let account = objects
        .object(&SERVICE_ACCOUNTS, &claims.kubernetes.namespace, &named.name)
        .await?;
    if account.is_none_or(|account| json::text(&account, "/metadata/uid") != named.uid) {
        return Ok(None);
    }
    for (resource, bound) in [(PODS, &claims.kubernetes.pod), (SECRETS, &claims.kubernetes.secret)] {
        if let Some(bound) = bound
            && !exists(objects, &resource, &claims.kubernetes.namespace, bound).await?
        {
            return Ok(None);
        }
    }
    Ok(Some(user_info::service_account(claims)))
}

/// Whether what a token is bound to is still there, and is the same.
async fn exists(
    objects: &dyn ObjectLookup,
    resource: &GroupResource,
    namespace: &str,
    bound: &NamedObject,
) -> Result<bool, ApiError> {
    let object = objects.object(resource, namespace, &bound.name).await?;
    Ok(object.is_some_and(|object| json::text(&object, "/metadata/uid") == bound.uid))
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
    ApiError::service_unavailable("the server is starting and cannot check tokens yet, try again")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use weir_apiserver::Authenticator as _;

    use super::*;
    use crate::auth::service_account_token::{BoundTo, MIN_LIFETIME};
    use crate::auth::{SCOPES_EXTRA, testing};

    struct Accounts(BTreeMap<(&'static str, &'static str), &'static str>);

    #[async_trait]
    impl ObjectLookup for Accounts {
        async fn object(
            &self,
            resource: &GroupResource,
            namespace: &str,
            name: &str,
        ) -> Result<Option<Object>, ApiError> {
            let found = self
                .0
                .iter()
                .find(|((ns, account), _)| *ns == namespace && *account == name);
            let account = found.map(|(_, uid)| json!({"metadata": {"namespace": namespace, "name": name, "uid": uid}}));
            Ok(account.filter(|_| *resource == SERVICE_ACCOUNTS))
        }
    }

    fn authenticator() -> Authenticator {
        let authenticator = Authenticator::new(AdminToken::new("secret"), testing::tokens(), testing::clock());
        authenticator.look_up_in(Arc::new(Accounts(BTreeMap::from([(("ns", "builder"), "u1")]))));
        authenticator
    }

    fn token(name: &str, uid: &str, audience: &str) -> String {
        let account = BoundTo::account("ns", name, uid);
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
