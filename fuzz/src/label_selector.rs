//! A selector selects what its terms say one by one, however it is written; and no text is worse than refused.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Result, Unstructured};
use weir_apiserver::LabelSelector;

const KEYS: [&str; 4] = ["app", "example.com/tier", "in", "notin"];
const VALUES: [&str; 6] = ["a", "b", "1", "2", "17", ""];
const SPACES: [&str; 3] = ["", " ", "\t "];

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Operator {
    Equals,
    DoubleEquals,
    NotEquals,
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Greater,
    Less,
}

#[derive(Debug)]
struct Term {
    key: &'static str,
    operator: Operator,
    values: Vec<&'static str>,
}

pub fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        read(text);
    }
    let mut u = Unstructured::new(data);
    let (Ok(terms), Ok(labels)) = (terms(&mut u), labels(&mut u)) else {
        return;
    };
    let Ok(text) = write(&mut u, &terms) else { return };
    let selector = LabelSelector::parse(&text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let selected = selector.matches(|key| labels.get(key).copied());
    assert_eq!(
        selected,
        terms.iter().all(|term| holds(term, &labels)),
        "{text:?} {labels:?}"
    );
}

/// Spaces around a selector mean nothing.
fn read(text: &str) {
    let padded = LabelSelector::parse(&format!(" {text}\t"));
    assert_eq!(LabelSelector::parse(text).is_ok(), padded.is_ok(), "{text:?}");
}

fn terms(u: &mut Unstructured<'_>) -> Result<Vec<Term>> {
    let count = u.int_in_range(0..=4)?;
    (0..count).map(|_| term(u)).collect()
}

fn term(u: &mut Unstructured<'_>) -> Result<Term> {
    let operator: Operator = u.arbitrary()?;
    let count = match operator {
        Operator::In | Operator::NotIn => u.int_in_range(1..=4)?,
        Operator::Exists | Operator::DoesNotExist => 0,
        _ => 1,
    };
    let value = |u: &mut Unstructured<'_>| match operator {
        Operator::Greater | Operator::Less => u.choose(&VALUES[2..5]).copied(),
        _ => u.choose(&VALUES).copied(),
    };
    Ok(Term {
        key: u.choose(&KEYS)?,
        operator,
        values: (0..count).map(|_| value(u)).collect::<Result<_>>()?,
    })
}

fn labels(u: &mut Unstructured<'_>) -> Result<BTreeMap<&'static str, &'static str>> {
    let count = u.int_in_range(0..=3)?;
    (0..count)
        .map(|_| Ok((*u.choose(&KEYS)?, *u.choose(&VALUES)?)))
        .collect()
}

fn write(u: &mut Unstructured<'_>, terms: &[Term]) -> Result<String> {
    let mut written = Vec::new();
    for term in terms {
        let space = *u.choose(&SPACES)?;
        let (key, values) = (term.key, term.values.join(&format!("{space},{space}")));
        written.push(match term.operator {
            Operator::Equals => format!("{key}{space}={space}{values}"),
            Operator::DoubleEquals => format!("{key}{space}=={space}{values}"),
            Operator::NotEquals => format!("{key}{space}!={space}{values}"),
            Operator::In => format!("{key} in {space}({values}{space})"),
            Operator::NotIn => format!("{key} notin{space}({space}{values})"),
            Operator::Exists => format!("{space}{key}{space}"),
            Operator::DoesNotExist => format!("!{space}{key}"),
            Operator::Greater => format!("{key}{space}>{space}{values}"),
            Operator::Less => format!("{key}{space}<{space}{values}"),
        });
    }
    Ok(written.join(","))
}

fn holds(term: &Term, labels: &BTreeMap<&str, &str>) -> bool {
    let label = labels.get(term.key);
    let is_one_of = label.is_some_and(|label| term.values.contains(label));
    let number = |text: &str| text.parse::<i64>().ok();
    let compared = |wanted: std::cmp::Ordering| {
        let (label, bound) = (label.and_then(|label| number(label)), number(term.values[0]));
        label
            .zip(bound)
            .is_some_and(|(label, bound)| label.cmp(&bound) == wanted)
    };
    match term.operator {
        Operator::Equals | Operator::DoubleEquals | Operator::In => is_one_of,
        Operator::NotEquals | Operator::NotIn => !is_one_of,
        Operator::Exists => label.is_some(),
        Operator::DoesNotExist => label.is_none(),
        Operator::Greater => compared(std::cmp::Ordering::Greater),
        Operator::Less => compared(std::cmp::Ordering::Less),
    }
}
