use http::header::HOST;
use http::request::Parts;

/// The addresses this server answers under. The one a client used is the one it is told: others may lead nowhere from
/// where it is. A name that is not ours, which a client can be made to send, is never repeated.
pub(super) struct Issuers {
    all: Vec<String>,
}

impl Issuers {
    pub fn new(hosts: &[String]) -> Self {
        Self {
            all: hosts.iter().map(|host| format!("https://{host}")).collect(),
        }
    }

    pub fn all(&self) -> &[String] {
        &self.all
    }

    pub fn of(&self, request: &Parts) -> &str {
        let asked = self.all.iter().find(|issuer| {
            let host = issuer.trim_start_matches("https://");
            host_of(request).is_some_and(|asked| asked.eq_ignore_ascii_case(host))
        });
        asked.or(self.all.first()).map_or("", String::as_str)
    }
}

/// HTTP/1 says it in a header, HTTP/2 in the target.
fn host_of(request: &Parts) -> Option<&str> {
    let authority = request.uri.authority().map(|authority| authority.as_str());
    authority.or_else(|| request.headers.get(HOST)?.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_names_are_repeated() {
        let issuers = Issuers::new(&["127.0.0.1:8443".to_owned(), "localhost:8443".to_owned()]);
        let of = |host: &str| {
            let request = http::Request::builder().uri("/").header(HOST, host).body(()).unwrap();
            issuers.of(&request.into_parts().0).to_owned()
        };
        assert_eq!(of("localhost:8443"), "https://localhost:8443");
        assert_eq!(of("LOCALHOST:8443"), "https://localhost:8443");
        assert_eq!(of("evil.example"), "https://127.0.0.1:8443");
        assert_eq!(of("localhost:8444"), "https://127.0.0.1:8443");
    }
}
