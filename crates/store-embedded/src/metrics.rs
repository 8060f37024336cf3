use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds of the time that a transaction takes, in seconds: from a fast disk to one that is in trouble.
const BUCKETS: [f64; 10] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0];

/// What the store counts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(crate) commits: Counter,
    pub(crate) transactions: Counter,
    pub(crate) transaction_seconds: Histogram,
}

impl Metrics {
    /// Makes the counters part of what `registry` prints.
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("weir_store");
        registry.register("commits", "Commits that were written", self.commits.clone());
        registry.register(
            "transactions",
            "Transactions of the database, each made durable once; commits that wait share one",
            self.transactions.clone(),
        );
        registry.register(
            "transaction_seconds",
            "Time that a transaction takes, until it is durable",
            self.transaction_seconds.clone(),
        );
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            commits: Counter::default(),
            transactions: Counter::default(),
            transaction_seconds: Histogram::new(BUCKETS),
        }
    }
}
