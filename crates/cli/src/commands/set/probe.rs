use serde_json::{Value, json};
use url::Url;

use super::objects::{change_each, containers, put};
use crate::failure::Failure;
use crate::session::Session;

/// Set how containers are asked whether they are well
///
/// For example: set probe dc/web --readiness --get-url=http://:8080/healthz
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The objects
    #[arg(value_name = "TYPE/NAME", required = true)]
    what: Vec<String>,
    /// Only these containers
    #[arg(short, long, value_name = "NAME", value_delimiter = ',')]
    containers: Vec<String>,
    /// Whether the container can be used
    #[arg(long)]
    readiness: bool,
    /// Whether the container must be restarted
    #[arg(long)]
    liveness: bool,
    /// Whether the container has started
    #[arg(long)]
    startup: bool,
    /// Take the probe away
    #[arg(long, conflicts_with_all = ["get_url", "open_tcp", "command"])]
    remove: bool,
    /// An address that must answer: http://[HOST]:PORT/PATH
    #[arg(long, value_name = "URL", conflicts_with_all = ["open_tcp", "command"])]
    get_url: Option<String>,
    /// A port that must be open: a number, or a name
    #[arg(long, value_name = "PORT", conflicts_with = "command")]
    open_tcp: Option<String>,
    /// Seconds until the first time
    #[arg(long, value_name = "SECONDS")]
    initial_delay_seconds: Option<u32>,
    /// Seconds an answer may take
    #[arg(long, value_name = "SECONDS")]
    timeout_seconds: Option<u32>,
    /// Seconds between two times
    #[arg(long, value_name = "SECONDS")]
    period_seconds: Option<u32>,
    /// How many good answers make it well
    #[arg(long, value_name = "TIMES")]
    success_threshold: Option<u32>,
    /// How many bad answers make it ill
    #[arg(long, value_name = "TIMES")]
    failure_threshold: Option<u32>,
    /// A command that must succeed
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let fields: Vec<&str> = [
        (args.readiness, "readinessProbe"),
        (args.liveness, "livenessProbe"),
        (args.startup, "startupProbe"),
    ]
    .into_iter()
    .filter_map(|(wanted, field)| wanted.then_some(field))
    .collect();
    if fields.is_empty() {
        return Err(Failure::usage(
            "you must specify one of --readiness, --liveness or --startup",
        ));
    }
    let action = args.action()?;
    change_each(session, &args.what, "probes updated", |object| {
        for container in containers(object, &args.containers)? {
            for field in &fields {
                let probe = match args.remove {
                    true => None,
                    false => Some(args.probe(&container[*field], action.as_ref())?),
                };
                put(container, field, probe);
            }
        }
        Ok(())
    })
    .await
}

impl Args {
    /// What the probe does; `None` leaves it.
    fn action(&self) -> Result<Option<(&'static str, Value)>, Failure> {
        if let Some(url) = &self.get_url {
            return http_get(url).map(|get| Some(("httpGet", get)));
        }
        if let Some(port) = &self.open_tcp {
            return Ok(Some(("tcpSocket", json!({ "port": port_value(port) }))));
        }
        Ok((!self.command.is_empty()).then(|| ("exec", json!({ "command": self.command }))))
    }

    fn probe(&self, old: &Value, action: Option<&(&str, Value)>) -> Result<Value, Failure> {
        let mut probe = if old.is_object() { old.clone() } else { json!({}) };
        match action {
            Some((kind, value)) => {
                for other in ["httpGet", "tcpSocket", "exec", "grpc"] {
                    put(&mut probe, other, None);
                }
                probe[*kind] = value.clone();
            }
            None if old.is_null() => {
                return Err(Failure::usage(
                    "say what the probe does: --get-url, --open-tcp, or a command after --",
                ));
            }
            None => {}
        }
        for (field, value) in [
            ("initialDelaySeconds", self.initial_delay_seconds),
            ("timeoutSeconds", self.timeout_seconds),
            ("periodSeconds", self.period_seconds),
            ("successThreshold", self.success_threshold),
            ("failureThreshold", self.failure_threshold),
        ] {
            if let Some(value) = value {
                probe[field] = value.into();
            }
        }
        Ok(probe)
    }
}

/// A number, or the name of a container's port.
fn port_value(text: &str) -> Value {
    text.parse::<u16>().map_or_else(|_| text.into(), Value::from)
}

/// Reads `http://[host]:port/path`. Without a host it is the pod's own, which no URL can say: it is given one to read.
fn http_get(text: &str) -> Result<Value, Failure> {
    const POD: &str = "pod.invalid";
    let wrong = || Failure::usage(format!("`{text}` is no address; write http://:PORT/PATH"));
    let whole = text.replacen("://:", &format!("://{POD}:"), 1);
    let url = Url::parse(&whole).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong());
    }
    let port = url.port_or_known_default().ok_or_else(wrong)?;
    let mut get = json!({"scheme": url.scheme().to_uppercase(), "port": port, "path": url.path()});
    if let Some(host) = url.host_str().filter(|host| *host != POD) {
        get["host"] = host.into();
    }
    Ok(get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_host_is_the_pods_own() {
        assert_eq!(
            http_get("http://:8080/x").unwrap(),
            json!({"scheme": "HTTP", "port": 8080, "path": "/x"})
        );
        assert_eq!(
            http_get("https://a.example/").unwrap(),
            json!({"scheme": "HTTPS", "port": 443, "path": "/", "host": "a.example"})
        );
        for text in ["8080", "ftp://:1/", "http://"] {
            assert!(http_get(text).is_err(), "{text}");
        }
    }
}
