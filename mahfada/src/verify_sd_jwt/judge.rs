//! The checks in their order; the first that does not hold ends them.

use mahfada_base::{Report, Seconds, UnixTime};
use mahfada_credential::StatusVerdict;
use mahfada_crypto::PublicKey;
use mahfada_crypto::pure::PROVIDER;
use mahfada_jose::UnverifiedJws;
use mahfada_sd_jwt::vc::{UnverifiedSdJwtVc, VerifiedSdJwtVc};
use mahfada_sd_jwt::{KeyBindingExpectation, UnverifiedSdJwt};
use mahfada_status_list::{StatusReference, UnverifiedStatusListToken, VerifiedStatusList};

use super::Presented;
use super::trust::{Signer, Trust};

/// The greatest age of a key binding, in seconds.
const KEY_BINDING_AGE: Seconds = 300;

/// A judgement under way.
pub(super) struct Judgement<'a> {
    pub(super) trust: &'a Trust,
    pub(super) presented_to: Option<&'a Presented>,
    pub(super) status_list: Option<&'a str>,
    pub(super) now: UnixTime,
    pub(super) checks: Report,
}

impl Judgement<'_> {
    /// Makes every check.
    ///
    /// # Errors
    /// The stable code of the first check that does not hold.
    pub(super) fn judge(&mut self, text: &str) -> Result<(), &'static str> {
        let keys = self.issuer_keys(text)?;
        let credential = self.credential(text, keys)?;
        self.key_binding(text, &credential)?;
        self.status(&credential)
    }

    fn issuer_keys(&mut self, text: &str) -> Result<Vec<PublicKey>, &'static str> {
        let sd_jwt = UnverifiedSdJwt::parse(text);
        let sd_jwt = self.step("form", sd_jwt.map_err(|error| (error.code(), error.to_string())))?;
        let header = sd_jwt.jws().header();
        let signer = Signer {
            x5c: header.x5c.as_deref(),
            kid: header.kid.as_deref(),
        };
        let keys = self.trust.keys_of(signer, self.now);
        self.step(
            "issuer_trusted",
            keys.map_err(|code| (code, "the trust file does not vouch for the issuer".to_owned())),
        )
    }

    fn credential(&mut self, text: &str, keys: Vec<PublicKey>) -> Result<VerifiedSdJwtVc, &'static str> {
        let verify = |key: PublicKey| {
            UnverifiedSdJwtVc::parse(text)
                .map_err(Into::into)
                .and_then(|credential| credential.verify(&key, self.now, &PROVIDER))
                .map_err(|error| (error.code(), error.to_string()))
        };
        let credential = first_that_fits(keys, verify);
        let credential = self.step("signature", credential)?;
        // One step of the library, and three that people ask about.
        self.checks.passed("disclosures");
        self.checks.passed("validity");
        Ok(credential)
    }

    fn key_binding(&mut self, text: &str, credential: &VerifiedSdJwtVc) -> Result<(), &'static str> {
        let Some(Presented { nonce, audience }) = self.presented_to else {
            if !text.ends_with('~') {
                self.checks
                    .not_checked("key_binding", "neither nonce nor audience were given");
            }
            return Ok(());
        };
        let expectation = KeyBindingExpectation {
            audience,
            nonce,
            max_age: KEY_BINDING_AGE,
        };
        let bound = credential.verify_key_binding(&expectation, self.now, &PROVIDER);
        self.step(
            "key_binding",
            bound.map(|_| ()).map_err(|error| (error.code(), error.to_string())),
        )
    }

    fn status(&mut self, credential: &VerifiedSdJwtVc) -> Result<(), &'static str> {
        match (credential.status_claim(), self.status_list) {
            (None, None) => Ok(()),
            (None, Some(_)) => {
                self.checks.not_checked("status", "the credential names no status");
                Ok(())
            }
            (Some(_), None) => {
                self.checks.not_checked("status", "no status list was given");
                Ok(())
            }
            (Some(claim), Some(token)) => {
                let reference = StatusReference::from_claim(claim);
                let verdict = reference
                    .map_err(|error| (error.code(), error.to_string()))
                    .and_then(|reference| self.status_at(&reference, token));
                self.step("status", verdict)
            }
        }
    }

    fn status_at(&self, reference: &StatusReference, token: &str) -> Result<(), (&'static str, String)> {
        let status = self
            .status_list(reference, token)?
            .status(reference.idx)
            .map_err(|error| (error.code(), error.to_string()))?;
        let refusal = |code| (code, "the status list speaks against the credential".to_owned());
        StatusVerdict::from(status)
            .code()
            .map_or(Ok(()), |code| Err(refusal(code)))
    }

    fn status_list(
        &self,
        reference: &StatusReference,
        token: &str,
    ) -> Result<VerifiedStatusList, (&'static str, String)> {
        // The same bounds and the same faults as those of the list's own reader, which does not show `kid`.
        UnverifiedStatusListToken::parse(token).map_err(|error| (error.code(), error.to_string()))?;
        let jws = UnverifiedJws::parse(token).map_err(|error| (error.code(), error.to_string()))?;
        let signer = Signer {
            x5c: jws.header().x5c.as_deref(),
            kid: jws.header().kid.as_deref(),
        };
        let keys = self.trust.keys_of(signer, self.now).map_err(|_| {
            (
                "status_key",
                "the trust file does not vouch for the status list".to_owned(),
            )
        })?;
        first_that_fits(keys, |key| {
            UnverifiedStatusListToken::parse(token)
                .and_then(|token| token.verify(&key, &reference.uri, self.now, &PROVIDER))
                .map_err(|error| (error.code(), error.to_string()))
        })
    }

    fn step<T>(&mut self, name: &'static str, outcome: Result<T, (&'static str, String)>) -> Result<T, &'static str> {
        outcome.inspect(|_| self.checks.passed(name)).map_err(|(code, detail)| {
            self.checks.failed(code, detail);
            code
        })
    }
}

/// Tries the keys in order; a fault other than a foreign signature is the message's own and ends the search.
fn first_that_fits<T>(
    keys: Vec<PublicKey>,
    verify: impl Fn(PublicKey) -> Result<T, (&'static str, String)>,
) -> Result<T, (&'static str, String)> {
    let mut fault = ("issuer_untrusted", "no key is trusted".to_owned());
    for key in keys {
        match verify(key) {
            Ok(verified) => return Ok(verified),
            Err(refused) if ["sig", "sig_format", "alg_not_allowed", "status_sig"].contains(&refused.0) => {
                fault = refused;
            }
            Err(refused) => return Err(refused),
        }
    }
    Err(fault)
}
