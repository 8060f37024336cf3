use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use weir_apiserver::{
    ApiError, FieldError, GroupVersionKind, Object, RequestContext, Resource, Scope, UpdateMode, Verb, View,
    VirtualResource, schema,
};

use super::{conversion, validation};
use crate::core::{EVENTS, event};
use crate::{describe, json};

const KIND: GroupVersionKind = GroupVersionKind {
    group: "events.k8s.io",
    version: "v1",
    kind: "Event",
};

pub(super) fn resource() -> Resource {
    const VERBS: &[Verb] = &[
        Verb::Create,
        Verb::Delete,
        Verb::Get,
        Verb::List,
        Verb::Patch,
        Verb::Update,
        Verb::Watch,
    ];
    Resource {
        short_names: &["ev"],
        columns: event::COLUMNS,
        cells: |shown, now| event::cells(&conversion::stored(shown), now),
        fields,
        schema: &schema::EVENTS_EVENT,
        ..describe::computed(KIND, "events", "event", Scope::Namespaced, VERBS, Arc::new(Events))
    }
}

/// Those that clients of this group select by.
fn fields(shown: &Object) -> Vec<(&'static str, String)> {
    let text = |path: &str| json::text(shown, path).to_owned();
    vec![
        ("regarding.kind", text("/regarding/kind")),
        ("regarding.namespace", text("/regarding/namespace")),
        ("regarding.name", text("/regarding/name")),
        ("regarding.uid", text("/regarding/uid")),
        ("regarding.apiVersion", text("/regarding/apiVersion")),
        ("regarding.resourceVersion", text("/regarding/resourceVersion")),
        ("regarding.fieldPath", text("/regarding/fieldPath")),
        ("reason", text("/reason")),
        ("reportingController", text("/reportingController")),
        ("type", text("/type")),
    ]
}

struct Events;

#[async_trait]
impl VirtualResource for Events {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let event = cx.objects.get(&EVENTS, &cx.namespace, name).await;
        Ok(conversion::shown(
            &event.map_err(|error| about_this_group(cx, name, error))?,
        ))
    }

    async fn list(&self, cx: &RequestContext) -> Result<Vec<Object>, ApiError> {
        let events = cx.objects.list(&EVENTS, &cx.namespace, None).await?;
        Ok(events.iter().map(conversion::shown).collect())
    }

    fn view(&self) -> Option<View> {
        Some(View {
            of: EVENTS,
            show: conversion::shown,
            stored_field: conversion::stored_field,
            is_personal: false,
        })
    }

    async fn create(&self, cx: &RequestContext, event: Object) -> Result<(Object, bool), ApiError> {
        let name = json::text(&event, "/metadata/name");
        refuse(name, validation::of_new(&event))?;
        let created = cx.objects.create(cx, &EVENTS, conversion::stored(&event)).await;
        let created = created.map_err(|error| about_this_group(cx, name, error))?;
        Ok((conversion::shown(&created), true))
    }

    /// Whoever repeats an event that has expired meanwhile makes it anew.
    async fn update(&self, cx: &RequestContext, name: &str, event: Object) -> Result<(Object, bool), ApiError> {
        let old = match self.get(cx, name).await {
            Err(error) if error.is_not_found() && cx.verb == "update" => return self.create(cx, event).await,
            old => old?,
        };
        refuse(name, validation::of_changed(&event, &old))?;
        let event = conversion::stored(&event);
        let written = cx.objects.update(cx, &EVENTS, event, UpdateMode::Main).await;
        let written = written.map_err(|error| about_this_group(cx, name, error))?;
        Ok((conversion::shown(&written), false))
    }

    async fn delete(&self, cx: &RequestContext, name: &str, options: &Value) -> Result<Object, ApiError> {
        let current = self.get(cx, name).await?;
        let uid = json::text(options, "/preconditions/uid");
        if !uid.is_empty() && uid != json::text(&current, "/metadata/uid") {
            let why = format!("the UID in the precondition ({uid}) does not match the UID in record");
            return Err(ApiError::conflict(&cx.resource, name, why));
        }
        let left = cx.objects.delete(cx, &EVENTS, &cx.namespace, name).await?;
        Ok(conversion::shown(&left))
    }
}

fn refuse(name: &str, problems: Vec<FieldError>) -> Result<(), ApiError> {
    match problems.is_empty() {
        true => Ok(()),
        false => Err(ApiError::invalid(&KIND, name, problems)),
    }
}

/// The stored object is of the core group; whoever asked here asked for one of this group.
fn about_this_group(cx: &RequestContext, name: &str, error: ApiError) -> ApiError {
    let is_about_it = error
        .details
        .as_ref()
        .is_some_and(|details| details.kind == EVENTS.resource);
    match () {
        () if error.is_not_found() && is_about_it => ApiError::not_found(&cx.resource, name),
        () if error.is_already_exists() => ApiError::already_exists(&cx.resource, name),
        () => error,
    }
}
