//! What the loops count. Shared by all of them; cheap to clone.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Counters of the loops, by name of the loop or kind.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    passes: Family<Loop, Counter>,
    failures: Family<Loop, Counter>,
    restarts: Family<Loop, Counter>,
    watch_failures: Family<Kind, Counter>,
    events_dropped: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Loop {
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    resource: String,
}

impl Metrics {
    /// Makes the counters part of what `registry` prints.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("weir_controllers");
        registry.register("passes", "Passes over a key, by loop", self.passes.clone());
        registry.register(
            "pass_failures",
            "Passes that failed and are tried again, by loop",
            self.failures.clone(),
        );
        registry.register(
            "loop_restarts",
            "Loops that ended or panicked and were started again",
            self.restarts.clone(),
        );
        registry.register(
            "watch_failures",
            "Interrupted watches, by resource",
            self.watch_failures.clone(),
        );
        registry.register(
            "events_dropped",
            "Events not written because too many waited",
            self.events_dropped.clone(),
        );
    }

    pub(crate) fn passed(&self, name: &str) {
        self.passes.get_or_create(&Loop { name: name.to_owned() }).inc();
    }

    pub(crate) fn failed(&self, name: &str) {
        self.failures.get_or_create(&Loop { name: name.to_owned() }).inc();
    }

    pub(crate) fn restarted(&self, name: &str) {
        self.restarts.get_or_create(&Loop { name: name.to_owned() }).inc();
    }

    pub(crate) fn watch_failed(&self, resource: &str) {
        self.watch_failures
            .get_or_create(&Kind {
                resource: resource.to_owned(),
            })
            .inc();
    }

    pub(crate) fn event_dropped(&self) {
        self.events_dropped.inc();
    }

    /// How often the loop `name` had to be started again.
    pub fn restarts(&self, name: &str) -> u64 {
        self.restarts.get_or_create(&Loop { name: name.to_owned() }).get()
    }
}
