use serde_json::Value;

use super::Parsed;
use crate::output::json_path::{Comparison, Filter, Operand, Path, Step};

/// Reads what stands in one pair of braces.
pub struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.take(token) {
            Ok(())
        } else {
            Err(format!("expected `{token}` at `{}`", self.rest))
        }
    }

    pub fn end(&self) -> Parsed<()> {
        if self.rest.trim().is_empty() {
            Ok(())
        } else {
            Err(format!("unexpected `{}`", self.rest))
        }
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    pub fn path(&mut self) -> Parsed<Path> {
        let absolute = self.take("$");
        let current = !absolute && self.take("@");
        let mut steps = Vec::new();
        if !absolute && !current && !matches!(self.peek(), Some('.' | '[')) {
            steps.push(Step::Field(self.name()?));
        }
        loop {
            if self.take("..") {
                steps.push(Step::Descend);
                match self.peek() {
                    Some('[') => {}
                    Some('*') => {
                        self.take("*");
                        steps.push(Step::Wildcard);
                    }
                    _ => steps.push(Step::Field(self.name()?)),
                }
            } else if self.take(".") {
                match self.peek() {
                    Some('*') => {
                        self.take("*");
                        steps.push(Step::Wildcard);
                    }
                    // `{.}` is the value itself, and `.[0]` the same as `[0]`.
                    None | Some('[' | ' ' | ')' | '=' | '!' | '<' | '>') => {}
                    _ => steps.push(Step::Field(self.name()?)),
                }
            } else if self.take("[") {
                steps.push(self.bracket()?);
            } else {
                return Ok(Path { absolute, steps });
            }
        }
    }

    /// A field's name; a backslash takes the next character as it is.
    fn name(&mut self) -> Parsed<String> {
        let mut name = String::new();
        let mut characters = self.rest.char_indices();
        let mut used = self.rest.len();
        while let Some((at, c)) = characters.next() {
            match c {
                '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
                '.' | '[' | ']' | ' ' | ')' | '=' | '!' | '<' | '>' | ',' | '(' | '{' | '}' => {
                    used = at;
                    break;
                }
                c => name.push(c),
            }
        }
        if name.is_empty() {
            return Err(format!("expected a field's name at `{}`", self.rest));
        }
        self.rest = &self.rest[used..];
        Ok(name)
    }

    fn bracket(&mut self) -> Parsed<Step> {
        self.skip_spaces();
        if self.take("?(") {
            let filter = self.filter()?;
            self.expect(")")?;
            self.skip_spaces();
            self.expect("]")?;
            return Ok(Step::Filter(filter));
        }
        let mut members = vec![self.member()?];
        self.skip_spaces();
        while self.take(",") {
            self.skip_spaces();
            members.push(self.member()?);
            self.skip_spaces();
        }
        self.expect("]")?;
        Ok(if members.len() == 1 {
            members.remove(0)
        } else {
            Step::Union(members)
        })
    }

    fn member(&mut self) -> Parsed<Step> {
        match self.peek() {
            Some('*') => {
                self.take("*");
                Ok(Step::Wildcard)
            }
            Some('"' | '\'') => Ok(Step::Field(self.quoted()?)),
            Some('0'..='9' | '-' | ':') => self.slice(),
            _ => Err(format!("unrecognized character at `{}`", self.rest)),
        }
    }

    fn slice(&mut self) -> Parsed<Step> {
        let start = self.integer()?;
        if !self.take(":") {
            return start
                .map(Step::Index)
                .ok_or_else(|| format!("expected a number at `{}`", self.rest));
        }
        let end = self.integer()?;
        let step = if self.take(":") {
            self.integer()?.unwrap_or(1)
        } else {
            1
        };
        if step <= 0 {
            return Err("step must be > 0".into());
        }
        Ok(Step::Slice { start, end, step })
    }

    fn integer(&mut self) -> Parsed<Option<i64>> {
        let digits = self
            .rest
            .find(|c: char| !c.is_ascii_digit() && c != '-')
            .unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        if number.is_empty() {
            return Ok(None);
        }
        number.parse().map(Some).map_err(|_| format!("`{number}` is no index"))
    }

    pub fn quoted(&mut self) -> Parsed<String> {
        let mut characters = self.rest.char_indices();
        let Some((_, quote)) = characters.next() else {
            return Err("expected a quoted text".into());
        };
        let mut text = String::new();
        while let Some((at, c)) = characters.next() {
            match c {
                '\\' => match characters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, escaped)) => text.push(escaped),
                    None => return Err("unterminated quoted string".into()),
                },
                c if c == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
        Err("unterminated quoted string".into())
    }

    fn filter(&mut self) -> Parsed<Filter> {
        self.skip_spaces();
        let left = self.operand()?;
        self.skip_spaces();
        let comparison = match self.comparison() {
            None => None,
            Some(comparison) => {
                self.skip_spaces();
                Some((comparison, self.operand()?))
            }
        };
        self.skip_spaces();
        Ok(Filter { left, comparison })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ]
        .into_iter()
        .find_map(|(token, comparison)| self.take(token).then_some(comparison))
    }

    fn operand(&mut self) -> Parsed<Operand> {
        match self.peek() {
            Some('"' | '\'') => Ok(Operand::Literal(self.quoted()?.into())),
            Some('@' | '$' | '.') => Ok(Operand::Path(self.path()?)),
            _ => {
                let length = self
                    .rest
                    .find([' ', ')', '=', '!', '<', '>'])
                    .unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(length);
                self.rest = rest;
                match serde_json::from_str::<Value>(word) {
                    Ok(literal) if !literal.is_null() => Ok(Operand::Literal(literal)),
                    _ => Err(format!("`{word}` is neither a path nor a value")),
                }
            }
        }
    }
}
