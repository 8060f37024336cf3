use serde_json::Value;

use super::aligned;
use super::head::text;
use crate::output::sheet::Sheet;

pub fn fill(quota: &Value, sheet: &mut Sheet) {
    let metadata = &quota["metadata"];
    let mut rows = vec![
        row(["Name:", text(&metadata["name"])]),
        row(["Namespace:", text(&metadata["namespace"])]),
    ];
    let mut scopes: Vec<&str> = quota["spec"]["scopes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(text)
        .collect();
    if !scopes.is_empty() {
        scopes.sort_unstable();
        rows.push(row(["Scopes:", &scopes.join(", ")]));
        put(sheet, &rows);
        rows.clear();
        for meaning in scopes.iter().filter_map(|scope| meaning(scope)) {
            sheet.text(format!(" * {meaning}"));
        }
    }
    rows.extend(used_and_hard(quota));
    put(sheet, &rows);
}

/// What is bounded, under its headers.
pub fn used_and_hard(quota: &Value) -> Vec<Vec<String>> {
    let status = &quota["status"];
    let mut rows = vec![row(["Resource", "Used", "Hard"]), row(["--------", "----", "----"])];
    let hard = status["hard"].as_object().into_iter().flatten();
    rows.extend(hard.map(|(name, hard)| row([name, status["used"][name].as_str().unwrap_or("0"), text(hard)])));
    rows
}

pub fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

pub fn put(sheet: &mut Sheet, rows: &[Vec<String>]) {
    for line in aligned::lines(rows) {
        sheet.text(line);
    }
}

fn meaning(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "Terminating" => {
            "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being \
             actively terminated by the system."
        }
        "NotTerminating" => {
            "Matches all pods that do not have an active deadline. These pods usually include long running pods whose \
             container command is not expected to terminate."
        }
        "BestEffort" => {
            "Matches all pods that do not have resource requirements set. These pods have a best effort quality of \
             service."
        }
        "NotBestEffort" => {
            "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed \
             quality of service."
        }
        _ => return None,
    })
}
