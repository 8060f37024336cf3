//! A field selector compares values exactly, whatever characters they have, once those are escaped.

use arbitrary::{Result, Unstructured};
use weir_apiserver::FieldSelector;

const FIELDS: [&str; 3] = ["metadata.name", "status.phase", "x"];

struct Term {
    field: &'static str,
    operator: &'static str,
    value: String,
}

pub fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(selector) = FieldSelector::parse(text)
    {
        assert!(selector.fields().all(|field| !field.contains('=')), "{text:?}");
    }
    let mut u = Unstructured::new(data);
    let Ok(terms) = terms(&mut u) else { return };
    let Ok(values) = u.arbitrary::<[String; 3]>() else {
        return;
    };
    let written: Vec<String> = terms.iter().map(write).collect();
    let text = written.join(",");
    let selector = FieldSelector::parse(&text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    // Half of the time the object has what the first term asks for.
    let value = |field: &str| match (terms.first(), FIELDS.iter().position(|known| *known == field)) {
        (Some(first), _) if first.field == field && values[0].is_empty() => first.value.as_str(),
        (_, Some(place)) => values[place].as_str(),
        (_, None) => "",
    };
    let wanted = terms
        .iter()
        .all(|term| (value(term.field) == term.value) == (term.operator != "!="));
    assert_eq!(selector.matches(value), wanted, "{text:?}");
}

fn terms(u: &mut Unstructured<'_>) -> Result<Vec<Term>> {
    let count = u.int_in_range(0..=4)?;
    let term = |u: &mut Unstructured<'_>| {
        Ok(Term {
            field: u.choose(&FIELDS)?,
            operator: u.choose(&["=", "==", "!="])?,
            value: u.arbitrary()?,
        })
    };
    (0..count).map(|_| term(u)).collect()
}

fn write(term: &Term) -> String {
    let value = term.value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
    format!("{}{}{value}", term.field, term.operator)
}
