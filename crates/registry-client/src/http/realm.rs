use url::{Host, Url};

use crate::endpoint::Endpoint;

/// Second-level labels under which country domains are sold: `example.co.uk` is registrable, `co.uk` is not.
const GENERIC_SECOND_LEVEL: [&str; 10] = ["ac", "co", "com", "edu", "go", "gov", "ne", "net", "or", "org"];

/// May a token be fetched there at all? Over TLS, or over plain HTTP if that is how the registry is reached too.
pub(super) fn may_ask(realm: &Url, endpoint: &Endpoint) -> bool {
    match realm.scheme() {
        "https" => true,
        "http" => endpoint.is_plain_http(),
        _ => false,
    }
}

/// May the registry's credentials be sent there? Only to the registry's own host or to its registrable domain: whoever
/// answers for the registry must not choose where passwords go.
pub(super) fn may_see_credentials(realm: &Url, endpoint: &Endpoint) -> bool {
    match (realm.host(), endpoint.base.host()) {
        (Some(realm), Some(registry)) if realm == registry => true,
        (Some(Host::Domain(realm)), Some(Host::Domain(registry))) => {
            let domain = registrable_domain(registry);
            domain.is_some() && domain == registrable_domain(realm)
        }
        _ => false,
    }
}

/// The part of a name that somebody registered, guessed narrowly: where in doubt, one label more.
fn registrable_domain(host: &str) -> Option<&str> {
    let host = host.trim_end_matches('.');
    let mut dots = host.rmatch_indices('.').map(|(index, _)| index);
    let last = dots.next()?;
    let second = dots.next();
    let label = &host[second.map_or(0, |index| index + 1)..last];
    let country = host.len() - last - 1 == 2;
    if country && GENERIC_SECOND_LEVEL.contains(&label) {
        let start = dots.next().map_or(0, |index| index + 1);
        return second.map(|_| &host[start..]);
    }
    Some(&host[second.map_or(0, |index| index + 1)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(base: &str) -> Endpoint {
        Endpoint {
            base: base.parse().unwrap(),
            internal: false,
            insecure: false,
        }
    }

    #[test]
    fn credentials_stay_in_the_registrable_domain() {
        let table = [
            ("https://registry-1.docker.io/", "https://auth.docker.io/token", true),
            ("https://quay.io/", "https://quay.io/v2/auth", true),
            ("https://registry.gitlab.com/", "https://gitlab.com/jwt/auth", true),
            ("https://r.example.co.uk/", "https://auth.example.co.uk/", true),
            ("https://r.example.co.uk/", "https://evil.co.uk/", false),
            ("https://example.co.uk/", "https://evil.co.uk/", false),
            ("https://r.io/", "https://evil.io/", false),
            ("https://r.io/", "https://r.io.evil.com/", false),
            ("https://r.io/", "https://evilr.io/", false),
            ("https://10.0.0.1/", "https://10.0.0.2/", false),
            ("https://10.0.0.1:5000/", "https://10.0.0.1:5001/", true),
            ("https://localhost/", "https://other/", false),
            ("https://localhost:1/", "https://localhost:2/", true),
        ];
        for (registry, realm, expected) in table {
            assert_eq!(
                may_see_credentials(&realm.parse().unwrap(), &endpoint(registry)),
                expected,
                "{registry} {realm}"
            );
        }
    }

    #[test]
    fn plain_http_realms_are_asked_only_by_plain_http_registries() {
        let (tls, plain) = (endpoint("https://r.io/"), endpoint("http://r.io/"));
        let realm = |text: &str| text.parse::<Url>().unwrap();
        assert!(may_ask(&realm("https://r.io/t"), &tls) && may_ask(&realm("https://r.io/t"), &plain));
        assert!(!may_ask(&realm("http://r.io/t"), &tls) && may_ask(&realm("http://r.io/t"), &plain));
        assert!(!may_ask(&realm("file:///etc/passwd"), &plain));
    }
}
