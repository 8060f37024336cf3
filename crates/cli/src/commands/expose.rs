use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::json_path::plain;
use crate::resource::Resource;
use crate::session::Session;
use crate::target;
use crate::writing::WriteOptions;

/// Give the pods of a deployment config an address of their own: a service
#[derive(clap::Args, Debug)]
pub struct Args {
    /// dc/NAME, rc/NAME or pod/NAME
    #[arg(value_name = "TYPE/NAME", required = true)]
    what: Vec<String>,
    /// Name of the service; by default that of the object
    #[arg(long)]
    name: Option<String>,
    /// Port of the service; by default those of the containers
    #[arg(long)]
    port: Option<u16>,
    /// Port or port name of the pods; by default the port of the service
    #[arg(long)]
    target_port: Option<String>,
    /// TCP or UDP
    #[arg(long, default_value = "TCP", value_parser = ["TCP", "UDP"])]
    protocol: String,
    #[command(flatten)]
    writing: WriteOptions,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (resource, name) = target::one(&args.what, Some(Resource::deployment_configs()))?;
    if !matches!(
        resource.kind.as_str(),
        "DeploymentConfig" | "ReplicationController" | "Pod"
    ) {
        return Err(
            Failure::refused(format!("cannot expose a {}", resource.kind)).hint("a dc, an rc or a pod can be exposed")
        );
    }
    let namespace = session.namespace().await?;
    let object = session.api().await?.get(&resource.object(namespace, &name)).await?;
    let service = service(&args, &name, &object)?;
    let services = Resource::services();
    let created = args.writing.create(session, &services, namespace, service).await?;
    args.writing.report(session, &services, created, "exposed")
}

fn service(args: &Args, name: &str, object: &Value) -> Result<Value, Failure> {
    let (selector, spec) = match object["spec"]["template"].is_object() {
        true => (&object["spec"]["selector"], &object["spec"]["template"]["spec"]),
        false => (&object["metadata"]["labels"], &object["spec"]),
    };
    if selector.as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(Failure::refused(format!(
            "\"{name}\" has no labels that its pods could be found by"
        )));
    }
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": args.name.as_deref().unwrap_or(name), "labels": object["metadata"]["labels"]},
        "spec": {"selector": selector, "ports": ports(args, spec)?},
    }))
}

fn ports(args: &Args, spec: &Value) -> Result<Vec<Value>, Failure> {
    let target = |port: Value| match &args.target_port {
        Some(target) => target
            .parse::<u16>()
            .map_or_else(|_| json!(target), |number| json!(number)),
        None => port,
    };
    if let Some(port) = args.port {
        return Ok(vec![
            json!({"port": port, "protocol": args.protocol, "targetPort": target(port.into())}),
        ]);
    }
    let containers = spec["containers"].as_array().into_iter().flatten();
    let known: Vec<&Value> = containers
        .filter_map(|container| container["ports"].as_array())
        .flatten()
        .collect();
    if known.is_empty() {
        return Err(Failure::refused("couldn't find port via --port flag or introspection")
            .hint("the containers name no ports; say which one with --port"));
    }
    let several = known.len() > 1;
    let service_port = |(at, port): (usize, &&Value)| {
        let number = &port["containerPort"];
        let protocol = port["protocol"].as_str().unwrap_or("TCP");
        let mut entry = json!({"port": number, "protocol": protocol, "targetPort": target(number.clone())});
        if several {
            entry["name"] = port["name"]
                .as_str()
                .map_or_else(|| format!("port-{}", at + 1), str::to_string)
                .into();
        }
        entry
    };
    let ports: Vec<Value> = known.iter().enumerate().map(service_port).collect();
    match ports.iter().all(|port| !plain(&port["port"]).is_empty()) {
        true => Ok(ports),
        false => Err(Failure::refused(
            "a container names a port without a number; say which one with --port",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    #[tokio::test]
    async fn a_deployment_config_gets_a_service_for_its_pods() {
        let server = Server::new();
        let config = json!({"metadata": {"name": "web"}, "spec": {"selector": {"deployment-config.name": "web"}, "template": {"spec": {"containers": [{}]}}}});
        server.on(
            "GET /apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/web",
            200,
            config,
        );
        let call = "POST /api/v1/namespaces/myproject/services";
        server.on(call, 201, json!({"metadata": {"name": "web"}}));
        let outcome = server.run("expose dc/web --port=80 --target-port=8080").await;
        assert_eq!(outcome.out, "service/web exposed\n");
        assert_eq!(
            server.body(call)["spec"],
            json!({"selector": {"deployment-config.name": "web"}, "ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}]})
        );
        let outcome = server.run("expose dc/web").await;
        assert!(
            outcome
                .err
                .starts_with("error: couldn't find port via --port flag or introspection\n"),
            "{}",
            outcome.err
        );
    }
}
