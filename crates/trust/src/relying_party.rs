//! Who asks: the relying party behind an access certificate.

use mahfada_base::base64url;
use mahfada_crypto::{CryptoProvider, PublicKey};
use mahfada_x509::{Certificate, VerifiedChain};

/// A relying party whose access certificate the trust store has accepted.
///
/// It is known by its organization identifier: `client_id` changes with every certificate (decision D8). That it
/// holds the certificate's key is proved only by a signature that [`Self::key`] verifies.
#[derive(Clone, Debug)]
pub struct RelyingPartyIdentity {
    organization_identifier: String,
    name: String,
    certificate_hash: [u8; 32],
    chain: VerifiedChain,
    list_sequence: u64,
}

impl RelyingPartyIdentity {
    pub(crate) fn new(
        organization_identifier: &str,
        name: &str,
        chain: VerifiedChain,
        list_sequence: u64,
        provider: &CryptoProvider,
    ) -> Self {
        Self {
            organization_identifier: organization_identifier.to_owned(),
            name: name.to_owned(),
            certificate_hash: chain.leaf().sha256(provider.digest),
            chain,
            list_sequence,
        }
    }

    /// Returns the identifier of the organization, such as `NTRMA-12345`.
    #[must_use]
    pub fn organization_identifier(&self) -> &str {
        &self.organization_identifier
    }

    /// Returns the name of the organization as the certificate gives it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the names of the hosts that belong to the relying party.
    #[must_use]
    pub fn dns_names(&self) -> &[String] {
        self.chain.leaf().dns_names()
    }

    /// Returns the SHA-256 hash of the access certificate.
    #[must_use]
    pub const fn certificate_hash(&self) -> &[u8; 32] {
        &self.certificate_hash
    }

    /// Returns the client identifier `x509_hash:…` of the access certificate (OID4VP §5.9.3).
    #[must_use]
    pub fn client_id(&self) -> String {
        format!("x509_hash:{}", base64url::encode(self.certificate_hash))
    }

    /// Returns the access certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        self.chain.leaf()
    }

    /// Returns the only key with which signatures of the relying party are checked.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        self.chain.leaf_key()
    }

    /// Returns the sequence number of the list that the decision rests on.
    #[must_use]
    pub const fn list_sequence(&self) -> u64 {
        self.list_sequence
    }
}
