//! Outbound HTTP that cannot be turned inward: https only, no redirects, public addresses only, bounded in time and size
//! (TV-28).

mod address;
mod resolver;

use std::time::Duration;

use reqwest::redirect::Policy;
use url::{Host, Url};

use self::address::AddressPolicy;
use self::resolver::{AddressRefused, GuardedResolver};
use crate::config::OutboundConfig;

/// The time that one request may take from the first byte out to the last byte in.
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);

/// An HTTP client for addresses that others chose, such as status list URIs.
#[derive(Clone, Debug)]
pub struct OutboundClient {
    client: reqwest::Client,
    policy: AddressPolicy,
    hosts: Option<Vec<String>>,
}

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundResponse {
    /// The HTTP status; redirects included, they are not followed.
    pub status: u16,
    /// The media type without parameters, in lower case.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboundError {
    /// The URL is no https URL, carries user information, or names a host outside the allowed ones.
    #[error("the URL is not allowed")]
    Url,
    /// The host is, or resolves to, an address of this machine or a private network.
    #[error("the address is not allowed")]
    Address,
    /// The answer is longer than allowed.
    #[error("the answer is too long")]
    TooLong,
    /// The answer did not come in time.
    #[error("the answer did not come in time")]
    Timeout,
    /// The connection or TLS failed, or the answer is no HTTP.
    #[error("the request failed")]
    Transport(#[source] reqwest::Error),
    /// The TLS trust anchors of the configuration cannot be used.
    #[error("the TLS trust anchors cannot be used")]
    TrustAnchors,
}

impl OutboundError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url => "outbound_url",
            Self::Address => "outbound_address",
            Self::TooLong => "outbound_too_long",
            Self::Timeout => "outbound_timeout",
            Self::Transport(_) => "outbound_transport",
            Self::TrustAnchors => "outbound_trust_anchors",
        }
    }

    /// Tells whether the URI itself is at fault, whoever asks for it (`status_uri` for a status list).
    #[must_use]
    pub const fn blames_uri(&self) -> bool {
        matches!(self, Self::Url | Self::Address)
    }
}

impl OutboundClient {
    /// Makes a client that trusts the system's TLS anchors and those of the configuration.
    ///
    /// # Errors
    /// [`OutboundError::TrustAnchors`] when the file of the configuration cannot be used.
    pub fn new(config: &OutboundConfig) -> Result<Self, OutboundError> {
        Self::build(config, TOTAL_TIMEOUT)
    }

