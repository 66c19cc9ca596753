//! Registration certificates of relying parties: what they said they would ask for, and why (ETSI TS 119 475 §5.2).

use mahfada_base::{CLOCK_SKEW, ClaimsPath, Seconds, UnixTime};
use mahfada_crypto::{CryptoProvider, SignatureAlgorithm, Signer};
use mahfada_jose::{Expectation, JwsBuilder, UnverifiedJws};
use mahfada_x509::{Certificate, UnverifiedChain};

use crate::TrustStore;

pub use certificate::{
    RegisteredClaim, RegisteredCredential, RegisteredMeta, RegistrationCertificate, SupervisoryAuthority,
};
pub use error::RegistrationError;
pub use mahfada_jose::SignError as RegistrationSignError;

mod certificate;
mod error;
#[cfg(test)]
mod tests;

/// How long a registration certificate may be good for: twelve months, in seconds (TS 119 475 GEN-5.2.4).
pub const LONGEST_REGISTRATION_LIFE: Seconds = 366 * 86_400;

const REGISTRATION_TYP: &str = "rc-wrp+jwt";
const ALGORITHMS: &[SignatureAlgorithm] = &[SignatureAlgorithm::Es256, SignatureAlgorithm::Es384];

/// A registration certificate whose signature has not been checked.
#[derive(Clone, Debug)]
pub struct UnverifiedRegistration(UnverifiedJws);

/// A registration certificate that a trusted registrar has signed for the relying party that shows it.
#[derive(Clone, Debug)]
pub struct VerifiedRegistration(RegistrationCertificate);

impl RegistrationCertificate {
    /// Signs the certificate; `chain` is the registrar's certificate and those between it and the anchor.
    ///
    /// # Errors
    /// [`RegistrationSignError`] when the key is out of reach.
    pub fn sign(&self, chain: &[Certificate], signer: &dyn Signer) -> Result<String, RegistrationSignError> {
        JwsBuilder::new(REGISTRATION_TYP).x5c(chain).sign(self, signer)
    }
}

impl UnverifiedRegistration {
    /// Parses the text of the certificate.
    ///
    /// # Errors
    /// [`RegistrationError::Malformed`] when it is no compact signature.
    pub fn parse(text: &str) -> Result<Self, RegistrationError> {
        UnverifiedJws::parse(text)
            .map(Self)
            .map_err(RegistrationError::Malformed)
    }

    /// Checks the registrar, its signature, that the certificate is about this relying party, and the times.
    ///
    /// `relying_party_organization` is the identifier of the access certificate (TS 119 475 GEN-5.1.1-04). Whether a
    /// query stays within the registration is asked with [`VerifiedRegistration::allows`]; revocation is not checked.
    ///
    /// # Errors
    /// [`RegistrationError`] naming the first fault.
    pub fn verify(
        self,
        store: &TrustStore,
        relying_party_organization: &str,
        now: UnixTime,
        provider: &CryptoProvider,
    ) -> Result<VerifiedRegistration, RegistrationError> {
        let x5c = self.0.header().x5c.as_ref().ok_or(RegistrationError::ChainMissing)?;
        let chain = UnverifiedChain::from_x5c(x5c)?;
        let signer = store.trusted_registration_signer(&chain, now, provider)?;
        let expectation = Expectation {
            typ: &[REGISTRATION_TYP],
            algorithms: ALGORITHMS,
        };
        let jws = self
            .0
            .verify(signer.leaf_key(), &expectation, provider)
            .map_err(RegistrationError::Signature)?;
        let certificate: RegistrationCertificate = jws.claims().map_err(RegistrationError::Malformed)?;
        if certificate.sub != relying_party_organization {
            return Err(RegistrationError::Subject);
        }
        check_times(&certificate, now)?;
        if certificate.purpose.is_empty() {
            return Err(RegistrationError::PurposeMissing);
        }
        Ok(VerifiedRegistration(certificate))
    }
}

impl VerifiedRegistration {
    /// Returns what the registrar signed.
    #[must_use]
    pub const fn certificate(&self) -> &RegistrationCertificate {
        &self.0
    }

    /// Returns the name under which the relying party is registered.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the registered purpose in a language, or in another one when there is none.
    #[must_use]
    pub fn purpose(&self, lang: &str) -> Option<&str> {
        self.0.purpose.get(lang)
    }

    /// Tells whether credentials of this format and type are registered at all.
    #[must_use]
    pub fn allows_type(&self, format: &str, credential_type: &str) -> bool {
        self.0
            .credentials
            .iter()
            .any(|registered| registered.is(format, credential_type))
    }

    /// Tells whether a claim of such a credential is registered, by itself or as part of a registered one.
    #[must_use]
    pub fn allows(&self, format: &str, credential_type: &str, path: &ClaimsPath) -> bool {
        self.0
            .credentials
            .iter()
            .filter(|registered| registered.is(format, credential_type))
            .any(|registered| registered.claim.iter().any(|claim| claim.path.covers(path)))
    }
}

fn check_times(certificate: &RegistrationCertificate, now: UnixTime) -> Result<(), RegistrationError> {
    if certificate.iat > now.plus(CLOCK_SKEW) {
        return Err(RegistrationError::NotYetValid);
    }
    if !(0..=LONGEST_REGISTRATION_LIFE).contains(&certificate.exp.since(certificate.iat)) {
        return Err(RegistrationError::Period);
    }
    if certificate.exp.plus(CLOCK_SKEW) < now {
        Err(RegistrationError::Expired)
    } else {
        Ok(())
    }
}
