use uuid::Uuid;
use weir_oci::{Digest, RepositoryName, RepositoryNameError, Tag};

/// Every path that the registry knows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Route {
    /// `/` and `/healthz`
    Health,
    /// `/openshift/token`
    Token,
    /// `/v2/`
    Ping,
    /// `/v2/_catalog`
    Catalog,
    /// `/v2/NAME/tags/list`
    Tags(RepositoryName),
    /// `/v2/NAME/manifests/REFERENCE`
    Manifest(RepositoryName, ManifestSelector),
    /// `/v2/NAME/blobs/DIGEST`
    Blob(RepositoryName, Digest),
    /// `/v2/NAME/blobs/uploads/`
    Uploads(RepositoryName),
    /// `/v2/NAME/blobs/uploads/ID`
    Upload(RepositoryName, Uuid),
    /// `/admin/blobs/DIGEST`
    AdminBlob(Digest),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ManifestSelector {
    Tag(Tag),
    Digest(Digest),
    /// Neither: nothing has this name, and nothing can be given it.
    Invalid,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum RouteError {
    #[error("no such path")]
    Unknown,
    #[error("invalid repository name: {0}")]
    Name(#[from] RepositoryNameError),
    #[error("{0}")]
    Digest(#[from] weir_oci::DigestError),
    #[error("no such upload")]
    Upload,
}

impl Route {
    /// Reads a request's path. Segments are decoded one by one, after the path was split, and must then fit their
    /// grammar: an encoded slash or dot leads nowhere.
    pub(crate) fn parse(path: &str) -> Result<Route, RouteError> {
        match path {
            "/" | "/healthz" => return Ok(Route::Health),
            "/openshift/token" => return Ok(Route::Token),
            "/v2/" | "/v2" => return Ok(Route::Ping),
            "/v2/_catalog" => return Ok(Route::Catalog),
            _ => {}
        }
        if let Some(digest) = path.strip_prefix("/admin/blobs/") {
            return Ok(Route::AdminBlob(decoded(digest).parse()?));
        }
        let rest = path.strip_prefix("/v2/").ok_or(RouteError::Unknown)?;
        let segments: Vec<String> = rest.split('/').map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [name @ .., "tags", "list"] => Ok(Route::Tags(repository(name)?)),
            [name @ .., "blobs", "uploads"] | [name @ .., "blobs", "uploads", ""] => {
                Ok(Route::Uploads(repository(name)?))
            }
            [name @ .., "blobs", "uploads", id] => {
                let repository = repository(name)?;
                Ok(Route::Upload(
                    repository,
                    Uuid::try_parse(id).map_err(|_| RouteError::Upload)?,
                ))
            }
            [name @ .., "blobs", digest] => Ok(Route::Blob(repository(name)?, digest.parse()?)),
            [name @ .., "manifests", reference] => {
                let repository = repository(name)?;
                Ok(Route::Manifest(repository, ManifestSelector::parse(reference)?))
            }
            _ => Err(RouteError::Unknown),
        }
    }
}

impl ManifestSelector {
    fn parse(text: &str) -> Result<ManifestSelector, RouteError> {
        if text.contains(':') {
            return Ok(ManifestSelector::Digest(text.parse()?));
        }
        Ok(text.parse().map_or(ManifestSelector::Invalid, ManifestSelector::Tag))
    }
}

fn repository(segments: &[&str]) -> Result<RepositoryName, RouteError> {
    match segments {
        [namespace, name] => Ok(RepositoryName::new(namespace, name)?),
        _ => Err(RepositoryNameError::Segments.into()),
    }
}

/// Undoes percent-encoding. What is not valid stays as it is and fits no grammar.
fn decoded(segment: &str) -> String {
    if !segment.contains('%') {
        return segment.into();
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|hex| hex::decode(hex).ok());
        match hex {
            Some(byte) => {
                bytes.extend(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| segment.into())
}

#[cfg(test)]
mod tests;
