//! What operators do on a service's management port, and what a browser does on the public one: plain HTTPS with JSON.

use serde_json::Value;

use super::DemoError;

/// A client that trusts the demonstration's own TLS authority and follows no redirect.
#[derive(Clone, Debug)]
pub struct Https(reqwest::Client);

/// An answer with its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, or `null` when it is no JSON.
    pub body: Value,
    /// The cookie that was set, name and value.
    pub cookie: Option<String>,
}

impl Https {
    /// Makes the client.
    ///
    /// # Errors
    /// [`DemoError::Http`] when the anchor is none.
    pub fn new(tls_anchor_pem: &str) -> Result<Self, DemoError> {
        let client = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(tls_anchor_pem.as_bytes())?])
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(10))
            .build()?;
        Ok(Self(client))
    }

    /// Returns the client for requests of the wallet.
    #[must_use]
    pub const fn client(&self) -> &reqwest::Client {
        &self.0
    }

    /// Sends JSON with an API key.
    ///
    /// # Errors
    /// [`DemoError::Http`] when no answer comes.
    pub async fn post(&self, url: &str, api_key: &str, body: &Value) -> Result<Answer, DemoError> {
        let request = self
            .0
            .post(url)
            .bearer_auth(api_key)
            .header("content-type", "application/json");
        Self::answer(request.body(body.to_string())).await
    }

    /// Fetches with an API key.
    ///
    /// # Errors
    /// [`DemoError::Http`] when no answer comes.
    pub async fn get(&self, url: &str, api_key: &str) -> Result<Answer, DemoError> {
        Self::answer(self.0.get(url).bearer_auth(api_key)).await
    }

    /// Fetches as a browser does, with the cookie it has.
    ///
    /// # Errors
    /// [`DemoError::Http`] when no answer comes.
    pub async fn browse(&self, url: &str, cookie: Option<&str>) -> Result<Answer, DemoError> {
        let mut request = self.0.get(url);
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        Self::answer(request).await
    }

    async fn answer(request: reqwest::RequestBuilder) -> Result<Answer, DemoError> {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let cookie = response
            .headers()
            .get("set-cookie")
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.split(';').next())
            .map(ToOwned::to_owned);
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null);
        Ok(Answer { status, body, cookie })
    }
}

impl Answer {
    /// Takes a text member of the body.
    ///
    /// # Errors
    /// [`DemoError::Unexpected`] with status and body when it is not there.
    pub fn text(&self, member: &'static str) -> Result<String, DemoError> {
        self.body
            .get(member)
            .and_then(Value::as_str)
            .map(ToOwned::to_owned)
            .ok_or_else(|| DemoError::Unexpected(format!("no {member} in the answer {} {}", self.status, self.body)))
    }
}
