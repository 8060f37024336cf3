/// Deeper entries are refused; the context that is made of them has the same bound.
const MAX_DEPTH: usize = 128;
/// What Linux takes as a path, and as a part of one.
const MAX_NAME_BYTES: usize = 4096;
const MAX_PART_BYTES: usize = 255;
/// So much of a bad name is shown.
const SHOWN: usize = 80;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" (\"..\", too long, or too deep)")]
pub(crate) struct NameError(String);

impl NameError {
    pub fn new(name: &[u8]) -> Self {
        let start: String = String::from_utf8_lossy(name).chars().take(SHOWN).collect();
        Self(start.escape_debug().to_string())
    }
}

/// The parts of an entry's name, which lead nowhere but down. A leading slash is dropped, as `tar` does; none are left
/// of the tree itself.
pub(super) fn parts(name: &[u8]) -> Result<Vec<&[u8]>, NameError> {
    let parts: Vec<&[u8]> = name
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
        .collect();
    let bad = |part: &&[u8]| *part == b".." || part.len() > MAX_PART_BYTES || part.contains(&0);
    if parts.len() > MAX_DEPTH || name.len() > MAX_NAME_BYTES || parts.iter().any(bad) {
        return Err(NameError::new(name));
    }
    Ok(parts)
}

/// Does a link with this name and this target point out of the tree?
pub(super) fn leads_outside(name: &[&[u8]], target: &[u8]) -> bool {
    if target.starts_with(b"/") || target.is_empty() || target.contains(&0) || target.len() > MAX_NAME_BYTES {
        return true;
    }
    let mut depth = name.len().saturating_sub(1);
    for part in target.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if depth == 0 => return true,
            b".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

/// For messages and the log.
pub(super) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_down_or_are_refused() {
        for (name, expected) in [
            ("a/b", vec!["a", "b"]),
            ("./a//b/./", vec!["a", "b"]),
            ("/etc/passwd", vec!["etc", "passwd"]),
            ("./", vec![]),
            ("..a/b..", vec!["..a", "b.."]),
        ] {
            let expected: Vec<&[u8]> = expected.into_iter().map(str::as_bytes).collect();
            assert_eq!(parts(name.as_bytes()).unwrap(), expected, "{name}");
        }
        let (deep, long, wide) = ("a/".repeat(129), "a".repeat(256), "ab/".repeat(1400));
        for name in ["..", "../a", "a/../../b", "a/..", "a\0b", &deep, &long, &wide] {
            assert!(parts(name.as_bytes()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn links_are_judged_from_where_they_are() {
        let at = |text: &'static str| parts(text.as_bytes()).unwrap();
        for (name, target, outside) in [
            ("l", "a", false),
            ("l", "..", true),
            ("a/l", "..", false),
            ("a/l", "../b/../../c", true),
            ("a/b/l", "../../x", false),
            ("l", "/etc", true),
            ("l", "", true),
            ("l", "a/../b", false),
        ] {
            assert_eq!(
                leads_outside(&at(name), target.as_bytes()),
                outside,
                "{name} -> {target}"
            );
        }
    }
}
