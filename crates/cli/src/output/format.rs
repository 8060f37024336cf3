use serde_json::{Value, json};

use super::json_path::{JsonPath, plain};
use super::table::Table;
use super::{json, yaml};
use crate::resource::Resource;

/// What `-o` asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    Wide,
    Json,
    Yaml,
    Name,
    JsonPath(JsonPath),
    CustomColumns(Vec<Column>),
}

/// One column of `-o custom-columns`.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    header: String,
    path: JsonPath,
}

/// An object with the kind it was asked for as.
pub struct Item<'a> {
    pub resource: &'a Resource,
    pub object: Value,
}

/// Leaves out what only servers need.
pub fn tidy(mut object: Value, show_managed_fields: bool) -> Value {
    if let Some(metadata) = object["metadata"].as_object_mut().filter(|_| !show_managed_fields) {
        metadata.remove("managedFields");
    }
    object
}

impl Format {
    /// Reads the argument of `-o`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("jsonpath", template)) => Ok(Self::JsonPath(parse_template(template)?)),
            Some(("custom-columns", columns)) => columns
                .split(',')
                .map(column)
                .collect::<Result<_, _>>()
                .map(Self::CustomColumns),
            _ => match text {
                "wide" => Ok(Self::Wide),
                "json" => Ok(Self::Json),
                "yaml" => Ok(Self::Yaml),
                "name" => Ok(Self::Name),
                "jsonpath" | "custom-columns" => Err(format!("{text} needs a template: -o {text}=...")),
                _ => Err("use wide, json, yaml, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...".into()),
            },
        }
    }

    /// Whether objects are needed, and not the server's tables.
    pub fn needs_objects(&self) -> bool {
        *self != Self::Wide
    }

    /// The objects in this form. `single` prints one object by itself and not as a list.
    pub fn render(&self, items: &[Item], single: bool) -> String {
        match self {
            Self::Name => items
                .iter()
                .map(|item| item.resource.named(name(&item.object)) + "\n")
                .collect(),
            Self::CustomColumns(columns) => custom_columns(columns, items),
            _ => match (items, single) {
                ([item], true) => self.document(&item.object),
                _ => {
                    let objects: Vec<&Value> = items.iter().map(|item| &item.object).collect();
                    let list = json!({"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}});
                    self.document(&list)
                }
            },
        }
    }

    /// One document that is no object of the API.
    pub fn document(&self, value: &Value) -> String {
        match self {
            Self::JsonPath(path) => path.render(value),
            Self::Yaml => yaml::render(value),
            _ => json::render(value),
        }
    }
}

fn parse_template(template: &str) -> Result<JsonPath, String> {
    let parsed = match template.contains('{') {
        true => JsonPath::parse(template),
        false => JsonPath::parse_relaxed(template),
    };
    parsed.map_err(|error| error.to_string())
}

fn column(text: &str) -> Result<Column, String> {
    let (header, path) = text
        .split_once(':')
        .filter(|(header, path)| !header.is_empty() && !path.is_empty())
        .ok_or_else(|| format!("`{text}` is no column; write HEADER:PATH"))?;
    Ok(Column {
        header: header.into(),
        path: JsonPath::parse_relaxed(path).map_err(|error| error.to_string())?,
    })
}

fn custom_columns(columns: &[Column], items: &[Item]) -> String {
    let mut rows = vec![columns.iter().map(|column| column.header.clone()).collect::<Vec<_>>()];
    rows.extend(
        items
            .iter()
            .map(|item| columns.iter().map(|column| cell(column, &item.object)).collect()),
    );
    Table::default().render(&rows)
}

fn cell(column: &Column, object: &Value) -> String {
    let found = column.path.find(object);
    if found.is_empty() {
        return "<none>".into();
    }
    found.into_iter().map(plain).collect::<Vec<_>>().join(",")
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(format: &str, single: bool) -> String {
        let resource = Resource::image_streams();
        let object = json!({"metadata": {"name": "web"}, "spec": {"tags": ["a", "b"]}});
        Format::parse(format).unwrap().render(
            &[Item {
                resource: &resource,
                object,
            }],
            single,
        )
    }

    #[test]
    fn each_format_prints_in_its_way() {
        assert_eq!(render("name", true), "imagestream.image.openshift.io/web\n");
        assert_eq!(render("jsonpath={.metadata.name}", true), "web");
        assert_eq!(render("jsonpath={.items[*].metadata.name}", false), "web");
        assert_eq!(
            render("custom-columns=NAME:.metadata.name,TAGS:.spec.tags[*],X:.none", true),
            "NAME   TAGS   X\nweb    a,b    <none>\n"
        );
        assert_eq!(
            render("yaml", true),
            "metadata:\n  name: web\nspec:\n  tags:\n  - a\n  - b\n"
        );
        assert!(render("json", false).starts_with("{\n    \"apiVersion\": \"v1\",\n    \"items\": ["));
    }

    #[test]
    fn formats_that_are_not_known_name_those_that_are() {
        for text in [
            "xml",
            "jsonpath",
            "jsonpath={.a",
            "custom-columns=A",
            "go-template={{.x}}",
        ] {
            assert!(Format::parse(text).is_err(), "{text}");
        }
    }
}
