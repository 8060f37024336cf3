//! Resources for tests and for the example: namespaces, toys, and what is computed from toys.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use http::Response;
use serde_json::{Value, json};
use weir_apiserver::{
    ApiError, Attributes, Authenticator, Authorizer, Column, Connect, Decision, FieldError, GroupResource,
    GroupVersionKind, Handler, Object, RequestContext, Resource, Schema, Scope, Server, ServerBuilder, Serving,
    Strategy, Subresource, SubresourceHandler, UpdateMode, UserInfo, Verb, View, VirtualResource, metadata, schema,
};
use weir_store::Store;

pub const TOYS: GroupResource = GroupResource {
    group: "toys.example.com",
    resource: "toys",
};
pub const NAMESPACES: GroupResource = GroupResource {
    group: "",
    resource: "namespaces",
};

/// `admin` may everything; `viewer` may read, `painter` may patch as well; `updater` may update; nobody else may
/// anything, but everybody may ring a toy's bell.
pub fn builder(store: Arc<dyn Store>) -> ServerBuilder {
    Server::builder(store)
        .resources(vec![namespaces(), toys(), toy_names(), mirrors(), marbles()])
        .namespaces(NAMESPACES)
        .authenticator(Arc::new(Tokens))
        .authorizer(Arc::new(Rules))
        .version("v1.34.0+toy")
}

/// Tokens are `NAME-token`.
pub struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, bearer: &str) -> Result<Option<UserInfo>, ApiError> {
        let name = bearer.strip_suffix("-token");
        Ok(name.map(|name| UserInfo {
            username: name.to_owned(),
            ..UserInfo::default()
        }))
    }
}

pub struct Rules;

#[async_trait]
impl Authorizer for Rules {
    async fn authorize(&self, user: &UserInfo, attributes: &Attributes) -> Decision {
        let reads = matches!(attributes.verb.as_str(), "get" | "list" | "watch");
        let health = ["/healthz", "/livez", "/readyz", "/version"];
        match user.username.as_str() {
            _ if attributes
                .path
                .as_ref()
                .is_some_and(|path| health.contains(&path.as_str())) =>
            {
                Decision::Allow
            }
            "admin" => Decision::Allow,
            "viewer" if reads => Decision::Allow,
            "painter" if reads || attributes.verb == "patch" => Decision::Allow,
            "updater" if attributes.verb == "update" => Decision::Allow,
            _ if attributes.subresource == "bell" => Decision::Allow,
            _ => Decision::Deny(String::new()),
        }
    }
}

fn kind(kind: &'static str) -> GroupVersionKind {
    GroupVersionKind {
        group: "toys.example.com",
        version: "v1",
        kind,
    }
}

fn namespaces() -> Resource {
    Resource {
        kind: GroupVersionKind {
            group: "",
            version: "v1",
            kind: "Namespace",
        },
        plural: "namespaces",
        singular: "namespace",
        scope: Scope::Cluster,
        short_names: &["ns"],
        categories: &[],
        serving: Serving::Stored(Arc::new(Namespaces)),
        subresources: Vec::new(),
        columns: &[],
        oldest_first: false,
        cells: |_, _| Vec::new(),
        fields: |_| Vec::new(),
        schema: &schema::METADATA_ONLY,
    }
}

/// Namespaces stay while `spec.finalizers` has something.
struct Namespaces;

#[async_trait]
impl Strategy for Namespaces {
    fn holds_deletion(&self, object: &Object) -> bool {
        object["spec"]["finalizers"]
            .as_array()
            .is_some_and(|finalizers| !finalizers.is_empty())
    }

    fn begin_deletion(&self, object: &mut Object) {
        object["status"] = json!({"phase": "Terminating"});
    }

    fn is_decorated(&self) -> bool {
        false
    }
}

pub static TOY_SCHEMA: Schema = Schema::object(&[
    ("metadata", &schema::OBJECT_META),
    (
        "spec",
        &Schema::object(&[("parts", &Schema::merge_by("name", &[]))]).embedded(),
    ),
    ("status", &Schema::EMBEDDED),
]);

