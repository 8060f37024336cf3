use http::request::Parts;
use url::Url;
use weir_apiserver::ApiError;

use super::super::Shared;
use super::super::pages::LoginForm;
use super::super::parameters::{Parameters, ParametersError};
use crate::oauth::access_token::FULL;
use crate::oauth::{client, redirect};

/// Of a verifier's SHA-256 in base64 without padding.
const CHALLENGE_LENGTH: usize = 43;

/// What a client asks for, checked.
pub(super) struct AuthorizeRequest {
    pub client: String,
    pub redirect: Url,
    /// The client named the address; the exchange must name the same.
    pub redirect_named: bool,
    pub state: Option<String>,
    /// S256 of what the exchange must bring along.
    pub code_challenge: Option<String>,
    /// The client asks its user for name and password itself.
    pub challenges: bool,
    /// The user has to agree in a browser.
    pub needs_consent: bool,
    /// As it came, to come back with the form.
    query: String,
}

/// Why a request is refused, and who is told.
pub(super) enum Refusal {
    /// Whoever looks at the answer: the client, or where its answers go, is not known.
    Page(String),
    /// The client, at its address.
    Client(Url),
    Api(ApiError),
}

impl AuthorizeRequest {
    pub async fn read(shared: &Shared, head: &Parts) -> Result<Self, Refusal> {
        let query = head.uri.query().unwrap_or_default();
        let asked = Parameters::parse(query).map_err(page)?;
        let name = asked
            .get("client_id")
            .ok_or_else(|| Refusal::Page("client_id is missing".to_owned()))?;
        let client = shared.client(name).await.map_err(Refusal::Api)?;
        let client = client.ok_or_else(|| Refusal::Page("the client is not known".to_owned()))?;
        let named = asked.get("redirect_uri");
        let redirect = redirect::choose(client::redirect_uris(&client), named);
        let redirect =
            redirect.ok_or_else(|| Refusal::Page("redirect_uri is not registered for this client".to_owned()))?;
        let request = Self {
            client: name.to_owned(),
            redirect,
            redirect_named: named.is_some(),
            state: asked.get("state").map(str::to_owned),
            code_challenge: asked.get("code_challenge").map(str::to_owned),
            challenges: client::responds_with_challenges(&client),
            needs_consent: client::needs_consent(&client),
            query: query.to_owned(),
        };
        let public = client::secrets(&client).is_empty();
        match problem(&asked, public) {
            None => Ok(request),
            Some((error, why)) => Err(Refusal::Client(
                request.answer(&[("error", error), ("error_description", why)]),
            )),
        }
    }

    /// The client's address with the answer.
    pub fn answer(&self, parameters: &[(&str, &str)]) -> Url {
        let mut to = self.redirect.clone();
        {
            let mut pairs = to.query_pairs_mut();
            pairs.extend_pairs(parameters);
            if let Some(state) = &self.state {
                pairs.append_pair("state", state);
            }
        }
        to
    }

    pub fn form<'a>(&'a self, message: Option<&'a str>) -> LoginForm<'a> {
        LoginForm {
            client: &self.client,
            redirect: &self.redirect,
            query: &self.query,
            message,
        }
    }
}

fn page(error: ParametersError) -> Refusal {
    Refusal::Page(error.to_string())
}

/// What RFC 6749 and RFC 7636 call it, and why. A client that keeps no secret has to prove at the exchange that it is
/// the one that asked.
fn problem(asked: &Parameters<'_>, public: bool) -> Option<(&'static str, &'static str)> {
    match asked.get("response_type") {
        Some("code") => {}
        Some(_) => return Some(("unsupported_response_type", "only response_type=code is supported")),
        None => return Some(("invalid_request", "response_type is missing")),
    }
    match (asked.get("code_challenge"), asked.get("code_challenge_method")) {
        (Some(challenge), Some("S256")) if is_challenge(challenge) => {}
        (Some(_), Some("S256")) => return Some(("invalid_request", "code_challenge is no SHA-256 in base64url")),
        (Some(_), _) => return Some(("invalid_request", "code_challenge_method must be S256")),
        (None, Some(_)) => return Some(("invalid_request", "code_challenge is missing")),
        (None, None) if public => return Some(("invalid_request", "this client must send a code_challenge (S256)")),
        (None, None) => {}
    }
    let only_full = |scopes: &str| scopes.split(' ').all(|scope| scope == FULL);
    let too_special = asked.get("scope").is_some_and(|scopes| !only_full(scopes));
    too_special.then_some(("invalid_scope", "only the scope user:full is given"))
}

fn is_challenge(text: &str) -> bool {
    text.len() == CHALLENGE_LENGTH
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn public_clients_must_bind_the_code_to_themselves() {
        let error = |query: &str, public: bool| {
            let asked = Parameters::parse(query).unwrap();
            problem(&asked, public).map(|(error, _)| error)
        };
        let good = format!("response_type=code&code_challenge={CHALLENGE}&code_challenge_method=S256");
        assert_eq!(error(&good, true), None);
        assert_eq!(error(&format!("{good}&scope=user:full"), true), None);
        assert_eq!(error("response_type=code", false), None);
        let table = [
            ("response_type=code".to_owned(), "invalid_request"),
            ("response_type=token".to_owned(), "unsupported_response_type"),
            (String::new(), "invalid_request"),
            (good.replace("S256", "plain"), "invalid_request"),
            (good.replace("&code_challenge_method=S256", ""), "invalid_request"),
            (good.replace(CHALLENGE, "short"), "invalid_request"),
            (format!("{good}&scope=role:admin:*"), "invalid_scope"),
        ];
        for (query, wanted) in table {
            assert_eq!(error(&query, true), Some(wanted), "{query}");
        }
    }
}
