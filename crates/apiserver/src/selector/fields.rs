use super::{MAX_TERMS, SelectorError};

/// `spec.nodeName=a,metadata.name!=b`. Backslash escapes `,`, `=` and itself in values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    field: String,
    equals: bool,
    value: String,
}

impl FieldSelector {
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let terms = split_unescaped(text).into_iter().filter(|term| !term.is_empty());
        let terms: Vec<Term> = terms.map(Term::parse).collect::<Result<_, _>>()?;
        match terms.len() {
            0..=MAX_TERMS => Ok(Self { terms }),
            _ => Err(SelectorError::TooManyTerms),
        }
    }

    /// Selects objects whose `field` has exactly this value.
    pub fn equal(field: &str, value: &str) -> Self {
        let term = Term {
            field: field.to_owned(),
            equals: true,
            value: value.to_owned(),
        };
        Self { terms: vec![term] }
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The fields that are asked for.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(|term| term.field.as_str())
    }

    /// The same of objects whose fields are called differently.
    pub fn renamed(&self, name: impl Fn(&str) -> String) -> Self {
        let renamed = |term: &Term| Term {
            field: name(&term.field),
            ..term.clone()
        };
        Self {
            terms: self.terms.iter().map(renamed).collect(),
        }
    }

    /// The value that a field must have, if there is only one.
    pub fn required(&self, field: &str) -> Option<&str> {
        self.terms
            .iter()
            .find(|term| term.equals && term.field == field)
            .map(|term| term.value.as_str())
    }

    /// `value` of a field that the object does not have is `""`.
    pub fn matches<'a>(&self, value: impl Fn(&str) -> &'a str) -> bool {
        self.terms
            .iter()
            .all(|term| (value(&term.field) == term.value) == term.equals)
    }
}

impl Term {
    fn parse(text: &str) -> Result<Self, SelectorError> {
        let at = text.find('=').filter(|at| *at > 0).ok_or_else(|| bad(text))?;
        let (field, rest) = text.split_at(at);
        let (field, equals, value) = match (field.strip_suffix('!'), &rest[1..]) {
            (Some(field), value) => (field, false, value),
            (None, value) => (field, true, value.strip_prefix('=').unwrap_or(value)),
        };
        if field.is_empty() {
            return Err(bad(text));
        }
        Ok(Self {
            field: field.trim().to_owned(),
            equals,
            value: unescape(value).ok_or_else(|| bad(text))?,
        })
    }
}

fn bad(text: &str) -> SelectorError {
    SelectorError::Syntax(format!("invalid field selector {text:?}: '=', '==' or '!=' wanted"))
}

fn split_unescaped(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `None` for an escape that stands for nothing and for an unescaped `=`.
fn unescape(value: &str) -> Option<String> {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(character) = rest.next() {
        plain.push(match character {
            '\\' => rest.next().filter(|next| matches!(next, '\\' | ',' | '='))?,
            '=' => return None,
            other => other,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, fields: &[(&str, &'static str)]) -> bool {
        let value = |name: &str| {
            fields
                .iter()
                .find(|(field, _)| *field == name)
                .map_or("", |(_, value)| value)
        };
        FieldSelector::parse(selector)
            .unwrap_or_else(|e| panic!("{selector}: {e}"))
            .matches(value)
    }

    #[test]
    fn terms_compare_and_are_joined_by_and() {
        let fields = [("metadata.name", "a"), ("status", "Complete"), ("odd", "x,y=z\\")];
        let table = [
            ("", true),
            ("metadata.name=a", true),
            ("metadata.name==a", true),
            ("metadata.name=b", false),
            ("metadata.name!=b", true),
            ("metadata.name!=a", false),
            ("metadata.name=a,status=Complete", true),
            ("metadata.name=a,status!=Complete", false),
            ("spec.nodeName=", true),
            ("spec.nodeName!=", false),
            (r"odd=x\,y\=z\\", true),
        ];
        for (selector, wanted) in table {
            assert_eq!(matches(selector, &fields), wanted, "{selector}");
        }
    }

    #[test]
    fn malformed_selectors_are_refused() {
        for bad in ["a", "=a", "!=a", "a=b=c", r"a=\x", r"a=b\"] {
            assert!(FieldSelector::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(
            FieldSelector::parse(&"a=b,".repeat(MAX_TERMS + 1)),
            Err(SelectorError::TooManyTerms)
        );
    }
}
