use weir_apiserver::{ApiError, Server, UserInfo};

use crate::core::{self, NAMESPACES};
use crate::json;

/// Makes the service accounts that every namespace has where they are missing: a namespace whose creation was cut short
/// has none. Called at each start, before builds and pods look for them.
pub async fn restore_service_accounts(server: &Server) -> Result<(), ApiError> {
    let user = UserInfo {
        username: "system:weir:apiserver".into(),
        ..UserInfo::default()
    };
    let cx = server.context(user, NAMESPACES);
    for namespace in cx.objects.list(&NAMESPACES, "", None).await? {
        if json::is_unset(&namespace, "/metadata/deletionTimestamp") {
            core::make_service_accounts(&cx, json::text(&namespace, "/metadata/name")).await?;
        }
    }
    Ok(())
}
