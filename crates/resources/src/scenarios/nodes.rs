//! Nodes that say what a test wants them to say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::any;

use crate::NodeConnector;

/// Nodes whose logs are the address that was asked for. What a node was asked is kept.
#[derive(Default)]
pub(super) struct Nodes {
    pub asked: Arc<Mutex<Vec<String>>>,
    /// Bodies that came with requests.
    pub heard: Arc<Mutex<Vec<String>>>,
    texts: Mutex<BTreeMap<String, String>>,
    refusing: Mutex<BTreeSet<String>>,
}

impl Nodes {
    /// Lets a container's log be this text.
    pub fn say(&self, container: &str, text: &str) {
        self.texts.lock().unwrap().insert(container.to_owned(), text.to_owned());
    }

    /// Lets a container refuse whatever is asked of it.
    pub fn refuse(&self, container: &str) {
        self.refusing.lock().unwrap().insert(container.to_owned());
    }
}

impl NodeConnector for Nodes {
    fn node(&self, name: &str) -> Option<axum::Router> {
        if name == "gone" {
            return None;
        }
        let (asked, heard, node) = (self.asked.clone(), self.heard.clone(), name.to_owned());
        let (texts, refusing) = (
            self.texts.lock().unwrap().clone(),
            self.refusing.lock().unwrap().clone(),
        );
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
            if refusing.contains(container) {
                return (StatusCode::CONFLICT, "no".to_owned());
            }
            let text = texts.get(container).cloned();
            let text = text.unwrap_or_else(|| format!("log of {path}\n"));
            let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
            if !body.is_empty() {
                heard.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
            }
            (StatusCode::OK, text)
        };
        Some(axum::Router::new().fallback(any(answer)))
    }
}
