use std::path::PathBuf;

/// One end of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Here(PathBuf),
    There(RemotePath),
}

/// A path in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePath {
    pub namespace: Option<String>,
    pub pod: String,
    pub path: String,
}

impl Place {
    /// `[PROJECT/]POD:PATH` is there, everything else here. A path that contains a colon is meant to be here when it
    /// begins with a dot or a slash.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((pod, path)) = text.split_once(':').filter(|_| !text.starts_with(['.', '/'])) else {
            return Ok(Self::Here(text.into()));
        };
        let (namespace, pod) = match pod.split_once('/') {
            Some((namespace, pod)) => (Some(namespace.to_owned()), pod),
            None => (None, pod),
        };
        if pod.is_empty() || pod.contains('/') || path.is_empty() {
            return Err("a file in a container is written [PROJECT/]POD:PATH".into());
        }
        Ok(Self::There(RemotePath {
            namespace,
            pod: pod.into(),
            path: path.into(),
        }))
    }
}

impl RemotePath {
    /// The last part of the path.
    pub fn name(&self) -> &str {
        let path = self.path.trim_end_matches('/');
        path.rsplit('/').next().unwrap_or(path)
    }

    /// The directory the last part is in.
    pub fn directory(&self) -> &str {
        match self.path.trim_end_matches('/').rsplit_once('/') {
            Some(("", _)) => "/",
            Some((directory, _)) => directory,
            None => ".",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_after_a_pod_leads_into_a_container() {
        let there = |namespace: Option<&str>, path: &str| {
            Place::There(RemotePath {
                namespace: namespace.map(str::to_owned),
                pod: "p".into(),
                path: path.into(),
            })
        };
        for (text, place) in [
            ("a/b", Place::Here("a/b".into())),
            ("./p:x", Place::Here("./p:x".into())),
            ("/p:x", Place::Here("/p:x".into())),
            ("p:/tmp/x", there(None, "/tmp/x")),
            ("ns/p:x", there(Some("ns"), "x")),
        ] {
            assert_eq!(Place::parse(text).unwrap(), place, "{text}");
        }
        for text in ["p:", ":x", "a/b/p:x"] {
            assert!(Place::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_has_a_name_in_a_directory() {
        for (path, directory, name) in [
            ("/tmp/x", "/tmp", "x"),
            ("/x/", "/", "x"),
            ("x", ".", "x"),
            ("a/b/c", "a/b", "c"),
        ] {
            let Place::There(place) = Place::parse(&format!("p:{path}")).unwrap() else {
                panic!("{path}")
            };
            assert_eq!((place.directory(), place.name()), (directory, name));
        }
    }
}