fn toys() -> Resource {
    Resource {
        kind: kind("Toy"),
        plural: "toys",
        singular: "toy",
        scope: Scope::Namespaced,
        short_names: &["ty"],
        categories: &["all"],
        serving: Serving::Stored(Arc::new(Toys)),
        subresources: vec![
            Subresource {
                name: "status",
                kind: kind("Toy"),
                verbs: &[Verb::Get, Verb::Update, Verb::Patch],
                handler: Handler::Status,
            },
            Subresource {
                name: "size",
                kind: GroupVersionKind {
                    group: "sizes.example.com",
                    version: "v1beta1",
                    kind: "Size",
                },
                verbs: &[Verb::Get, Verb::Update, Verb::Patch],
                handler: Handler::Custom(Arc::new(Size)),
            },
            Subresource {
                name: "copy",
                kind: kind("ToyCopy"),
                verbs: &[Verb::Create],
                handler: Handler::Custom(Arc::new(Copy)),
            },
            Subresource {
                name: "bell",
                kind: kind("Toy"),
                verbs: &[Verb::Get, Verb::Create],
                handler: Handler::Custom(Arc::new(Bell)),
            },
            Subresource {
                name: "knock",
                kind: kind("Toy"),
                verbs: &[Verb::Create],
                handler: Handler::Custom(Arc::new(Knock)),
            },
        ],
        columns: &[
            Column {
                name: "Name",
                kind: "string",
                format: "name",
                description: "Name of the toy.",
                priority: 0,
            },
            Column {
                name: "Color",
                kind: "string",
                format: "",
                description: "Its color.",
                priority: 0,
            },
            Column {
                name: "Parts",
                kind: "integer",
                format: "",
                description: "How many parts.",
                priority: 1,
            },
        ],
        oldest_first: true,
        cells: |toy, _| {
            let parts = toy["spec"]["parts"].as_array().map_or(0, Vec::len);
            vec![
                toy["metadata"]["name"].clone(),
                toy["spec"]["color"].clone(),
                parts.into(),
            ]
        },
        fields: |toy| {
            vec![(
                "spec.color",
                toy["spec"]["color"].as_str().unwrap_or_default().to_owned(),
            )]
        },
        schema: &TOY_SCHEMA,
    }
}

/// Toys are grey unless they say otherwise. Nobody may make them invisible, and only the server knows their address.
struct Toys;

#[async_trait]
impl Strategy for Toys {
    fn default(&self, object: &mut Object) {
        if object["spec"]["color"].is_null() {
            object["spec"]["color"] = "grey".into();
        }
    }

    async fn prepare_for_create(&self, _cx: &RequestContext, object: &mut Object) -> Result<(), ApiError> {
        object["status"] = json!({});
        metadata::start_generation(object);
        Ok(())
    }

    async fn prepare_for_update(
        &self,
        _cx: &RequestContext,
        object: &mut Object,
        old: &Object,
    ) -> Result<(), ApiError> {
        object["status"] = old["status"].clone();
        metadata::bump_generation(object, old);
        Ok(())
    }

    fn validate(&self, object: &Object) -> Vec<FieldError> {
        match object["spec"]["color"].as_str() {
            Some("invisible") => vec![FieldError::not_supported(
                "spec.color",
                "invisible",
                &["grey", "red", "blue"],
            )],
            _ => Vec::new(),
        }
    }

    fn decorate(&self, object: &mut Object) {
        let address = format!(
            "{}/{}",
            metadata_text(object, "namespace"),
            metadata_text(object, "name")
        );
        object["status"]["address"] = address.into();
    }

    fn graceful_deletion_seconds(&self, object: &Object, requested: Option<u32>) -> Option<u32> {
        let own = object["spec"]["graceSeconds"].as_u64()? as u32;
        Some(requested.unwrap_or(own))
    }

    async fn validate_delete(&self, cx: &RequestContext, object: &Object) -> Result<(), ApiError> {
        match object["spec"]["glued"] == true {
            true => Err(ApiError::forbidden(
                &cx.resource,
                metadata_text(object, "name"),
                "it is glued to the table",
            )),
            false => Ok(()),
        }
    }
}

