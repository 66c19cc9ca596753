//! A credential as the store holds it: copies that are each shown once.

use std::collections::BTreeMap;
use std::fmt;

use mahfada_base::UnixTime;
use mahfada_credential::{CredentialError, CredentialFormat, CredentialType, UnverifiedCredential, VerifiedCredential};
use mahfada_crypto::RandomError;
use mahfada_openid4vci::CredentialMetadata;
use serde::{Deserialize, Serialize};

use crate::{Context, KeyId, ReceivedBatch, VouchedBy};

mahfada_base::text_newtype! {
    /// The name of a credential in this wallet.
    CredentialId
}

/// A credential with its copies; verifiers that compare copies cannot tell that one holder showed both.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldCredential {
    id: CredentialId,
    issuer_identifier: String,
    issuer: BTreeMap<String, String>,
    organization_identifier: String,
    #[serde(default)]
    vouched_by: VouchedBy,
    format: CredentialFormat,
    credential_type: CredentialType,
    metadata: CredentialMetadata,
    received_at: UnixTime,
    copies: Vec<HeldCopy>,
}

#[derive(Clone, Serialize, Deserialize)]
struct HeldCopy {
    text: String,
    key: KeyId,
    spent: bool,
}

/// An unspent copy that verifies today.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) id: CredentialId,
    pub(crate) copy: usize,
    pub(crate) key: KeyId,
    pub(crate) metadata: CredentialMetadata,
    pub(crate) vouched_by: VouchedBy,
    pub(crate) credential: VerifiedCredential,
}

impl HeldCredential {
    pub(super) fn new(id: CredentialId, received: &ReceivedBatch, now: UnixTime) -> Self {
        let copies = received.copies().iter().map(|copy| HeldCopy {
            text: copy.text().to_owned(),
            key: copy.key().clone(),
            spent: false,
        });
        Self {
            id,
            issuer_identifier: received.issuer_identifier().to_owned(),
            issuer: received.issuer().clone(),
            organization_identifier: received.organization_identifier().to_owned(),
            vouched_by: received.vouched_by(),
            format: CredentialFormat::DcSdJwt,
            credential_type: received.credential_type().clone(),
            metadata: received.metadata().clone(),
            received_at: now,
            copies: copies.collect(),
        }
    }

    /// Returns the name of the credential in this wallet.
    #[must_use]
    pub const fn id(&self) -> &CredentialId {
        &self.id
    }

    /// Returns the identifier of the credential issuer, for a renewal.
    #[must_use]
    pub fn issuer_identifier(&self) -> &str {
        &self.issuer_identifier
    }

    /// Returns the issuer's names by language, as they were when the credential came.
    #[must_use]
    pub const fn issuer(&self) -> &BTreeMap<String, String> {
        &self.issuer
    }

    /// Returns the issuer's organization identifier.
    #[must_use]
    pub fn organization_identifier(&self) -> &str {
        &self.organization_identifier
    }

    /// Returns who vouched for the issuer when the credential came.
    #[must_use]
    pub const fn vouched_by(&self) -> VouchedBy {
        self.vouched_by
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

    /// Returns when the credential came.
    #[must_use]
    pub const fn received_at(&self) -> UnixTime {
        self.received_at
    }

    /// Returns how many copies can still be shown; with none left the credential answers nothing and is renewed.
    #[must_use]
    pub fn unspent(&self) -> usize {
        self.copies.iter().filter(|copy| !copy.spent).count()
    }

    /// Returns the names of the keys that the copies are bound to.
    pub fn keys(&self) -> impl Iterator<Item = &KeyId> {
        self.copies.iter().map(|copy| &copy.key)
    }

    /// Verifies the credential as it stands today, for the citizen to look at.
    ///
    /// # Errors
    /// [`CredentialError`] when its issuer is no longer trusted or it has expired.
    pub fn verify(&self, context: &Context<'_>) -> Result<VerifiedCredential, CredentialError> {
        let text = self.copies.first().map_or("", |copy| copy.text.as_str());
        self.verify_text(text, context)
    }

    fn verify_text(&self, text: &str, context: &Context<'_>) -> Result<VerifiedCredential, CredentialError> {
        // Whoever vouched when it came must still do so; the other one does not take over.
        let vouching = context.trust.only(self.vouched_by);
        UnverifiedCredential::parse(self.format, text)?.verify(&vouching, context.now, context.crypto)
    }

    /// Picks an unspent copy at random, so that the order of copies says nothing (TW-19).
    pub(super) fn candidate(&self, context: &Context<'_>) -> Result<Option<Candidate>, RandomError> {
        let unspent: Vec<(usize, &HeldCopy)> = self.copies.iter().enumerate().filter(|(_, copy)| !copy.spent).collect();
        let mut bytes = [0; 8];
        context.random.fill(&mut bytes)?;
        let draw = u64::from_be_bytes(bytes).checked_rem(unspent.len() as u64);
        let picked = draw.and_then(|draw| unspent.get(usize::try_from(draw).ok()?));
        Ok(picked.and_then(|(position, copy)| {
            Some(Candidate {
                id: self.id.clone(),
                copy: *position,
                key: copy.key.clone(),
                metadata: self.metadata.clone(),
                vouched_by: self.vouched_by,
                credential: self.verify_text(&copy.text, context).ok()?,
            })
        }))
    }

    pub(super) fn is_unspent(&self, copy: usize) -> bool {
        self.copies.get(copy).is_some_and(|copy| !copy.spent)
    }

    pub(super) fn spend(&mut self, copy: usize) {
        if let Some(copy) = self.copies.get_mut(copy) {
            copy.spent = true;
        }
    }
}

impl fmt::Debug for HeldCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldCopy")
            .field("key", &self.key)
            .field("spent", &self.spent)
            .finish_non_exhaustive()
    }
}
