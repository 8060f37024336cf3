use std::path::Path;

use anyhow::Result;
use regex::{Captures, Regex};

use super::step::Who;

/// Replaces what differs from run to run: addresses, directories, digests, identities, times and ages.
pub struct Normal {
    /// Words that are known beforehand.
    words: Vec<(String, &'static str)>,
    /// Patterns whose first group stays.
    patterns: Vec<(Regex, &'static str)>,
    age: Regex,
    /// The name of our command line, when it is the one that speaks.
    own_name: Option<Regex>,
}

/// Order matters: what is longer comes before what may be a part of it.
const PATTERNS: &[(&str, &str)] = &[
    ("(sha256[:~])[0-9a-f]{64}", "${1}<digest>"),
    ("(sha256~)[A-Za-z0-9_-]{43}", "${1}<secret>"),
    (
        "()[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "${1}<uid>",
    ),
    (r"()\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "${1}<time>"),
    (
        r"()(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d (UTC|\+0000)",
        "${1}<date>",
    ),
    (
        r"()(Less than a second|About a minute|About an hour|\d+ (second|minute|hour|day|week|month)s?) ago",
        "${1}<ago>",
    ),
    (r"(image )[0-9a-f]{7} \(\d+ \w+ old\)", "${1}<id> (<age> old)"),
    (r"((Git@|Commit:\s+))[0-9a-f]{7}\b", "${1}<commit>"),
    (r"()\b[0-9a-f]{40}\b", "${1}<commit>"),
    (r#"(resourceVersion"?: )"\d+""#, "${1}<rv>"),
    (r"()eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", "${1}<token>"),
    // Signatures differ in length, and what is signed with them.
    (r"(ca\.crt: +)\d+ bytes", "${1}<n> bytes"),
    // The ending of a generated name.
    (
        r"(\b[a-z][a-z0-9-]*-\d+-)[bcdfghjklmnpqrstvwxz2456789]{5}\b",
        "${1}xxxxx",
    ),
];

impl Normal {
    pub fn new(who: Who, server: &str, registry: &str, place: &Path) -> Result<Self> {
        let compiled = PATTERNS.iter().map(|(pattern, with)| Ok((Regex::new(pattern)?, *with)));
        let bare = server.trim_start_matches("https://");
        Ok(Self {
            words: vec![
                (server.into(), "https://<server>"),
                (bare.into(), "<server>"),
                // Contexts and clusters are named so.
                (bare.replace('.', "-"), "<server>"),
                (registry.into(), "<registry>"),
                (place.display().to_string(), "<place>"),
            ],
            patterns: compiled.collect::<Result<_>>()?,
            // An age in a table: the blanks behind it make up for its length.
            age: Regex::new(r"(^|\s)((?:\d+[dhms]){1,2})( {2,}|\t|$)")?,
            own_name: match who {
                Who::Weir => Some(Regex::new(r"\bweir ([a-z]|<)")?),
                _ => None,
            },
        })
    }

    /// One more word that is known beforehand.
    pub fn also(&mut self, word: &str, with: &'static str) {
        self.words.insert(0, (word.into(), with));
    }

    pub fn lines(&self, printed: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(printed);
        let told = text.lines().filter(|line| !self.is_own_hint(line));
        told.map(|line| self.line(line)).collect()
    }

    /// Ours says what to do next where others end with the error; that is more, not something else.
    fn is_own_hint(&self, line: &str) -> bool {
        self.own_name.is_some() && line.starts_with("hint: ")
    }

    fn line(&self, line: &str) -> String {
        let mut line = line.replace('\u{1b}', "␛");
        for (word, with) in &self.words {
            line = line.replace(word, with);
        }
        for (pattern, with) in &self.patterns {
            line = pattern.replace_all(&line, *with).into_owned();
        }
        if let Some(own_name) = &self.own_name {
            line = own_name.replace_all(&line, "oc ${1}").into_owned();
        }
        self.age.replace_all(&line, same_width).into_owned()
    }
}

fn same_width(found: &Captures) -> String {
    const AGE: &str = "<age>";
    let behind = match &found[3] {
        blanks if blanks.starts_with(' ') => {
            let width = found[2].len() + blanks.len();
            " ".repeat(width.saturating_sub(AGE.len()).max(2))
        }
        other => other.to_owned(),
    };
    format!("{}{AGE}{behind}", &found[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_from_run_to_run_is_replaced() {
        let normal = Normal::new(
            Who::Weir,
            "https://127.0.0.1:8443",
            "127.0.0.1:5000",
            Path::new("/tmp/x"),
        )
        .unwrap();
        let said = |text: &str| normal.line(text);
        assert_eq!(
            said("on server \"https://127.0.0.1:8443\""),
            "on server \"https://<server>\""
        );
        assert_eq!(
            said("web-1-abc is web-1-bcdf2 in /tmp/x/a"),
            "web-1-abc is web-1-xxxxx in <place>/a"
        );
        assert_eq!(
            said("9s          Normal   Created"),
            said("12s         Normal   Created")
        );
        assert_eq!(said("web-1   0   11s"), "web-1   0   <age>");
        assert_eq!(said("Created:\t3 seconds ago"), "Created:\t<ago>");
        assert_eq!(said("see `weir status`"), "see `oc status`");
        assert_eq!(said("started 2026-11-23T03:26:01Z"), "started <time>");
    }
}
