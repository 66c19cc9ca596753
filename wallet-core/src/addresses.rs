//! Where a flow may send requests, and how it reads the messages that name addresses (decision D1).

#![cfg_attr(
    not(feature = "insecure-loopback"),
    expect(clippy::unused_self, reason = "the answers depend on it with the feature")
)]

use mahfada_oauth2::{AuthorizationServerMetadata, is_https_url};
use mahfada_openid4vci::{CredentialIssuerMetadata, CredentialOffer, MetadataError, OfferError};

#[cfg(feature = "insecure-loopback")]
pub(crate) mod loopback;

/// Where requests may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// To https addresses.
    Tls,
    /// To https addresses, and without TLS to this machine itself, by number.
    #[cfg(feature = "insecure-loopback")]
    TlsOrPlainLoopback,
}

impl Addresses {
    /// Tells whether a request may go there; every request passes here.
    pub(crate) fn allow(self, url: &str) -> bool {
        is_https_url(url) || self.is_plain_loopback(url)
    }

    /// Tells whether this is this machine itself, without TLS, and that is allowed.
    pub(crate) fn is_plain_loopback(self, url: &str) -> bool {
        #[cfg(feature = "insecure-loopback")]
        if self == Self::TlsOrPlainLoopback {
            return loopback::is_plain(url);
        }
        let _ = url;
        false
    }

    /// Reads an offer that was fetched.
    pub(crate) fn offer(self, body: &[u8]) -> Result<CredentialOffer, OfferError> {
        #[cfg(feature = "insecure-loopback")]
        if self == Self::TlsOrPlainLoopback {
            return loopback::read(body, CredentialOffer::parse);
        }
        CredentialOffer::parse(body)
    }

    /// Reads the metadata of a credential issuer.
    pub(crate) fn issuer_metadata(self, body: &[u8], issuer: &str) -> Result<CredentialIssuerMetadata, MetadataError> {
        #[cfg(feature = "insecure-loopback")]
        if self == Self::TlsOrPlainLoopback {
            let issuer = loopback::twin(issuer);
            return loopback::read(body, |body| CredentialIssuerMetadata::parse(body, &issuer));
        }
        CredentialIssuerMetadata::parse(body, issuer)
    }

    /// Reads the metadata of an authorization server.
    pub(crate) fn server_metadata(
        self,
        body: &[u8],
        issuer: &str,
    ) -> Result<AuthorizationServerMetadata, mahfada_oauth2::MetadataError> {
        #[cfg(feature = "insecure-loopback")]
        if self == Self::TlsOrPlainLoopback {
            let issuer = loopback::twin(issuer);
            return loopback::read(body, |body| AuthorizationServerMetadata::parse(body, &issuer));
        }
        AuthorizationServerMetadata::parse(body, issuer)
    }
}