fn metadata_text<'a>(object: &'a Object, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// Marbles come into being when somebody writes them.
fn marbles() -> Resource {
    Resource {
        kind: kind("Marble"),
        plural: "marbles",
        singular: "marble",
        short_names: &[],
        categories: &[],
        serving: Serving::Stored(Arc::new(Marbles)),
        subresources: Vec::new(),
        columns: &[],
        oldest_first: false,
        cells: |_, _| Vec::new(),
        fields: |_| Vec::new(),
        schema: &schema::METADATA_ONLY,
        scope: Scope::Namespaced,
    }
}

struct Marbles;

#[async_trait]
impl Strategy for Marbles {
    fn allow_create_on_update(&self) -> bool {
        true
    }

    fn is_decorated(&self) -> bool {
        false
    }
}

/// The size of a toy, as another kind.
struct Size;

#[async_trait]
impl SubresourceHandler for Size {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        let toy = cx.objects.get(&TOYS, &cx.namespace, name).await?;
        Ok(json!({
            "kind": "Size", "apiVersion": "sizes.example.com/v1beta1",
            "metadata": {"name": name, "namespace": cx.namespace, "resourceVersion": toy["metadata"]["resourceVersion"]},
            "spec": {"size": toy["spec"]["size"].as_i64().unwrap_or(0)},
        }))
    }

    async fn update(&self, cx: &RequestContext, name: &str, object: Object) -> Result<Object, ApiError> {
        let version = metadata_text(&object, "resourceVersion").to_owned();
        let size = object["spec"]["size"].clone();
        let change = |toy: &mut Object| {
            if !version.is_empty() && version != metadata_text(toy, "resourceVersion") {
                return Err(ApiError::modified(&TOYS, name));
            }
            toy["spec"]["size"] = size.clone();
            Ok(())
        };
        cx.objects
            .update_with(cx, &TOYS, &cx.namespace, name, UpdateMode::Main, change)
            .await?;
        self.get(cx, name).await
    }
}

/// Copies a toy under another name and counts the copies in the original, both or neither.
struct Copy;

#[async_trait]
impl SubresourceHandler for Copy {
    async fn create(&self, cx: &RequestContext, name: &str, object: Object) -> Result<Object, ApiError> {
        use weir_apiserver::Planned;
        let mut original = cx.objects.get(&TOYS, &cx.namespace, name).await?;
        let copy = json!({"kind": "Toy", "apiVersion": "toys.example.com/v1",
            "metadata": {"name": object["spec"]["name"], "namespace": cx.namespace}, "spec": original["spec"]});
        original["status"]["copies"] = (original["status"]["copies"].as_i64().unwrap_or(0) + 1).into();
        let planned = vec![
            Planned::Create {
                resource: TOYS,
                object: copy,
            },
            Planned::Update {
                resource: TOYS,
                object: original,
                mode: UpdateMode::Status,
            },
        ];
        let mut written = cx.objects.commit(cx, planned).await?;
        Ok(written.swap_remove(0))
    }
}

/// Answers whatever it is sent.
struct Bell;

#[async_trait]
impl SubresourceHandler for Bell {
    fn is_connect(&self) -> bool {
        true
    }

    async fn connect(&self, cx: &RequestContext, name: &str, request: Connect) -> Result<Response<Body>, ApiError> {
        let (head, body) = request.request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20)
            .await
            .map_err(ApiError::bad_request)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let answer = json!({
            "who": cx.user.username, "name": name, "method": head.method.as_str(),
            "body": body, "times": cx.query_values("times"),
        });
        Ok(Response::new(Body::from(answer.to_string())))
    }
}

/// Answers the path that followed, once it has heard all.
struct Knock;

#[async_trait]
impl SubresourceHandler for Knock {
    fn is_connect(&self) -> bool {
        true
    }

    fn is_long_running(&self) -> bool {
        false
    }

    fn takes_path(&self) -> bool {
        true
    }

    async fn connect(&self, _cx: &RequestContext, name: &str, request: Connect) -> Result<Response<Body>, ApiError> {
        let path = request.segments()?;
        let heard = request.into_body().await?;
        let answer = json!({"name": name, "path": path, "heard": heard.len()});
        Ok(Response::new(Body::from(answer.to_string())))
    }
}

