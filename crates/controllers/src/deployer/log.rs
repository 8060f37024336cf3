//! The rollout's log, kept on the replication controller.

/// What the log may take of the object's annotations. The newest lines are kept.
const LOG_MAX: usize = 64 * 1024;
/// Stands where older lines were dropped.
const MARK: &str = "... older lines were dropped ...\n";

/// `log` with `lines` at its end. A line that is the last one already was written by a pass that was cut off.
pub fn append(log: &str, lines: &[String]) -> String {
    let mut text = log.to_owned();
    for line in lines {
        if text.lines().next_back() != Some(line) {
            text.push_str(line);
            text.push('\n');
        }
    }
    bounded(text)
}

fn bounded(text: String) -> String {
    if text.len() <= LOG_MAX {
        return text;
    }
    let mut start = text.len() - (LOG_MAX - MARK.len());
    while !text.is_char_boundary(start) {
        start += 1;
    }
    // Whole lines only; a single line longer than the log is cut inside.
    let start = text[start..].find('\n').map_or(start, |end| start + end + 1);
    format!("{MARK}{}", &text[start..])
}

#[cfg(test)]
mod tests {
    use super::{LOG_MAX, MARK, append};

    #[test]
    fn a_line_written_by_a_pass_that_was_cut_off_is_not_written_twice() {
        let log = append("", &["--> a".into(), "--> b".into()]);
        assert_eq!(append(&log, &["--> b".into(), "--> c".into()]), "--> a\n--> b\n--> c\n");
    }

    #[test]
    fn a_long_log_keeps_its_newest_lines_and_says_that_older_ones_are_missing() {
        let lines: Vec<String> = (0..10_000).map(|number| format!("--> line {number}")).collect();
        let log = append("", &lines);
        assert!(log.len() <= LOG_MAX);
        assert!(log.starts_with(MARK) && log.ends_with("--> line 9999\n"));
        assert!(log[MARK.len()..].starts_with("--> line "));
    }
}
