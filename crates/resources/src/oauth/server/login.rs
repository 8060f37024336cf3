use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ConnectInfo;
use http::Extensions;
use weir_apiserver::{ApiError, RequestContext};

use super::provision::{self, KnownUser};
use crate::Clock;
use crate::htpasswd::{MAX_PASSWORD_BYTES, check_user_name};
use crate::oauth::throttle::Throttle;
use crate::oauth::{PasswordProvider, Pause, ProviderError};

/// Checks passwords, slowly where they are wrong.
pub(super) struct Logins {
    provider: Arc<dyn PasswordProvider>,
    throttle: Mutex<Throttle>,
    clock: Clock,
    pause: Pause,
}

/// A name and a password that somebody claims to be his.
pub(super) struct Claim {
    pub user: String,
    pub password: String,
    pub source: IpAddr,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum LoginError {
    #[error("the name or the password is wrong")]
    Wrong,
    #[error("too many logins come from this address at once")]
    TooMany,
    #[error("passwords cannot be checked now")]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl Logins {
    pub fn new(provider: Arc<dyn PasswordProvider>, clock: Clock, pause: Pause) -> Self {
        Self {
            provider,
            throttle: Mutex::default(),
            clock,
            pause,
        }
    }

    /// The user who the claim belongs to, made at the first login.
    pub async fn login(&self, cx: &RequestContext, claim: &Claim) -> Result<KnownUser, LoginError> {
        let _turn = Turn::begin(&self.throttle, claim.source).ok_or(LoginError::TooMany)?;
        if !self.verify(claim).await? {
            let delay = self.failed(claim);
            tracing::info!(source = %claim.source, "a login failed");
            (self.pause)(delay).await;
            return Err(LoginError::Wrong);
        }
        lock(&self.throttle).succeeded(&claim.user);
        let user = provision::user(cx, self.provider.name(), &claim.user).await?;
        tracing::info!(user = user.name, source = %claim.source, "logged in");
        Ok(user)
    }

    async fn verify(&self, claim: &Claim) -> Result<bool, ProviderError> {
        // What cannot be a name or a password costs as much as what can.
        let plausible = check_user_name(&claim.user).is_ok() && claim.password.len() <= MAX_PASSWORD_BYTES;
        let (user, password) = match plausible {
            true => (claim.user.as_str(), claim.password.as_str()),
            false => ("", "implausible"),
        };
        Ok(self.provider.verify(user, password).await? && plausible)
    }

    fn failed(&self, claim: &Claim) -> Duration {
        let mut user = claim.user.as_str();
        if check_user_name(user).is_err() {
            user = "";
        }
        lock(&self.throttle).failed((self.clock)(), claim.source, user)
    }
}

/// Where a request comes from. One that came over no connection comes from this machine.
pub(super) fn source(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(Ipv4Addr::LOCALHOST.into(), |ConnectInfo(address)| address.ip())
}

/// A source's place among its logins, given up also when its client goes away.
struct Turn<'a> {
    throttle: &'a Mutex<Throttle>,
    source: IpAddr,
}

impl<'a> Turn<'a> {
    fn begin(throttle: &'a Mutex<Throttle>, source: IpAddr) -> Option<Self> {
        let begun = lock(throttle).begin(source);
        begun.then(|| Self { throttle, source })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(self.throttle).end(self.source);
    }
}

/// Counts that a panic left are still counts.
fn lock(throttle: &Mutex<Throttle>) -> MutexGuard<'_, Throttle> {
    throttle.lock().unwrap_or_else(PoisonError::into_inner)
}