/// The names of toys, as objects of their own: `toynames/NAME` is the toy under another kind.
fn toy_names() -> Resource {
    Resource {
        kind: kind("ToyName"),
        plural: "toynames",
        singular: "toyname",
        scope: Scope::Namespaced,
        short_names: &[],
        categories: &[],
        serving: Serving::Virtual {
            verbs: &[
                Verb::Get,
                Verb::List,
                Verb::Update,
                Verb::Patch,
                Verb::Delete,
                Verb::Watch,
            ],
            handler: Arc::new(ToyNames),
        },
        subresources: Vec::new(),
        columns: &[],
        oldest_first: false,
        cells: |_, _| Vec::new(),
        fields: |name| {
            let color = name["color"].as_str().unwrap_or_default();
            vec![("color", color.to_owned())]
        },
        schema: &schema::METADATA_ONLY,
    }
}

struct ToyNames;

fn toy_name(toy: &Object) -> Object {
    let meta = &toy["metadata"];
    json!({"kind": "ToyName", "apiVersion": "toys.example.com/v1", "text": toy["spec"]["text"],
        "color": toy["spec"]["color"],
        "metadata": {"name": meta["name"], "namespace": meta["namespace"], "labels": meta["labels"],
            "resourceVersion": meta["resourceVersion"], "creationTimestamp": meta["creationTimestamp"]}})
}

#[async_trait]
impl VirtualResource for ToyNames {
    async fn get(&self, cx: &RequestContext, name: &str) -> Result<Object, ApiError> {
        Ok(toy_name(
            &cx.objects
                .get(&TOYS, &cx.namespace, name)
                .await
                .map_err(|_| cx.not_found(name))?,
        ))
    }

    async fn list(&self, cx: &RequestContext) -> Result<Vec<Object>, ApiError> {
        Ok(cx
            .objects
            .list(&TOYS, &cx.namespace, None)
            .await?
            .iter()
            .map(toy_name)
            .collect())
    }

    fn view(&self) -> Option<View> {
        Some(View {
            of: TOYS,
            show: toy_name,
            stored_field: |field| field.replace("color", "spec.color"),
            is_personal: false,
        })
    }

    async fn update(&self, cx: &RequestContext, name: &str, object: Object) -> Result<(Object, bool), ApiError> {
        let toy = cx.objects.get(&TOYS, &cx.namespace, name).await;
        let mut toy = match toy {
            Ok(toy) => toy,
            Err(error) if error.is_not_found() => {
                let toy = json!({"kind": "Toy", "apiVersion": "toys.example.com/v1",
                    "metadata": {"name": name}, "spec": {"text": object["text"]}});
                return Ok((toy_name(&cx.objects.create(cx, &TOYS, toy).await?), true));
            }
            Err(error) => return Err(error),
        };
        toy["spec"]["text"] = object["text"].clone();
        Ok((
            toy_name(&cx.objects.update(cx, &TOYS, toy, UpdateMode::Main).await?),
            false,
        ))
    }

    async fn delete(&self, cx: &RequestContext, name: &str, options: &Value) -> Result<Object, ApiError> {
        let mut gone = toy_name(&cx.objects.delete(cx, &TOYS, &cx.namespace, name).await?);
        gone["options"] = options.clone();
        Ok(gone)
    }
}

/// Says what it was told.
fn mirrors() -> Resource {
    Resource {
        kind: kind("Mirror"),
        plural: "mirrors",
        singular: "mirror",
        scope: Scope::Cluster,
        short_names: &[],
        categories: &[],
        serving: Serving::Virtual {
            verbs: &[Verb::Create],
            handler: Arc::new(Mirrors),
        },
        subresources: Vec::new(),
        columns: &[],
        oldest_first: false,
        cells: |_, _| Vec::new(),
        fields: |_| Vec::new(),
        schema: &schema::METADATA_ONLY,
    }
}

struct Mirrors;

#[async_trait]
impl VirtualResource for Mirrors {
    async fn create(&self, cx: &RequestContext, mut object: Object) -> Result<(Object, bool), ApiError> {
        object["status"] = json!({"user": cx.user.username, "agent": &*cx.user_agent, "dryRun": cx.dry_run});
        Ok((object, true))
    }
}
