mod scanner;

use super::{JsonPath, Node, Path};
use scanner::Scanner;

/// How deep ranges may stand in each other; no readable template comes near it.
const NESTED_RANGES: usize = 32;

type Parsed<T> = Result<T, String>;

pub fn template(text: &str) -> Parsed<JsonPath> {
    let mut actions = split(text)?.into_iter();
    let nodes = block(&mut actions, 0)?;
    Ok(JsonPath { nodes })
}

enum Piece {
    Text(String),
    Action(String),
}

/// Cuts the template into text and what stands in braces.
fn split(text: &str) -> Parsed<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            pieces.push(Piece::Text(rest[..open].into()));
        }
        let close = closing_brace(&rest[open + 1..]).ok_or("unclosed action")?;
        pieces.push(Piece::Action(rest[open + 1..open + 1 + close].trim().into()));
        rest = &rest[open + close + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.into()));
    }
    Ok(pieces)
}

/// Where the action ends; a brace inside quotes does not end it.
fn closing_brace(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '}') => return Some(at),
            _ => {}
        }
    }
    None
}

fn block(pieces: &mut std::vec::IntoIter<Piece>, depth: usize) -> Parsed<Vec<Node>> {
    if depth > NESTED_RANGES {
        return Err(format!("more than {NESTED_RANGES} ranges in each other"));
    }
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(text) => nodes.push(Node::Text(text)),
            Piece::Action(action) if action == "end" => {
                return if depth > 0 {
                    Ok(nodes)
                } else {
                    Err("not in range, nothing to end".into())
                };
            }
            Piece::Action(action) => match action.strip_prefix("range") {
                Some(rest) if rest.starts_with(|c: char| c.is_whitespace() || c == '.' || c == '[') => {
                    let range = whole_path(rest.trim())?;
                    nodes.push(Node::Range(range, block(pieces, depth + 1)?));
                }
                _ => nodes.push(action_node(&action)?),
            },
        }
    }
    if depth == 0 {
        Ok(nodes)
    } else {
        Err("unclosed range".into())
    }
}

fn action_node(action: &str) -> Parsed<Node> {
    match action.chars().next() {
        Some('"' | '\'') => {
            let mut scanner = Scanner::new(action);
            let text = scanner.quoted()?;
            scanner.end()?;
            Ok(Node::Text(text))
        }
        _ => Ok(Node::Path(whole_path(action)?)),
    }
}

fn whole_path(text: &str) -> Parsed<Path> {
    let mut scanner = Scanner::new(text);
    let path = scanner.path()?;
    scanner.end()?;
    Ok(path)
}
