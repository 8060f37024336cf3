use weir_oci::Reference;

use crate::FetchError;

/// A fetch that failed, in the words of an image import's `Status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFailure {
    /// HTTP code of the `Status`.
    pub code: u16,
    /// `NotFound`, `Unauthorized`, `BadRequest`, `NotV2Registry`, `Forbidden` or `InternalError`.
    pub reason: &'static str,
    pub message: String,
}

impl FetchError {
    /// What the status of importing `reference` says. Clients recognise these texts.
    pub fn import_failure(&self, reference: &Reference) -> ImportFailure {
        let exact = reference.exact();
        let (code, reason, message) = match self {
            FetchError::NotFound => (
                404,
                "NotFound",
                format!("dockerimage.image.openshift.io \"{exact}\" not found"),
            ),
            FetchError::Unauthorized { had_credentials } => (401, "Unauthorized", no_access(&exact, *had_credentials)),
            FetchError::WrongCredentials => (
                401,
                "Unauthorized",
                format!("incorrect username or password for image \"{exact}\""),
            ),
            FetchError::ForeignRealm { .. } => (
                401,
                "Unauthorized",
                format!("you may not have access to the container image \"{exact}\": {self}"),
            ),
            FetchError::HttpOnly => {
                let repository = reference.as_repository();
                (
                    400,
                    "BadRequest",
                    format!("the repository {repository} is HTTP only and requires the insecure flag to import"),
                )
            }
            FetchError::NotV2 { .. } => (403, "NotV2Registry", self.to_string()),
            FetchError::AddressRefused { .. } => (403, "Forbidden", format!("cannot import \"{exact}\": {self}")),
            _ => (
                500,
                "InternalError",
                format!("Internal error occurred: {exact}: {self}"),
            ),
        };
        ImportFailure { code, reason, message }
    }
}

fn no_access(exact: &str, had_credentials: bool) -> String {
    let mut message = format!("you may not have access to the container image \"{exact}\"");
    if !had_credentials {
        message.push_str(" and did not have credentials to the repository");
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_the_reason_and_text_that_clients_know() {
        let reference: Reference = "r.io/a/b:t".parse().unwrap();
        let table = [
            (
                FetchError::NotFound,
                404,
                "NotFound",
                "dockerimage.image.openshift.io \"r.io/a/b:t\" not found",
            ),
            (
                FetchError::Unauthorized { had_credentials: true },
                401,
                "Unauthorized",
                "you may not have access to the container image \"r.io/a/b:t\"",
            ),
            (
                FetchError::Unauthorized { had_credentials: false },
                401,
                "Unauthorized",
                "you may not have access to the container image \"r.io/a/b:t\" and did not have credentials to the repository",
            ),
            (
                FetchError::WrongCredentials,
                401,
                "Unauthorized",
                "incorrect username or password for image \"r.io/a/b:t\"",
            ),
            (
                FetchError::HttpOnly,
                400,
                "BadRequest",
                "the repository r.io/a/b is HTTP only and requires the insecure flag to import",
            ),
            (
                FetchError::NotV2 { host: "r.io".into() },
                403,
                "NotV2Registry",
                "r.io does not support the v2 Registry API",
            ),
            (
                FetchError::EmptyIndex,
                500,
                "InternalError",
                "Internal error occurred: r.io/a/b:t: no manifests in manifest list",
            ),
        ];
        for (error, code, reason, message) in table {
            assert_eq!(
                error.import_failure(&reference),
                ImportFailure {
                    code,
                    reason,
                    message: message.into()
                }
            );
        }
    }
}
