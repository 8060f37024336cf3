mod watch;

use std::sync::Arc;

pub use watch::ObjectWatch;

use crate::cache::Filter;
use crate::catalog::Served;
use crate::core::Core;
use crate::list_options::ListOptions;
use crate::selector::LabelSelector;
use crate::write::{
    Changed, Claim, CreateMode, DeleteOptions, Prepared, Proposal, Written, commit, create, delete, prepare_create,
    prepare_update, update,
};
use crate::{ApiError, Attributes, Decision, GroupResource, Object, RequestContext, UserInfo, list, metadata};

/// How a write treats the object it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// As a PUT of the object: `prepare_for_update`.
    Main,
    /// As a PUT of its `/status`: `prepare_for_status_update`.
    Status,
    /// No prepare hook runs, validation does: for virtual resources that write spec and status of a stored one at once.
    Internal,
}

/// One write of several that happen together or not at all.
#[derive(Clone, Debug)]
pub enum Planned {
    Create {
        resource: GroupResource,
        object: Object,
    },
    /// No prepare hook runs, defaults and validation do: for virtual resources that create a stored object together with
    /// its status.
    CreateInternal {
        resource: GroupResource,
        object: Object,
    },
    Update {
        resource: GroupResource,
        object: Object,
        mode: UpdateMode,
    },
}

/// The stored resources, for handlers. Cheap to clone.
#[derive(Clone)]
pub struct Objects {
    core: Arc<Core>,
}

impl Objects {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// As it leaves the server: decorated, with its resourceVersion.
    pub async fn get(&self, resource: &GroupResource, namespace: &str, name: &str) -> Result<Object, ApiError> {
        let served = self.core.stored(resource)?;
        let entry = self.core.entry(&served, namespace, name).await?;
        Ok(entry.object(&served.in_store()?.cache.form)?)
    }

