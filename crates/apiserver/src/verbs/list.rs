use std::sync::Arc;

use axum::body::Body;
use http::{Response, StatusCode};

use super::{Call, respond};
use crate::cache::Filter;
use crate::list_options::{ListOptions, parse_filter};
use crate::representation::ListMeta;
use crate::{ApiError, Object, Resource, VirtualResource, list, metadata};

pub(super) async fn serve(call: &Call) -> Result<Response<Body>, ApiError> {
    if let Some(handler) = call.served.handler() {
        return computed(call, handler).await;
    }
    let namespace = &call.path.namespace;
    let options = ListOptions::parse(&call.served, namespace, &call.cx.query)?;
    let page = list::page(&call.core, &call.served, &options).await?;
    respond::entries(call, &page.meta, page.entries).await
}

/// Lists of handlers come whole: `limit` is a wish, and nothing here is long.
async fn computed(call: &Call, handler: &Arc<dyn VirtualResource>) -> Result<Response<Body>, ApiError> {
    if let Some(answer) = handler.list_answer(&call.cx).await? {
        return Ok(respond::value(StatusCode::OK, &answer));
    }
    let filter = parse_filter(&call.served, &call.path.namespace, &call.cx.query)?;
    let revision = call.core.store.revision().0;
    let mut objects = handler.list(&call.cx).await?;
    objects.retain(|object| matches(&filter, &call.served.resource, object));
    respond::objects(
        call,
        &ListMeta {
            revision,
            ..ListMeta::default()
        },
        &objects,
    )
}

fn matches(filter: &Filter, resource: &Resource, object: &Object) -> bool {
    let labels = &object["metadata"]["labels"];
    if !filter
        .labels
        .matches(|key| labels.get(key).and_then(|value| value.as_str()))
    {
        return false;
    }
    let fields = if filter.fields.is_empty() {
        Vec::new()
    } else {
        (resource.fields)(object)
    };
    filter.fields.matches(|field| match field {
        "metadata.name" => metadata::text(object, "name"),
        "metadata.namespace" => metadata::text(object, "namespace"),
        field => fields
            .iter()
            .find(|(name, _)| *name == field)
            .map_or("", |(_, value)| value.as_str()),
    })
}
