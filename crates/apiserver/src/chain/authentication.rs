use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::core::Core;
use crate::{ApiError, UserInfo};

/// Who sends no credentials. Roles may still allow something, such as to ask for the health of the server.
pub(super) const ANONYMOUS: &str = "system:anonymous";
const UNAUTHENTICATED: &str = "system:unauthenticated";

/// The user that the request comes from. Code of this process says so with an extension; all others with a token.
pub(super) async fn authenticate(core: &Core, request: &Parts) -> Result<UserInfo, ApiError> {
    if let Some(user) = request.extensions.get::<UserInfo>() {
        return Ok(user.clone());
    }
    let Some(credentials) = request.headers.get(AUTHORIZATION) else {
        return Ok(UserInfo {
            username: ANONYMOUS.to_owned(),
            groups: vec![UNAUTHENTICATED.to_owned()],
            ..UserInfo::default()
        });
    };
    let token = credentials
        .to_str()
        .ok()
        .and_then(bearer)
        .ok_or_else(ApiError::unauthorized)?;
    core.authenticator
        .authenticate(token)
        .await?
        .ok_or_else(ApiError::unauthorized)
}

fn bearer(credentials: &str) -> Option<&str> {
    let (scheme, token) = credentials.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
