//! The only way into the credential store: credentials that are the ones asked for (TW-14).

use std::collections::BTreeMap;

use mahfada_base::ClaimsPath;
use mahfada_credential::{
    CredentialError, CredentialFormat, CredentialType, TrustedEntity, UnverifiedCredential, VerifiedCredential,
};
use mahfada_jose::thumbprint_of;
use mahfada_openid4vci::{ClaimDescription, CredentialMetadata};
use serde_json::Value;
use url::Url;

use super::discovery::Issuer;
use crate::{Context, CredentialKey, KeyId, VouchedBy};

/// Claims in which the copies of one credential may differ.
const OF_THE_COPY: [&str; 6] = ["cnf", "status", "iat", "nbf", "exp", "jti"];

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedCredentials<'a> {
    /// The type.
    pub credential_type: &'a CredentialType,
    /// Who must have signed.
    pub issuer: ExpectedIssuer<'a>,
    /// The keys whose proofs the request carried.
    pub keys: &'a [CredentialKey],
    /// The claims as the issuer's metadata describe them.
    pub claims: &'a [ClaimDescription],
}

/// Who must have signed the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedIssuer<'a> {
    /// The organization that signed the issuer's metadata, vouched for by whom it was then.
    Organization {
        /// Its identifier.
        identifier: &'a str,
        /// Who vouches for it.
        vouched_by: VouchedBy,
    },
    /// Somebody under an anchor chosen by hand whose certificate names this credential issuer, or its host.
    AtAddress(&'a str),
}

/// A credential that a trusted issuer signed, of the expected type, bound to a key of this wallet.
#[derive(Clone)]
pub struct ReceivedCredential {
    text: String,
    key: KeyId,
    credential: VerifiedCredential,
}

/// The copies of one credential, and what people see of it.
#[derive(Clone, Debug)]
pub struct ReceivedBatch {
    issuer_identifier: String,
    issuer: BTreeMap<String, String>,
    organization_identifier: String,
    vouched_by: VouchedBy,
    credential_type: CredentialType,
    metadata: CredentialMetadata,
    copies: Vec<ReceivedCredential>,
}

/// Why none of the credentials of an answer is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// There is no credential, or one that is no text.
    #[error("not a credential in a compact format")]
    NotText,
    /// The credential does not verify.
    #[error("the credential does not verify")]
    Credential(#[from] CredentialError),
    /// The credential is of another type than the one asked for.
    #[error("the credential is of another type")]
    TypeMismatch,
    /// Another organization has signed than the one whose metadata were verified.
    #[error("the credential is another issuer's")]
    IssuerMismatch,
    /// The credential is bound to no key of this request, or two are bound to the same one.
    #[error("the credential is not bound to a key of this wallet")]
    CredentialBindingMismatch,
    /// A claim that the issuer always includes is not there, or its disclosure was held back.
    #[error("the claim {0} is missing")]
    MissingClaim(ClaimsPath),
    /// The copies say different things.
    #[error("the copies of the credential say different things")]
    CopiesDiffer,
    /// The place of the status is one that could tell holders apart.
    #[error("the status is not at a plain https address")]
    StatusAddress,
}

impl ReceiveError {
    /// Returns the stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotText => "credential_format",
            Self::Credential(error) => error.code(),
            Self::TypeMismatch => "credential_type_mismatch",
            Self::IssuerMismatch => "credential_issuer_mismatch",
            Self::CredentialBindingMismatch => "credential_binding_mismatch",
            Self::MissingClaim(_) => "mandatory_claim_missing",
            Self::CopiesDiffer => "copies_differ",
            Self::StatusAddress => "status_address",
        }
    }
}

/// Verifies all credentials of an answer, in any order, and keeps all or none.
///
/// Each is signed by the expected organization, entitled to the type, bound to another key of the request, without key
/// binding, and holds every claim that the metadata call mandatory; all say the same. Digests without disclosure may be
/// decoys and are not counted. Whether a credential is revoked is not checked.
///
/// # Errors
/// [`ReceiveError`] with the first fault found.
pub fn receive(
    texts: &[&str],
    expected: &ExpectedCredentials<'_>,
    context: &Context<'_>,
) -> Result<Vec<ReceivedCredential>, ReceiveError> {
    let mut unused: Vec<&CredentialKey> = expected.keys.iter().collect();
    let mut received: Vec<ReceivedCredential> = Vec::with_capacity(texts.len());
    for text in texts {
        let credential = verify(text, expected, context)?;
        let key = bound_key(&credential, &mut unused, context)?;
        let first = received.first().map(|first| contents(&first.credential));
        if first.is_some_and(|first| first != contents(&credential)) {
            return Err(ReceiveError::CopiesDiffer);
        }
        received.push(ReceivedCredential {
            text: (*text).to_owned(),
            key,
            credential,
        });
    }
    if received.is_empty() {
        Err(ReceiveError::NotText)
    } else {
        Ok(received)
    }
}

