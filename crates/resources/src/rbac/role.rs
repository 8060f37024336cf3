mod validation;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use weir_apiserver::{
    ApiError, Column, FieldError, GroupVersionKind, Object, RequestContext, Resource, Scope, Strategy, names,
};

use super::{escalation, kind};
use crate::auth::Authorizer;
use crate::describe::{self, NAME, column};
use crate::json;

const COLUMNS: &[Column] = &[NAME, column("Created At", "date", "When the role was made.")];

pub(super) fn roles(authorizer: &Arc<Authorizer>) -> Resource {
    resource(kind("Role"), "roles", "role", Scope::Namespaced, authorizer)
}

pub(super) fn cluster_roles(authorizer: &Arc<Authorizer>) -> Resource {
    resource(
        kind("ClusterRole"),
        "clusterroles",
        "clusterrole",
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
    let strategy = Roles {
        scope,
        authorizer: authorizer.clone(),
    };
    Resource {
        columns: COLUMNS,
        cells: |role, _now| {
            vec![
                describe::name(role),
                json::text(role, "/metadata/creationTimestamp").into(),
            ]
        },
        ..describe::stored(kind, plural, singular, scope, Arc::new(strategy))
    }
}

/// Roles and ClusterRoles.
struct Roles {
    scope: Scope,
    authorizer: Arc<Authorizer>,
}

#[async_trait]
impl Strategy for Roles {
    fn allow_create_on_update(&self) -> bool {
        true
    }

    /// `rules` is always there, as clients expect it.
    fn default(&self, role: &mut Object) {
        if json::is_unset(role, "/rules") {
            json::put(
                role,
                &["rules"],
                match self.scope {
                    Scope::Namespaced => json!([]),
                    Scope::Cluster => Value::Null,
                },
            );
        }
        if json::is_unset(role, "/aggregationRule") {
            json::remove(role, "/aggregationRule");
        }
    }

    async fn prepare_for_create(&self, cx: &RequestContext, role: &mut Object) -> Result<(), ApiError> {
        escalation::check_role(&self.authorizer, cx, role, &Value::Null).await
    }

    async fn prepare_for_update(&self, cx: &RequestContext, role: &mut Object, old: &Object) -> Result<(), ApiError> {
        escalation::check_role(&self.authorizer, cx, role, old).await
    }

    fn validate(&self, role: &Object) -> Vec<FieldError> {
        validation::problems(role, self.scope)
    }

    fn is_decorated(&self) -> bool {
        false
    }

    fn validate_name(&self, name: &str) -> Result<(), String> {
        names::validate_path_segment(name)
    }
}
