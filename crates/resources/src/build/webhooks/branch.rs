use weir_api::build::BuildSource;

const PREFIX: &str = "refs/heads/";
/// What a config without `ref` builds when the caller does not say what the repository's default branch is.
const DEFAULT: &str = "master";

/// Whether an event about `reference` concerns a config with this source. `default_branch` is the repository's, as far as
/// the event tells it: that is what a config without `ref` builds.
pub(super) fn concerns(reference: &str, source: &BuildSource, default_branch: Option<&str>) -> bool {
    let named = source.git.as_ref().map(|git| git.r#ref.as_str());
    let wanted = [named, default_branch]
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty());
    short(reference) == short(wanted.unwrap_or(DEFAULT))
}

fn short(reference: &str) -> &str {
    reference.strip_prefix(PREFIX).unwrap_or(reference)
}

#[cfg(test)]
mod tests {
    use weir_api::build::GitBuildSource;

    use super::*;

    #[test]
    fn an_event_concerns_the_branch_that_the_config_builds() {
        // What the config names, what the repository's default is, what was pushed.
        let table = [
            ("", None, "refs/heads/master", true),
            ("", None, "refs/heads/main", false),
            ("", Some("main"), "refs/heads/main", true),
            ("", Some("main"), "refs/heads/master", false),
            ("", Some(""), "master", true),
            ("dev", Some("main"), "refs/heads/dev", true),
            ("refs/heads/dev", None, "dev", true),
            ("dev", Some("main"), "refs/heads/main", false),
            ("dev", None, "refs/tags/dev", false),
            ("", None, "", false),
        ];
        for (named, default, pushed, wanted) in table {
            let git = GitBuildSource {
                r#ref: named.to_owned(),
                ..GitBuildSource::default()
            };
            let source = BuildSource {
                git: Some(git),
                ..BuildSource::default()
            };
            assert_eq!(
                concerns(pushed, &source, default),
                wanted,
                "{named} {default:?} {pushed}"
            );
        }
        assert!(concerns("master", &BuildSource::default(), None));
    }
}
