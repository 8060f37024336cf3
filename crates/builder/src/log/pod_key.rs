use std::fmt;

/// Longest name of an object.
const MAX_NAME_BYTES: usize = 253;

/// Namespace and name of a pod, checked so that both can be names of directories.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PodKey {
    namespace: String,
    name: String,
}

impl PodKey {
    /// `None` for names that no pod can have.
    pub fn new(namespace: &str, name: &str) -> Option<Self> {
        let key = Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        (is_name(namespace) && is_name(name)).then_some(key)
    }

    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Lower-case letters, digits, dashes and dots, as in DNS names.
pub(super) fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.len() <= MAX_NAME_BYTES
        && text.bytes().all(inner)
        && edge(text.bytes().next())
        && edge(text.bytes().next_back())
        && !text.contains("..")
}

impl fmt::Display for PodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_objects_become_directories() {
        assert!(PodKey::new("hello-1", "app-1.x-build").is_some());
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "A",
            "-a",
            "a-",
            ".a",
            "a..b",
            "a\0",
            "ü",
            &"a".repeat(254),
        ] {
            assert!(
                PodKey::new("ns", bad).is_none() && PodKey::new(bad, "pod").is_none(),
                "{bad:?}"
            );
        }
    }
}
