use serde_json::Value;

use super::head::text;
use crate::output::json_path::plain;
use crate::output::sheet::Sheet;

/// A pod template by itself.
pub fn render(template: &Value) -> String {
    let mut sheet = Sheet::default();
    fill(template, &mut sheet);
    sheet.render()
}

pub fn fill(template: &Value, sheet: &mut Sheet) {
    sheet.section("Pod Template:", |sheet| {
        sheet.map("Labels", &template["metadata"]["labels"]);
        if template["metadata"]["annotations"]
            .as_object()
            .is_some_and(|map| !map.is_empty())
        {
            sheet.map("Annotations", &template["metadata"]["annotations"]);
        }
        sheet.maybe("Service Account", template["spec"]["serviceAccountName"].as_str());
        containers("Init Containers:", &template["spec"]["initContainers"], sheet);
        containers("Containers:", &template["spec"]["containers"], sheet);
        sheet.lines("Volumes", volumes(&template["spec"]["volumes"]));
    });
}

fn containers(title: &str, list: &Value, sheet: &mut Sheet) {
    let Some(list) = list.as_array().filter(|list| !list.is_empty()) else {
        return;
    };
    sheet.section(title, |sheet| {
        for container in list {
            sheet.section(&format!("{}:", text(&container["name"])), |sheet| {
                self::container(container, sheet)
            });
        }
    });
}

/// What a container of a pod or a template is made of.
pub fn container(container: &Value, sheet: &mut Sheet) {
    sheet.field("Image", text(&container["image"]));
    sheet.field("Port", ports(&container["ports"]));
    for (label, field) in [("Command", "command"), ("Args", "args")] {
        if let Some(words) = container[field].as_array() {
            sheet.lines(label, words.iter().map(plain).collect());
        }
    }
    for (label, field) in [("Limits", "limits"), ("Requests", "requests")] {
        if container["resources"][field]
            .as_object()
            .is_some_and(|map| !map.is_empty())
        {
            let amounts = container["resources"][field].as_object().into_iter().flatten();
            sheet.lines(
                label,
                amounts
                    .map(|(name, amount)| format!("{name}={}", plain(amount)))
                    .collect(),
            );
        }
    }
    for (label, field) in [
        ("Liveness", "livenessProbe"),
        ("Readiness", "readinessProbe"),
        ("Startup", "startupProbe"),
    ] {
        sheet.maybe(label, probe(&container[field]));
    }
    sheet.lines("Environment", environment(&container["env"]));
    let mounts = container["volumeMounts"].as_array().into_iter().flatten();
    sheet.lines(
        "Mounts",
        mounts
            .map(|mount| format!("{} from {}", text(&mount["mountPath"]), text(&mount["name"])))
            .collect(),
    );
}

fn ports(ports: &Value) -> String {
    let port = |port: &Value| {
        format!(
            "{}/{}",
            plain(&port["containerPort"]),
            port["protocol"].as_str().unwrap_or("TCP")
        )
    };
    ports
        .as_array()
        .into_iter()
        .flatten()
        .map(port)
        .collect::<Vec<_>>()
        .join(", ")
}

fn environment(variables: &Value) -> Vec<String> {
    let line = |variable: &Value| {
        let name = text(&variable["name"]);
        let source = &variable["valueFrom"];
        let reference = |kind: &str, what: &str| {
            let from = &source[kind];
            from.is_object()
                .then(|| format!("{name}: <{what} {} of {}>", text(&from["key"]), text(&from["name"])))
        };
        reference("secretKeyRef", "key of a secret:")
            .or_else(|| reference("configMapKeyRef", "key of a config map:"))
            .or_else(|| {
                source["fieldRef"]
                    .is_object()
                    .then(|| format!("{name}: ({})", text(&source["fieldRef"]["fieldPath"])))
            })
            .unwrap_or_else(|| format!("{name}: {}", text(&variable["value"])))
    };
    variables.as_array().into_iter().flatten().map(line).collect()
}

fn probe(probe: &Value) -> Option<String> {
    let action = if probe["httpGet"].is_object() {
        let get = &probe["httpGet"];
        let scheme = get["scheme"].as_str().unwrap_or("HTTP").to_lowercase();
        format!("http-get {scheme}://:{}{}", plain(&get["port"]), text(&get["path"]))
    } else if probe["tcpSocket"].is_object() {
        format!("tcp-socket :{}", plain(&probe["tcpSocket"]["port"]))
    } else if probe["exec"].is_object() {
        let words = probe["exec"]["command"].as_array().into_iter().flatten();
        format!("exec [{}]", words.map(plain).collect::<Vec<_>>().join(" "))
    } else {
        return None;
    };
    let number = |field: &str, default: i64| probe[field].as_i64().unwrap_or(default);
    Some(format!(
        "{action} delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds", 0),
        number("timeoutSeconds", 1),
        number("periodSeconds", 10),
        number("successThreshold", 1),
        number("failureThreshold", 3),
    ))
}

fn volumes(volumes: &Value) -> Vec<String> {
    let line = |volume: &Value| {
        let kind = volume.as_object().into_iter().flatten().find(|(key, _)| *key != "name");
        format!(
            "{} ({})",
            text(&volume["name"]),
            kind.map_or("empty", |(kind, _)| kind.as_str())
        )
    };
    volumes.as_array().into_iter().flatten().map(line).collect()
}
