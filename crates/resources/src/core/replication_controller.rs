mod scale;

use std::sync::Arc;

use async_trait::async_trait;
use k8s_openapi::api::core::v1::ReplicationController;
use serde_json::{Value, json};
use weir_apiserver::{ApiError, Column, FieldError, Object, RequestContext, Resource, Scope, Strategy, schema};

use super::pod_spec::{ImageRule, default_template, validate_template};
use super::{kind, template_cells};
use crate::describe::{self, AGE, NAME, column, wide};
use crate::{decode, generation, json};

pub(crate) use scale::wanted;

const COLUMNS: &[Column] = &[
    NAME,
    column("Desired", "integer", "How many pods are wanted."),
    column("Current", "integer", "How many pods there are."),
    column("Ready", "integer", "How many pods are ready."),
    AGE,
    wide("Containers", "string", "Names of the containers of each pod."),
    wide("Images", "string", "Images of the containers of each pod."),
    wide("Selector", "string", "Labels of the pods that count."),
];

/// Keeps a number of pods of one template alive; what a rollout of a DeploymentConfig makes.
pub(super) fn resource() -> Resource {
    let kind = kind("ReplicationController");
    Resource {
        short_names: &["rc"],
        categories: &["all"],
        subresources: vec![scale::subresource(), describe::status(kind)],
        columns: COLUMNS,
        cells,
        fields: |controller| vec![("status.replicas", count(controller, "/status/replicas").to_string())],
        schema: &schema::REPLICATION_CONTROLLER,
        ..describe::stored(
            kind,
            "replicationcontrollers",
            "replicationcontroller",
            Scope::Namespaced,
            Arc::new(ReplicationControllers),
        )
    }
}

struct ReplicationControllers;

#[async_trait]
impl Strategy for ReplicationControllers {
    fn default(&self, controller: &mut Object) {
        json::set_default(controller, "/spec", "replicas", 1);
        let labels = controller.pointer("/spec/template/metadata/labels").cloned();
        if let Some(labels) = labels.filter(|labels| labels.as_object().is_some_and(|map| !map.is_empty())) {
            if json::members(controller, "/spec/selector").next().is_none() {
                json::put(controller, &["spec", "selector"], labels.clone());
            }
            if json::members(controller, "/metadata/labels").next().is_none() {
                json::put(controller, &["metadata", "labels"], labels);
            }
        }
        if let Some(template) = controller
            .pointer_mut("/spec/template")
            .filter(|template| template.is_object())
        {
            default_template(template);
        }
    }

    async fn prepare_for_create(&self, _cx: &RequestContext, controller: &mut Object) -> Result<(), ApiError> {
        decode::typed::<ReplicationController>(controller)?;
        controller["status"] = json!({"replicas": 0});
        generation::start(controller);
        Ok(())
    }

    async fn prepare_for_update(
        &self,
        _cx: &RequestContext,
        controller: &mut Object,
        old: &Object,
    ) -> Result<(), ApiError> {
        decode::typed::<ReplicationController>(controller)?;
        json::restore(controller, old, "/status");
        generation::follow(controller, old, controller["spec"] != old["spec"]);
        Ok(())
    }

    fn validate(&self, controller: &Object) -> Vec<FieldError> {
        match decode::or_field_error::<ReplicationController>(controller) {
            Ok(controller) => validate(&controller),
            Err(problem) => vec![problem],
        }
    }

    fn is_decorated(&self) -> bool {
        false
    }
}

fn validate(controller: &ReplicationController) -> Vec<FieldError> {
    let Some(spec) = &controller.spec else {
        return vec![FieldError::required("spec", "")];
    };
    let mut problems = Vec::new();
    for (field, number) in [
        ("spec.replicas", spec.replicas),
        ("spec.minReadySeconds", spec.min_ready_seconds),
    ] {
        if let Some(number) = number.filter(|number| *number < 0) {
            problems.push(FieldError::invalid(field, number, "must be greater than or equal to 0"));
        }
    }
    let selector = spec.selector.clone().unwrap_or_default();
    if selector.is_empty() {
        problems.push(FieldError::required("spec.selector", ""));
    }
    let Some(template) = &spec.template else {
        problems.push(FieldError::required("spec.template", ""));
        return problems;
    };
    let labels = template
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.labels.clone())
        .unwrap_or_default();
    if !selector.iter().all(|(key, value)| labels.get(key) == Some(value)) {
        let message = "`selector` does not match template `labels`";
        problems.push(FieldError::invalid("spec.template.metadata.labels", &labels, message));
    }
    problems.extend(validate_template("spec.template", template, ImageRule::Required));
    problems
}

fn count(controller: &Object, path: &str) -> i64 {
    json::number(controller, path).unwrap_or_default()
}

fn cells(controller: &Object, now: jiff::Timestamp) -> Vec<Value> {
    let [containers, images, selector] = template_cells(controller);
    vec![
        describe::name(controller),
        count(controller, "/spec/replicas").into(),
        count(controller, "/status/replicas").into(),
        count(controller, "/status/readyReplicas").into(),
        describe::age(controller, now),
        containers,
        images,
        selector,
    ]
}