    fn build(config: &OutboundConfig, timeout: Duration) -> Result<Self, OutboundError> {
        crate::tls::install_provider();
        let policy = AddressPolicy {
            allow_loopback: config.allow_loopback,
        };
        let mut builder = reqwest::Client::builder()
            .https_only(true)
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(timeout)
            .dns_resolver(GuardedResolver::new(policy));
        if let Some(path) = &config.trust_anchors_file {
            let pem = std::fs::read(path).map_err(|_| OutboundError::TrustAnchors)?;
            let anchors = reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| OutboundError::TrustAnchors)?;
            if anchors.is_empty() {
                return Err(OutboundError::TrustAnchors);
            }
            builder = builder.tls_certs_merge(anchors);
        }
        let client = builder.build().map_err(|_| OutboundError::TrustAnchors)?;
        Ok(Self {
            client,
            policy,
            hosts: None,
        })
    }

    /// Narrows the client to these hosts, exact names without port.
    #[must_use]
    pub fn restricted_to(mut self, hosts: Vec<String>) -> Self {
        self.hosts = Some(hosts);
        self
    }

    /// Fetches a URL, reading at most `max_bytes` of body. It judges neither status nor content.
    ///
    /// # Errors
    /// [`OutboundError`]; nothing is sent when URL or address are at fault.
    pub async fn get(&self, url: &str, accept: &str, max_bytes: usize) -> Result<OutboundResponse, OutboundError> {
        let url = self.admit(url)?;
        let request = self.client.get(url).header(http::header::ACCEPT, accept);
        let response = request.send().await.map_err(from_reqwest)?;
        let status = response.status().as_u16();
        let content_type = media_type(response.headers());
        let body = read_at_most(response, max_bytes).await?;
        Ok(OutboundResponse {
            status,
            content_type,
            body,
        })
    }

    /// Sends a request as it is, reading at most `max_bytes` of body; redirects come back as answers.
    ///
    /// # Errors
    /// [`OutboundError`]; nothing is sent when URL or address are at fault.
    pub async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        max_bytes: usize,
    ) -> Result<http::Response<Vec<u8>>, OutboundError> {
        let response = self.begin(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut answer = http::Response::new(read_at_most(response, max_bytes).await?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// Sends a request as [`Self::send`] does and returns the status as soon as the head of the answer is there; the body,
    /// however long, is not read.
    ///
    /// # Errors
    /// [`OutboundError`]; nothing is sent when URL or address are at fault.
    pub async fn send_for_status(&self, request: http::Request<Vec<u8>>) -> Result<http::StatusCode, OutboundError> {
        Ok(self.begin(request).await?.status())
    }

    async fn begin(&self, request: http::Request<Vec<u8>>) -> Result<reqwest::Response, OutboundError> {
        let (parts, body) = request.into_parts();
        let url = self.admit(&parts.uri.to_string())?;
        let request = self.client.request(parts.method, url).headers(parts.headers).body(body);
        request.send().await.map_err(from_reqwest)
    }

    fn admit(&self, text: &str) -> Result<Url, OutboundError> {
        let url = Url::parse(text).map_err(|_| OutboundError::Url)?;
        if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::Url);
        }
        let host = url.host().ok_or(OutboundError::Url)?;
        if self
            .hosts
            .as_ref()
            .is_some_and(|hosts| !hosts.contains(&host.to_string()))
        {
            return Err(OutboundError::Url);
        }
        // A literal address never reaches the resolver.
        let allowed = match host {
            Host::Domain(_) => true,
            Host::Ipv4(address) => self.policy.allows(address.into()),
            Host::Ipv6(address) => self.policy.allows(address.into()),
        };
        allowed.then_some(url).ok_or(OutboundError::Address)
    }
}

