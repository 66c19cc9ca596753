//! Credentials: parsed, then proved.

use std::fmt;

use mahfada_base::{CLOCK_SKEW, UnixTime, json};
use mahfada_crypto::CryptoProvider;
use serde_json::{Map, Value};

use crate::data_model;
use crate::error::{CredentialError, ProofError};
use crate::json_ld::Contexts;
use crate::proof::{Cryptosuite, ProofPurpose, UnverifiedProof, VerificationMethod};
use crate::{selective, whole};

/// A credential has one proof, or a small set of them.
const PROOF_LIMIT: usize = 4;

/// A secured credential that nothing vouches for yet.
pub struct UnverifiedCredential {
    /// The credential without its proofs.
    document: Value,
    proofs: Vec<Value>,
}

/// A credential whose proofs all hold, by its issuer's keys, at the time of the check.
///
/// With ecdsa-sd-2023 it has what the holder chose to show and all that the issuer made mandatory. Its status is not
/// checked, nor whether the issuer may issue this type.
#[derive(Clone)]
pub struct VerifiedCredential {
    document: Value,
    issuer: String,
    proofs: Vec<VerifiedProof>,
    valid_until: Option<UnixTime>,
}

/// What was verified of one proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedProof {
    suite: Cryptosuite,
    verification_method: String,
    created: Option<UnixTime>,
}

/// What a verification takes: algorithms, contexts, the keys that the caller trusts, and the time.
#[derive(Clone, Copy, Debug)]
pub struct Verification<'a> {
    /// The algorithms.
    pub provider: &'a CryptoProvider,
    /// The pinned contexts.
    pub contexts: &'a Contexts,
    /// The keys that the caller trusts; a proof by any other is refused.
    pub methods: &'a [VerificationMethod],
    /// The time of the check.
    pub now: UnixTime,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Base,
    Derived,
}

impl UnverifiedCredential {
    /// Parses a secured credential.
    ///
    /// # Errors
    /// [`CredentialError`] when it is no JSON object, has no proof, too many, or the same one twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, CredentialError> {
        let Ok(Value::Object(members)) = json::parse(bytes) else {
            return Err(CredentialError::Document);
        };
        Self::from_members(members)
    }

    fn from_members(mut members: Map<String, Value>) -> Result<Self, CredentialError> {
        let proofs = match members.remove("proof") {
            Some(proof @ Value::Object(_)) => vec![proof],
            Some(Value::Array(proofs)) if !proofs.is_empty() => proofs,
            _ => return Err(CredentialError::Document),
        };
        if proofs.len() > PROOF_LIMIT {
            return Err(CredentialError::TooManyProofs);
        }
        let value = |proof: &Value| proof.get("proofValue").cloned();
        for (place, proof) in proofs.iter().enumerate() {
            if proofs
                .iter()
                .skip(place.saturating_add(1))
                .any(|other| value(other) == value(proof))
            {
                return Err(CredentialError::DuplicateProof);
            }
        }
        Ok(Self {
            document: Value::Object(members),
            proofs,
        })
    }

    /// Verifies what a holder shows: data model, every proof, the issuer's keys and all times.
    ///
    /// It does not check the status, the holder, nor whether the issuer may issue this type.
    ///
    /// # Errors
    /// [`CredentialError`] with the first rule that is broken.
    pub fn verify(self, verification: &Verification<'_>) -> Result<VerifiedCredential, CredentialError> {
        self.check(verification, Form::Derived)
    }

    /// Verifies what an issuer gives to its holder, where ecdsa-sd-2023 has a base proof.
    ///
    /// # Errors
    /// [`CredentialError`] with the first rule that is broken.
    pub fn verify_base(self, verification: &Verification<'_>) -> Result<VerifiedCredential, CredentialError> {
        self.check(verification, Form::Base)
    }

    fn check(self, verification: &Verification<'_>, form: Form) -> Result<VerifiedCredential, CredentialError> {
        let members = self.document.as_object().ok_or(CredentialError::Document)?;
        let validity = data_model::check(members)?;
        let issuer = data_model::issuer(members)
            .ok_or(CredentialError::DataModel("issuer"))?
            .to_owned();
        let proofs = self
            .proofs
            .iter()
            .map(|proof| self.check_proof(proof, members, &issuer, verification, form))
            .collect::<Result<_, _>>()?;
        let now = verification.now;
        if validity.from.is_some_and(|from| from > now.plus(CLOCK_SKEW)) {
            return Err(CredentialError::NotYetValid);
        }
        if validity.until.is_some_and(|until| until < now.minus(CLOCK_SKEW)) {
            return Err(CredentialError::Expired);
        }
        Ok(VerifiedCredential {
            issuer,
            proofs,
            valid_until: validity.until,
            document: self.document,
        })
    }

    fn check_proof(
        &self,
        proof: &Value,
        members: &Map<String, Value>,
        issuer: &str,
        verification: &Verification<'_>,
        form: Form,
    ) -> Result<VerifiedProof, CredentialError> {
        let proof = UnverifiedProof::parse(proof)?;
        let method = find_method(&proof, issuer, verification)?;
        check_times(&proof, verification.now)?;
        let Verification { contexts, provider, .. } = *verification;
        let key = &method.public_key;
        match (proof.suite, form) {
            (Cryptosuite::EcdsaRdfc2019 | Cryptosuite::EddsaRdfc2022, _) => {
                whole::verify(members, &proof, key, contexts, provider)?;
            }
            (Cryptosuite::EcdsaSd2023, Form::Derived) => {
                selective::verify_derived(members, &proof, key, contexts, provider)?;
            }
            (Cryptosuite::EcdsaSd2023, Form::Base) => {
                selective::verify_base(&self.document, &proof, key, contexts, provider)?;
            }
        }
        Ok(VerifiedProof {
            suite: proof.suite,
            verification_method: proof.verification_method,
            created: proof.created,
        })
    }
}

