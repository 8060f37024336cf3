mod table;
mod validation;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use weir_apiserver::{
    ApiError, FieldError, GroupVersionKind, Object, RequestContext, Resource, Scope, Strategy, names, schema,
};

use super::{GROUP, escalation, kind};
use crate::auth::Authorizer;
use crate::{describe, json};

pub(super) fn role_bindings(authorizer: &Arc<Authorizer>) -> Resource {
    resource(
        kind("RoleBinding"),
        "rolebindings",
        "rolebinding",
        Scope::Namespaced,
        authorizer,
    )
}

pub(super) fn cluster_role_bindings(authorizer: &Arc<Authorizer>) -> Resource {
    resource(
        kind("ClusterRoleBinding"),
        "clusterrolebindings",
        "clusterrolebinding",
        Scope::Cluster,
        authorizer,
    )
}

fn resource(
    kind: GroupVersionKind,
    plural: &'static str,
    singular: &'static str,
    scope: Scope,
    authorizer: &Arc<Authorizer>,
) -> Resource {
    let strategy = Bindings {
        scope,
        authorizer: authorizer.clone(),
    };
    Resource {
        columns: table::COLUMNS,
        cells: table::cells,
        schema: &schema::ROLE_BINDING,
        ..describe::stored(kind, plural, singular, scope, Arc::new(strategy))
    }
}

/// RoleBindings and ClusterRoleBindings.
struct Bindings {
    scope: Scope,
    authorizer: Arc<Authorizer>,
}

#[async_trait]
impl Strategy for Bindings {
    fn allow_create_on_update(&self) -> bool {
        true
    }

    /// The group of roles, users and groups goes without saying.
    fn default(&self, binding: &mut Object) {
        json::set_default_text(binding, "/roleRef", "apiGroup", GROUP);
        for subject in json::items_mut(binding, "/subjects") {
            if matches!(json::text(subject, "/kind"), "User" | "Group") {
                json::set_default_text(subject, "", "apiGroup", GROUP);
            }
        }
    }

    async fn prepare_for_create(&self, cx: &RequestContext, binding: &mut Object) -> Result<(), ApiError> {
        escalation::check_binding(&self.authorizer, cx, binding, &Value::Null).await
    }

    async fn prepare_for_update(
        &self,
        cx: &RequestContext,
        binding: &mut Object,
        old: &Object,
    ) -> Result<(), ApiError> {
        escalation::check_binding(&self.authorizer, cx, binding, old).await
    }

    fn validate(&self, binding: &Object) -> Vec<FieldError> {
        validation::problems(binding, self.scope)
    }

    fn validate_update(&self, binding: &Object, old: &Object) -> Vec<FieldError> {
        let mut problems = self.validate(binding);
        if binding["roleRef"] != old["roleRef"] {
            problems.push(FieldError::invalid(
                "roleRef",
                &binding["roleRef"],
                "cannot change roleRef",
            ));
        }
        problems
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn validate_name(&self, name: &str) -> Result<(), String> {
        names::validate_path_segment(name)
    }
}
