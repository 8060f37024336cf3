use weir_apiserver::{ApiError, GroupResource, Object};

use crate::json;

/// A write that was based on an older state of `object` is refused; one that names no version takes what is there.
pub(crate) fn same_version(
    resource: &GroupResource,
    name: &str,
    object: &Object,
    version: &str,
) -> Result<(), ApiError> {
    if version.is_empty() || version == json::text(object, "/metadata/resourceVersion") {
        return Ok(());
    }
    Err(ApiError::modified(resource, name))
}

/// A request to a subresource names the object twice; both must be the same.
pub(crate) fn same_name(name: &str, request: &Object) -> Result<(), ApiError> {
    let given = json::text(request, "/metadata/name");
    if given == name {
        return Ok(());
    }
    Err(ApiError::bad_request(format!(
        "the name of the object ({given}) does not match the name on the URL ({name})"
    )))
}
