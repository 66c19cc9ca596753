//! The raw limit: P-256 of the same library, keys parsed, nothing around it.

use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use mahfada_crypto::Signer;
use mahfada_crypto::aws_lc::{PROVIDER, SystemRandom};

use crate::measure::{Cost, Failure, cost};
use crate::report::Report;

/// A message as long as an issuer-signed JWT.
const MESSAGE: [u8; 900] = [0x5a; 900];

/// The bare operations, ready to be run.
pub(crate) struct Raw {
    signer: Arc<dyn Signer>,
    key: ParsedPublicKey,
    signature: Vec<u8>,
}

impl Raw {
    /// Draws a key, and prints what the bare operations cost.
    pub(crate) fn new(report: &mut Report) -> Result<Self, Failure> {
        let signer = PROVIDER.keys.generate_es256(&SystemRandom)?;
        let mahfada_crypto::PublicKey::P256(public) = signer.public_key() else {
            return Err("not a P-256 key".into());
        };
        let raw = Self {
            key: ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public.sec1())?,
            signature: signer.sign(&MESSAGE)?.0,
            signer,
        };
        report.cost("P-256 sign, 900 bytes", cost(|| raw.sign())?);
        report.cost("P-256 verify, 900 bytes", cost(|| raw.verify())?);
        Ok(raw)
    }

    /// Returns what a presentation asks of a verifier: to sign the request, to make a key for the answer, to agree on a
    /// secret with it, and to verify issuer and holder.
    pub(crate) fn presentation(&self) -> Result<Cost, Failure> {
        let peer = PROVIDER.agreement.generate(&SystemRandom)?;
        cost(|| {
            self.sign()?;
            let key = PROVIDER.agreement.generate(&SystemRandom)?;
            key.agree(peer.public_key())?;
            self.verify()?;
            self.verify()
        })
    }

    /// Returns what an issuance asks of an issuer: to verify the DPoP proofs of the token and of the credential request
    /// and the proof of the new key, and to sign the credential.
    pub(crate) fn issuance(&self) -> Result<Cost, Failure> {
        cost(|| {
            self.verify()?;
            self.verify()?;
            self.verify()?;
            self.sign()
        })
    }

    /// Signs once.
    pub(crate) fn sign(&self) -> Result<(), Failure> {
        self.signer.sign(&MESSAGE)?;
        Ok(())
    }

    /// Verifies once.
    pub(crate) fn verify(&self) -> Result<(), Failure> {
        Ok(self.key.verify_sig(&MESSAGE, &self.signature)?)
    }
}
