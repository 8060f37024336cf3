use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds of the latency buckets, in seconds.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

/// What is counted, and the registry that shows it.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    latency: Family<LatencyLabels, Histogram, fn() -> Histogram>,
    watches: Gauge,
}

/// Only names of what is served come into labels, so that no client can make the families grow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    pub verb: &'static str,
    pub group: &'static str,
    pub resource: &'static str,
    pub subresource: &'static str,
    pub code: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LatencyLabels {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
}

impl Metrics {
    /// `registry` may already hold the metrics of other components of the process.
    pub fn new(mut registry: Registry) -> Self {
        let requests = Family::default();
        let latency = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let watches = Gauge::default();
        registry.register(
            "apiserver_request",
            "Requests answered, by verb, resource and HTTP status code",
            requests.clone(),
        );
        registry.register(
            "apiserver_request_duration_seconds",
            "Time from a request to the head of its answer",
            latency.clone(),
        );
        registry.register("apiserver_watches", "Watches that are open now", watches.clone());
        Self {
            registry,
            requests,
            latency,
            watches,
        }
    }

    pub fn observe(&self, labels: RequestLabels, took: Duration) {
        let latency = LatencyLabels {
            verb: labels.verb,
            group: labels.group,
            resource: labels.resource,
        };
        self.latency.get_or_create(&latency).observe(took.as_secs_f64());
        self.requests.get_or_create(&labels).inc();
    }

    /// OpenMetrics text.
    pub fn render(&self, watches: usize) -> Result<String, std::fmt::Error> {
        self.watches.set(i64::try_from(watches).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
