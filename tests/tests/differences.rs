//! The page about OpenShift names tests for each behaviour: they exist, and every test that names its rules is on the
//! page under each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const PAGE: &str = "docs/openshift-differences.md";
/// Where tests are.
const SOURCES: [&str; 3] = ["crates", "tests", "weir"];

/// Tests by rule, such as `images 23`.
type Rules = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The tests that the page names.
fn of_page() -> Result<Rules> {
    let page = std::fs::read_to_string(root().join(PAGE)).context(PAGE)?;
    let mut rules = Rules::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, rule, _, tests, state, _] = cells[..] else {
            continue;
        };
        let is_rule = rule.starts_with("images ") || rule.starts_with("builds ");
        if !is_rule {
            continue;
        }
        let tests: BTreeSet<String> = tests
            .split(", ")
            .map(|test| test.trim_matches('`').to_owned())
            .collect();
        if state == "done" {
            let before = rules.insert(rule.to_owned(), tests);
            assert!(before.is_none(), "{rule} is there twice");
        } else {
            let reason = state.strip_prefix("absent: ").unwrap_or_default();
            assert!(
                !reason.is_empty(),
                "{rule} is neither done nor absent for a reason: {state:?}"
            );
        }
    }
    Ok(rules)
}

/// The tests that name their rules, as in `/// images 22, 23` above them; and all tests.
fn of_sources() -> Result<(Rules, BTreeSet<String>)> {
    let (mut rules, mut all) = (Rules::new(), BTreeSet::new());
    let mut directories: Vec<PathBuf> = SOURCES.iter().map(|source| root().join(source)).collect();
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                tests(&std::fs::read_to_string(&path)?, &mut rules, &mut all);
            }
        }
    }
    Ok((rules, all))
}

fn tests(source: &str, rules: &mut Rules, all: &mut BTreeSet<String>) {
    let (mut named, mut is_test) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        if let Some(list) = line.strip_prefix("/// ").filter(|list| is_list(list)) {
            let (kind, numbers) = list.split_once(' ').unwrap_or_default();
            named = numbers.split(", ").map(|number| format!("{kind} {number}")).collect();
        } else if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = name(line) {
            for rule in named.drain(..) {
                rules.entry(rule).or_default().insert(name.to_owned());
            }
            if std::mem::take(&mut is_test) {
                all.insert(name.to_owned());
            }
        }
    }
}

fn is_list(text: &str) -> bool {
    let numbers = text.strip_prefix("images ").or(text.strip_prefix("builds "));
    numbers.is_some_and(|numbers| numbers.split(", ").all(|number| number.parse::<u32>().is_ok()))
}

fn name(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("fn ").or(line.strip_prefix("async fn "))?;
    Some(rest.split(['(', '<']).next().unwrap_or(rest))
}

#[test]
fn each_test_on_the_page_exists_and_each_test_with_rules_is_on_the_page() -> Result<()> {
    let page = of_page()?;
    let (sources, all) = of_sources()?;
    for (rule, tests) in &page {
        for test in tests {
            assert!(all.contains(test), "{rule}: there is no test {test}");
        }
    }
    assert_eq!(page, sources, "the page and the tests name each other");
    for number in 1..=57 {
        assert!(
            page.contains_key(&format!("images {number}")),
            "images {number} is not on the page"
        );
    }
    Ok(())
}
