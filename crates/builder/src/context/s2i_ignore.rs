/// A longer `.s2iignore` is refused.
pub(crate) const MAX_IGNORE_BYTES: u64 = 64 * 1024;

/// The rules of `.s2iignore`: one pattern a line, relative to the root of the source and not recursive; `!` takes files
/// back in; the last rule that matches a path decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct S2iIgnore {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    parts: Vec<String>,
    ignore: bool,
}

impl S2iIgnore {
    pub fn parse(text: &str) -> Self {
        Self {
            rules: text.lines().filter_map(rule).collect(),
        }
    }

    /// Does this path, relative to the root, stay out? A directory that stays out takes its content with it.
    pub fn ignores(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        self.rules
            .iter()
            .rev()
            .find(|rule| rule.matches(&parts))
            .is_some_and(|rule| rule.ignore)
    }
}

fn rule(line: &str) -> Option<Rule> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (pattern, ignore) = line.strip_prefix('!').map_or((line, true), |rest| (rest.trim(), false));
    let parts: Vec<String> = pattern
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .map(str::to_owned)
        .collect();
    (!parts.is_empty() && !parts.iter().any(|part| part == "..")).then_some(Rule { parts, ignore })
}

impl Rule {
    fn matches(&self, path: &[&str]) -> bool {
        self.parts.len() == path.len()
            && self
                .parts
                .iter()
                .zip(path)
                .all(|(pattern, name)| matches(pattern, name))
    }
}

/// Shell-like match of one name: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before any of them.
///
/// Backtracks only to the last star, so that no pattern takes more than pattern times name steps.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p, n));
            p += 1;
            continue;
        }
        match one(&pattern[p..], name[n]) {
            Some(taken) => {
                p += taken;
                n += 1;
            }
            None => {
                let Some((star_p, star_n)) = star else { return false };
                star = Some((star_p, star_n + 1));
                p = star_p + 1;
                n = star_n + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// How many characters of the pattern match this one character, if they do.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => class(pattern, c),
        '\\' if pattern.len() > 1 => (pattern[1] == c).then_some(2),
        &literal => (literal == c).then_some(1),
    }
}

fn class(pattern: &[char], c: char) -> Option<usize> {
    let mut at = 1;
    let negated = pattern.get(at) == Some(&'^');
    at += usize::from(negated);
    let first = at;
    let mut found = false;
    while at == first || *pattern.get(at)? != ']' {
        let low = *pattern.get(at)?;
        at += 1;
        let high = if pattern.get(at) == Some(&'-') && pattern.get(at + 1).is_some_and(|&c| c != ']') {
            at += 2;
            pattern[at - 1]
        } else {
            low
        };
        found |= low <= c && c <= high;
    }
    (found != negated).then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_in_a_shell() {
        let table = [
            ("*.md", "a.md", true),
            ("*.md", "a.mdx", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?", "ü", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[^a-c]x", "dx", true),
            ("[]]", "]", true),
            ("[a-", "a", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("*", "", true),
            ("**", "abc", true),
        ];
        for (pattern, name, expected) in table {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn last_matching_rule_decides_and_patterns_are_not_recursive() {
        let ignore = S2iIgnore::parse("# comment\n*.md\n!README.md\n\n/docs/\nsrc/*.tmp\n!\n../x\n");
        let table = [
            ("a.md", true),
            ("README.md", false),
            ("sub/a.md", false),
            ("docs", true),
            ("docs/a", false),
            ("src/a.tmp", true),
            ("src/deep/a.tmp", false),
            ("x", false),
            ("# comment", false),
        ];
        for (path, expected) in table {
            assert_eq!(ignore.ignores(path), expected, "{path}");
        }
    }

    #[test]
    fn many_stars_do_not_take_for_ever() {
        let pattern = "*a".repeat(2_000);
        assert!(!matches(&pattern, &"a".repeat(1_999)));
    }
}
