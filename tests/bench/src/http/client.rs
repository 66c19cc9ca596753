//! Requests over kept-alive TLS connections.

use std::time::Duration;

use mahfada_base::UnixTime;
use reqwest::{Certificate, RequestBuilder};
use serde_json::Value;

use super::demo::Demo;
use crate::measure::Failure;

/// A client that trusts the demonstration's TLS authority.
pub(super) struct Client(reqwest::Client);

impl Client {
    /// Makes the client.
    pub(super) fn new(demo: &Demo) -> Result<Self, Failure> {
        // Another part may have installed the same provider already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let authority = std::fs::read(demo.tls_authority()?)?;
        let client = reqwest::Client::builder()
            .tls_certs_only(Certificate::from_pem_bundle(&authority)?)
            .build()?;
        Ok(Self(client))
    }

    /// Asks `/readyz` until the service is ready.
    #[expect(
        clippy::disallowed_methods,
        reason = "no test: a process of its own needs a moment to start"
    )]
    pub(super) async fn wait_until_ready(&self, management_url: &str) -> Result<(), Failure> {
        for _ in 0..200 {
            let answer = self.0.get(format!("{management_url}/readyz")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("the service is not ready".into())
    }

    pub(super) fn get(&self, url: &str) -> RequestBuilder {
        self.0.get(url)
    }

    pub(super) fn post(&self, url: &str) -> RequestBuilder {
        self.0.post(url)
    }
}

/// Sends a request that must succeed and returns the answer's bytes.
pub(super) async fn bytes(request: RequestBuilder) -> Result<Vec<u8>, Failure> {
    let answer = request.send().await?;
    let (status, body) = (answer.status(), answer.bytes().await?);
    if status.is_success() {
        return Ok(body.into());
    }
    Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into())
}

/// Sends a request that must succeed and returns the JSON of the answer.
pub(super) async fn json(request: RequestBuilder) -> Result<Value, Failure> {
    Ok(serde_json::from_slice(&bytes(request).await?)?)
}

/// Returns a member that must be text.
pub(super) fn text<'a>(value: &'a Value, name: &'static str) -> Result<&'a str, Failure> {
    value[name]
        .as_str()
        .ok_or_else(|| format!("no {name} in the answer").into())
}

/// Returns the present time.
pub(super) fn now() -> UnixTime {
    use mahfada_base::Clock as _;
    mahfada_web::clock::SystemClock.now()
}
