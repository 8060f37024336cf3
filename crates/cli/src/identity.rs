//! Who the server says we are.

use serde_json::{Value, json};

use crate::api::{Api, Call};
use crate::failure::Failure;
use crate::resource::Resource;

/// All that the server knows of us.
pub async fn review(api: &Api) -> Result<Value, Failure> {
    let resource = Resource::self_subject_reviews();
    let review = json!({"apiVersion": resource.api_version(), "kind": resource.kind});
    api.json(Call::post(&resource.collection(None), &review)).await
}

/// The name alone. Servers that do not tell it by a review have it among their users.
pub async fn user_name(api: &Api) -> Result<String, Failure> {
    let (answer, field) = match review(api).await {
        Ok(answer) => (answer, "/status/userInfo/username"),
        Err(failure) if failure.status().is_none_or(|status| status.code == 401) => return Err(failure),
        Err(_) => (api.get(&Resource::users().object("", "~")).await?, "/metadata/name"),
    };
    match answer.pointer(field).and_then(Value::as_str) {
        Some(name) => Ok(name.into()),
        None => Err(Failure::refused("the server did not say who you are")),
    }
}
