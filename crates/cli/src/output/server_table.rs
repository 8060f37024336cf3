//! Tables that the server made (`meta.k8s.io/v1 Table`), and the columns we put around them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::json_path::JsonPath;
use super::json_path::plain;
use crate::age;

/// Rows of one kind, as the server rendered them.
#[derive(Clone, Debug, Default)]
pub struct ServerTable {
    columns: Vec<Value>,
    pub rows: Vec<Value>,
}

/// What else to show.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    pub wide: bool,
    pub namespace: bool,
    pub show_labels: bool,
    pub label_columns: Vec<String>,
    /// Put before names, as in `pod/web`.
    pub prefix: Option<String>,
}

impl ServerTable {
    /// Takes the rows of one answer. A server without tables answers plain objects: their names and ages are shown.
    pub fn add(&mut self, mut answer: Value, now: Timestamp) {
        if answer["kind"] != "Table" {
            answer = plain_table(&answer, now);
        }
        if let Value::Array(columns) = answer["columnDefinitions"].take()
            && !columns.is_empty()
        {
            self.columns = columns;
        }
        if let Value::Array(rows) = answer["rows"].take() {
            self.rows.extend(rows);
        }
    }

    pub fn sort_by(&mut self, path: &JsonPath) {
        self.rows
            .sort_by(|left, right| super::sort::by_path(path, &left["object"], &right["object"]));
    }

    pub fn header(&self, layout: &Layout) -> Vec<String> {
        let mut header: Vec<String> = Vec::new();
        if layout.namespace {
            header.push("NAMESPACE".into());
        }
        header.extend(
            self.shown(layout)
                .map(|(_, column)| text(&column["name"]).to_uppercase()),
        );
        let label_name = |label: &String| label.rsplit('/').next().unwrap_or(label).to_uppercase();
        header.extend(layout.label_columns.iter().map(label_name));
        if layout.show_labels {
            header.push("LABELS".into());
        }
        header
    }

    /// The rows as cells, and takes them out: what was printed is not printed again.
    pub fn take_cells(&mut self, layout: &Layout) -> Vec<Vec<String>> {
        let rows = std::mem::take(&mut self.rows);
        rows.iter().map(|row| self.cells(row, layout)).collect()
    }

    fn cells(&self, row: &Value, layout: &Layout) -> Vec<String> {
        let metadata = &row["object"]["metadata"];
        let mut cells: Vec<String> = Vec::new();
        if layout.namespace {
            cells.push(text(&metadata["namespace"]).into());
        }
        cells.extend(self.shown(layout).map(|(at, column)| {
            let cell = cell_text(&row["cells"][at]);
            match &layout.prefix {
                Some(prefix) if is_name(at, column) => format!("{prefix}/{cell}"),
                _ => cell,
            }
        }));
        cells.extend(
            layout
                .label_columns
                .iter()
                .map(|label| match metadata["labels"][label].as_str() {
                    Some(value) => value.to_string(),
                    None => "<none>".into(),
                }),
        );
        if layout.show_labels {
            cells.push(labels(&metadata["labels"]));
        }
        cells
    }

    fn shown(&self, layout: &Layout) -> impl Iterator<Item = (usize, &Value)> {
        let wide = layout.wide;
        let visible = move |column: &Value| wide || column["priority"].as_i64().unwrap_or(0) == 0;
        self.columns
            .iter()
            .enumerate()
            .filter(move |(_, column)| visible(column))
    }
}

fn is_name(at: usize, column: &Value) -> bool {
    column["format"] == "name" || (at == 0 && text(&column["name"]).eq_ignore_ascii_case("name"))
}

fn cell_text(cell: &Value) -> String {
    match cell {
        Value::Null => "<none>".into(),
        other => plain(other),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `a=1,b=2`, or `<none>`.
pub fn labels(labels: &Value) -> String {
    match labels.as_object() {
        Some(labels) if !labels.is_empty() => labels
            .iter()
            .map(|(key, value)| format!("{key}={}", plain(value)))
            .collect::<Vec<_>>()
            .join(","),
        _ => "<none>".into(),
    }
}

fn plain_table(answer: &Value, now: Timestamp) -> Value {
    let objects = match answer["items"].as_array() {
        Some(items) => items.iter().collect(),
        None => vec![answer],
    };
    let row = |object: &&Value| {
        let created = object["metadata"]["creationTimestamp"]
            .as_str()
            .and_then(|time| time.parse().ok());
        let age = created.map_or("<unknown>".into(), |created| age::short(created, now));
        json!({"cells": [object["metadata"]["name"], age], "object": object})
    };
    json!({
        "columnDefinitions": [{"name": "Name", "format": "name"}, {"name": "Age"}],
        "rows": objects.iter().map(row).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> ServerTable {
        let mut table = ServerTable::default();
        let answer = json!({"kind": "Table",
            "columnDefinitions": [
                {"name": "Name", "format": "name", "priority": 0}, {"name": "Ready", "priority": 0}, {"name": "IP", "priority": 1},
            ],
            "rows": [{"cells": ["web", 1, null], "object": {"metadata": {"namespace": "p", "labels": {"a": "1", "b.io/c": "2"}}}}]});
        table.add(answer, Timestamp::UNIX_EPOCH);
        table
    }

    fn print(layout: &Layout) -> (String, String) {
        let mut table = table();
        (table.header(layout).join("|"), table.take_cells(layout)[0].join("|"))
    }

    #[test]
    fn only_wide_shows_columns_of_low_priority() {
        assert_eq!(print(&Layout::default()), ("NAME|READY".into(), "web|1".into()));
        let wide = Layout {
            wide: true,
            ..Layout::default()
        };
        assert_eq!(print(&wide), ("NAME|READY|IP".into(), "web|1|<none>".into()));
    }

    #[test]
    fn namespace_and_labels_are_put_around() {
        let layout = Layout {
            namespace: true,
            show_labels: true,
            label_columns: vec!["b.io/c".into(), "x".into()],
            prefix: Some("pod".into()),
            ..Layout::default()
        };
        assert_eq!(
            print(&layout),
            (
                "NAMESPACE|NAME|READY|C|X|LABELS".into(),
                "p|pod/web|1|2|<none>|a=1,b.io/c=2".into()
            )
        );
    }

    #[test]
    fn a_server_without_tables_still_gives_names_and_ages() {
        let mut table = ServerTable::default();
        let now = "2026-01-01T00:01:00Z".parse().unwrap();
        table.add(json!({"kind": "PodList", "items": [{"metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"}}]}), now);
        assert_eq!(table.take_cells(&Layout::default()), [["a", "60s"]]);
    }
}
