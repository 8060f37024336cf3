use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use k8s_openapi::api::core::v1::{Service, ServicePort};
use serde_json::{Value, json};
use weir_apiserver::{ApiError, Column, FieldError, Object, RequestContext, Resource, Scope, Strategy, schema};

use super::kind;
use super::template_table::selector;
use crate::describe::{self, AGE, NAME, column, wide};
use crate::{decode, json, names};

const COLUMNS: &[Column] = &[
    NAME,
    column("Type", "string", "How the service is reached."),
    column("Cluster-IP", "string", "Address of the service, or None."),
    column("External-IP", "string", "Addresses from outside."),
    column("Port(s)", "string", "Ports of the service."),
    AGE,
    wide("Selector", "string", "Labels of the pods behind it."),
];

/// Services name sets of pods. Nothing is allocated that nothing would serve: `clusterIP` is `None` unless the client
/// gives one, and the types that need ports of the machine or a load balancer are refused.
pub(super) fn resource() -> Resource {
    let kind = kind("Service");
    Resource {
        short_names: &["svc"],
        categories: &["all"],
        subresources: vec![describe::status(kind)],
        columns: COLUMNS,
        cells,
        fields: |service| {
            vec![
                ("spec.clusterIP", json::text(service, "/spec/clusterIP").to_owned()),
                ("spec.type", json::text(service, "/spec/type").to_owned()),
            ]
        },
        schema: &schema::SERVICE,
        ..describe::stored(kind, "services", "service", Scope::Namespaced, Arc::new(Services))
    }
}

const NO_ADDRESS: &str = "None";
const TYPES: &[&str] = &["ClusterIP", "ExternalName"];

struct Services;

#[async_trait]
impl Strategy for Services {
    fn default(&self, service: &mut Object) {
        if json::map_at(service, &["spec"]).is_none() {
            return;
        }
        json::set_default_text(service, "/spec", "type", "ClusterIP");
        json::set_default_text(service, "/spec", "sessionAffinity", "None");
        for port in json::items_mut(service, "/spec/ports") {
            json::set_default_text(port, "", "protocol", "TCP");
            let number = port["port"].clone();
            if port["targetPort"] == 0 || port["targetPort"] == "" {
                json::remove(port, "/targetPort");
            }
            json::set_default(port, "", "targetPort", number);
        }
        if json::text(service, "/spec/type") == "ClusterIP" {
            default_address(service);
        }
    }

    fn allow_create_on_update(&self) -> bool {
        true
    }

    async fn prepare_for_create(&self, _cx: &RequestContext, service: &mut Object) -> Result<(), ApiError> {
        decode::typed::<Service>(service)?;
        service["status"] = json!({"loadBalancer": {}});
        Ok(())
    }

    async fn prepare_for_update(
        &self,
        _cx: &RequestContext,
        service: &mut Object,
        old: &Object,
    ) -> Result<(), ApiError> {
        decode::typed::<Service>(service)?;
        json::restore(service, old, "/status");
        Ok(())
    }

    fn validate(&self, service: &Object) -> Vec<FieldError> {
        match decode::or_field_error::<Service>(service) {
            Ok(service) => validate(&service),
            Err(problem) => vec![problem],
        }
    }

