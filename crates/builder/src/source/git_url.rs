use std::fmt;
use std::str::FromStr;

use url::Url;

/// Longer addresses are refused; no server accepts them.
const MAX_URL_BYTES: usize = 2048;

/// Address of a repository that git may be given: one of a few schemes, a host that cannot be taken for an option, and
/// no character that a shell, a config file or a terminal could take for something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitUrl {
    url: Url,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitUrlError {
    #[error("the address of the repository is empty; set spec.source.git.uri")]
    Empty,
    #[error("the address of the repository is longer than {MAX_URL_BYTES} bytes")]
    TooLong,
    #[error("the address of the repository contains a blank, a control character or a backslash")]
    Character,
    #[error("the address of the repository may not start with \"-\"")]
    Option,
    #[error("the address of the repository is not a URL ({0}); write it as https://HOST/PATH")]
    Syntax(String),
    #[error("the scheme \"{0}\" is not allowed for a repository; use https, http, git or file")]
    Scheme(String),
    #[error("repositories cannot be fetched over ssh by this builder; use the https address of the repository")]
    Ssh,
    #[error("the address of the repository has no valid host name")]
    Host,
    #[error("the path of a local repository must be absolute and without \"..\"")]
    Path,
}

impl GitUrl {
    /// What git is given. It never starts with a dash.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    pub fn is_local(&self) -> bool {
        self.url.scheme() == "file"
    }

    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// `scheme://host[:port]`, the scope of credentials; `None` for local paths and for git's own protocol, which has none.
    pub fn origin(&self) -> Option<String> {
        let host = self.url.host_str()?;
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        matches!(self.url.scheme(), "http" | "https").then(|| format!("{}://{host}{port}", self.url.scheme()))
    }
}

/// The address with a password blotted out.
impl fmt::Display for GitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.url.password().is_none() {
            return f.write_str(self.url.as_str());
        }
        let mut shown = self.url.clone();
        match shown.set_password(Some("xxxxx")) {
            Ok(()) => f.write_str(shown.as_str()),
            Err(()) => f.write_str(self.url.scheme()),
        }
    }
}

impl FromStr for GitUrl {
    type Err = GitUrlError;

    fn from_str(text: &str) -> Result<Self, GitUrlError> {
        check_text(text)?;
        let url = if text.starts_with('/') {
            local(text)?
        } else {
            remote(text)?
        };
        Ok(Self { url })
    }
}

fn check_text(text: &str) -> Result<(), GitUrlError> {
    if text.is_empty() {
        return Err(GitUrlError::Empty);
    }
    if text.len() > MAX_URL_BYTES {
        return Err(GitUrlError::TooLong);
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(GitUrlError::Character);
    }
    if text.starts_with('-') {
        return Err(GitUrlError::Option);
    }
    Ok(())
}

/// Plain paths become `file://` addresses, for which git copies objects through its protocol and never by links.
fn local(path: &str) -> Result<Url, GitUrlError> {
    check_path(path)?;
    Url::from_file_path(path).map_err(|()| GitUrlError::Path)
}

fn remote(text: &str) -> Result<Url, GitUrlError> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(match text.split_once(':') {
            // `user@host:path` is ssh in short; `ext::command` and its like run programs.
            Some((host, path)) if !path.starts_with(':') && !host.contains('/') => GitUrlError::Ssh,
            Some((scheme, _)) => GitUrlError::Scheme(scheme.to_owned()),
            None => GitUrlError::Syntax("no scheme".to_owned()),
        });
    };
    match scheme.to_ascii_lowercase().as_str() {
        "https" | "http" | "git" => network(text),
        "file" => file(rest),
        "ssh" | "git+ssh" | "ssh+git" => Err(GitUrlError::Ssh),
        _ => Err(GitUrlError::Scheme(scheme.to_owned())),
    }
}

fn network(text: &str) -> Result<Url, GitUrlError> {
    // This parser passes over additional slashes, git does not: the two must see the same host.
    if text.split_once("://").is_none_or(|(_, rest)| rest.starts_with('/')) {
        return Err(GitUrlError::Host);
    }
    let url = Url::parse(text).map_err(|error| GitUrlError::Syntax(error.to_string()))?;
    let host = url.host_str().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if host.is_empty() || host.starts_with('-') || !host.chars().all(plain) {
        return Err(GitUrlError::Host);
    }
    if has_control(&url) {
        return Err(GitUrlError::Character);
    }
    // After percent-decoding a git daemon path must not look like an option either.
    if url.scheme() == "git" && url.path().starts_with("/-") {
        return Err(GitUrlError::Option);
    }
    Ok(url)
}

