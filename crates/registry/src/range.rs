use std::ops::Range;

/// What a `Range` header asks for of something with `size` bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// No range, or a form that may be ignored.
    Whole,
    Part(Range<u64>),
    Unsatisfiable,
}

/// Reads a `Range` header with a single range. Several ranges are answered with the whole, as is allowed.
pub(crate) fn asked(header: Option<&str>, size: u64) -> Asked {
    let Some((first, last)) = header
        .and_then(|text| text.strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'))
    else {
        return Asked::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Asked::Whole,
    };
    if range.start < range.end {
        Asked::Part(range)
    } else {
        Asked::Unsatisfiable
    }
}

/// Reads the `Content-Range` of a chunk: `START-END`, both inclusive, as the distribution API has it, also with `bytes`.
pub(crate) fn chunk(header: &str) -> Option<Range<u64>> {
    let text = header.trim().trim_start_matches("bytes").trim_start_matches([' ', '=']);
    let text = text.split('/').next()?;
    let (first, last) = text.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then(|| first..last.saturating_add(1))
}

/// The `Range` header that says how much of an upload is here: inclusive, so nothing and one byte look the same.
pub(crate) fn received(offset: u64) -> String {
    format!("0-{}", offset.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_ranges_are_read() {
        let table = [
            (None, Asked::Whole),
            (Some("bytes=0-0"), Asked::Part(0..1)),
            (Some("bytes=2-5"), Asked::Part(2..6)),
            (Some("bytes=2-"), Asked::Part(2..10)),
            (Some("bytes=-3"), Asked::Part(7..10)),
            (Some("bytes=-30"), Asked::Part(0..10)),
            (Some("bytes=5-99999"), Asked::Part(5..10)),
            (Some("bytes=0-18446744073709551615"), Asked::Part(0..10)),
            (Some("bytes=10-"), Asked::Unsatisfiable),
            (Some("bytes=10-12"), Asked::Unsatisfiable),
            (Some("bytes=-0"), Asked::Unsatisfiable),
            (Some("bytes=5-2"), Asked::Whole),
            (Some("bytes=0-1,3-4"), Asked::Whole),
            (Some("items=0-1"), Asked::Whole),
            (Some("bytes=a-b"), Asked::Whole),
            (Some("bytes=-"), Asked::Whole),
        ];
        for (header, expected) in table {
            assert_eq!(asked(header, 10), expected, "{header:?}");
        }
        assert_eq!(asked(Some("bytes=0-0"), 0), Asked::Unsatisfiable);
    }

    #[test]
    fn chunks_say_where_they_belong() {
        for header in ["5-9", "bytes 5-9/*", "bytes=5-9", "bytes 5-9/10"] {
            assert_eq!(chunk(header), Some(5..10), "{header}");
        }
        for header in ["", "5", "9-5", "a-b", "-5", "5-", "99999999999999999999-1"] {
            assert_eq!(chunk(header), None, "{header}");
        }
    }

    #[test]
    fn progress_is_told_inclusively() {
        assert_eq!(
            (received(0), received(1), received(10)),
            ("0-0".into(), "0-0".into(), "0-9".into())
        );
    }
}