async fn read_at_most(mut response: reqwest::Response, max_bytes: usize) -> Result<Vec<u8>, OutboundError> {
    let declared = response
        .content_length()
        .map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if declared.is_some_and(|length| length > max_bytes) {
        return Err(OutboundError::TooLong);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(from_reqwest)? {
        if body.len().saturating_add(chunk.len()) > max_bytes {
            return Err(OutboundError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn media_type(headers: &http::HeaderMap) -> Option<String> {
    let text = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next()?.trim().to_ascii_lowercase())
}

fn from_reqwest(error: reqwest::Error) -> OutboundError {
    if error.is_timeout() {
        return OutboundError::Timeout;
    }
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(current) = cause {
        if current.is::<AddressRefused>() {
            return OutboundError::Address;
        }
        cause = current.source();
    }
    // The URL may hold an id of the citizen's credential; it stays out of logs.
    OutboundError::Transport(error.without_url())
}

#[cfg(test)]
mod tests {
    use actix_web::HttpResponse;
    use actix_web::web::{self, ServiceConfig};

    use super::*;
    use crate::fixture::{Authority, TestServer};

    fn routes(config: &mut ServiceConfig) {
        config.route(
            "/redirect",
            web::get().to(async || HttpResponse::Found().insert_header(("location", "/secret")).finish()),
        );
        config.route("/secret", web::get().to(async || "secret"));
        config.route(
            "/echo",
            web::post().to(async |body: web::Bytes| HttpResponse::Ok().body(body)),
        );
    }

    /// A body that begins and goes no further.
    struct Never;

    impl actix_web::body::MessageBody for Never {
        type Error = std::convert::Infallible;

        fn size(&self) -> actix_web::body::BodySize {
            actix_web::body::BodySize::Stream
        }

        fn poll_next(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<web::Bytes, Self::Error>>> {
            std::task::Poll::Pending
        }
    }

    async fn code(client: &OutboundClient, url: &str) -> &'static str {
        client
            .get(url, "*/*", 4)
            .await
            .map_or_else(|error| error.code(), |_| "fetched")
    }

    fn outside() -> OutboundClient {
        OutboundClient::new(&OutboundConfig {
            trust_anchors_file: Authority::new("Org").outbound().trust_anchors_file,
            allow_loopback: false,
        })
        .unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_redirect_is_an_answer_and_not_followed() {
        let authority = Authority::new("Org");
        let server = TestServer::start(Some(&authority.localhost()), routes);
        let client = OutboundClient::new(&authority.outbound()).unwrap();
        let answer = client.get(&server.url("/redirect"), "*/*", 100).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (302, 0));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_answer_over_the_cap_is_refused() {
        let authority = Authority::new("Org");
        let server = TestServer::start(Some(&authority.localhost()), routes);
        let client = OutboundClient::new(&authority.outbound()).unwrap();
        assert_eq!(code(&client, &server.url("/secret")).await, "outbound_too_long");
        assert_eq!(
            client.get(&server.url("/secret"), "*/*", 6).await.unwrap().body,
            b"secret"
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sends_a_request_as_it_is() {
        let authority = Authority::new("Org");
        let server = TestServer::start(Some(&authority.localhost()), routes);
        let client = OutboundClient::new(&authority.outbound()).unwrap();
        let request = http::Request::post(server.url("/echo")).body(b"body".to_vec()).unwrap();
        let answer = client.send(request, 4).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.body().as_slice()),
            (200, &b"body"[..])
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_status_is_known_before_the_body() {
        let authority = Authority::new("Org");
        let server = TestServer::start(Some(&authority.localhost()), |config: &mut ServiceConfig| {
            let endless = async || HttpResponse::Gone().body(Never);
            config.route("/endless", web::post().to(endless));
        });
        let client = OutboundClient::new(&authority.outbound()).unwrap();
        let request = |url: &str| http::Request::post(url).body(Vec::new()).unwrap();
        let status = client.send_for_status(request(&server.url("/endless"))).await;
        assert_eq!(status.unwrap(), 410);
        let refused = outside().send_for_status(request(&server.url("/endless"))).await;
        assert_eq!(refused.unwrap_err().code(), "outbound_address");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_name_that_leads_to_this_machine_is_refused() {
        let server = TestServer::start(Some(&Authority::new("Org").localhost()), routes);
        assert_eq!(code(&outside(), &server.url("/secret")).await, "outbound_address");
    }

    #[tokio::test]
    async fn literal_addresses_inside_are_refused_in_every_spelling() {
        let client = outside();
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest",
            "https://10.0.0.1/",
            "https://0/",
        ] {
            assert_eq!(code(&client, url).await, "outbound_address", "{url}");
        }
    }

    #[tokio::test]
    async fn other_schemes_and_user_information_are_refused() {
        let client = OutboundClient::new(&Authority::new("Org").outbound()).unwrap();
        for url in [
            "http://localhost/",
            "file:///etc/passwd",
            "https://user@localhost/",
            "https://:pw@localhost/",
            "localhost",
            "",
        ] {
            assert_eq!(code(&client, url).await, "outbound_url", "{url}");
        }
    }

    #[tokio::test]
    async fn a_narrowed_client_knows_no_other_host() {
        let client = outside().restricted_to(vec!["lists.example".to_owned()]);
        for url in [
            "https://other.example/",
            "https://lists.example.other.example/",
            "https://xlists.example/",
        ] {
            assert_eq!(code(&client, url).await, "outbound_url", "{url}");
        }
    }

    #[tokio::test]
    async fn a_silent_peer_is_given_up() {
        let authority = Authority::new("Org");
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = OutboundClient::build(&authority.outbound(), Duration::from_millis(50)).unwrap();
        let url = format!("https://127.0.0.1:{}/", silent.local_addr().unwrap().port());
        assert_eq!(code(&client, &url).await, "outbound_timeout");
    }

    #[test]
    fn trust_anchors_that_are_none_are_refused() {
        for path in ["/nonexistent.pem".into(), crate::fixture::scratch_file("none.pem", b"")] {
            let config = OutboundConfig {
                trust_anchors_file: Some(path),
                allow_loopback: true,
            };
            assert_eq!(
                OutboundClient::new(&config).unwrap_err().code(),
                "outbound_trust_anchors"
            );
        }
    }
}
