use serde_json::Value;

use super::schema::Schemas;
use crate::failure::Failure;
use crate::resource::Resource;

/// Where lines of prose are broken.
const WIDTH: usize = 80;
/// How deep fields are shown below one; kinds that contain themselves have no end.
const DEPTH: usize = 16;

/// The page about a kind or one of its fields.
pub fn render(
    schemas: &Schemas,
    resource: &Resource,
    root: &Value,
    way: &[&str],
    recursive: bool,
) -> Result<String, Failure> {
    let mut text = String::new();
    if !resource.group.is_empty() {
        text += &format!("GROUP:      {}\n", resource.group);
    }
    text += &format!("KIND:       {}\nVERSION:    {}\n\n", resource.kind, resource.version);
    let mut schema = root;
    for (at, field) in way.iter().enumerate() {
        let fields = schemas.fields(schema);
        schema = fields.and_then(|fields| fields.get(*field)).ok_or_else(|| {
            let known = fields.into_iter().flatten().map(|(name, _)| name.as_str());
            Failure::refused(format!("field \"{field}\" does not exist")).hint(format!(
                "{} has: {}",
                place(resource, &way[..at]),
                known.collect::<Vec<_>>().join(", ")
            ))
        })?;
    }
    if let Some(field) = way.last() {
        text += &format!("FIELD: {field} <{}>\n\n\n", schemas.type_name(schema));
    }
    text += "DESCRIPTION:\n";
    text += &paragraph(description(schemas, schema), 4);
    text += "    \n";
    if schemas.fields(schema).is_some() {
        text += "FIELDS:\n";
        text += &fields(schemas, schema, recursive, 2, DEPTH);
    }
    text.push('\n');
    Ok(text)
}

fn place(resource: &Resource, way: &[&str]) -> String {
    let mut place = resource.singular.clone();
    for field in way {
        place.push('.');
        place.push_str(field);
    }
    place
}

/// A field's own words; else those of its type.
fn description<'a>(schemas: &'a Schemas, schema: &'a Value) -> String {
    let own = schema["description"].as_str().unwrap_or_default();
    let kind = schemas.inner(schema)["description"].as_str().unwrap_or_default();
    match (own, kind) {
        ("", "") => "<empty>".into(),
        ("", kind) => kind.into(),
        (own, kind) if kind.is_empty() || kind == own => own.into(),
        (own, kind) => format!("{own}\n{kind}"),
    }
}

fn fields(schemas: &Schemas, schema: &Value, recursive: bool, indent: usize, depth: usize) -> String {
    let mut text = String::new();
    if depth == 0 {
        return text;
    }
    let required: Vec<&str> = schemas.inner(schema)["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, field) in schemas.fields(schema).into_iter().flatten() {
        let mark = if required.contains(&name.as_str()) {
            " -required-"
        } else {
            ""
        };
        text += &format!("{}{name}\t<{}>{mark}\n", " ".repeat(indent), schemas.type_name(field));
        if recursive {
            text += &fields(schemas, field, true, indent + 2, depth - 1);
        } else {
            let words = field["description"]
                .as_str()
                .or(schemas.resolve(field)["description"].as_str());
            text += &paragraph(words.unwrap_or("<no description>").to_owned(), indent + 2);
            text.push('\n');
        }
    }
    text
}

/// Prose with its lines broken between words; what is indented in it stays.
fn paragraph(words: String, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut text = String::new();
    for line in words.lines() {
        let mut column = 0;
        text += &margin;
        for word in line.split(' ') {
            if column > 0 && indent + column + 1 + word.len() > WIDTH {
                text.push('\n');
                text += &margin;
                column = 0;
            }
            if column > 0 {
                text.push(' ');
                column += 1;
            }
            text += word;
            column += word.len();
        }
        text.push('\n');
    }
    text
}
