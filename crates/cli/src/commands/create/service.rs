//! `create service`: one address for the pods with a label.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Create a service
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(clap::Subcommand, Debug)]
enum Kind {
    #[command(name = "clusterip")]
    ClusterIp(ClusterIp),
}

/// A service for the pods with the label app=NAME
///
/// For example: create service clusterip web --tcp=80:8080
#[derive(clap::Args, Debug)]
struct ClusterIp {
    /// Name of the service
    name: String,
    /// A port of the service, and the pods' port when that is another one
    #[arg(long, value_name = "PORT[:TARGET]", value_delimiter = ',', value_parser = parse_ports)]
    tcp: Vec<Ports>,
    /// The service's own address; `None` gives the addresses of the pods instead
    #[arg(long, value_name = "ADDRESS")]
    clusterip: Option<String>,
    #[command(flatten)]
    writing: WriteOptions,
}

#[derive(Clone, Debug)]
struct Ports {
    name: String,
    port: u16,
    /// A number, or the name of a container's port.
    target: Value,
}

fn parse_ports(text: &str) -> Result<Ports, String> {
    let (port, target) = text.split_once(':').unwrap_or((text, text));
    let wrong = || format!("`{text}` is no port; write PORT or PORT:TARGET");
    let number = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    if target.is_empty() {
        return Err(wrong());
    }
    Ok(Ports {
        name: text.replace(':', "-"),
        port: number(port).ok_or_else(wrong)?,
        target: number(target).map_or_else(|| target.into(), Value::from),
    })
}

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let Kind::ClusterIp(service) = &args.kind;
    if service.tcp.is_empty() && service.clusterip.as_deref() != Some("None") {
        return Err(Failure::usage("at least one port is needed, as --tcp=PORT[:TARGET]"));
    }
    let resource = Resource::services();
    let namespace = session.namespace().await?;
    let writing = &service.writing;
    let created = writing.create(session, &resource, namespace, object(service)).await?;
    writing.report(session, &resource, created, "created")
}

fn object(service: &ClusterIp) -> Value {
    let labels = json!({ "app": service.name });
    let ports = service
        .tcp
        .iter()
        .map(|ports| json!({"name": ports.name, "protocol": "TCP", "port": ports.port, "targetPort": ports.target}));
    let mut object = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": service.name, "labels": labels},
        "spec": {"type": "ClusterIP", "selector": labels, "ports": ports.collect::<Vec<_>>()},
    });
    if let Some(address) = &service.clusterip {
        object["spec"]["clusterIP"] = address.as_str().into();
    }
    object
}
