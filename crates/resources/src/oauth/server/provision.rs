use serde_json::json;
use weir_apiserver::{ApiError, Object, RequestContext, UpdateMode};

use super::found;
use crate::json;
use crate::user::{API_VERSION, IDENTITIES, USERS};

/// A user as tokens name him.
pub(super) struct KnownUser {
    pub name: String,
    pub uid: String,
}

/// The user of an identity. The first login makes both; a name that already belongs to another identity stays with it.
pub(super) async fn user(cx: &RequestContext, provider: &str, name: &str) -> Result<KnownUser, ApiError> {
    let identity_name = format!("{provider}:{name}");
    if let Some(identity) = found(cx.objects.get(&IDENTITIES, "", &identity_name).await)? {
        return mapped(cx, &identity, &identity_name).await;
    }
    let user = claimed(cx, name, &identity_name).await?;
    let identity = json!({
        "kind": "Identity",
        "apiVersion": API_VERSION,
        "metadata": {"name": identity_name},
        "providerName": provider,
        "providerUserName": name,
        "user": {"name": user.name, "uid": user.uid},
    });
    match cx.objects.create(cx, &IDENTITIES, identity).await {
        Ok(_) => Ok(user),
        // The same user logs in twice at once.
        Err(error) if error.is_already_exists() => Ok(user),
        Err(error) => Err(error),
    }
}

/// The user an identity names, when the user still is the same and knows of it. An administrator may have deleted or
/// moved either on purpose; a user of the same name who came later is somebody else.
async fn mapped(cx: &RequestContext, identity: &Object, identity_name: &str) -> Result<KnownUser, ApiError> {
    let name = json::text(identity, "/user/name");
    let user = match name {
        "" => None,
        name => found(cx.objects.get(&USERS, "", name).await)?,
    };
    let refused = || {
        refusal(
            cx,
            name,
            &format!("identity {identity_name} is not mapped to a user that exists"),
        )
    };
    let user = user.ok_or_else(refused)?;
    let same = json::text(&user, "/metadata/uid") == json::text(identity, "/user/uid");
    if !same || !lists(&user, identity_name) {
        return Err(refused());
    }
    Ok(known(&user))
}

/// A user whom nobody else logs in as, made when there is none.
async fn claimed(cx: &RequestContext, name: &str, identity: &str) -> Result<KnownUser, ApiError> {
    let user = json!({
        "kind": "User",
        "apiVersion": API_VERSION,
        "metadata": {"name": name},
        "identities": [identity],
    });
    match cx.objects.create(cx, &USERS, user).await {
        Ok(user) => Ok(known(&user)),
        Err(error) if error.is_already_exists() => claim(cx, name, identity).await,
        Err(error) => Err(error),
    }
}

async fn claim(cx: &RequestContext, name: &str, identity: &str) -> Result<KnownUser, ApiError> {
    let change = |user: &mut Object| {
        if lists(user, identity) {
            return Ok(());
        }
        if !json::items(user, "/identities").is_empty() {
            return Err(refusal(cx, name, "the user belongs to another identity"));
        }
        user["identities"] = json!([identity]);
        Ok(())
    };
    let user = cx
        .objects
        .update_with(cx, &USERS, "", name, UpdateMode::Main, change)
        .await?;
    Ok(known(&user))
}

fn known(user: &Object) -> KnownUser {
    KnownUser {
        name: json::text(user, "/metadata/name").to_owned(),
        uid: json::text(user, "/metadata/uid").to_owned(),
    }
}

fn lists(user: &Object, identity: &str) -> bool {
    json::items(user, "/identities").iter().any(|own| own == identity)
}

fn refusal(cx: &RequestContext, name: &str, why: &str) -> ApiError {
    ApiError::forbidden(&cx.for_resource(USERS).resource, name, why)
}
