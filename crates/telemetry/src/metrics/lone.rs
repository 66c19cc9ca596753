//! A metric without labels that is not shown before it was touched.

use std::fmt;
use std::sync::{Arc, OnceLock};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// What `Family` is to metrics with labels; a zero that nobody counted would say that nothing happened.
#[derive(Clone, Debug)]
pub(super) struct Lone<M> {
    metric: Arc<OnceLock<M>>,
    make: fn() -> M,
}

impl<M> Lone<M> {
    pub(super) fn new(make: fn() -> M) -> Self {
        Self {
            metric: Arc::default(),
            make,
        }
    }

    pub(super) fn get_or_create(&self) -> &M {
        self.metric.get_or_init(self.make)
    }
}

impl<M: Default> Default for Lone<M> {
    fn default() -> Self {
        Self::new(M::default)
    }
}

impl<M: TypedMetric> TypedMetric for Lone<M> {
    const TYPE: MetricType = M::TYPE;
}

impl<M: EncodeMetric + TypedMetric> EncodeMetric for Lone<M> {
    fn encode(&self, encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        self.metric.get().map_or(Ok(()), |metric| metric.encode(encoder))
    }

    fn metric_type(&self) -> MetricType {
        M::TYPE
    }

    fn is_empty(&self) -> bool {
        self.metric.get().is_none()
    }
}
