use serde_json::Value;

use crate::output::table::Table;
use crate::resource::Resource;

/// One trigger as shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    kind: String,
    value: String,
    automatic: Option<bool>,
}

impl Row {
    pub fn new(kind: &str, value: &str, automatic: Option<bool>) -> Self {
        Self {
            kind: kind.into(),
            value: value.into(),
            automatic,
        }
    }
}

pub fn render(resource: &Resource, name: &str, rows: Vec<Row>) -> String {
    let mut cells = vec![["NAME", "TYPE", "VALUE", "AUTO"].map(str::to_string).to_vec()];
    cells.extend(rows.into_iter().map(|row| {
        let automatic = row.automatic.map(|automatic| automatic.to_string()).unwrap_or_default();
        vec![format!("{}/{name}", resource.plural), row.kind, row.value, automatic]
    }));
    Table::narrow().render(&cells)
}

/// A reference as shown: with its namespace when that is not the object's own.
pub fn tag(reference: &Value, own: &str) -> String {
    let name = reference["name"].as_str().unwrap_or("<unset>");
    match reference["namespace"]
        .as_str()
        .filter(|namespace| !namespace.is_empty() && *namespace != own)
    {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.into(),
    }
}