    fn validate_update(&self, service: &Object, old: &Object) -> Vec<FieldError> {
        let mut problems = self.validate(service);
        let (address, was) = (
            json::text(service, "/spec/clusterIP"),
            json::text(old, "/spec/clusterIP"),
        );
        let same_type = service["spec"]["type"] == old["spec"]["type"];
        if same_type && address != was {
            problems.push(FieldError::invalid("spec.clusterIP", address, "field is immutable"));
        }
        problems
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn validate_name(&self, name: &str) -> Result<(), String> {
        names::check_service_name(name)
    }
}

fn default_address(service: &mut Object) {
    json::set_default_text(service, "/spec", "clusterIP", NO_ADDRESS);
    let address = service["spec"]["clusterIP"].clone();
    json::set_default(service, "/spec", "clusterIPs", json!([address]));
}

fn validate(service: &Service) -> Vec<FieldError> {
    let Some(spec) = &service.spec else {
        return vec![FieldError::required("spec", "")];
    };
    let mut problems = Vec::new();
    let kind = spec.type_.as_deref().unwrap_or_default();
    if !TYPES.contains(&kind) {
        problems.push(FieldError::not_supported("spec.type", kind, TYPES));
    }
    let address = spec.cluster_ip.as_deref().unwrap_or_default();
    if !["", NO_ADDRESS].contains(&address) && address.parse::<std::net::IpAddr>().is_err() {
        let message = "must be empty, 'None', or a valid IP address";
        problems.push(FieldError::invalid("spec.clusterIP", address, message));
    }
    let external = spec.external_name.as_deref().unwrap_or_default();
    if kind == "ExternalName" && external.is_empty() {
        problems.push(FieldError::required("spec.externalName", ""));
    }
    if let Some(selector) = &spec.selector {
        problems.extend(names::labels("spec.selector", selector));
    }
    let ports = spec.ports.as_deref().unwrap_or_default();
    if ports.is_empty() && kind == "ClusterIP" && address != NO_ADDRESS {
        problems.push(FieldError::required("spec.ports", ""));
    }
    problems.extend(validate_ports(ports));
    problems
}

fn validate_ports(ports: &[ServicePort]) -> Vec<FieldError> {
    const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
    let (mut problems, mut names_seen, mut numbers_seen) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for (index, port) in ports.iter().enumerate() {
        let here = format!("spec.ports[{index}]");
        let name = port.name.as_deref().unwrap_or_default();
        let protocol = port.protocol.as_deref().unwrap_or_default();
        problems.extend(names::port(&names::at(&here, "port"), port.port));
        if !PROTOCOLS.contains(&protocol) {
            problems.push(FieldError::not_supported(
                names::at(&here, "protocol"),
                protocol,
                PROTOCOLS,
            ));
        }
        if ports.len() > 1 || !name.is_empty() {
            problems.extend(names::required_label(&names::at(&here, "name"), name));
        }
        if !name.is_empty() && !names_seen.insert(name) {
            problems.push(FieldError::duplicate(names::at(&here, "name"), name));
        }
        if !numbers_seen.insert((port.port, protocol)) {
            problems.push(FieldError::duplicate(
                here,
                json!({"port": port.port, "protocol": protocol}),
            ));
        }
    }
    problems
}

fn cells(service: &Object, now: jiff::Timestamp) -> Vec<Value> {
    let or_none = |text: &str| {
        if text.is_empty() {
            "<none>".to_owned()
        } else {
            text.to_owned()
        }
    };
    vec![
        describe::name(service),
        json::text(service, "/spec/type").into(),
        or_none(json::text(service, "/spec/clusterIP")).into(),
        external_address(service).into(),
        or_none(&ports(service)).into(),
        describe::age(service, now),
        selector(service, "/spec/selector").into(),
    ]
}

fn external_address(service: &Object) -> String {
    let named = json::text(service, "/spec/externalName");
    if json::text(service, "/spec/type") == "ExternalName" && !named.is_empty() {
        return named.to_owned();
    }
    let addresses: Vec<&str> = json::items(service, "/spec/externalIPs")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if addresses.is_empty() {
        "<none>".into()
    } else {
        addresses.join(",")
    }
}

fn ports(service: &Object) -> String {
    let one = |port: &Value| {
        let number = json::number(port, "/port").unwrap_or_default();
        let protocol = json::text(port, "/protocol");
        match json::number(port, "/nodePort").filter(|number| *number > 0) {
            Some(node_port) => format!("{number}:{node_port}/{protocol}"),
            None => format!("{number}/{protocol}"),
        }
    };
    json::items(service, "/spec/ports")
        .iter()
        .map(one)
        .collect::<Vec<_>>()
        .join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaulted(spec: Value) -> Value {
        let mut service = json!({"metadata": {"name": "web"}, "spec": spec});
        Services.default(&mut service);
        service
    }

    #[test]
    fn no_address_is_invented() {
        let service = defaulted(json!({"ports": [{"port": 80}], "selector": {"app": "web"}}));
        assert_eq!(json::text(&service, "/spec/clusterIP"), "None");
        assert_eq!(
            service["spec"]["ports"][0],
            json!({"port": 80, "protocol": "TCP", "targetPort": 80})
        );
        assert!(Services.validate(&service).is_empty());
        let given = defaulted(json!({"clusterIP": "10.0.0.7", "ports": [{"port": 80}]}));
        assert_eq!(json::text(&given, "/spec/clusterIP"), "10.0.0.7");
    }

    #[test]
    fn what_cannot_be_served_is_refused() {
        let table = [
            (
                json!({"type": "LoadBalancer", "ports": [{"port": 80}]}),
                "spec.type: Unsupported value: \"LoadBalancer\"",
            ),
            (json!({"ports": [{"port": 0}]}), "spec.ports[0].port: Invalid value: 0"),
            (
                json!({"ports": [{"port": 80}, {"port": 81}]}),
                "spec.ports[0].name: Required value",
            ),
            (json!({"type": "ExternalName"}), "spec.externalName: Required value"),
            (
                json!({"clusterIP": "x", "ports": [{"port": 80}]}),
                "spec.clusterIP: Invalid value: \"x\"",
            ),
        ];
        for (spec, expected) in table {
            let found: Vec<String> = Services
                .validate(&defaulted(spec))
                .iter()
                .map(ToString::to_string)
                .collect();
            assert!(
                found.iter().any(|problem| problem.starts_with(expected)),
                "{expected}: {found:?}"
            );
        }
    }

    #[test]
    fn the_address_of_a_service_stays() {
        let old = defaulted(json!({"clusterIP": "10.0.0.7", "ports": [{"port": 80}]}));
        let moved = defaulted(json!({"clusterIP": "10.0.0.8", "ports": [{"port": 80}]}));
        assert_eq!(Services.validate_update(&moved, &old)[0].field, "spec.clusterIP");
    }
}
