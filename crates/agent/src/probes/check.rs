use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use k8s_openapi::api::core::v1::{Container, ExecAction, HTTPGetAction, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use tokio::net::TcpStream;
use weir_engine::ExecSpec;

use super::Prober;
use super::rhythm::Rhythm;
use crate::instance::Instance;

/// Bytes of a command's output that are kept for the event.
const MAX_OUTPUT: usize = 1024;
const USER_AGENT: &str = concat!("kube-probe/weir-", env!("CARGO_PKG_VERSION"));

/// Asks over HTTP as a kubelet does: certificates are not checked, redirects are answers.
#[derive(Clone)]
pub(crate) struct HttpProber(reqwest::Client);

impl HttpProber {
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .tls_danger_accept_invalid_certs(true)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .user_agent(USER_AGENT)
            .build()?;
        Ok(Self(client))
    }
}

/// One question to a container. The error is the reason, for people.
pub(super) async fn check(
    prober: &Prober,
    container: &Container,
    instance: &Instance,
    probe: &Probe,
) -> Result<(), String> {
    let timeout = Rhythm::of(probe).timeout;
    let question = async {
        if let Some(action) = &probe.http_get {
            accepted(prober.http_get(container, instance, action).await?)
        } else if let Some(action) = &probe.tcp_socket {
            let address = address(container, instance, action.host.as_deref(), &action.port)?;
            TcpStream::connect(address)
                .await
                .map(drop)
                .map_err(|error| format!("dial tcp {address}: {error}"))
        } else if let Some(action) = &probe.exec {
            prober.exec(instance, action).await
        } else {
            Err("the probe has no httpGet, tcpSocket or exec; grpc is not supported".to_owned())
        }
    };
    match tokio::time::timeout(timeout, question).await {
        Ok(outcome) => outcome,
        Err(_) => Err(format!("no answer in {}", seconds(timeout))),
    }
}

fn seconds(timeout: Duration) -> String {
    format!("{} s", timeout.as_secs())
}

/// Statuses from 200 to 399 are success.
fn accepted(status: StatusCode) -> Result<(), String> {
    if (200..400).contains(&status.as_u16()) {
        return Ok(());
    }
    Err(format!("HTTP probe failed with statuscode: {}", status.as_u16()))
}

impl Prober {
    /// The status of the answer.
    pub async fn http_get(
        &self,
        container: &Container,
        instance: &Instance,
        action: &HTTPGetAction,
    ) -> Result<StatusCode, String> {
        let address = address(container, instance, action.host.as_deref(), &action.port)?;
        let scheme = if action.scheme.as_deref() == Some("HTTPS") {
            "https"
        } else {
            "http"
        };
        let path = action.path.as_deref().unwrap_or("/");
        let slash = if path.starts_with('/') { "" } else { "/" };
        let url = format!("{scheme}://{address}{slash}{path}");
        let answer = self.http.0.get(&url).headers(headers(action)).send().await;
        let answer = answer.map_err(|error| format!("Get \"{url}\": {}", root_cause(&error)))?;
        Ok(answer.status())
    }

    /// Runs a command in the container; success is exit code 0.
    pub async fn exec(&self, instance: &Instance, action: &ExecAction) -> Result<(), String> {
        let command = action.command.clone().unwrap_or_default();
        let spec = ExecSpec {
            command,
            stdout: true,
            stderr: true,
            ..ExecSpec::default()
        };
        let mut session = self
            .engine
            .exec(&instance.id, &spec)
            .await
            .map_err(|error| error.to_string())?;
        let mut output = Vec::new();
        while let Some(chunk) = session.output.next().await {
            let chunk = chunk.map_err(|error| error.to_string())?;
            let room = MAX_OUTPUT.saturating_sub(output.len());
            output.extend(chunk.bytes.iter().take(room));
        }
        match session.control.exit_code().await.map_err(|error| error.to_string())? {
            0 => Ok(()),
            code => Err(format!("exit code {code}: {}", String::from_utf8_lossy(&output).trim())),
        }
    }
}

fn headers(action: &HTTPGetAction) -> HeaderMap {
    let pairs = action.http_headers.iter().flatten();
    pairs
        .filter_map(|header| {
            let name: HeaderName = header.name.parse().ok()?;
            Some((name, HeaderValue::from_str(&header.value).ok()?))
        })
        .collect()
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// Where a probe goes: the pod's own address unless another one is given, and only an address, never a name to look up.
fn address(
    container: &Container,
    instance: &Instance,
    host: Option<&str>,
    port: &IntOrString,
) -> Result<SocketAddr, String> {
    let own = instance.address;
    let ip: IpAddr = match host.filter(|host| !host.is_empty()) {
        Some(host) => host.parse().map_err(|_| format!("host \"{host}\" is no address"))?,
        None => own.ok_or("the container has no address")?,
    };
    let number = match port {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(name) => name.parse().ok().or_else(|| {
            let mut ports = container.ports.iter().flatten();
            ports
                .find(|port| port.name.as_deref() == Some(name))
                .map(|port| port.container_port)
        }),
    };
    let number = number
        .and_then(|number| u16::try_from(number).ok())
        .filter(|number| *number != 0);
    Ok(SocketAddr::new(
        ip,
        number.ok_or("the probe's port is no port of the container")?,
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixtures::running;

    fn at(host: Option<&str>, port: serde_json::Value) -> Result<String, String> {
        let container: Container =
            serde_json::from_value(json!({"name": "c", "ports": [{"name": "web", "containerPort": 8080}]})).unwrap();
        let port: IntOrString = serde_json::from_value(port).unwrap();
        address(&container, &running("c"), host, &port).map(|address| address.to_string())
    }

    #[test]
    fn ports_are_numbers_or_names_of_the_container() {
        assert_eq!(at(None, json!(80)).unwrap(), "10.1.0.2:80");
        assert_eq!(at(None, json!("web")).unwrap(), "10.1.0.2:8080");
        assert_eq!(at(Some("127.0.0.1"), json!("81")).unwrap(), "127.0.0.1:81");
        assert!(at(None, json!("other")).is_err());
        assert!(at(None, json!(70000)).is_err());
        assert!(at(Some("example.com"), json!(80)).is_err());
    }
}
