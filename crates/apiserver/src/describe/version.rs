use serde_json::{Value, json};

/// What `/version` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionInfo {
    /// Such as `v1.34.0+weir`. Clients compare `major` and `minor`, which are taken from it, with their own.
    pub git_version: String,
    pub git_commit: String,
    pub build_date: String,
}

impl VersionInfo {
    pub(crate) fn to_value(&self) -> Value {
        let mut numbers = self.git_version.trim_start_matches('v').split('.');
        let mut number = || -> String {
            numbers
                .next()
                .unwrap_or_default()
                .chars()
                .take_while(char::is_ascii_digit)
                .collect()
        };
        let (major, minor) = (number(), number());
        json!({
            "major": major,
            "minor": minor,
            "gitVersion": self.git_version,
            "gitCommit": self.git_commit,
            "gitTreeState": if self.git_commit.is_empty() { "" } else { "clean" },
            "buildDate": self.build_date,
            "goVersion": "",
            "compiler": "rustc",
            "platform": format!("{}/{}", std::env::consts::OS, architecture()),
        })
    }
}

/// In the words that clients use for platforms.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_and_minor_are_numbers() {
        let version = VersionInfo {
            git_version: "v1.34.0+weir".to_owned(),
            ..VersionInfo::default()
        }
        .to_value();
        assert_eq!((&version["major"], &version["minor"]), (&json!("1"), &json!("34")));
    }
}
