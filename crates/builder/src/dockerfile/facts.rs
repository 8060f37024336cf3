use crate::source::Commit;

/// What is written about a build into its image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildFacts {
    pub name: String,
    pub namespace: String,
    /// Address of the repository, without a password.
    pub source_uri: Option<String>,
    /// The ref that the build asks for.
    pub source_ref: Option<String>,
    pub context_dir: String,
    pub(crate) commit: Option<Commit>,
}

impl BuildFacts {
    /// Variables that every image has.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let commit = self.commit.as_ref().map(|commit| commit.id.clone());
        named([
            ("OPENSHIFT_BUILD_NAME", Some(self.name.clone())),
            ("OPENSHIFT_BUILD_NAMESPACE", Some(self.namespace.clone())),
            ("OPENSHIFT_BUILD_SOURCE", self.source_uri.clone()),
            ("OPENSHIFT_BUILD_REFERENCE", self.source_ref.clone()),
            ("OPENSHIFT_BUILD_COMMIT", commit),
        ])
    }

    /// Labels of the source, sorted by key.
    pub(super) fn source_labels(&self) -> Vec<(String, String)> {
        let commit = self.commit.as_ref();
        named([
            ("io.openshift.build.commit.author", commit.map(Commit::author)),
            (
                "io.openshift.build.commit.date",
                commit.map(|commit| commit.author_date.clone()),
            ),
            ("io.openshift.build.commit.id", commit.map(|commit| commit.id.clone())),
            (
                "io.openshift.build.commit.message",
                commit.map(|commit| commit.subject.clone()),
            ),
            ("io.openshift.build.commit.ref", commit.and(self.source_ref.clone())),
            ("io.openshift.build.source-context-dir", Some(self.context_dir.clone())),
            ("io.openshift.build.source-location", self.source_uri.clone()),
        ])
    }

    /// Labels of the source and of the build itself, sorted by key.
    pub(super) fn labels(&self) -> Vec<(String, String)> {
        let mut labels = self.source_labels();
        labels.extend(named([
            ("io.openshift.build.name", Some(self.name.clone())),
            ("io.openshift.build.namespace", Some(self.namespace.clone())),
        ]));
        labels.sort();
        labels
    }
}

/// Empty values are left out.
fn named<const N: usize>(pairs: [(&str, Option<String>); N]) -> Vec<(String, String)> {
    let given = pairs
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    given.filter(|(_, value)| !value.is_empty()).collect()
}

/// `later` on top of `earlier`: the same key keeps its place and takes the later value.
pub(super) fn merged(earlier: Vec<(String, String)>, later: &[(String, String)]) -> Vec<(String, String)> {
    let mut merged = earlier;
    for (key, value) in later {
        match merged.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = value.clone(),
            None => merged.push((key.clone(), value.clone())),
        }
    }
    merged
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::dockerfile) fn example() -> BuildFacts {
        BuildFacts {
            name: "app-1".into(),
            namespace: "hello".into(),
            source_uri: Some("https://h/app.git".into()),
            source_ref: Some("main".into()),
            context_dir: String::new(),
            commit: Some(Commit {
                id: "0123456789abcdef0123456789abcdef01234567".into(),
                author_name: "Ann".into(),
                author_email: "ann@x".into(),
                author_date: "Mon Nov 23 10:00:00 2026 +0100".into(),
                subject: "Cost: $5 \"net\"".into(),
                ..Commit::default()
            }),
        }
    }

    #[test]
    fn empty_values_are_left_out() {
        let facts = BuildFacts {
            name: "b".into(),
            namespace: "n".into(),
            ..BuildFacts::default()
        };
        let keys: Vec<String> = facts.labels().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["io.openshift.build.name", "io.openshift.build.namespace"]);
        assert_eq!(facts.environment().len(), 2);
    }

    #[test]
    fn labels_are_sorted_by_key() {
        let labels = example().labels();
        assert!(labels.is_sorted());
        assert_eq!(labels.len(), 8);
    }

    #[test]
    fn later_values_win_in_place() {
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        let merged = merged(vec![pair("A", "1"), pair("B", "2")], &[pair("A", "3"), pair("C", "4")]);
        assert_eq!(merged, [pair("A", "3"), pair("B", "2"), pair("C", "4")]);
    }
}
