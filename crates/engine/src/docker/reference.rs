/// An image name taken apart as engine calls want it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub repository: &'a str,
    /// A tag, or a digest.
    pub version: Option<&'a str>,
}

/// `host:5000/a/b:tag` -> `host:5000/a/b` and `tag`; `a/b@sha256:...` -> `a/b` and the digest (a tag beside a digest
/// says nothing).
pub(super) fn split(reference: &str) -> Parts<'_> {
    if let Some((name, digest)) = reference.split_once('@') {
        return Parts {
            repository: without_tag(name).0,
            version: Some(digest),
        };
    }
    let (repository, version) = without_tag(reference);
    Parts { repository, version }
}

fn without_tag(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (name, None),
    }
}

/// The registry an image name leads to, if it names one.
pub(super) fn registry(reference: &str) -> Option<&str> {
    let (host, _) = reference.split_once('/')?;
    (host.contains('.') || host.contains(':') || host == "localhost").then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart() {
        for (text, repository, version) in [
            ("a", "a", None),
            ("a/b:1", "a/b", Some("1")),
            ("host:5000/a/b", "host:5000/a/b", None),
            ("host:5000/a/b:1", "host:5000/a/b", Some("1")),
            ("host:5000/a/b@sha256:00", "host:5000/a/b", Some("sha256:00")),
            ("host:5000/a/b:1@sha256:00", "host:5000/a/b", Some("sha256:00")),
        ] {
            assert_eq!(split(text), Parts { repository, version }, "{text}");
        }
    }

    #[test]
    fn only_hosts_are_registries() {
        assert_eq!(registry("127.0.0.1:5000/a/b:1"), Some("127.0.0.1:5000"));
        assert_eq!(registry("quay.io/a"), Some("quay.io"));
        assert_eq!(registry("library/a"), None);
        assert_eq!(registry("a"), None);
    }
}
