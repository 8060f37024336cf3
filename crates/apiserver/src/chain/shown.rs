use http::Uri;

use crate::request_info::ResourcePath;

/// What a request is about, as logs show it. What follows a subresource in the path is between its handler and the
/// client, and may be a secret.
pub(super) fn target(uri: &Uri) -> String {
    let Ok(place) = ResourcePath::parse(uri.path()) else {
        return "a path that cannot be read".to_owned();
    };
    let hidden = place.map(|place| place.rest).unwrap_or_default();
    match uri.path().strip_suffix(hidden.as_str()) {
        Some(known) if !hidden.is_empty() => format!("{known}..."),
        _ => uri.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_subresource_stays_out_of_logs() {
        let table = [
            (
                "/api/v1/namespaces/a/pods/p/log?follow=true",
                "/api/v1/namespaces/a/pods/p/log?follow=true",
            ),
            (
                "/apis/t/v1/namespaces/a/toys/t/knock/s3cret/x?y=s3cret",
                "/apis/t/v1/namespaces/a/toys/t/knock/...",
            ),
            (
                "/apis/t/v1/namespaces/%zz/toys/t/knock/s3cret",
                "a path that cannot be read",
            ),
            ("/livez/store", "/livez/store"),
        ];
        for (uri, wanted) in table {
            assert_eq!(target(&uri.parse().expect("a URI")), wanted, "{uri}");
        }
    }
}
