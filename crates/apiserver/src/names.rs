//! What names may look like.

/// Longest DNS-1123 subdomain.
const SUBDOMAIN_MAX: usize = 253;
/// Longest DNS-1123 label.
const LABEL_MAX: usize = 63;

/// Lower case letters, digits, `-` and `.`; every part between dots starts and ends with a letter or digit.
pub fn validate_dns1123_subdomain(name: &str) -> Result<(), String> {
    if name.len() > SUBDOMAIN_MAX {
        return Err(format!("must be no more than {SUBDOMAIN_MAX} characters"));
    }
    if name.split('.').all(is_dns1123_label) {
        return Ok(());
    }
    Err("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start \
         and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
         '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        .to_owned())
}

/// Lower case letters, digits and `-`, starting and ending with a letter or digit, at most 63 characters.
pub fn validate_dns1123_label(name: &str) -> Result<(), String> {
    if name.len() > LABEL_MAX {
        return Err(format!("must be no more than {LABEL_MAX} characters"));
    }
    if is_dns1123_label(name) {
        return Ok(());
    }
    Err(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end \
         with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
         '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            .to_owned(),
    )
}

/// Anything that can be one segment of a path, for kinds whose names are free (`system:admin`, `app:latest`).
pub fn validate_path_segment(name: &str) -> Result<(), String> {
    match name {
        "." | ".." => Err(format!("may not be '{name}'")),
        name if name.contains('/') => Err("may not contain '/'".to_owned()),
        name if name.contains('%') => Err("may not contain '%'".to_owned()),
        _ => Ok(()),
    }
}

/// Keys of labels and annotations: an optional DNS prefix and `/`, then at most 63 of letters, digits, `-`, `_`, `.`.
pub fn validate_qualified_name(name: &str) -> Result<(), String> {
    let local = match name.split_once('/') {
        None => name,
        Some(("", _)) => return Err("prefix part must be non-empty".to_owned()),
        Some((prefix, local)) => {
            validate_dns1123_subdomain(prefix).map_err(|why| format!("prefix part {why}"))?;
            local
        }
    };
    match local {
        "" => Err("name part must be non-empty".to_owned()),
        local if local.len() > LABEL_MAX => Err(format!("name part must be no more than {LABEL_MAX} characters")),
        local if is_label_text(local) => Ok(()),
        _ => Err(
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                  alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                  '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
                .to_owned(),
        ),
    }
}

/// Values of labels: empty, or at most 63 of letters, digits, `-`, `_`, `.`.
pub fn validate_label_value(value: &str) -> Result<(), String> {
    if value.len() > LABEL_MAX {
        return Err(format!("must be no more than {LABEL_MAX} characters"));
    }
    if value.is_empty() || is_label_text(value) {
        return Ok(());
    }
    Err(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start \
         and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
         validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            .to_owned(),
    )
}

fn is_dns1123_label(part: &str) -> bool {
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    !part.is_empty() && !part.starts_with('-') && !part.ends_with('-') && part.as_bytes().iter().all(inner)
}

fn is_label_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) => {
            first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() && bytes.iter().all(inner)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains() {
        for good in ["a", "a-b", "a.b", "0", "x1.y-2.z"] {
            assert!(validate_dns1123_subdomain(good).is_ok(), "{good}");
        }
        let long = "a".repeat(254);
        for bad in ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "a:b", "ä", &long] {
            assert!(validate_dns1123_subdomain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn label_keys_and_values() {
        for good in ["a", "A.b_c-d", "example.com/a", "openshift.io/build-config.name"] {
            assert!(validate_qualified_name(good).is_ok(), "{good}");
        }
        for bad in ["", "/a", "a/", "a b", "A_/x", "-a", "a/b/c"] {
            assert!(validate_qualified_name(bad).is_err(), "{bad}");
        }
        for good in ["", "a", "1.2_3-x"] {
            assert!(validate_label_value(good).is_ok(), "{good}");
        }
        for bad in ["a b", "-", "a/b", &"x".repeat(64)] {
            assert!(validate_label_value(bad).is_err(), "{bad}");
        }
    }
}
