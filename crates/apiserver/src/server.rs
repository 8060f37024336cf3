use std::sync::Arc;

use axum::Router;
use weir_store::Store;

use crate::{Authenticator, Authorizer, GroupResource, Objects, Resource};

/// A running API server machinery. [`Server::router`] is what listeners and in-process clients talk to.
pub struct Server {
    router: Router,
    objects: Objects,
}

pub struct ServerBuilder {
    store: Arc<dyn Store>,
    resources: Vec<Resource>,
    authenticator: Option<Arc<dyn Authenticator>>,
    authorizer: Option<Arc<dyn Authorizer>>,
    git_version: String,
    namespaces: Option<GroupResource>,
}

impl Server {
    pub fn builder(store: Arc<dyn Store>) -> ServerBuilder {
        ServerBuilder {
            store,
            resources: Vec::new(),
            authenticator: None,
            authorizer: None,
            git_version: String::new(),
            namespaces: None,
        }
    }

    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// The stored resources, for work that no request asks for.
    pub fn objects(&self) -> Objects {
        self.objects.clone()
    }
}

impl ServerBuilder {
    /// What is served, in the order discovery shows it.
    pub fn resources(mut self, resources: Vec<Resource>) -> Self {
        self.resources.extend(resources);
        self
    }

    pub fn authenticator(mut self, authenticator: Arc<dyn Authenticator>) -> Self {
        self.authenticator = Some(authenticator);
        self
    }

    pub fn authorizer(mut self, authorizer: Arc<dyn Authorizer>) -> Self {
        self.authorizer = Some(authorizer);
        self
    }

    /// `gitVersion` of `/version`, such as `v1.34.0+weir`; `major` and `minor` are taken from it.
    pub fn version(mut self, git_version: impl Into<String>) -> Self {
        self.git_version = git_version.into();
        self
    }

    /// The resource that namespaces are objects of: creations in a missing or ending namespace are then refused.
    pub fn namespaces(mut self, resource: GroupResource) -> Self {
        self.namespaces = Some(resource);
        self
    }
}
