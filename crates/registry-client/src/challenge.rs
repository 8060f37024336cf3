/// A registry sends one or two.
const CHALLENGES: usize = 8;
/// Known challenges have up to five parameters.
const PARAMETERS: usize = 16;

/// One way to authenticate that a server offers in `WWW-Authenticate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Lower case.
    pub scheme: String,
    /// Names in lower case.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads the challenges of all `WWW-Authenticate` headers. One header may hold several, and a comma separates both
/// challenges and parameters. What cannot be understood ends the reading of that header.
pub(crate) fn parse<'a>(headers: impl IntoIterator<Item = &'a str>) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    for header in headers {
        let mut scanner = Scanner { rest: header };
        while challenges.len() < CHALLENGES {
            let Some(challenge) = scanner.challenge() else { break };
            challenges.push(challenge);
        }
    }
    challenges
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn challenge(&mut self) -> Option<Challenge> {
        self.skip(|c| c == ',' || c.is_ascii_whitespace());
        let scheme = self.token()?.to_ascii_lowercase();
        let mut parameters = Vec::new();
        while let Some(parameter) = self.parameter() {
            if parameters.len() < PARAMETERS {
                parameters.push(parameter);
            }
        }
        Some(Challenge { scheme, parameters })
    }

    /// `name=value`, if that is what follows; otherwise nothing is consumed and the next challenge starts here.
    fn parameter(&mut self) -> Option<(String, String)> {
        let start = self.rest;
        self.skip(|c| c == ',' || c.is_ascii_whitespace());
        let parsed = self.name_and_value();
        if parsed.is_none() {
            self.rest = start;
        }
        parsed
    }

    fn name_and_value(&mut self) -> Option<(String, String)> {
        let name = self.token()?.to_ascii_lowercase();
        self.skip(|c| c == ' ' || c == '\t');
        self.rest = self.rest.strip_prefix('=')?;
        self.skip(|c| c == ' ' || c == '\t');
        let value = if self.rest.starts_with('"') {
            self.quoted()?
        } else {
            self.bare().to_owned()
        };
        Some((name, value))
    }

    fn quoted(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut escaped = false;
        for (index, c) in self.rest.char_indices().skip(1) {
            match c {
                _ if escaped => {
                    value.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    self.rest = &self.rest[index + 1..];
                    return Some(value);
                }
                _ => value.push(c),
            }
        }
        None
    }

    /// An unquoted value. Registries leave out the quotes around URLs, so more than a token is taken.
    fn bare(&mut self) -> &'a str {
        self.take(|c| c != ',' && !c.is_ascii_whitespace())
    }

    fn token(&mut self) -> Option<&'a str> {
        let token = self.take(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c));
        (!token.is_empty()).then_some(token)
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip(&mut self, unwanted: impl Fn(char) -> bool) {
        self.take(unwanted);
    }
}

#[cfg(test)]
mod tests;
