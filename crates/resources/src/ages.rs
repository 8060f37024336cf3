//! How long ago something was, in the two ways clients know: short (`5m30s`) for Kubernetes' kinds, in words
//! (`About a minute ago`) for OpenShift's.

use jiff::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// The short form of the time from `moment` (RFC 3339) to `now`; `<unknown>` when there is no such moment.
pub(crate) fn since(moment: &str, now: Timestamp) -> String {
    match moment.parse::<Timestamp>() {
        Ok(moment) => short(now.as_second() - moment.as_second()),
        Err(_) => "<unknown>".into(),
    }
}

/// `About a minute ago` and its like; empty when there is no such moment.
pub(crate) fn ago(moment: &str, now: Timestamp) -> String {
    match moment.parse::<Timestamp>() {
        Ok(moment) => format!("{} ago", in_words(now.as_second() - moment.as_second())),
        Err(_) => String::new(),
    }
}

/// At most two units, and only as fine as is worth reading.
fn short(seconds: i64) -> String {
    let two = |big: i64, big_name: char, small: i64, small_name: char| match (seconds % big) / small {
        0 => format!("{}{big_name}", seconds / big),
        rest => format!("{}{big_name}{rest}{small_name}", seconds / big),
    };
    match seconds {
        ..-1 => "<invalid>".into(),
        -1 => "0s".into(),
        0..120 => format!("{seconds}s"),
        120..600 => two(MINUTE, 'm', 1, 's'),
        600..10_800 => format!("{}m", seconds / MINUTE),
        10_800..28_800 => two(HOUR, 'h', MINUTE, 'm'),
        28_800..172_800 => format!("{}h", seconds / HOUR),
        172_800..691_200 => two(DAY, 'd', HOUR, 'h'),
        691_200..63_072_000 => format!("{}d", seconds / DAY),
        63_072_000..252_288_000 => two(YEAR, 'y', DAY, 'd'),
        _ => format!("{}y", seconds / YEAR),
    }
}

fn in_words(seconds: i64) -> String {
    let hours = (seconds + HOUR / 2) / HOUR;
    match seconds {
        ..1 => "Less than a second".into(),
        1 => "1 second".into(),
        2..MINUTE => format!("{seconds} seconds"),
        MINUTE..120 => "About a minute".into(),
        120..HOUR => format!("{} minutes", seconds / MINUTE),
        _ => match hours {
            ..2 => "About an hour".into(),
            2..48 => format!("{hours} hours"),
            48..336 => format!("{} days", hours / 24),
            336..1_440 => format!("{} weeks", hours / 24 / 7),
            1_440..17_520 => format!("{} months", hours / 24 / 30),
            _ => format!("{} years", seconds / YEAR),
        },
    }
}

/// A length of time as Go prints it, in whole seconds: `1h0m3s`, `1m3s`, `42s`; empty for none.
pub(crate) fn length(nanoseconds: i64) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    let (hours, minutes, rest) = (seconds / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE);
    match (hours, minutes, rest) {
        (0, 0, 0) => String::new(),
        (0, 0, _) => format!("{rest}s"),
        (0, ..) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ages_lose_detail_as_they_grow() {
        let table = [
            (-5, "<invalid>"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (330, "5m30s"),
            (600, "10m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR + 5 * MINUTE, "3h5m"),
            (8 * HOUR, "8h"),
            (2 * DAY + 3 * HOUR, "2d3h"),
            (8 * DAY, "8d"),
            (2 * YEAR + 3 * DAY, "2y3d"),
            (9 * YEAR, "9y"),
        ];
        for (seconds, expected) in table {
            assert_eq!(short(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn ages_in_words_round_as_people_do() {
        let table = [
            (0, "Less than a second"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "About a minute"),
            (150, "2 minutes"),
            (HOUR, "About an hour"),
            (47 * HOUR, "47 hours"),
            (3 * DAY, "3 days"),
            (15 * DAY, "2 weeks"),
            (70 * DAY, "2 months"),
            (3 * YEAR, "3 years"),
        ];
        for (seconds, expected) in table {
            assert_eq!(in_words(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn lengths_are_printed_as_go_does() {
        let second = 1_000_000_000;
        for (seconds, expected) in [(0, ""), (42, "42s"), (63, "1m3s"), (120, "2m0s"), (3603, "1h0m3s")] {
            assert_eq!(length(seconds * second), expected);
        }
    }
}
