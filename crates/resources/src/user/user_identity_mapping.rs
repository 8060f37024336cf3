use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_apiserver::{
    ApiError, FieldError, Object, Planned, RequestContext, Resource, Schema, Scope, UpdateMode, Verb, VirtualResource,
    schema,
};

use super::{API_VERSION, IDENTITIES, USERS, kind};
use crate::{describe, json};

const VERBS: &[Verb] = &[Verb::Get, Verb::Create, Verb::Update, Verb::Patch, Verb::Delete];

static SCHEMA: Schema = Schema::object(&[
    ("metadata", &schema::OBJECT_META),
    ("identity", &Schema::ATOMIC.embedded()),
    ("user", &Schema::ATOMIC.embedded()),
]);

/// `useridentitymappings`: the two ends of one relation, changed together. The name is that of the identity.
pub(super) fn resource() -> Resource {
    Resource {
        schema: &SCHEMA,
        ..describe::computed(
            kind("UserIdentityMapping"),
            "useridentitymappings",
            "useridentitymapping",
            Scope::Cluster,
            VERBS,
            Arc::new(Mappings),
        )
    }
}

struct Mappings;

#[async_trait]
impl VirtualResource for Mappings {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let (identity, user) = mapped(cx, name).await?;
        Ok(mapping(&identity, &user))
    }

    async fn create(&self, cx: &RequestContext, object: Object) -> Result<(Object, bool), ApiError> {
        let identity = identity_of(cx, json::text(&object, "/identity/name")).await?;
        if !json::text(&identity, "/user/name").is_empty() {
            return Err(ApiError::already_exists(
                &cx.resource,
                json::text(&identity, "/metadata/name"),
            ));
        }
        Ok((map(cx, identity, &object).await?, true))
    }

    async fn update(&self, cx: &RequestContext, name: &str, object: Object) -> Result<(Object, bool), ApiError> {
        if json::text(&object, "/identity/name") != name {
            let why = FieldError::invalid(
                "identity.name",
                &object["identity"]["name"],
                "must be the object's name",
            );
            return Err(ApiError::invalid(&kind("UserIdentityMapping"), name, vec![why]));
        }
        let (identity, user) = mapped(cx, name).await?;
        if json::text(&user, "/metadata/name") == json::text(&object, "/user/name") {
            return Ok((mapping(&identity, &user), false));
        }
        let identity = unmap(cx, identity, user).await?;
        Ok((map(cx, identity, &object).await?, false))
    }

    async fn delete(&self, cx: &RequestContext, name: &str, _options: &Value) -> Result<Object, ApiError> {
        let (identity, user) = mapped(cx, name).await?;
        unmap(cx, identity, user).await?;
        Ok(json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "details": {"name": name, "group": super::GROUP, "kind": "useridentitymappings"},
        }))
    }
}

async fn identity_of(cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
    cx.objects.get(&IDENTITIES, "", name).await
}

/// The identity and its user, when each names the other.
async fn mapped(cx: &RequestContext, name: &str) -> Result<(Object, Object), ApiError> {
    let missing = |error: ApiError| {
        if error.is_not_found() {
            cx.not_found(name)
        } else {
            error
        }
    };
    let identity = identity_of(cx, name).await.map_err(missing)?;
    let user_name = json::text(&identity, "/user/name");
    if user_name.is_empty() {
        return Err(cx.not_found(name));
    }
    let user = cx.objects.get(&USERS, "", user_name).await.map_err(missing)?;
    let same = json::text(&user, "/metadata/uid") == json::text(&identity, "/user/uid");
    if !same || !json::items(&user, "/identities").iter().any(|own| own == name) {
        return Err(cx.not_found(name));
    }
    Ok((identity, user))
}

async fn map(cx: &RequestContext, mut identity: Object, wish: &Object) -> Result<Object, ApiError> {
    let mut user = cx.objects.get(&USERS, "", json::text(wish, "/user/name")).await?;
    identity["user"] = json!({"name": user["metadata"]["name"], "uid": user["metadata"]["uid"]});
    let name = identity["metadata"]["name"].clone();
    let mut identities = json::items(&user, "/identities").to_vec();
    if !identities.contains(&name) {
        identities.push(name);
    }
    user["identities"] = identities.into();
    let (identity, user) = write(cx, identity, user).await?;
    Ok(mapping(&identity, &user))
}

async fn unmap(cx: &RequestContext, mut identity: Object, mut user: Object) -> Result<Object, ApiError> {
    let name = identity["metadata"]["name"].clone();
    let mut identities = json::items(&user, "/identities").to_vec();
    identities.retain(|own| *own != name);
    user["identities"] = identities.into();
    json::remove(&mut identity, "/user");
    Ok(write(cx, identity, user).await?.0)
}

async fn write(cx: &RequestContext, identity: Object, user: Object) -> Result<(Object, Object), ApiError> {
    let update = |resource, object| Planned::Update {
        resource,
        object,
        mode: UpdateMode::Internal,
    };
    let planned = vec![update(IDENTITIES, identity), update(USERS, user)];
    match <[Object; 2]>::try_from(cx.objects.commit(cx, planned).await?) {
        Ok([identity, user]) => Ok((identity, user)),
        Err(_) => Err(ApiError::internal(
            "two writes were answered by another number of objects",
        )),
    }
}

fn mapping(identity: &Object, user: &Object) -> Object {
    let end = |object: &Object| json!({"name": object["metadata"]["name"], "uid": object["metadata"]["uid"]});
    json!({
        "kind": "UserIdentityMapping",
        "apiVersion": API_VERSION,
        "metadata": {
            "name": identity["metadata"]["name"],
            "uid": identity["metadata"]["uid"],
            "resourceVersion": identity["metadata"]["resourceVersion"],
            "creationTimestamp": null,
        },
        "identity": end(identity),
        "user": end(user),
    })
}
