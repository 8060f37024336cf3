use axum::body::Body;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Value, json};
use weir_apiserver::Object;

/// The build, and behind it in the same body what was wrong with the call.
pub(super) fn build(build: &Object, warning: Option<&str>) -> Response<Body> {
    let mut body = format!("{build}\n");
    if let Some(warning) = warning {
        body.push_str(&format!("{}\n", status(warning)));
    }
    ok(body)
}

/// No build is made, for a reason or because that is what the call means.
pub(super) fn nothing(warning: Option<&str>) -> Response<Body> {
    match warning {
        Some(warning) => ok(format!("{}\n", status(warning))),
        None => Response::new(Body::empty()),
    }
}

fn status(warning: &str) -> Value {
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "message": warning,
        "code": StatusCode::OK.as_u16(),
    })
}

fn ok(body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
