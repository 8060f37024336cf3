use axum::response::{Html, IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HeaderName, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use crate::oauth::secret;

/// Field and cookie that must say the same: another site can send the form, but not the cookie with it.
pub(super) const CSRF_FIELD: &str = "csrf";
/// The prefix makes browsers take it from this host over TLS only.
const CSRF_COOKIE: &str = "__Host-weir-login";
/// Nothing runs, nothing is loaded, and no other site may show the page.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// What a person logs in with.
pub(super) struct LoginForm<'a> {
    pub client: &'a str,
    pub redirect: &'a Url,
    /// Of the request that the form comes back to.
    pub query: &'a str,
    pub message: Option<&'a str>,
}

pub(super) fn login_form(form: &LoginForm<'_>, head: &Parts) -> Response {
    let csrf = cookie(&head.headers).map_or_else(secret::random, str::to_owned);
    let message = form
        .message
        .map(|text| format!("<p role=\"alert\">{}</p>\n", escape(text)));
    let body = format!(
        "<h1>Log in</h1>\n<p>The program <b>{client}</b> asks for access to your account. It will be told at {to}.</p>\n\
         {message}<form method=\"post\" action=\"/oauth/authorize?{query}\">\n\
         <input type=\"hidden\" name=\"{CSRF_FIELD}\" value=\"{csrf}\">\n\
         <p><label>Name <input name=\"username\" autocomplete=\"username\" required autofocus></label></p>\n\
         <p><label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\" required></label></p>\n\
         <p><button>Log in</button></p>\n</form>\n",
        client = escape(form.client),
        to = escape(&form.redirect.origin().ascii_serialization()),
        message = message.unwrap_or_default(),
        query = escape(form.query),
        csrf = escape(&csrf),
    );
    let mut response = page("Log in", &body);
    let headers = response.headers_mut();
    // A browser applies the policy also to where the form's answer sends it.
    let to = form.redirect.origin().ascii_serialization();
    insert(
        headers,
        CONTENT_SECURITY_POLICY,
        &format!("{POLICY}; form-action 'self' {to}"),
    );
    insert(
        headers,
        SET_COOKIE,
        &format!("{CSRF_COOKIE}={csrf}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=900"),
    );
    response
}

/// Whether a form that came back is one that was given to the same browser.
pub(super) fn is_own_form(head: &Parts, field: &str) -> bool {
    cookie(&head.headers).is_some_and(|cookie| secret::same(cookie, field))
}

/// `/oauth/token/implicit`: where the answers to command lines go, which read them before any browser would.
pub(super) async fn implicit() -> Response {
    page(
        "Log in",
        "<h1>This address is for programs</h1>\n<p>Log in on the command line: <code>oc login</code> or \
         <code>weir login</code>.</p>\n",
    )
}

/// What every answer of this server that a browser may show carries.
pub(super) fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n<body>\n{body}</body>\n</html>\n",
        escape(title)
    );
    let mut response = (StatusCode::OK, Html(html)).into_response();
    protect(response.headers_mut());
    response
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// The token that this browser was given. One of another form is none of ours.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = all
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == CSRF_COOKIE)?;
    let is_ours = value.len() == 43
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    is_ours.then_some(value)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_stay_texts() {
        assert_eq!(escape("<b a=\"1\">&'"), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;");
    }
}
