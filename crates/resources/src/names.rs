//! Rules for names, labels, ports and the like, as field errors in the words of Kubernetes.

use std::collections::BTreeMap;

use weir_apiserver::FieldError;
use weir_apiserver::names::{
    validate_dns1123_label, validate_dns1123_subdomain, validate_label_value, validate_qualified_name,
};

/// Longest label value.
const LABEL_MAX: usize = 63;
/// Longest key of data: it becomes a file name.
const KEY_MAX: usize = 253;

const ENV_RULE: &str =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";
const KEY_RULE: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// `path.field`.
pub(crate) fn at(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

/// A DNS-1123 label: what containers and volumes are called.
pub(crate) fn required_label(field: &str, name: &str) -> Vec<FieldError> {
    match (name, validate_dns1123_label(name)) {
        ("", _) => vec![FieldError::required(field, "")],
        (_, Ok(())) => Vec::new(),
        (_, Err(rule)) => vec![FieldError::invalid(field, name, rule)],
    }
}

/// A DNS-1123 subdomain: what most objects are called.
pub(crate) fn subdomain(field: &str, name: &str) -> Option<FieldError> {
    validate_dns1123_subdomain(name)
        .err()
        .map(|rule| FieldError::invalid(field, name, rule))
}

/// What a Service may be called: a label that starts with a letter.
pub(crate) fn check_service_name(name: &str) -> Result<(), String> {
    const RULE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    let letter_first = name.starts_with(|first: char| first.is_ascii_lowercase());
    if letter_first && validate_dns1123_label(name).is_ok() {
        Ok(())
    } else {
        Err(RULE.to_owned())
    }
}

pub(crate) fn port(field: &str, number: i32) -> Option<FieldError> {
    (!(1..=65_535).contains(&number))
        .then(|| FieldError::invalid(field, number, "must be between 1 and 65535, inclusive"))
}

pub(crate) fn required_env_name(field: &str, name: &str) -> Option<FieldError> {
    if name.is_empty() {
        return Some(FieldError::required(field, ""));
    }
    let printable = name
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'=' || byte == b' ');
    (!printable).then(|| FieldError::invalid(field, name, ENV_RULE))
}

/// A key of a Secret's or a ConfigMap's data: it becomes a file name.
pub(crate) fn data_key(field: &str, key: &str) -> Option<FieldError> {
    let fits = key
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let message = match key {
        "" => KEY_RULE,
        "." | ".." => "must not be '.' or '..'",
        _ if key.len() > KEY_MAX => "must be no more than 253 bytes",
        _ if key.starts_with("..") => "must not start with '..'",
        _ if !fits => KEY_RULE,
        _ => return None,
    };
    Some(FieldError::invalid(field, key, message))
}

pub(crate) fn labels(field: &str, labels: &BTreeMap<String, String>) -> Vec<FieldError> {
    let value = |value: &str| {
        validate_label_value(value)
            .err()
            .map(|rule| FieldError::invalid(field, value, rule))
    };
    labels
        .iter()
        .flat_map(|(name, text)| [qualified_name(field, name), value(text)])
        .flatten()
        .collect()
}

/// `[PREFIX/]NAME`, as keys of labels have it.
pub(crate) fn qualified_name(field: &str, name: &str) -> Option<FieldError> {
    validate_qualified_name(name)
        .err()
        .map(|rule| FieldError::invalid(field, name, rule))
}

/// `text` cut to what a label value may be.
pub(crate) fn as_label_value(text: &str) -> String {
    let cut: String = text.chars().take(LABEL_MAX).collect();
    cut.trim_end_matches(|last: char| !last.is_ascii_alphanumeric())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_data_are_file_names() {
        for good in ["a", ".dockercfg", "A_b-c.d"] {
            assert_eq!(data_key("data", good), None, "{good}");
        }
        for bad in ["", ".", "..", "..a", "a/b", "a b"] {
            assert!(data_key("data", bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_text_cut_to_a_label_value_ends_well() {
        assert_eq!(as_label_value("web"), "web");
        let long = format!("{}-{}", "a".repeat(62), "b".repeat(10));
        assert_eq!(as_label_value(&long), "a".repeat(62));
    }
}
