//! The rules of a review as a table: one row for each group, resource and name, with all verbs.

use std::collections::BTreeMap;

use serde_json::Value;

const HEAD: [&str; 4] = ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"];
/// Blanks between columns.
const GAP: usize = 3;

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    group: String,
    resource: String,
    path: String,
    name: String,
}

pub(super) fn table(status: &Value, headers: bool) -> String {
    let mut rows: Vec<[String; 4]> = Vec::new();
    for (row, verbs) in sorted(status) {
        rows.push([
            row.resource(),
            list(&row.path),
            list(&row.name),
            format!("[{}]", verbs.join(" ")),
        ]);
    }
    if headers {
        rows.insert(0, HEAD.map(str::to_owned));
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0) + GAP;
    let widths = [width(0), width(1), width(2)];
    let line = |row: &[String; 4]| {
        let [resource, path, name, verbs] = row;
        let [first, second, third] = widths;
        format!("{resource:first$}{path:second$}{name:third$}{verbs}\n")
    };
    rows.iter().map(line).collect()
}

/// In the order that `kubectl` prints: that of rules written out, verbs first, with what stands around the words.
fn sorted(status: &Value) -> Vec<(Row, Vec<String>)> {
    let mut rows: Vec<(Row, Vec<String>)> = resource_rows(status).into_iter().chain(path_rows(status)).collect();
    rows.sort_by_cached_key(|(row, verbs)| {
        let Row {
            group,
            resource,
            path,
            name,
        } = row;
        format!("[{}],[{group}],[{resource}],[{name}],[{path}]", verbs.join(" "))
    });
    rows
}

fn resource_rows(status: &Value) -> BTreeMap<Row, Vec<String>> {
    let mut rows: BTreeMap<Row, Vec<String>> = BTreeMap::new();
    for rule in items(&status["resourceRules"]) {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                for name in or_all(texts(&rule["resourceNames"])) {
                    let row = Row {
                        group: group.to_owned(),
                        resource: resource.to_owned(),
                        name: name.to_owned(),
                        ..Row::default()
                    };
                    let verbs = rows.entry(row).or_default();
                    for verb in texts(&rule["verbs"]) {
                        if !verbs.iter().any(|known| known == verb) {
                            verbs.push(verb.to_owned());
                        }
                    }
                }
            }
        }
    }
    rows
}

fn path_rows(status: &Value) -> Vec<(Row, Vec<String>)> {
    let mut rows = Vec::new();
    for rule in items(&status["nonResourceRules"]) {
        for path in texts(&rule["nonResourceURLs"]) {
            for verb in texts(&rule["verbs"]) {
                let row = Row {
                    path: path.to_owned(),
                    ..Row::default()
                };
                rows.push((row, vec![verb.to_owned()]));
            }
        }
    }
    rows
}

impl Row {
    /// `deployments.apps/scale`.
    fn resource(&self) -> String {
        if self.group.is_empty() {
            return self.resource.clone();
        }
        match self.resource.split_once('/') {
            Some((resource, subresource)) => format!("{resource}.{}/{subresource}", self.group),
            None => format!("{}.{}", self.resource, self.group),
        }
    }
}

fn list(word: &str) -> String {
    format!("[{word}]")
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn texts(list: &Value) -> Vec<&str> {
    items(list).filter_map(Value::as_str).collect()
}

/// Without names a rule is about all of them.
fn or_all(names: Vec<&str>) -> Vec<&str> {
    match names.is_empty() {
        true => vec![""],
        false => names,
    }
}
