use jiff::Timestamp;

/// Longer lines are broken into several.
pub(super) const MAX_LINE_BYTES: usize = 16 * 1024;

/// `2026-11-23T10:00:00.000000000Z`
const TIME_BYTES: usize = 30;

/// One line as it stands in the file.
pub(super) fn stored(time: Timestamp, text: &str) -> String {
    format!("{time:.9} {text}\n")
}

/// Time and text of a stored line without its line end. A torn line, as a crash leaves it, is all text.
pub(super) fn parse(stored: &str) -> (Option<Timestamp>, &str) {
    let time = stored.get(..TIME_BYTES).and_then(|time| time.parse().ok());
    match (time, stored.get(TIME_BYTES + 1..)) {
        (Some(time), Some(text)) => (Some(time), text),
        _ => (None, stored),
    }
}

/// Pieces of at most [`MAX_LINE_BYTES`], cut between characters.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        if whole.len() <= MAX_LINE_BYTES {
            rest = None;
            return Some(whole);
        }
        let mut end = MAX_LINE_BYTES;
        while !whole.is_char_boundary(end) {
            end -= 1;
        }
        let (piece, after) = whole.split_at(end);
        rest = Some(after);
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_lines_are_read_back() {
        for time in ["2026-11-23T10:00:00Z", "2026-11-23T10:00:00.123456789Z"] {
            let time: Timestamp = time.parse().unwrap();
            let stored = stored(time, "STEP 1/9: FROM x");
            assert_eq!(parse(stored.trim_end()), (Some(time), "STEP 1/9: FROM x"));
        }
        assert_eq!(parse("torn"), (None, "torn"));
        assert_eq!(parse(""), (None, ""));
    }

    #[test]
    fn empty_lines_stay() {
        let time: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        assert_eq!(parse(stored(time, "").strip_suffix('\n').unwrap()), (Some(time), ""));
        assert_eq!(pieces("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn long_lines_are_broken_between_characters() {
        let text = "ü".repeat(MAX_LINE_BYTES);
        let pieces: Vec<&str> = pieces(&text).collect();
        assert!(pieces.iter().all(|piece| piece.len() <= MAX_LINE_BYTES));
        assert_eq!(pieces.concat(), text);
    }
}