fn verify(
    text: &str,
    expected: &ExpectedCredentials<'_>,
    context: &Context<'_>,
) -> Result<VerifiedCredential, ReceiveError> {
    let unverified = UnverifiedCredential::parse(CredentialFormat::DcSdJwt, text)?;
    unverified.refuse_key_binding()?;
    let vouching = context.trust.only(expected.issuer.vouched_by());
    let credential = unverified.verify(&vouching, context.now, context.crypto)?;
    if credential.credential_type() != expected.credential_type {
        return Err(ReceiveError::TypeMismatch);
    }
    if !expected.issuer.is(credential.issuer(), context) {
        return Err(ReceiveError::IssuerMismatch);
    }
    let missing = |claim: &&ClaimDescription| claim.mandatory && credential.claims().select(&claim.path).is_err();
    if let Some(claim) = expected.claims.iter().find(missing) {
        return Err(ReceiveError::MissingClaim(claim.path.clone()));
    }
    // TW-20: an address with a query could be another one for every holder.
    let addresses = context.trust.addresses();
    let plain = |uri: &str| addresses.allow(uri) && !uri.contains('?');
    if !credential.status().is_none_or(|status| plain(&status.uri)) {
        return Err(ReceiveError::StatusAddress);
    }
    Ok(credential)
}

/// Finds the key of the request that the credential is bound to; each is good for one credential.
fn bound_key(
    credential: &VerifiedCredential,
    unused: &mut Vec<&CredentialKey>,
    context: &Context<'_>,
) -> Result<KeyId, ReceiveError> {
    let digest = context.crypto.digest;
    let bound = credential.holder_key().map(|key| key.thumbprint(digest));
    let position = unused
        .iter()
        .position(|key| Some(thumbprint_of(&key.public, digest)) == bound)
        .ok_or(ReceiveError::CredentialBindingMismatch)?;
    Ok(unused.swap_remove(position).id.clone())
}

/// Returns what all copies must agree on.
fn contents(credential: &VerifiedCredential) -> BTreeMap<&str, &Value> {
    let claims = credential.claims().value.as_object().into_iter().flatten();
    claims
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, _)| !OF_THE_COPY.contains(name))
        .collect()
}

impl ExpectedIssuer<'_> {
    pub(super) const fn vouched_by(self) -> VouchedBy {
        match self {
            Self::Organization { vouched_by, .. } => vouched_by,
            Self::AtAddress(_) => VouchedBy::AnchorsByHand,
        }
    }

    fn is(self, signer: &TrustedEntity, context: &Context<'_>) -> bool {
        let address = match self {
            Self::Organization { identifier, .. } => return signer.organization_identifier() == identifier,
            // No certificate names this machine itself.
            Self::AtAddress(address) if context.trust.addresses().is_plain_loopback(address) => return true,
            Self::AtAddress(address) => address,
        };
        let leaf = signer.chain().leaf();
        let host = Url::parse(address)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        let is_host = |name: &String| host.as_ref().is_some_and(|host| host.eq_ignore_ascii_case(name));
        leaf.uri_names().iter().any(|name| name == address) || leaf.dns_names().iter().any(is_host)
    }
}

impl ReceivedCredential {
    /// Returns the text as issued.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the name of the key that the credential is bound to.
    #[must_use]
    pub const fn key(&self) -> &KeyId {
        &self.key
    }

    /// Returns the credential.
    #[must_use]
    pub const fn credential(&self) -> &VerifiedCredential {
        &self.credential
    }
}

impl std::fmt::Debug for ReceivedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceivedCredential")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl ReceivedBatch {
    pub(super) fn new(issuer: &Issuer, metadata: CredentialMetadata, copies: Vec<ReceivedCredential>) -> Self {
        let signer = copies.first().map(|copy| copy.credential.issuer());
        Self {
            issuer_identifier: issuer.metadata.credential_issuer.clone(),
            issuer: signer.map(|signer| signer.names().clone()).unwrap_or_default(),
            organization_identifier: signer.map_or("", |signer| signer.organization_identifier()).to_owned(),
            vouched_by: issuer.expected().vouched_by(),
            credential_type: issuer.credential_type.clone(),
            metadata,
            copies,
        }
    }

    /// Returns the identifier of the credential issuer.
    #[must_use]
    pub fn issuer_identifier(&self) -> &str {
        &self.issuer_identifier
    }

    /// Returns who vouches for the issuer.
    #[must_use]
    pub const fn vouched_by(&self) -> VouchedBy {
        self.vouched_by
    }

    /// Returns the issuer's names by language, from the trusted list or the certificate.
    #[must_use]
    pub const fn issuer(&self) -> &BTreeMap<String, String> {
        &self.issuer
    }

    /// Returns the issuer's organization identifier.
    #[must_use]
    pub fn organization_identifier(&self) -> &str {
        &self.organization_identifier
    }

    /// Returns the type.
    #[must_use]
    pub const fn credential_type(&self) -> &CredentialType {
        &self.credential_type
    }

    /// Returns what people see of the credential and its claims.
    #[must_use]
    pub const fn metadata(&self) -> &CredentialMetadata {
        &self.metadata
    }

    /// Returns the claims, for the citizen to look at before the credential is stored.
    #[must_use]
    pub fn claims(&self) -> &Value {
        self.copies
            .first()
            .map_or(&Value::Null, |copy| copy.credential.claims().value)
    }

    /// Returns the copies, at least one.
    #[must_use]
    pub fn copies(&self) -> &[ReceivedCredential] {
        &self.copies
    }
}
