use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use weir_engine::{ExecSpec, LogOptions};

/// Query parameters as they came; keys may repeat.
pub(super) struct Query(HashMap<String, Vec<String>>);

impl Query {
    pub(super) fn parse(text: Option<&str>) -> Self {
        let mut parameters: HashMap<String, Vec<String>> = HashMap::new();
        for (key, value) in url::form_urlencoded::parse(text.unwrap_or_default().as_bytes()) {
            parameters.entry(key.into_owned()).or_default().push(value.into_owned());
        }
        Self(parameters)
    }

    fn first(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.first().map(String::as_str)
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        matches!(self.first(key), Some("" | "1" | "true" | "True"))
    }

    fn number(&self, key: &str) -> Result<Option<u64>, String> {
        let Some(text) = self.first(key) else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| format!("{key} must be a number that is not negative, not {text:?}"))
    }

    pub(super) fn limit_bytes(&self) -> Result<Option<u64>, String> {
        self.number("limitBytes")
    }

    pub(super) fn log_options(&self, now: Timestamp) -> Result<LogOptions, String> {
        Ok(LogOptions {
            follow: self.flag("follow"),
            tail: self.number("tailLines")?,
            since: self.since(now)?,
            timestamps: self.flag("timestamps"),
        })
    }

    fn since(&self, now: Timestamp) -> Result<Option<Timestamp>, String> {
        if let Some(text) = self.first("sinceTime") {
            return text.parse().map(Some).map_err(|error| format!("sinceTime: {error}"));
        }
        let Some(seconds) = self.number("sinceSeconds")? else {
            return Ok(None);
        };
        let back = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        Ok(Some(now.checked_sub(back).unwrap_or(Timestamp::MIN)))
    }

    pub(super) fn exec_spec(&self) -> Result<ExecSpec, String> {
        let command = self.0.get("command").cloned().unwrap_or_default();
        if command.is_empty() {
            return Err("you must specify at least one command for the container".into());
        }
        let tty = self.flag("tty");
        let spec = ExecSpec {
            command,
            stdin: self.flag("stdin"),
            stdout: self.flag("stdout"),
            stderr: self.flag("stderr") && !tty,
            tty,
        };
        if !spec.stdin && !spec.stdout && !spec.stderr {
            return Err("you must specify at least one of stdin, stdout, stderr".into());
        }
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    #[test]
    fn log_options_are_read_and_nonsense_is_refused() {
        let options = Query::parse(Some("follow=true&tailLines=5&sinceSeconds=60&timestamps=1")).log_options(NOW);
        let expected = LogOptions {
            follow: true,
            tail: Some(5),
            since: Some(Timestamp::constant(1_799_999_940, 0)),
            timestamps: true,
        };
        assert_eq!(options, Ok(expected));
        assert!(Query::parse(Some("tailLines=-1")).log_options(NOW).is_err());
        assert!(Query::parse(Some("sinceTime=yesterday")).log_options(NOW).is_err());
        assert_eq!(Query::parse(None).log_options(NOW), Ok(LogOptions::default()));
    }

    #[test]
    fn since_before_the_beginning_of_time_is_the_beginning() {
        let options = Query::parse(Some("sinceSeconds=18446744073709551615"))
            .log_options(NOW)
            .expect("a number");
        assert_eq!(options.since, Some(Timestamp::MIN));
    }

    #[test]
    fn command_words_stay_apart_and_a_terminal_has_one_output() {
        let spec = Query::parse(Some(
            "command=sh&command=-c&command=a%20b&stdin=true&stdout=1&stderr=1&tty=true",
        ));
        let spec = spec.exec_spec().expect("complete");
        assert_eq!(spec.command, ["sh", "-c", "a b"]);
        assert!(spec.stdin && spec.stdout && spec.tty && !spec.stderr);
        assert!(Query::parse(Some("stdout=1")).exec_spec().is_err(), "no command");
        assert!(Query::parse(Some("command=sh")).exec_spec().is_err(), "no stream");
    }
}
