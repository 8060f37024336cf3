use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Include, Item, partial, write_value};
use crate::cache::Unreadable;
use crate::catalog::Served;
use crate::{Column, Object, Resource};

/// Columns of kinds that name none.
const DEFAULT_COLUMNS: &[Column] = &[
    Column {
        name: "Name",
        kind: "string",
        format: "name",
        description: "Name of the object.",
        priority: 0,
    },
    Column {
        name: "Created At",
        kind: "date",
        format: "",
        description: "When the object was created.",
        priority: 0,
    },
];

pub(super) fn columns(resource: &Resource) -> Value {
    let columns = if resource.columns.is_empty() {
        DEFAULT_COLUMNS
    } else {
        resource.columns
    };
    let columns = columns.iter().map(|column| {
        json!({
            "name": column.name, "type": column.kind, "format": column.format,
            "description": column.description, "priority": column.priority,
        })
    });
    columns.collect()
}

/// A table up to its first row.
pub(super) fn head(meta: &Value, columns: &Value) -> String {
    format!(
        "{{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{meta},\"columnDefinitions\":{columns},\"rows\":["
    )
}

pub(super) fn write_row(
    resource: &Resource,
    include: Include,
    item: Item<'_>,
    served: &Served,
    now: Timestamp,
    out: &mut Vec<u8>,
) -> Result<(), Unreadable> {
    let mut object = item.object(served)?;
    let cells = cells(resource, &object, now);
    let object = match include {
        Include::None => Value::Null,
        Include::Metadata => partial(object["metadata"].take()),
        Include::Object => object,
    };
    write_value(&json!({"cells": cells, "object": object}), out);
    Ok(())
}

fn cells(resource: &Resource, object: &Object, now: Timestamp) -> Vec<Value> {
    if resource.columns.is_empty() {
        let metadata = &object["metadata"];
        return vec![metadata["name"].clone(), metadata["creationTimestamp"].clone()];
    }
    (resource.cells)(object, now)
}
