use super::*;

const D: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn parse(path: &str) -> Result<Route, RouteError> {
    Route::parse(path)
}

fn app() -> RepositoryName {
    "ns/app".parse().unwrap()
}

#[test]
fn every_path_is_found() {
    let digest: Digest = D.parse().unwrap();
    let id = Uuid::nil();
    let table = [
        ("/".to_owned(), Route::Health),
        ("/healthz".into(), Route::Health),
        ("/openshift/token".into(), Route::Token),
        ("/v2/".into(), Route::Ping),
        ("/v2".into(), Route::Ping),
        ("/v2/_catalog".into(), Route::Catalog),
        ("/v2/ns/app/tags/list".into(), Route::Tags(app())),
        (
            "/v2/ns/app/manifests/v1".into(),
            Route::Manifest(app(), ManifestSelector::Tag("v1".parse().unwrap())),
        ),
        (
            format!("/v2/ns/app/manifests/{D}"),
            Route::Manifest(app(), ManifestSelector::Digest(digest.clone())),
        ),
        (
            "/v2/ns/app/manifests/.odd".into(),
            Route::Manifest(app(), ManifestSelector::Invalid),
        ),
        (format!("/v2/ns/app/blobs/{D}"), Route::Blob(app(), digest.clone())),
        (
            format!("/v2/ns/app/blobs/{}", D.replace(':', "%3A")),
            Route::Blob(app(), digest.clone()),
        ),
        ("/v2/ns/app/blobs/uploads/".into(), Route::Uploads(app())),
        ("/v2/ns/app/blobs/uploads".into(), Route::Uploads(app())),
        (format!("/v2/ns/app/blobs/uploads/{id}"), Route::Upload(app(), id)),
        (
            "/v2/blobs/uploads/tags/list".into(),
            Route::Tags("blobs/uploads".parse().unwrap()),
        ),
        (format!("/admin/blobs/{D}"), Route::AdminBlob(digest)),
    ];
    for (path, route) in table {
        assert_eq!(parse(&path), Ok(route), "{path}");
    }
}

#[test]
fn repository_names_have_two_segments_in_their_grammar() {
    for path in [
        "/v2/app/tags/list",
        "/v2/a/b/c/tags/list",
        "/v2/tags/list",
        "/v2//app/tags/list",
        "/v2/NS/app/tags/list",
    ] {
        assert!(matches!(parse(path), Err(RouteError::Name(_))), "{path}");
    }
}

#[test]
fn encoded_dots_slashes_and_controls_lead_nowhere() {
    let paths = [
        "/v2/..%2f..%2fetc/passwd/tags/list",
        "/v2/%2e%2e/app/tags/list",
        "/v2/ns%2fapp/tags/list",
        "/v2/ns/app%00/tags/list",
        "/v2/ns/%ff/tags/list",
        "/v2/ns/%/tags/list",
        "/v2/ns/%252e/tags/list",
        "/v2/ns/app/blobs/..%2f..%2f",
        "/v2/ns/app/blobs/uploads/..",
        "/v2/ns/app/blobs/uploads/%2e%2e%2fx",
        "/v2/ns/app/manifests/sha256:..",
        "/v2/../v2/",
        "/admin/blobs/../x",
        "/v1/",
        "/v2/ns/app",
        "/v2/ns/app/blobs",
    ];
    for path in paths {
        assert!(parse(path).is_err(), "{path}: {:?}", parse(path));
    }
    assert!(matches!(
        parse("/v2/ns/app/manifests/..%2fx"),
        Ok(Route::Manifest(_, ManifestSelector::Invalid))
    ));
}