/// Encoded line ends and NULs would be decoded by git's credential and transport code.
fn has_control(url: &Url) -> bool {
    let lower = url.as_str().to_ascii_lowercase();
    lower.match_indices('%').any(|(at, _)| {
        let code = lower
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        code.is_none_or(|code| code < 0x20 || code == 0x7f)
    })
}

fn file(rest: &str) -> Result<Url, GitUrlError> {
    let path = if rest.starts_with('/') {
        rest
    } else {
        rest.strip_prefix("localhost").unwrap_or_default()
    };
    check_path(path)?;
    let url = Url::parse(&format!("file://{path}")).map_err(|error| GitUrlError::Syntax(error.to_string()))?;
    if has_control(&url) {
        Err(GitUrlError::Character)
    } else {
        Ok(url)
    }
}

fn check_path(path: &str) -> Result<(), GitUrlError> {
    let climbs = path
        .split('/')
        .any(|part| part == ".." || part.eq_ignore_ascii_case("%2e%2e"));
    if path.starts_with('/') && path.len() > 1 && !climbs {
        Ok(())
    } else {
        Err(GitUrlError::Path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_addresses_are_accepted() {
        let table = [
            (
                "https://github.com/sclorg/nodejs-ex.git",
                "https://github.com/sclorg/nodejs-ex.git",
            ),
            ("http://127.0.0.1:8080/repo", "http://127.0.0.1:8080/repo"),
            ("HTTPS://Example.COM/a", "https://example.com/a"),
            ("git://host/path.git", "git://host/path.git"),
            ("file:///srv/git/app.git", "file:///srv/git/app.git"),
            ("/srv/git/app", "file:///srv/git/app"),
            ("https://[::1]:8443/r", "https://[::1]:8443/r"),
            ("https://user:secret@host/r", "https://user:secret@host/r"),
        ];
        for (text, git) in table {
            assert_eq!(text.parse::<GitUrl>().unwrap().as_str(), git, "{text}");
        }
    }

    #[test]
    fn addresses_that_could_run_or_read_something_are_refused() {
        let hostile = [
            "",
            "-oProxyCommand=id",
            "--upload-pack=id",
            "ext::sh -c id",
            "ext::id",
            "fd::17/foo",
            "ext://x",
            "ssh://-oProxyCommand=id/x",
            "ssh://host/x",
            "git@github.com:x/y.git",
            "-oProxyCommand=id:x",
            "https://-host/x",
            "https:///x",
            "https://",
            "https://host/a b",
            "https://host/a\nb",
            "https://host/a\r",
            "https://host/%0aHost:%20x",
            "https://host/%00",
            "https://host/%zz",
            "https://host\\@evil/x",
            "git://host/-x",
            "gopher://host/x",
            "ftp://host/x",
            "javascript:alert(1)",
            "transport::https://x",
            "file://otherhost/x",
            "file:relative",
            "file:///a/../b",
            "file:///a/%2e%2e/b",
            "file:///a%0ab",
            "relative/path",
            "./x",
            "../x",
            "/",
            "/a/../../etc",
            "\u{feff}https://x/y\u{0}",
        ];
        for text in hostile {
            assert!(text.parse::<GitUrl>().is_err(), "{text:?}");
        }
        assert_eq!("x".repeat(3000).parse::<GitUrl>(), Err(GitUrlError::TooLong));
    }

    #[test]
    fn passwords_are_not_shown() {
        let url: GitUrl = "https://user:secret@host/r".parse().unwrap();
        assert_eq!(url.to_string(), "https://user:xxxxx@host/r");
    }

    #[test]
    fn credentials_are_scoped_to_scheme_host_and_port() {
        let origin = |text: &str| text.parse::<GitUrl>().unwrap().origin();
        assert_eq!(origin("https://user@host:8443/r").as_deref(), Some("https://host:8443"));
        assert_eq!(origin("http://host/r").as_deref(), Some("http://host"));
        assert_eq!(origin("/srv/x"), None);
        assert_eq!(origin("git://host/x"), None);
    }
}
