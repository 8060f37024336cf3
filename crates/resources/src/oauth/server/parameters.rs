use std::borrow::Cow;
use std::collections::BTreeMap;

use url::form_urlencoded;

/// Of a query or a form.
const MAX_PARAMETERS: usize = 32;
/// All parameters together.
const MAX_BYTES: usize = 8 << 10;

/// What a client says, each thing once.
pub(super) struct Parameters<'a>(BTreeMap<Cow<'a, str>, Cow<'a, str>>);

/// Why parameters are not read: a request that can be understood in two ways is understood by somebody in the wrong one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParametersError {
    #[error("the request has more than {MAX_PARAMETERS} parameters, or more than {MAX_BYTES} bytes of them")]
    TooMany,
    #[error("the request names a parameter twice")]
    Twice,
}

impl<'a> Parameters<'a> {
    pub fn parse(text: &'a str) -> Result<Self, ParametersError> {
        if text.len() > MAX_BYTES {
            return Err(ParametersError::TooMany);
        }
        let mut read = BTreeMap::new();
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            if read.len() == MAX_PARAMETERS {
                return Err(ParametersError::TooMany);
            }
            if read.insert(key, value).is_some() {
                return Err(ParametersError::Twice);
            }
        }
        Ok(Self(read))
    }

    /// `None` also for an empty value.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0
            .get(key)
            .map(AsRef::as_ref)
            .filter(|value: &&str| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_once_and_are_few() {
        let read = Parameters::parse("a=1&b=%20x&c=").unwrap();
        assert_eq!(
            (read.get("a"), read.get("b"), read.get("c")),
            (Some("1"), Some(" x"), None)
        );
        assert_eq!(Parameters::parse("a=1&a=2").err(), Some(ParametersError::Twice));
        let many: String = (0..40).map(|number| format!("p{number}=&")).collect();
        assert_eq!(Parameters::parse(&many).err(), Some(ParametersError::TooMany));
        assert_eq!(
            Parameters::parse(&"x".repeat(9000)).err(),
            Some(ParametersError::TooMany)
        );
    }
}
