//! Nodes that say what a test wants them to say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::routing::any;

use crate::NodeConnector;

/// Nodes whose logs are the address that was asked for. What a node was asked is kept.
#[derive(Default)]
pub(super) struct Nodes {
    pub asked: Arc<Mutex<Vec<String>>>,
    texts: Mutex<BTreeMap<String, String>>,
}

impl Nodes {
    /// Lets a container's log be this text.
    pub fn say(&self, container: &str, text: &str) {
        self.texts.lock().unwrap().insert(container.to_owned(), text.to_owned());
    }
}

impl NodeConnector for Nodes {
    fn node(&self, name: &str) -> Option<axum::Router> {
        if name == "gone" {
            return None;
        }
        let (asked, texts, node) = (self.asked.clone(), self.texts.lock().unwrap().clone(), name.to_owned());
        let answer = move |request: Request| async move {
            assert!(
                request.headers().get("authorization").is_none(),
                "credentials stay with the API server"
            );
            let path = request.uri().path().to_owned();
            asked
                .lock()
                .unwrap()
                .push(format!("{node} {} {}", request.method(), request.uri()));
            let container = path.rsplit('/').next().unwrap_or_default();
            texts
                .get(container)
                .cloned()
                .unwrap_or_else(|| format!("log of {path}\n"))
        };
        Some(axum::Router::new().fallback(any(answer)))
    }
}
