use serde_json::Value;

use super::head::{self, text};
use super::{events, pod, pod_template};
use crate::failure::Failure;
use crate::output::server_table::labels;
use crate::output::sheet::Sheet;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

pub async fn fill(session: &Session<'_>, controller: &Value, sheet: &mut Sheet) -> Result<(), Failure> {
    head::fill(session.now(), controller, sheet);
    let selector = labels(&controller["spec"]["selector"]);
    sheet.field("Selector", selector.clone());
    let count = |part: &str| controller[part]["replicas"].as_i64().unwrap_or(0);
    sheet.field(
        "Replicas",
        format!("{} current / {} desired", count("status"), count("spec")),
    );
    let selection = Selection::labelled(text(&controller["metadata"]["namespace"]), selector);
    let pods = selection.list(session.api().await?, &Resource::pods()).await?;
    sheet.field("Pods Status", pod::counts(&pods));
    for problem in pods.iter().flat_map(|pod| pod::problems(pod, &session.program)) {
        sheet.field("Problem", problem);
    }
    pod_template::fill(&controller["spec"]["template"], sheet);
    sheet.blank();
    events::fill(session, &[controller], sheet).await
}
