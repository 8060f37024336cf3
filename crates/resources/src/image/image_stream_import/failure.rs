use weir_api::meta::{Status, StatusDetails};
use weir_oci::Reference;
use weir_registry_client::FetchError;

use crate::image::GROUP;

/// Name that clients know the images of other registries by.
const FOREIGN_IMAGE: &str = "dockerimage";

/// The status of an image that was found.
pub(super) fn success() -> Status {
    Status {
        status: Some("Success".into()),
        ..Default::default()
    }
}

/// The status of an image that was not.
pub(super) fn of_image(error: &FetchError, reference: &Reference) -> Status {
    let failure = error.import_failure(reference);
    let details = (failure.reason == "NotFound").then(|| StatusDetails {
        name: Some(reference.exact()),
        group: Some(GROUP.into()),
        kind: Some(FOREIGN_IMAGE.into()),
        ..Default::default()
    });
    Status {
        status: Some("Failure".into()),
        reason: Some(failure.reason.into()),
        message: Some(failure.message),
        code: Some(failure.code.into()),
        details,
        ..Default::default()
    }
}

/// The status of a repository of which some tags could not be imported.
pub(super) fn of_some(failed: usize) -> Status {
    let subject = match failed {
        1 => "one of the images".to_owned(),
        many => format!("{many} of the images"),
    };
    Status {
        status: Some("Failure".into()),
        reason: Some("ImportFailed".into()),
        message: Some(format!("{subject} from this repository failed to import")),
        ..Default::default()
    }
}
