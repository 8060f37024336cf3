use serde_json::Value;
use weir_api::names::annotation;

use super::head::{self, text};
use super::resource_quota::{put, row};
use super::{limit_range, resource_quota};
use crate::failure::Failure;
use crate::output::sheet::Sheet;
use crate::resource::Resource;
use crate::selection::Selection;
use crate::session::Session;

pub async fn fill(session: &Session<'_>, project: &Value, sheet: &mut Sheet) -> Result<(), Failure> {
    head::fill(session.now(), project, sheet);
    let annotations = &project["metadata"]["annotations"];
    let note = |key: &str| text(&annotations[key]).to_string();
    sheet.field("Display Name", note(annotation::DISPLAY_NAME));
    sheet.field("Description", note(annotation::DESCRIPTION));
    sheet.field("Status", text(&project["status"]["phase"]));
    sheet.field("Node Selector", note(annotation::NODE_SELECTOR));
    let name = text(&project["metadata"]["name"]);
    let quotas = all(session, name, Resource::resource_quotas()).await?;
    part(sheet, "Quota", &quotas, resource_quota::used_and_hard);
    let ranges = all(session, name, Resource::limit_ranges()).await?;
    part(sheet, "Resource limits", &ranges, limit_range::bounds);
    Ok(())
}

async fn all(session: &Session<'_>, namespace: &str, resource: Resource) -> Result<Vec<Value>, Failure> {
    let selection = Selection {
        namespace: Some(namespace.to_owned()),
        ..Selection::default()
    };
    selection.list_if_served(session.api().await?, &resource).await
}

fn part(sheet: &mut Sheet, title: &str, objects: &[Value], table: fn(&Value) -> Vec<Vec<String>>) {
    if objects.is_empty() {
        sheet.field(title, "");
        return;
    }
    sheet.section(&format!("{title}:"), |sheet| {
        for object in objects {
            let mut rows = vec![row(["Name:", text(&object["metadata"]["name"])])];
            rows.extend(table(object));
            put(sheet, &rows);
        }
    });
}
