use serde_json::Value;

use super::{events, head};
use crate::failure::Failure;
use crate::output::json_path::plain;
use crate::output::sheet::Sheet;
use crate::session::Session;

/// The longest text shown in one line.
const SHOWN_CHARS: usize = 200;

/// Any kind: its fields as they are, under readable names.
pub async fn fill(session: &Session<'_>, object: &Value, sheet: &mut Sheet) -> Result<(), Failure> {
    head::fill(session.now(), object, sheet);
    for (name, value) in object.as_object().into_iter().flatten() {
        match name.as_str() {
            "metadata" => {}
            _ => field(name, value, sheet),
        }
    }
    sheet.blank();
    events::fill(session, &[object], sheet).await
}

fn field(name: &str, value: &Value, sheet: &mut Sheet) {
    match value {
        Value::Object(fields) if fields.is_empty() => {}
        Value::Object(fields) => {
            sheet.section(&format!("{}:", title(name)), |sheet| {
                fields.iter().for_each(|(name, value)| field(name, value, sheet))
            });
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            sheet.section(&format!("{}:", title(name)), |sheet| {
                for (at, item) in items.iter().enumerate() {
                    field(&format!("#{}", at + 1), item, sheet);
                }
            });
        }
        Value::Array(items) => {
            sheet.lines(&title(name), items.iter().map(shown).collect());
        }
        other => {
            sheet.field(&title(name), shown(other));
        }
    }
}

fn shown(value: &Value) -> String {
    let text = plain(value);
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// `clusterIP` -> `Cluster IP`; names that are no field names stay as they are.
fn title(name: &str) -> String {
    if !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return name.into();
    }
    let mut title = String::new();
    let mut previous_is_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && previous_is_lower {
            title.push(' ');
        }
        previous_is_lower = c.is_ascii_lowercase();
        title.push(if title.is_empty() { c.to_ascii_uppercase() } else { c });
    }
    title
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn field_names_become_titles() {
        for (name, text) in [
            ("clusterIP", "Cluster IP"),
            ("spec", "Spec"),
            ("a.b/c", "a.b/c"),
            ("maxRetries", "Max Retries"),
        ] {
            assert_eq!(title(name), text);
        }
    }
}
