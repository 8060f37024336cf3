use serde_json::Value;

use super::events;
use super::head::{self, text};
use crate::failure::Failure;
use crate::output::json_path::plain;
use crate::output::server_table::labels;
use crate::output::sheet::Sheet;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

pub async fn fill(session: &Session<'_>, service: &Value, sheet: &mut Sheet) -> Result<(), Failure> {
    head::fill(session.now(), service, sheet);
    let spec = &service["spec"];
    sheet.field("Selector", labels(&spec["selector"]));
    sheet.field("Type", text(&spec["type"]));
    sheet.field("IP", text(&spec["clusterIP"]));
    let pods = pods(session, service).await?;
    for port in spec["ports"].as_array().into_iter().flatten() {
        let name = Some(text(&port["name"]))
            .filter(|name| !name.is_empty())
            .unwrap_or("<unset>");
        let target = plain(&port["targetPort"]);
        sheet.field(
            "Port",
            format!(
                "{name} {}/{}",
                plain(&port["port"]),
                port["protocol"].as_str().unwrap_or("TCP")
            ),
        );
        sheet.field("TargetPort", target.clone());
        let addresses = pods
            .iter()
            .filter(|pod| is_ready(pod))
            .map(|pod| text(&pod["status"]["podIP"]));
        let addresses: Vec<String> = addresses
            .filter(|ip| !ip.is_empty())
            .map(|ip| format!("{ip}:{target}"))
            .collect();
        sheet.field("Endpoints", addresses.join(","));
    }
    sheet.field("Session Affinity", text(&spec["sessionAffinity"]));
    sheet.blank();
    events::fill(session, &[service], sheet).await
}

async fn pods(session: &Session<'_>, service: &Value) -> Result<Vec<Value>, Failure> {
    let selector = &service["spec"]["selector"];
    if selector.as_object().is_none_or(serde_json::Map::is_empty) {
        return Ok(Vec::new());
    }
    let selection = Selection::labelled(text(&service["metadata"]["namespace"]), labels(selector));
    selection.list(session.api().await?, &Resource::pods()).await
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions
        .into_iter()
        .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}