/// Finds the key that a proof names, and refuses it when it is not the issuer's or not for this purpose.
fn find_method<'a>(
    proof: &UnverifiedProof,
    issuer: &str,
    verification: &Verification<'a>,
) -> Result<&'a VerificationMethod, CredentialError> {
    let purpose = ProofPurpose::AssertionMethod;
    if proof.purpose != purpose.name() {
        return Err(CredentialError::Purpose);
    }
    let method = verification
        .methods
        .iter()
        .find(|method| method.id == proof.verification_method)
        .ok_or(CredentialError::VerificationMethod)?;
    if method.controller != issuer {
        return Err(CredentialError::Controller);
    }
    if !method.purposes.contains(&purpose) {
        return Err(CredentialError::Purpose);
    }
    if proof.suite.algorithm(&method.public_key).is_none() {
        return Err(ProofError::KeyKind.into());
    }
    Ok(method)
}

fn check_times(proof: &UnverifiedProof, now: UnixTime) -> Result<(), CredentialError> {
    if proof.created.is_some_and(|created| created > now.plus(CLOCK_SKEW)) {
        return Err(CredentialError::CreatedInFuture);
    }
    if proof.expires.is_some_and(|expires| expires < now.minus(CLOCK_SKEW)) {
        return Err(CredentialError::ProofExpired);
    }
    Ok(())
}

impl VerifiedCredential {
    /// Returns the issuer's URL.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the credential without its proofs.
    #[must_use]
    pub const fn document(&self) -> &Value {
        &self.document
    }

    /// Returns the subjects, one or several.
    pub fn subjects(&self) -> impl Iterator<Item = &Value> {
        match self.document.get("credentialSubject") {
            Some(Value::Array(subjects)) => subjects.iter(),
            Some(single) => std::slice::from_ref(single).iter(),
            None => [].iter(),
        }
    }

    /// Tells whether the credential has a type, by its name in the contexts.
    #[must_use]
    pub fn has_type(&self, name: &str) -> bool {
        self.document
            .as_object()
            .is_some_and(|members| data_model::has_type(members, name))
    }

    /// Returns what was verified of each proof.
    #[must_use]
    pub fn proofs(&self) -> &[VerifiedProof] {
        &self.proofs
    }

    /// Returns when the credential ends, if it does.
    #[must_use]
    pub const fn valid_until(&self) -> Option<UnixTime> {
        self.valid_until
    }
}

impl VerifiedProof {
    /// Returns the cryptosuite.
    #[must_use]
    pub const fn suite(&self) -> Cryptosuite {
        self.suite
    }

    /// Returns the URL of the key.
    #[must_use]
    pub fn verification_method(&self) -> &str {
        &self.verification_method
    }

    /// Returns when the proof says it was made.
    #[must_use]
    pub const fn created(&self) -> Option<UnixTime> {
        self.created
    }
}

impl fmt::Debug for UnverifiedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedCredential({} proofs)", self.proofs.len())
    }
}

impl fmt::Debug for VerifiedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedCredential({} proofs by {})", self.proofs.len(), self.issuer)
    }
}