    /// All that match `labels`, in one namespace or (`""`) in all.
    pub async fn list(
        &self,
        resource: &GroupResource,
        namespace: &str,
        labels: Option<&str>,
    ) -> Result<Vec<Object>, ApiError> {
        let served = self.core.stored(resource)?;
        let labels = LabelSelector::parse(labels.unwrap_or_default())?;
        let namespace = Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty());
        let filter = Filter {
            namespace,
            labels,
            ..Filter::default()
        };
        let options = ListOptions {
            filter,
            ..ListOptions::default()
        };
        let mut page = list::page(&self.core, &served, &options).await?;
        let form = &served.in_store()?.cache.form;
        let mut objects = Vec::new();
        while let Some(entry) = page.entries.next().await? {
            objects.push(entry.object(form)?);
        }
        Ok(objects)
    }

    /// The generic way of a creation, with the resource's strategy. The object goes into its own namespace, or into
    /// that of the request when it names none.
    pub async fn create(
        &self,
        cx: &RequestContext,
        resource: &GroupResource,
        object: Object,
    ) -> Result<Object, ApiError> {
        let served = self.core.stored(resource)?;
        let written = create(&self.core, &cx.for_resource(resource.clone()), &served, object).await?;
        answer(&served, &written)
    }

    /// The generic way of an update. 409 when `metadata.resourceVersion` is given and stale; without it, the newest
    /// object is replaced.
    pub async fn update(
        &self,
        cx: &RequestContext,
        resource: &GroupResource,
        object: Object,
        mode: UpdateMode,
    ) -> Result<Object, ApiError> {
        let served = self.core.stored(resource)?;
        let (namespace, name) = place(cx, &object);
        let retry_on_conflict = metadata::text(&object, "resourceVersion").is_empty();
        let change = |_: &Object| {
            Ok(Changed {
                object: object.clone(),
                retry_on_conflict,
                claim: Claim::Changes,
            })
        };
        let cx = cx.for_resource(resource.clone());
        let written = update(&self.core, &cx, &served, (&namespace, &name), mode, change).await?;
        answer(&served, &written)
    }

    /// Reads, changes, writes; again when somebody else wrote in between. Nothing is written when nothing changed.
    /// `change` sees the object as it is stored, without computed fields.
    pub async fn update_with(
        &self,
        cx: &RequestContext,
        resource: &GroupResource,
        namespace: &str,
        name: &str,
        mode: UpdateMode,
        mut change: impl FnMut(&mut Object) -> Result<(), ApiError> + Send,
    ) -> Result<Object, ApiError> {
        let served = self.core.stored(resource)?;
        let change = |current: &Object| {
            let mut object = current.clone();
            change(&mut object)?;
            Ok(Changed {
                object,
                retry_on_conflict: true,
                claim: Claim::Changes,
            })
        };
        let cx = cx.for_resource(resource.clone());
        let written = update(&self.core, &cx, &served, (namespace, name), mode, change).await?;
        answer(&served, &written)
    }

    /// As a DELETE: finalizers and graceful deletion keep the object, which is then returned as it stays.
    pub async fn delete(
        &self,
        cx: &RequestContext,
        resource: &GroupResource,
        namespace: &str,
        name: &str,
    ) -> Result<Object, ApiError> {
        let served = self.core.stored(resource)?;
        let cx = cx.for_resource(resource.clone());
        let written = delete(&self.core, &cx, &served, (namespace, name), &DeleteOptions::default()).await?;
        answer(&served, &written)
    }

    /// Several creations and updates of stored resources in one revision, all or none. The answer has the objects in
    /// the same order. A conflict is the caller's: nothing is retried.
    pub async fn commit(&self, cx: &RequestContext, planned: Vec<Planned>) -> Result<Vec<Object>, ApiError> {
        let mut prepared = Vec::with_capacity(planned.len());
        let mut asked = Vec::with_capacity(planned.len());
        for planned in planned {
            // What comes along with an object stands behind it.
            asked.push(prepared.len());
            self.prepare(cx, planned, &mut prepared).await?;
        }
        let written = commit(&self.core, cx, prepared).await?;
        asked
            .iter()
            .filter_map(|index| written.get(*index))
            .map(|written| answer(&written.served, written))
            .collect()
    }

    pub async fn authorize(&self, user: &UserInfo, attributes: &Attributes) -> Decision {
        self.core.authorizer.authorize(user, attributes).await
    }

    /// The time of this server.
    pub fn now(&self) -> jiff::Timestamp {
        self.core.now()
    }

    async fn prepare(
        &self,
        cx: &RequestContext,
        planned: Planned,
        together: &mut Vec<Prepared>,
    ) -> Result<(), ApiError> {
        let (resource, object, mode) = match planned {
            Planned::Update { resource, object, mode } => {
                let served = self.core.stored(&resource)?;
                let (namespace, name) = place(cx, &object);
                let existing = self.core.entry(&served, &namespace, &name).await?;
                let claim = Claim::Changes;
                let proposal = Proposal { object, mode, claim };
                let start = (&existing, existing.stored_object()?);
                together.push(prepare_update(&cx.for_resource(resource), &served, proposal, start).await?);
                return Ok(());
            }
            Planned::Create { resource, object } => (resource, object, CreateMode::Main),
            Planned::CreateInternal { resource, object } => (resource, object, CreateMode::Internal),
        };
        let served = self.core.stored(&resource)?;
        let cx = cx.for_resource(resource);
        prepare_create(&self.core, &cx, &served, object, mode, Claim::Changes, together).await
    }
}

/// Namespace and name of an object that a handler wants written.
fn place(cx: &RequestContext, object: &Object) -> (String, String) {
    let namespace = match metadata::text(object, "namespace") {
        "" => cx.namespace.as_str(),
        own => own,
    };
    (namespace.to_owned(), metadata::text(object, "name").to_owned())
}

fn answer(served: &Served, written: &Written) -> Result<Object, ApiError> {
    Ok(written.object(&served.in_store()?.cache.form))
}
