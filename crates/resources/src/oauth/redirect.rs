use std::net::IpAddr;

use url::{Host, Url};

/// Whether a client may register this address.
pub(super) fn check_registered(uri: &str) -> Result<(), String> {
    let url: Url = uri.parse().map_err(|error| format!("is no URL: {error}"))?;
    match problem(&url) {
        None => Ok(()),
        Some(why) => Err(why.to_owned()),
    }
}

/// The address that an answer goes to, when it is one of the registered ones. A client that registered exactly one need
/// not name it. Of an address on the loopback interface that was registered without a port, any port will do: the
/// client listens where the machine lets it.
pub(super) fn choose<'a>(registered: impl Iterator<Item = &'a str>, asked: Option<&str>) -> Option<Url> {
    let mut registered = registered.filter_map(|uri| uri.parse::<Url>().ok());
    match asked {
        None => {
            let only = registered.next()?;
            registered.next().is_none().then_some(only)
        }
        Some(asked) => {
            let asked: Url = asked.parse().ok()?;
            let allowed = problem(&asked).is_none() && registered.any(|registered| matches(&registered, &asked));
            allowed.then_some(asked)
        }
    }
}

fn matches(registered: &Url, asked: &Url) -> bool {
    let any_port = registered.scheme() == "http" && registered.port().is_none() && is_loopback(registered);
    registered.scheme() == asked.scheme()
        && registered.host() == asked.host()
        && (any_port || registered.port_or_known_default() == asked.port_or_known_default())
        && registered.path() == asked.path()
        && registered.query() == asked.query()
}

/// Passwords in addresses end up in logs, fragments are for the browser alone, and codes go over plain HTTP only
/// within the machine.
fn problem(url: &Url) -> Option<&'static str> {
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(url) => {}
        _ => return Some("must be an https URL, or an http URL of a loopback address"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("must not contain a user or a password");
    }
    url.fragment().map(|_| "must not contain a fragment")
}

/// An address and not a name: names can be resolved to anything.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMPLICIT: &str = "https://127.0.0.1:8443/oauth/token/implicit";
    const CALLBACK: &str = "http://127.0.0.1/callback";

    #[test]
    fn answers_go_to_registered_addresses_only() {
        let registered = [IMPLICIT, CALLBACK, "https://app.example.com/cb?x=1"];
        let allowed = |asked: &str| choose(registered.into_iter(), Some(asked)).is_some();
        for good in [
            IMPLICIT,
            CALLBACK,
            "http://127.0.0.1:35999/callback",
            "https://app.example.com/cb?x=1",
            "https://app.example.com:443/cb?x=1",
        ] {
            assert!(allowed(good), "{good}");
        }
        for bad in [
            "https://127.0.0.1:8444/oauth/token/implicit",
            "https://127.0.0.1:8443/oauth/token/implicit/x",
            "https://127.0.0.1:8443/oauth/token/implicit/../../evil",
            "https://127.0.0.1:8443/oauth/token/implicit?x=1",
            "https://127.0.0.1:8443/oauth/token/implicit#x",
            "https://user@127.0.0.1:8443/oauth/token/implicit",
            "http://127.0.0.1:8443/oauth/token/implicit",
            "http://127.0.0.1:1/callbacks",
            "http://localhost:1/callback",
            "http://127.0.0.1.evil.example/callback",
            "http://127.0.0.1@evil.example/callback",
            "https://app.example.com/cb",
            "https://app.example.com.evil.example/cb?x=1",
            "javascript:alert(1)",
            "data:text/html,x",
            "//127.0.0.1/callback",
            "",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
    }

    #[test]
    fn the_only_address_need_not_be_named() {
        assert_eq!(choose([IMPLICIT].into_iter(), None).unwrap().as_str(), IMPLICIT);
        assert_eq!(choose([IMPLICIT, CALLBACK].into_iter(), None), None);
        assert_eq!(choose([].into_iter(), None), None);
    }

    #[test]
    fn what_may_be_registered() {
        for good in [IMPLICIT, CALLBACK, "http://[::1]/callback"] {
            assert_eq!(check_registered(good), Ok(()), "{good}");
        }
        for bad in [
            "http://example.com/cb",
            "ftp://x/",
            "https://a:b@x/",
            "https://x/#f",
            "nonsense",
        ] {
            assert!(check_registered(bad).is_err(), "{bad}");
        }
    }
}
