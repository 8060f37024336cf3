use std::collections::HashMap;

use url::form_urlencoded;

use super::answer::Failure;

/// Query parameters; keys may repeat.
#[derive(Debug, Default)]
pub(super) struct Query {
    values: HashMap<String, Vec<String>>,
}

impl Query {
    pub fn parse(text: Option<&str>) -> Self {
        let mut values: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
            values.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Self { values }
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.values.get(name).cloned().unwrap_or_default()
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)?
            .first()
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// `true`, `1`, and a name without a value say yes.
    pub fn flag(&self, name: &str) -> bool {
        let first = self.values.get(name).and_then(|values| values.first());
        first.is_some_and(|value| matches!(value.as_str(), "" | "true" | "1" | "True"))
    }

    pub fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| Failure::bad_request(format!("{name}: \"{text}\" is no number")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_may_repeat() {
        let query = Query::parse(Some(
            "command=sh&command=-c&command=a%20%26+b&stdin=true&tty=0&tailLines=5&bad=x",
        ));
        assert_eq!(query.all("command"), ["sh", "-c", "a & b"]);
        assert!(query.flag("stdin") && !query.flag("tty") && !query.flag("stdout"));
        assert_eq!(query.number("tailLines").unwrap(), Some(5));
        assert!(query.number("bad").is_err());
        assert_eq!(query.number("none").unwrap(), None);
    }
}
