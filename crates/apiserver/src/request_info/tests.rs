use super::*;

fn parse(method: Method, uri: &str) -> RequestInfo {
    let uri: Uri = uri.parse().expect("a URI");
    let query = query::parse(uri.query()).expect("a query");
    RequestInfo::parse(&method, &uri, &query).expect("parses")
}

/// `verb group/version namespace resource name subresource rest`, with `-` for what is empty.
fn shown(info: &RequestInfo) -> String {
    match &info.target {
        Target::Path(path) => format!("{} {path}", info.verb),
        Target::Resource(path) => {
            let group = format!("{}/{}", path.group, path.version);
            let parts = [
                &group,
                &path.namespace,
                &path.resource,
                &path.name,
                &path.subresource,
                &path.rest,
            ];
            let parts = parts.map(|part| if part.is_empty() { "-" } else { part });
            format!("{} {}", info.verb, parts.join(" "))
        }
    }
}

#[test]
fn paths_name_what_they_address() {
    let (get, post, put, patch, delete) = (Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE);
    let i = "/apis/image.openshift.io/v1";
    let table = [
        (&get, "/api/v1/pods".to_owned(), "list /v1 - pods - - -"),
        (&get, "/api/v1/pods?watch=true".to_owned(), "watch /v1 - pods - - -"),
        (&get, "/api/v1/pods/?watch=1".to_owned(), "watch /v1 - pods - - -"),
        (&get, "/api/v1/namespaces".to_owned(), "list /v1 - namespaces - - -"),
        (&get, "/api/v1/namespaces/a".to_owned(), "get /v1 - namespaces a - -"),
        (
            &put,
            "/api/v1/namespaces/a/finalize".to_owned(),
            "update /v1 - namespaces a finalize -",
        ),
        (
            &patch,
            "/api/v1/namespaces/a/status".to_owned(),
            "patch /v1 - namespaces a status -",
        ),
        (&post, "/api/v1/namespaces/a/pods".to_owned(), "create /v1 a pods - - -"),
        (
            &get,
            "/api/v1/namespaces/a/pods/p/log?follow=true".to_owned(),
            "get /v1 a pods p log -",
        ),
        (
            &get,
            "/api/v1/namespaces/a/pods/p/proxy/x/y%20z".to_owned(),
            "get /v1 a pods p proxy x/y%20z",
        ),
        (
            &get,
            format!("{i}/namespaces/a/imagestreamtags/web:1.27"),
            "get image.openshift.io/v1 a imagestreamtags web:1.27 - -",
        ),
        (
            &get,
            format!("{i}/namespaces/a/imagestreamimages/web@sha256:0f"),
            "get image.openshift.io/v1 a imagestreamimages web@sha256:0f - -",
        ),
        (
            &get,
            format!("{i}/namespaces/a/imagestreamtags/web%3Alatest"),
            "get image.openshift.io/v1 a imagestreamtags web:latest - -",
        ),
        (
            &delete,
            format!("{i}/images/sha256:0f"),
            "delete image.openshift.io/v1 - images sha256:0f - -",
        ),
        (
            &delete,
            format!("{i}/images"),
            "deletecollection image.openshift.io/v1 - images - - -",
        ),
        (
            &post,
            "/apis/b/v1/namespaces/a/buildconfigs/x/webhooks/s3/generic".to_owned(),
            "create b/v1 a buildconfigs x webhooks s3/generic",
        ),
        (
            &get,
            "/apis/user.openshift.io/v1/users/~".to_owned(),
            "get user.openshift.io/v1 - users ~ - -",
        ),
        (&get, "/".to_owned(), "get /"),
        (&get, "/api".to_owned(), "get /api"),
        (&get, "/api/v1".to_owned(), "get /api/v1"),
        (&get, "/api/v1/".to_owned(), "get /api/v1/"),
        (&get, "/apis/g/v1".to_owned(), "get /apis/g/v1"),
        (&get, "/apis/g".to_owned(), "get /apis/g"),
        (&get, "/livez/store".to_owned(), "get /livez/store"),
    ];
    for (method, uri, wanted) in table {
        assert_eq!(shown(&parse(method.clone(), &uri)), wanted, "{method} {uri}");
    }
}

#[test]
fn attributes_carry_what_roles_ask_for() {
    let attributes = |uri: &str| {
        let parsed: Uri = uri.parse().expect("a URI");
        let query = query::parse(parsed.query()).expect("a query");
        parse(Method::GET, uri).attributes(&query)
    };
    assert_eq!(attributes("/api/v1/namespaces/a").namespace, "a");
    assert_eq!(attributes("/api/v1/namespaces/a/pods/p").name, "p");
    assert_eq!(
        attributes("/api/v1/namespaces/a/pods?watch=true&fieldSelector=metadata.name%3Dp").name,
        "p"
    );
    assert_eq!(
        attributes("/api/v1/namespaces/a/pods?fieldSelector=spec.x%3Dp").name,
        ""
    );
    assert_eq!(attributes("/metrics").path.as_deref(), Some("/metrics"));
}

#[test]
fn hidden_slashes_lead_nowhere() {
    for uri in [
        "/api/v1/namespaces/a%2Fb/pods",
        "/api/v1/namespaces/a/pods/b%2fc",
        "/apis/g%2Fv1/v2/pods",
    ] {
        let uri: Uri = uri.parse().expect("a URI");
        assert_eq!(
            RequestInfo::parse(&Method::GET, &uri, &Query::new()).map_err(|e| e.code),
            Err(404),
            "{uri}"
        );
    }
}

#[test]
fn odd_methods_are_refused() {
    let uri: Uri = "/api/v1/pods".parse().expect("a URI");
    assert_eq!(
        RequestInfo::parse(&Method::TRACE, &uri, &Query::new()).map_err(|e| e.code),
        Err(405)
    );
}
