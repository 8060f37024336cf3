//! How many objects of each kind there are in each namespace, as far as the watches of the garbage collector show it:
//! they see everything that is kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::served::ServedKind;

/// Told of the namespace in which a number changed; of `None` when all numbers are new.
type Handler = Box<dyn Fn(Option<&str>) + Send + Sync>;

/// Numbers of objects. Its size is bounded by that of what it counts.
#[derive(Default)]
pub struct Census {
    state: Mutex<State>,
    handlers: Mutex<Vec<Handler>>,
}

#[derive(Default)]
struct State {
    /// Group and plural name of each kind, by its position.
    kinds: Vec<(String, String)>,
    counts: HashMap<(usize, String), usize>,
    is_complete: bool,
}

impl Census {
    pub fn on_change(&self, handler: impl Fn(Option<&str>) + Send + Sync + 'static) {
        let mut handlers = self.handlers.lock().unwrap_or_else(PoisonError::into_inner);
        handlers.push(Box::new(handler));
    }

    /// Counting begins, with nothing.
    pub fn begin(&self, kinds: &[ServedKind]) {
        let names = kinds.iter().map(|kind| &kind.resource);
        *self.state() = State {
            kinds: names.map(|kind| (kind.group.clone(), kind.plural.clone())).collect(),
            ..State::default()
        };
    }

    /// Everything that exists has been counted.
    pub fn complete(&self) {
        self.state().is_complete = true;
        self.tell(None);
    }

    pub fn born(&self, kind: usize, namespace: &str) {
        *self.state().counts.entry((kind, namespace.to_owned())).or_default() += 1;
        self.tell(Some(namespace));
    }

    pub fn gone(&self, kind: usize, namespace: &str) {
        let mut state = self.state();
        let key = (kind, namespace.to_owned());
        if let Some(count) = state.counts.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                state.counts.remove(&key);
            }
        }
        drop(state);
        self.tell(Some(namespace));
    }

    /// `None` while not everything has been seen. Of what is not kept there is nothing.
    pub fn count(&self, group: &str, plural: &str, namespace: &str) -> Option<usize> {
        let state = self.state();
        let mut kinds = state.kinds.iter();
        let kind = kinds.position(|kind| (kind.0.as_str(), kind.1.as_str()) == (group, plural));
        let count = kind.and_then(|kind| state.counts.get(&(kind, namespace.to_owned())));
        state.is_complete.then(|| count.copied().unwrap_or_default())
    }

    fn tell(&self, namespace: Option<&str>) {
        let handlers = self.handlers.lock().unwrap_or_else(PoisonError::into_inner);
        handlers.iter().for_each(|handler| handler(namespace));
    }

    /// Numbers change in one step each, so what a panic left behind is whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Census {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Census")
            .field("counts", &self.state().counts)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kube::discovery::ApiResource;

    use super::*;

    fn kind(plural: &str) -> ServedKind {
        ServedKind {
            resource: ApiResource {
                group: String::new(),
                version: "v1".to_owned(),
                api_version: "v1".to_owned(),
                kind: plural.to_owned(),
                plural: plural.to_owned(),
            },
            namespaced: true,
        }
    }

    #[test]
    fn what_comes_and_goes_is_counted_by_kind_and_namespace() {
        let census = Census::default();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        census.on_change(move |namespace| heard.lock().unwrap().push(namespace.map(str::to_owned)));
        census.begin(&[kind("secrets"), kind("pods")]);
        census.born(0, "a");
        census.born(0, "a");
        census.born(1, "a");
        assert_eq!(census.count("", "secrets", "a"), None, "not everything has been seen");
        census.complete();
        census.gone(0, "a");
        census.gone(1, "a");
        for (plural, namespace, count) in [
            ("secrets", "a", 1),
            ("secrets", "b", 0),
            ("pods", "a", 0),
            ("odd", "a", 0),
        ] {
            assert_eq!(census.count("", plural, namespace), Some(count), "{plural} {namespace}");
        }
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 6);
        assert_eq!(told.iter().filter(|namespace| namespace.is_none()).count(), 1);
        census.begin(&[kind("secrets")]);
        assert_eq!(census.count("", "secrets", "a"), None, "the watches begin again");
    }
}
