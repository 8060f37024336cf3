use jiff::Timestamp;

/// Which part of a log is wanted, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogOptions {
    /// Go on until the container has ended.
    pub follow: bool,
    /// Only the last lines.
    pub tail: Option<u64>,
    /// Only lines from then on.
    pub since: Option<Timestamp>,
    /// Each line with its time.
    pub timestamps: bool,
    /// Stop after so many bytes.
    pub limit: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LogOptionsError {
    #[error("{name} must be {expected}, not \"{}\"", .value.escape_debug())]
    Value {
        name: &'static str,
        expected: &'static str,
        value: String,
    },
    #[error("sinceTime and sinceSeconds cannot be given together")]
    TwoSinces,
    #[error("a build is not restarted: there is no previous log")]
    Previous,
}

impl LogOptions {
    /// Reads the query of a kubelet's log request. Unknown keys are none of our business.
    pub fn parse<'a>(
        pairs: impl IntoIterator<Item = (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)>,
        now: Timestamp,
    ) -> Result<Self, LogOptionsError> {
        let mut options = Self::default();
        for (key, value) in pairs {
            match key.as_ref() {
                "follow" => options.follow = flag("follow", &value)?,
                "timestamps" => options.timestamps = flag("timestamps", &value)?,
                "tailLines" => options.tail = Some(number("tailLines", &value)?),
                "limitBytes" => options.limit = Some(number("limitBytes", &value)?),
                "sinceSeconds" => {
                    let seconds = number("sinceSeconds", &value)?;
                    let start = now - std::time::Duration::from_secs(seconds.min(i64::from(u32::MAX) as u64));
                    options.since(start)?;
                }
                "sinceTime" => {
                    let time = value
                        .parse()
                        .map_err(|_| wrong("sinceTime", "a time as in RFC 3339", &value))?;
                    options.since(time)?;
                }
                "previous" if flag("previous", &value)? => return Err(LogOptionsError::Previous),
                _ => {}
            }
        }
        Ok(options)
    }

    fn since(&mut self, time: Timestamp) -> Result<(), LogOptionsError> {
        if self.since.replace(time).is_some() {
            Err(LogOptionsError::TwoSinces)
        } else {
            Ok(())
        }
    }
}

fn flag(name: &'static str, value: &str) -> Result<bool, LogOptionsError> {
    match value {
        "true" | "1" | "" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(wrong(name, "true or false", value)),
    }
}

fn number(name: &'static str, value: &str) -> Result<u64, LogOptionsError> {
    value
        .parse()
        .map_err(|_| wrong(name, "a number that is not negative", value))
}

fn wrong(name: &'static str, expected: &'static str, value: &str) -> LogOptionsError {
    LogOptionsError::Value {
        name,
        expected,
        value: value.chars().take(64).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<LogOptions, LogOptionsError> {
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        LogOptions::parse(url::form_urlencoded::parse(query.as_bytes()), now)
    }

    #[test]
    fn queries_are_read() {
        assert_eq!(parse(""), Ok(LogOptions::default()));
        let options = parse("follow=true&tailLines=5&timestamps=1&limitBytes=10&sinceSeconds=60&x=y").unwrap();
        assert_eq!(
            (options.follow, options.tail, options.timestamps, options.limit),
            (true, Some(5), true, Some(10))
        );
        assert_eq!(options.since, Some("2026-11-23T09:59:00Z".parse().unwrap()));
        let time = parse("sinceTime=2026-11-23T09%3A00%3A00Z").unwrap().since;
        assert_eq!(time, Some("2026-11-23T09:00:00Z".parse().unwrap()));
    }

    #[test]
    fn nonsense_is_refused() {
        for query in [
            "follow=maybe",
            "tailLines=-1",
            "tailLines=x",
            "sinceTime=yesterday",
            "sinceSeconds=1&sinceTime=2026-11-23T09:00:00Z",
            "previous=true",
        ] {
            assert!(parse(query).is_err(), "{query}");
        }
        assert!(parse("previous=false&sinceSeconds=99999999999999999").is_ok());
    }
}
