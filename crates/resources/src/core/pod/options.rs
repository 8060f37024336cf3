use jiff::Timestamp;
use weir_apiserver::{ApiError, FieldError, GroupVersionKind, RequestContext};

const KIND: GroupVersionKind = GroupVersionKind {
    group: "",
    version: "v1",
    kind: "PodLogOptions",
};

/// What a client wants to see of a log.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogOptions {
    pub container: String,
    pub follow: bool,
    pub previous: bool,
    /// Only builds and deployments know it: answer with nothing instead of waiting.
    pub nowait: bool,
    /// Only builds and deployments know it: which one.
    pub version: Option<i64>,
    /// What limits the text, checked and as it came.
    limits: Vec<(String, String)>,
}

impl LogOptions {
    pub fn parse(cx: &RequestContext) -> Result<Self, ApiError> {
        let mut problems = Vec::new();
        let mut limits = Vec::new();
        for (key, least) in [("tailLines", 0), ("limitBytes", 1), ("sinceSeconds", 1)] {
            let Some(number) = number(cx, key)? else { continue };
            if number < least {
                let message = format!("must be greater than or equal to {least}");
                problems.push(FieldError::invalid(key, number, message));
            }
            limits.push((key.to_owned(), number.to_string()));
        }
        if let Some(time) = cx.query_value("sinceTime").filter(|time| !time.is_empty()) {
            if time.parse::<Timestamp>().is_err() {
                problems.push(FieldError::invalid(
                    "sinceTime",
                    time,
                    "must be a time in the form of RFC 3339",
                ));
            }
            if limits.iter().any(|(key, _)| key == "sinceSeconds") {
                problems.push(FieldError::forbidden(
                    "sinceTime",
                    "only one of sinceTime or sinceSeconds may be provided",
                ));
            }
            limits.push(("sinceTime".to_owned(), time.to_owned()));
        }
        if cx.query_flag("timestamps")? {
            limits.push(("timestamps".to_owned(), "true".to_owned()));
        }
        let version = number(cx, "version")?;
        let previous = cx.query_flag("previous")?;
        problems.extend(version_problem(version, previous));
        if !problems.is_empty() {
            return Err(ApiError::invalid(&KIND, "", problems));
        }
        Ok(Self {
            container: cx.query_value("container").unwrap_or_default().to_owned(),
            follow: cx.query_flag("follow")?,
            previous,
            nowait: cx.query_flag("nowait")?,
            version,
            limits,
        })
    }

    /// How many of the last lines are wanted, if not all.
    pub fn tail_lines(&self) -> Option<usize> {
        let (_, lines) = self.limits.iter().find(|(key, _)| key == "tailLines")?;
        lines.parse().ok()
    }

    /// Follow, and the limits, as the node understands them.
    pub fn query(&self) -> Vec<(String, String)> {
        let mut query = self.limits.clone();
        for (key, set) in [("follow", self.follow), ("previous", self.previous)] {
            if set {
                query.push((key.to_owned(), "true".to_owned()));
            }
        }
        query
    }
}

fn version_problem(version: Option<i64>, previous: bool) -> Option<FieldError> {
    match version {
        Some(..=0) => Some(FieldError::invalid(
            "version",
            version,
            "build version must be greater than 0",
        )),
        Some(_) if previous => Some(FieldError::invalid(
            "previous",
            true,
            "cannot use previous when a version is specified",
        )),
        _ => None,
    }
}

fn number(cx: &RequestContext, key: &str) -> Result<Option<i64>, ApiError> {
    match cx.query_value(key) {
        None | Some("") => Ok(None),
        Some(text) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(ApiError::bad_request(format!(
                "parameter {key}: {text:?} is not a whole number"
            ))),
        },
    }
}
