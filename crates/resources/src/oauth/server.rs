mod authorize;
mod issuer;
mod login;
mod metadata;
mod pages;
mod parameters;
mod provision;
mod token;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use futures::future::BoxFuture;
use weir_apiserver::{ApiError, Object, Objects, RequestContext, UpdateMode, UserInfo};

use super::PasswordProvider;
use super::client::{self, CLIENTS};
use crate::{Clock, json};

use issuer::Issuers;
use login::Logins;

/// What the server needs.
pub struct OAuthConfig {
    /// Host and port of every address under which clients reach the server over TLS, the usual one first.
    pub hosts: Vec<String>,
    pub provider: Arc<dyn PasswordProvider>,
    pub objects: Objects,
    pub clock: Clock,
    /// Lets a failed login wait.
    pub pause: Pause,
}

/// Where waiting is done.
pub type Pause = Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>;

/// Answers `/oauth/...`; cheap to clone.
#[derive(Clone)]
pub struct OAuthServer {
    shared: Arc<Shared>,
}

struct Shared {
    issuers: Issuers,
    logins: Logins,
    objects: Objects,
    clock: Clock,
}

impl OAuthServer {
    pub fn new(config: OAuthConfig) -> Self {
        Self {
            shared: Arc::new(Shared {
                issuers: Issuers::new(&config.hosts),
                logins: Logins::new(config.provider, config.clock.clone(), config.pause),
                objects: config.objects,
                clock: config.clock,
            }),
        }
    }

    /// Makes the clients that come with the server, and tells those that exist where it listens now.
    pub async fn prepare(&self) -> Result<(), ApiError> {
        let cx = self.shared.context();
        for built_in in client::built_in(self.shared.issuers.all()) {
            match cx.objects.create(&cx, &CLIENTS, built_in.clone()).await {
                Ok(_) => {}
                Err(error) if error.is_already_exists() => update(&cx, &built_in).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata::get))
            .route("/oauth/authorize", get(authorize::get).post(authorize::post))
            .route("/oauth/token", post(token::post))
            .route("/oauth/token/implicit", get(pages::implicit))
            .with_state(self.shared.clone())
    }
}

async fn update(cx: &RequestContext, built_in: &Object) -> Result<(), ApiError> {
    let name = json::text(built_in, "/metadata/name");
    let change = |client: &mut Object| {
        json::restore(client, built_in, "/redirectURIs");
        Ok(())
    };
    cx.objects
        .update_with(cx, &CLIENTS, "", name, UpdateMode::Main, change)
        .await?;
    Ok(())
}

impl Shared {
    /// The context of what the server itself reads and writes.
    fn context(&self) -> RequestContext {
        let user = UserInfo {
            username: "system:weir:oauth".to_owned(),
            groups: vec!["system:masters".to_owned(), "system:authenticated".to_owned()],
            ..UserInfo::default()
        };
        RequestContext::internal(self.objects.clone(), user, CLIENTS)
    }

    async fn client(&self, name: &str) -> Result<Option<Object>, ApiError> {
        found(self.objects.get(&CLIENTS, "", name).await)
    }

    fn now(&self) -> jiff::Timestamp {
        (self.clock)()
    }
}

/// `None` for what is not there.
fn found(got: Result<Object, ApiError>) -> Result<Option<Object>, ApiError> {
    match got {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
