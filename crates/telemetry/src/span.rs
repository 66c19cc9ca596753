//! The spans that may leave the process.

use tracing::Span;

/// Spans with this target are exported, and no others: a library's span, or a log line with a detail, stays inside.
pub(crate) const TARGET: &str = "mahfada_telemetry::exported";

/// Opens a span for a named step of a request, such as `credential.sign`; a name of the code and never of the data.
#[must_use]
pub fn step(name: &'static str) -> Span {
    tracing::info_span!(target: TARGET, "step", otel.name = name)
}
