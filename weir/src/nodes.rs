use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use weir_resources::NodeConnector;

/// The kubelet-like services of this process, by node name. They are connected once they exist, which is after the
/// API that they are clients of.
#[derive(Clone, Default)]
pub struct Nodes {
    routers: Arc<RwLock<HashMap<String, Router>>>,
}

impl Nodes {
    pub fn connect(&self, node: &str, router: Router) {
        self.routers
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(node.to_owned(), router);
    }
}

impl NodeConnector for Nodes {
    fn node(&self, name: &str) -> Option<Router> {
        self.routers
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }
}
