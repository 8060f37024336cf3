use std::collections::BTreeSet;

use super::{MAX_TERMS, SelectorError};
use crate::names::{validate_label_value, validate_qualified_name};

/// `app=web,tier in (front,back),!legacy,gen>3`: all terms must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    key: String,
    operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    Exists,
    DoesNotExist,
    In(BTreeSet<String>),
    NotIn(BTreeSet<String>),
    GreaterThan(i64),
    LessThan(i64),
}

impl LabelSelector {
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut tokens = Tokens(text);
        let mut terms = Vec::new();
        let mut values = 0;
        while tokens.peek()? != Token::End {
            let term = parse_term(&mut tokens)?;
            values += term.operator.size();
            terms.push(term);
            if values > MAX_TERMS {
                return Err(SelectorError::TooManyTerms);
            }
            match tokens.next()? {
                Token::End => break,
                Token::Comma if tokens.peek()? != Token::End => {}
                other => return Err(unexpected(other, "',' and another requirement, or the end")),
            }
        }
        Ok(Self { terms })
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// `label` finds the value of a label.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.terms.iter().all(|term| term.operator.holds(label(&term.key)))
    }
}

impl Operator {
    /// A label that is missing satisfies `!=`, `notin` and `!` only.
    fn holds(&self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::Exists, value) => value.is_some(),
            (Self::DoesNotExist, value) => value.is_none(),
            (Self::In(values), Some(value)) => values.contains(value),
            (Self::NotIn(values), Some(value)) => !values.contains(value),
            (Self::NotIn(_), None) => true,
            (Self::GreaterThan(bound), Some(value)) => value.parse().is_ok_and(|value: i64| value > *bound),
            (Self::LessThan(bound), Some(value)) => value.parse().is_ok_and(|value: i64| value < *bound),
            (_, None) => false,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::In(values) | Self::NotIn(values) => values.len().max(1),
            _ => 1,
        }
    }
}

fn parse_term(tokens: &mut Tokens<'_>) -> Result<Term, SelectorError> {
    let negated = tokens.peek()? == Token::Not;
    if negated {
        tokens.next()?;
    }
    let key = match tokens.next()? {
        Token::Word(key) => key,
        other => return Err(unexpected(other, "a label key")),
    };
    validate_qualified_name(key).map_err(|why| SelectorError::Syntax(format!("key {key:?}: {why}")))?;
    let operator = match tokens.peek()? {
        _ if negated => Operator::DoesNotExist,
        Token::Comma | Token::End => Operator::Exists,
        _ => parse_operator(tokens)?,
    };
    Ok(Term {
        key: key.to_owned(),
        operator,
    })
}

fn parse_operator(tokens: &mut Tokens<'_>) -> Result<Operator, SelectorError> {
    match tokens.next()? {
        Token::Equals => Ok(Operator::In(BTreeSet::from([single_value(tokens)?]))),
        Token::NotEquals => Ok(Operator::NotIn(BTreeSet::from([single_value(tokens)?]))),
        Token::Word("in") => Ok(Operator::In(value_list(tokens)?)),
        Token::Word("notin") => Ok(Operator::NotIn(value_list(tokens)?)),
        Token::Greater => Ok(Operator::GreaterThan(bound(tokens)?)),
        Token::Less => Ok(Operator::LessThan(bound(tokens)?)),
        other => Err(unexpected(other, "one of '=', '==', '!=', 'in', 'notin', '>', '<'")),
    }
}

/// The value after `=`; it may be missing, which is the empty value.
fn single_value(tokens: &mut Tokens<'_>) -> Result<String, SelectorError> {
    match tokens.peek()? {
        Token::Word(value) => {
            tokens.next()?;
            checked(value)
        }
        Token::Comma | Token::End => Ok(String::new()),
        other => Err(unexpected(other, "a value")),
    }
}

fn value_list(tokens: &mut Tokens<'_>) -> Result<BTreeSet<String>, SelectorError> {
    match tokens.next()? {
        Token::Open => {}
        other => return Err(unexpected(other, "'('")),
    }
    let mut values = BTreeSet::new();
    loop {
        match tokens.next()? {
            Token::Word(value) => {
                values.insert(checked(value)?);
                match tokens.next()? {
                    Token::Comma => {}
                    Token::Close => return Ok(values),
                    other => return Err(unexpected(other, "',' or ')'")),
                }
            }
            Token::Comma => {
                values.insert(String::new());
            }
            Token::Close => {
                values.insert(String::new());
                return Ok(values);
            }
            other => return Err(unexpected(other, "a value, ',' or ')'")),
        }
        if values.len() > MAX_TERMS {
            return Err(SelectorError::TooManyTerms);
        }
    }
}

fn bound(tokens: &mut Tokens<'_>) -> Result<i64, SelectorError> {
    match tokens.next()? {
        Token::Word(value) => checked(value)?
            .parse()
            .map_err(|_| SelectorError::Syntax(format!("for '>' and '<' the value must be an integer, not {value:?}"))),
        other => Err(unexpected(other, "an integer")),
    }
}

fn checked(value: &str) -> Result<String, SelectorError> {
    validate_label_value(value).map_err(|why| SelectorError::Syntax(format!("value {value:?}: {why}")))?;
    Ok(value.to_owned())
}

fn unexpected(found: Token<'_>, wanted: &str) -> SelectorError {
    SelectorError::Syntax(format!("found {found:?}, expected {wanted}"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Comma,
    Open,
    Close,
    Not,
    Equals,
    NotEquals,
    Greater,
    Less,
    End,
}

/// What is left of the text.
struct Tokens<'a>(&'a str);

impl<'a> Tokens<'a> {
    fn peek(&self) -> Result<Token<'a>, SelectorError> {
        Ok(self.split()?.0)
    }

    fn next(&mut self) -> Result<Token<'a>, SelectorError> {
        let (token, rest) = self.split()?;
        self.0 = rest;
        Ok(token)
    }

    fn split(&self) -> Result<(Token<'a>, &'a str), SelectorError> {
        let text = self.0.trim_start();
        let symbols = [
            ("!=", Token::NotEquals),
            ("==", Token::Equals),
            ("=", Token::Equals),
            ("!", Token::Not),
            (",", Token::Comma),
            ("(", Token::Open),
            (")", Token::Close),
            (">", Token::Greater),
            ("<", Token::Less),
        ];
        if text.is_empty() {
            return Ok((Token::End, text));
        }
        for (symbol, token) in symbols {
            if let Some(rest) = text.strip_prefix(symbol) {
                return Ok((token, rest));
            }
        }
        let is_word = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '/');
        match text.find(|character| !is_word(character)).unwrap_or(text.len()) {
            0 => Err(SelectorError::Syntax(format!(
                "unexpected character {:?}",
                text.chars().next()
            ))),
            end => Ok((Token::Word(&text[..end]), &text[end..])),
        }
    }
}

#[cfg(test)]
mod tests;
