use std::collections::BTreeSet;

use serde_json::Value;

use super::head::text;
use super::resource_quota::{put, row};
use crate::output::sheet::Sheet;

/// The maps of one item, in the order of the columns.
const MAPS: [&str; 5] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];

pub fn fill(range: &Value, sheet: &mut Sheet) {
    let metadata = &range["metadata"];
    let mut rows = vec![
        row(["Name:", text(&metadata["name"])]),
        row(["Namespace:", text(&metadata["namespace"])]),
    ];
    rows.extend(bounds(range));
    put(sheet, &rows);
}

/// What is bounded, under its headers.
pub fn bounds(range: &Value) -> Vec<Vec<String>> {
    let mut rows = vec![
        row([
            "Type",
            "Resource",
            "Min",
            "Max",
            "Default Request",
            "Default Limit",
            "Max Limit/Request Ratio",
        ]),
        row([
            "----",
            "--------",
            "---",
            "---",
            "---------------",
            "-------------",
            "-----------------------",
        ]),
    ];
    for item in range["spec"]["limits"].as_array().into_iter().flatten() {
        let names: BTreeSet<&String> = MAPS
            .iter()
            .flat_map(|map| item[*map].as_object().into_iter().flatten())
            .map(|(name, _)| name)
            .collect();
        for name in names {
            let amounts = MAPS.map(|map| item[map][name].as_str().unwrap_or("-"));
            let mut cells = row([text(&item["type"]), name]);
            cells.extend(row(amounts));
            rows.push(cells);
        }
    }
    rows
}
