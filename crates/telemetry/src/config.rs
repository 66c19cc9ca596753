//! The section `telemetry` of a configuration.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use url::{Host, Url};

const TRACES_PATH: &str = "/v1/traces";

/// Where traces go; nowhere unless configured.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// The base address of an OpenTelemetry collector that speaks OTLP over HTTP, such as `https://otel.example`:
    /// https, or http on a loopback address. Without it nothing is exported.
    pub otlp_endpoint: Option<String>,
    /// A PEM file with the TLS trust anchors of the collector, beside those of the system.
    pub trust_anchors_file: Option<PathBuf>,
    /// The share of requests that are traced, from 0 to 1.
    pub sample_ratio: f64,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            trust_anchors_file: None,
            sample_ratio: 1.0,
        }
    }
}

/// Why the section `telemetry` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryConfigError {
    /// The endpoint is neither https nor http on a loopback address, or has user information, a query or a fragment.
    #[error("otlp_endpoint is neither an https address nor http on a loopback address")]
    Endpoint,
    /// The share of traced requests is no number from 0 to 1.
    #[error("sample_ratio is no number from 0 to 1")]
    SampleRatio,
}

impl TelemetryConfig {
    /// Checks the section; it does not try to reach the collector.
    ///
    /// # Errors
    /// [`TelemetryConfigError`] naming the key at fault.
    pub fn check(&self) -> Result<(), TelemetryConfigError> {
        self.traces_url().map(|_| ())
    }

    /// Returns the address that spans are posted to.
    pub(crate) fn traces_url(&self) -> Result<Option<Url>, TelemetryConfigError> {
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            return Err(TelemetryConfigError::SampleRatio);
        }
        self.otlp_endpoint.as_deref().map(traces_url).transpose()
    }
}

fn traces_url(base: &str) -> Result<Url, TelemetryConfigError> {
    let url = Url::parse(base).map_err(|_| TelemetryConfigError::Endpoint)?;
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let protected = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_loopback(&url),
        _ => false,
    };
    if !plain || !protected {
        return Err(TelemetryConfigError::Endpoint);
    }
    let full = format!("{}{TRACES_PATH}", url.as_str().trim_end_matches('/'));
    Url::parse(&full).map_err(|_| TelemetryConfigError::Endpoint)
}

/// A name such as `localhost` may lead anywhere; a literal address does not.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(endpoint: &str) -> Result<Option<String>, TelemetryConfigError> {
        let config = TelemetryConfig {
            otlp_endpoint: Some(endpoint.to_owned()),
            ..TelemetryConfig::default()
        };
        Ok(config.traces_url()?.map(Into::into))
    }

    #[test]
    fn nothing_is_exported_unless_configured() {
        let config: TelemetryConfig = serde_json::from_str("{}").unwrap();
        assert_eq!(config, TelemetryConfig::default());
        assert_eq!(config.traces_url(), Ok(None));
    }

    #[test]
    fn the_path_of_traces_is_appended_to_the_base() {
        for (base, full) in [
            ("https://otel.example", "https://otel.example/v1/traces"),
            ("https://otel.example/tenant/", "https://otel.example/tenant/v1/traces"),
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        ] {
            assert_eq!(with(base), Ok(Some(full.to_owned())), "{base}");
        }
    }

    #[test]
    fn an_endpoint_that_anyone_could_read_is_refused() {
        for endpoint in [
            "",
            "otel.example",
            "http://otel.example",
            "http://localhost:4318",
            "http://10.0.0.1",
            "grpc://127.0.0.1",
            "https://user@otel.example",
            "https://:secret@otel.example",
            "https://otel.example?key=1",
            "https://otel.example#x",
        ] {
            assert_eq!(with(endpoint), Err(TelemetryConfigError::Endpoint), "{endpoint}");
        }
    }

    #[test]
    fn a_share_outside_zero_to_one_is_refused() {
        for sample_ratio in [-0.1, 1.1, f64::NAN] {
            let config = TelemetryConfig {
                sample_ratio,
                ..TelemetryConfig::default()
            };
            assert_eq!(config.check(), Err(TelemetryConfigError::SampleRatio), "{sample_ratio}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let misspelt = r#"{"otlp_endpont": "https://otel.example"}"#;
        serde_json::from_str::<TelemetryConfig>(misspelt).unwrap_err();
    }
}
