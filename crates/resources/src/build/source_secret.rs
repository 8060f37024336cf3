//! A secret can say for which repositories it is, so that nobody has to name it in each BuildConfig: annotations that
//! begin with `build.openshift.io/source-secret-match-uri-` hold patterns `SCHEME://HOST/PATH`.

use serde_json::json;
use weir_apiserver::{ApiError, GroupResource, Object, RequestContext};

use crate::json;

const ANNOTATION: &str = "build.openshift.io/source-secret-match-uri-";
const SECRETS: GroupResource = GroupResource {
    group: "",
    resource: "secrets",
};

/// Names the secret that fits best, when the config has a repository and no secret for it.
pub(super) async fn inject(cx: &RequestContext, config: &mut Object) -> Result<(), ApiError> {
    let uri = json::text(config, "/spec/source/git/uri").to_owned();
    if uri.is_empty() || !json::is_unset(config, "/spec/source/sourceSecret") {
        return Ok(());
    }
    let secrets = cx.objects.list(&SECRETS, &cx.namespace, None).await?;
    if let Some(name) = best(&uri, &secrets) {
        json::put(config, &["spec", "source", "sourceSecret"], json!({"name": name}));
    }
    Ok(())
}

/// The secret with the most specific pattern that matches; the first by name among equals.
fn best<'a>(uri: &str, secrets: &'a [Object]) -> Option<&'a str> {
    let address = Address::of(uri)?;
    let mut found: Option<(usize, &str)> = None;
    for secret in secrets.iter().filter(|secret| speaks(secret, &address)) {
        let patterns = json::members(secret, "/metadata/annotations").filter(|(key, _)| key.starts_with(ANNOTATION));
        for pattern in patterns.filter_map(|(_, value)| Address::of(value.as_str()?)) {
            let weight = pattern.weight();
            if pattern.matches(&address) && found.is_none_or(|(best, _)| weight > best) {
                found = Some((weight, json::text(secret, "/metadata/name")));
            }
        }
    }
    found.map(|(_, name)| name)
}

/// Passwords are of no use over ssh, and keys nowhere else.
fn speaks(secret: &Object, address: &Address) -> bool {
    match json::text(secret, "/type") {
        "kubernetes.io/basic-auth" => address.scheme != "ssh",
        "kubernetes.io/ssh-auth" => address.scheme == "ssh",
        _ => true,
    }
}

/// A repository's address, or a pattern of one.
struct Address {
    scheme: String,
    host: String,
    path: String,
}

impl Address {
    /// `SCHEME://[USER@]HOST/PATH` or, for ssh, `[USER@]HOST:PATH`.
    fn of(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("ssh", text));
        let (host, path) = match text.contains("://") {
            true => rest.split_once('/').unwrap_or((rest, "")),
            false => rest.split_once(':')?,
        };
        let host = host.rsplit('@').next().unwrap_or(host);
        let all = |text: &str| !text.is_empty();
        (all(scheme) && all(host)).then(|| Self {
            scheme: scheme.to_lowercase(),
            host: host.to_lowercase(),
            path: format!("/{}", path.trim_start_matches('/')),
        })
    }

    fn matches(&self, address: &Address) -> bool {
        let scheme = self.scheme == "*" || self.scheme == address.scheme;
        let host = match self.host.strip_prefix("*.") {
            Some(domain) => address
                .host
                .strip_suffix(domain)
                .is_some_and(|label| label.len() > 1 && label.ends_with('.')),
            None => self.host == "*" || self.host == address.host,
        };
        scheme && host && glob(&self.path, &address.path)
    }

    /// How much of the pattern is not left open. The host says more than any path.
    fn weight(&self) -> usize {
        let literal = |text: &str| text.chars().filter(|letter| *letter != '*').count();
        literal(&self.host) * 4096 + literal(&self.path) * 8 + usize::from(self.scheme != "*")
    }
}

/// `*` stands for any text, also across `/`.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str, kind: &str, pattern: &str) -> Object {
        json!({"metadata": {"name": name, "annotations": {format!("{ANNOTATION}1"): pattern}}, "type": kind})
    }

    #[test]
    fn the_most_specific_pattern_wins() {
        let secrets = [
            secret("all", "kubernetes.io/basic-auth", "*://*/*"),
            secret("domain", "kubernetes.io/basic-auth", "https://*.example.com/*"),
            secret("host", "kubernetes.io/basic-auth", "https://git.example.com/*"),
            secret("team", "kubernetes.io/basic-auth", "https://git.example.com/team/*"),
            secret("key", "kubernetes.io/ssh-auth", "ssh://git.example.com/*"),
        ];
        let table = [
            ("https://git.example.com/team/web.git", Some("team")),
            ("https://git.example.com/other/web.git", Some("host")),
            ("https://code.example.com/web.git", Some("domain")),
            ("http://elsewhere.test/web.git", Some("all")),
            ("ssh://git@git.example.com/team/web.git", Some("key")),
            ("git@git.example.com:team/web.git", Some("key")),
            ("git@elsewhere.test:web.git", None),
            ("/srv/git/web.git", None),
        ];
        for (uri, expected) in table {
            assert_eq!(best(uri, &secrets), expected, "{uri}");
        }
    }

    #[test]
    fn stars_in_paths_match_any_text() {
        for (pattern, text, expected) in [
            ("/*", "/a/b", true),
            ("/a/*/c.git", "/a/b/c.git", true),
            ("/a/*/c.git", "/a/c.git", false),
            ("/a*b*c", "/aXbYc", true),
            ("/a*b*c", "/aXc", false),
            ("/a", "/ab", false),
            ("/*a", "/a", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
