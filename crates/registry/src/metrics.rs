use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// What the registry counts. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    requests: Family<Request, Counter>,
    pushes: Counter,
    bytes_in: Counter,
    bytes_out: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    operation: &'static str,
    status: u16,
}

impl Metrics {
    /// Makes the counters part of what `registry` prints.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("weir_registry");
        registry.register("requests", "Requests by operation and status", self.requests.clone());
        registry.register(
            "pushes",
            "Manifests that were pushed by tag and recorded in a stream",
            self.pushes.clone(),
        );
        registry.register("uploaded_bytes", "Bytes of blobs taken in", self.bytes_in.clone());
        registry.register(
            "served_bytes",
            "Bytes of blobs promised in answers",
            self.bytes_out.clone(),
        );
    }

    pub(crate) fn answered(&self, operation: &'static str, status: u16) {
        self.requests.get_or_create(&Request { operation, status }).inc();
    }

    pub(crate) fn pushed(&self) {
        self.pushes.inc();
    }

    pub(crate) fn took_in(&self, bytes: u64) {
        self.bytes_in.inc_by(bytes);
    }

    pub(crate) fn served(&self, bytes: u64) {
        self.bytes_out.inc_by(bytes);
    }
}
