use jiff::Timestamp;
use serde_json::Value;
use weir_api::names::annotation;

use super::head::{self, text};
use crate::output::sheet::Sheet;

pub fn fill(now: Timestamp, project: &Value, sheet: &mut Sheet) {
    head::fill(now, project, sheet);
    let note = |key: &str| text(&project["metadata"]["annotations"][key]).to_string();
    sheet.field("Display Name", note(annotation::DISPLAY_NAME));
    sheet.field("Description", note(annotation::DESCRIPTION));
    sheet.field("Status", text(&project["status"]["phase"]));
}
