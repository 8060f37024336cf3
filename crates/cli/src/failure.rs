use std::io;

use kube::core::Status;

/// Why a command ended without doing what was asked. The variant fixes the exit code and the first words; hints say what
/// to do next.
#[derive(Debug)]
pub enum Failure {
    /// The words on the command line make no sense together: exit code 2.
    Usage { message: String, hints: Vec<String> },
    /// The command was understood and cannot be done: exit code 1.
    Refused { message: String, hints: Vec<String> },
    /// The server answered with an error: exit code 1.
    Api(Box<ApiFailure>),
    /// The server could not be asked at all: exit code 1.
    Unreachable { message: String, hints: Vec<String> },
    /// Our own output has no reader any more (`weir get is | head -1`), or cannot be written.
    Output(io::Error),
    /// Everything was said already; only the exit code is left.
    Ended { code: u8, message: Option<String> },
}

/// An error answer of the server, and what was being done when it came.
#[derive(Debug)]
pub struct ApiFailure {
    pub status: Status,
    /// Put in front of the server's message, as in `error when creating "x.yaml"`.
    pub during: Option<String>,
    pub hints: Vec<String>,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            hints: Vec::new(),
        }
    }

    pub fn refused(message: impl Into<String>) -> Self {
        Self::Refused {
            message: message.into(),
            hints: Vec::new(),
        }
    }

    pub fn ended(code: u8) -> Self {
        Self::Ended { code, message: None }
    }

    pub fn api(status: Status) -> Self {
        Self::Api(Box::new(ApiFailure {
            status,
            during: None,
            hints: Vec::new(),
        }))
    }

    /// Adds what the user can do about it.
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        match &mut self {
            Self::Usage { hints, .. } | Self::Refused { hints, .. } | Self::Unreachable { hints, .. } => {
                hints.push(text.into());
            }
            Self::Api(failure) => failure.hints.push(text.into()),
            Self::Output(_) | Self::Ended { .. } => {}
        }
        self
    }

    /// Says what was being done when the server refused.
    pub fn during(mut self, what: impl Into<String>) -> Self {
        if let Self::Api(failure) = &mut self {
            failure.during = Some(what.into());
        }
        self
    }

    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Api(failure) => Some(&failure.status),
            _ => None,
        }
    }

    pub fn is_not_found(&self) -> bool {
        self.status().is_some_and(Status::is_not_found)
    }

    pub fn is_forbidden(&self) -> bool {
        self.status().is_some_and(Status::is_forbidden)
    }

    pub fn is_conflict(&self) -> bool {
        self.status().is_some_and(Status::is_conflict)
    }

    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            // A reader that went away has what it wanted.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Ended { code, .. } => *code,
            _ => 1,
        }
    }

    /// What standard error shows, without a final newline; `None` when there is nothing more to say.
    pub fn text(&self) -> Option<String> {
        let (mut text, hints): (String, &[String]) = match self {
            Self::Usage { message, hints }
            | Self::Refused { message, hints }
            | Self::Unreachable { message, hints } => (format!("error: {message}"), hints),
            Self::Api(failure) => (failure.text(), &failure.hints),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return None,
            Self::Output(error) => (format!("error: cannot write the output: {error}"), &[]),
            Self::Ended { message, .. } => return message.clone(),
        };
        for hint in hints {
            text.push_str("\nhint: ");
            text.push_str(hint);
        }
        Some(text)
    }
}

impl ApiFailure {
    fn text(&self) -> String {
        let status = &self.status;
        if status.code == 401 || status.reason == "Unauthorized" {
            return "error: You must be logged in to the server (Unauthorized)".into();
        }
        let message = match &self.during {
            Some(during) => format!("{during}: {}", status.message),
            None => status.message.clone(),
        };
        match &status.details {
            Some(details) if status.reason == "Invalid" && self.during.is_none() => {
                let subject = format!("The {} \"{}\" is invalid", details.kind, details.name);
                let lines = details.causes.iter().map(|cause| {
                    if cause.field.is_empty() {
                        cause.message.clone()
                    } else {
                        format!("{}: {}", cause.field, cause.message)
                    }
                });
                match details.causes.len() {
                    0 => subject,
                    1 => format!("{subject}: {}", lines.collect::<String>()),
                    _ => format!(
                        "{subject}: \n{}",
                        lines.map(|line| format!("* {line}")).collect::<Vec<_>>().join("\n")
                    ),
                }
            }
            _ if status.reason.is_empty() => format!("Error from server: {message}"),
            _ => format!("Error from server ({}): {message}", status.reason),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(json: serde_json::Value) -> Failure {
        Failure::api(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn server_errors_name_their_reason() {
        let failure = status(serde_json::json!({"code": 404, "reason": "NotFound", "message": "pods \"x\" not found"}));
        assert_eq!(
            failure.text().unwrap(),
            "Error from server (NotFound): pods \"x\" not found"
        );
        assert_eq!(failure.exit_code(), 1);
        assert_eq!(
            failure.during("error when creating \"x.yaml\"").text().unwrap(),
            "Error from server (NotFound): error when creating \"x.yaml\": pods \"x\" not found"
        );
    }

    #[test]
    fn several_causes_of_an_invalid_object_are_listed() {
        let failure = status(
            serde_json::json!({"code": 422, "reason": "Invalid", "message": "...", "details": {
            "kind": "ImageStream", "name": "web", "causes": [
                {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.a"},
                {"reason": "FieldValueDuplicate", "message": "Duplicate value: \"x\"", "field": "spec.b"},
            ]}}),
        );
        assert_eq!(
            failure.text().unwrap(),
            "The ImageStream \"web\" is invalid: \n* spec.a: Required value\n* spec.b: Duplicate value: \"x\""
        );
    }

    #[test]
    fn usage_errors_exit_with_two_and_show_their_hints() {
        let failure = Failure::usage("pick one").hint("see --help");
        assert_eq!(failure.exit_code(), 2);
        assert_eq!(failure.text().unwrap(), "error: pick one\nhint: see --help");
    }

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((failure.exit_code(), failure.text()), (0, None));
    }
}
