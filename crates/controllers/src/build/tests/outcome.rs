use serde_json::json;

use super::pod;
use crate::build::outcome::log_snippet;

fn snippet(message: &str) -> Option<String> {
    let fine = json!({"terminated": {"exitCode": 0, "message": "all is well"}});
    log_snippet(&pod(
        "Failed",
        &[fine, json!({"terminated": {"exitCode": 1, "message": message}})],
    ))
}

#[test]
fn the_last_five_lines_of_the_container_that_failed_are_shown() {
    assert_eq!(snippet("1\n2\n3\n4\n5\n6\n7\n").as_deref(), Some("3\n4\n5\n6\n7"));
    assert_eq!(snippet("only one").as_deref(), Some("only one"));
    assert_eq!(snippet("  \n"), None);
}

#[test]
fn a_long_line_is_shown_by_its_two_ends() {
    assert_eq!(snippet(&"x".repeat(120)).map(|line| line.len()), Some(120));
    let line: String = ('a'..='z').cycle().take(500).collect();
    let shown = snippet(&line).expect("a line");
    assert_eq!(shown, format!("{}...{}", &line[..58], &line[500 - 59..]));
}

#[test]
fn letters_are_never_cut_in_the_middle() {
    let shown = snippet(&"ä".repeat(500)).expect("a line");
    assert_eq!(shown.chars().count(), 120);
}
