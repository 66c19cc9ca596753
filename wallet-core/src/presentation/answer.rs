//! The answer that the citizen has agreed to.

use mahfada_crypto::{Signature, SignatureAlgorithm};
use mahfada_openid4vp::{AuthorizationResponse, ResponseEncryption, VpToken};
use mahfada_sd_jwt::KeyBindingInput;
use url::Url;

use super::PresentationError;
use super::asked::{Asked, Consent};
use crate::credential_store::LoggedClaim;
use crate::keys::is_es256;
use crate::{Context, CredentialStore, KeyId, LogOutcome, SignReason, SignRequest};

/// Presentations of which some still lack the holder's signature.
#[derive(Debug)]
pub(super) struct Answering {
    unsigned: Vec<Unsigned>,
    vp_token: VpToken,
    state: Option<String>,
    encryption: ResponseEncryption,
    response_uri: Url,
}

#[derive(Debug)]
struct Unsigned {
    query_id: String,
    key: KeyId,
    input: KeyBindingInput,
}

pub(super) enum Signed {
    More(Box<Answering>),
    All(Box<SignedAnswer>),
}

/// All presentations, ready to be encrypted.
pub(super) struct SignedAnswer {
    response: AuthorizationResponse,
    encryption: ResponseEncryption,
    pub(super) response_uri: Url,
}

impl Answering {
    /// Selects exactly what was agreed to, spends the copies and writes the log.
    pub(super) fn new(
        asked: &Asked,
        consent: Consent,
        context: &Context<'_>,
        store: &mut CredentialStore,
    ) -> Result<Self, PresentationError> {
        let chosen = consent.into_chosen();
        let mut unsigned = Vec::with_capacity(chosen.len());
        let mut claims: Vec<LoggedClaim> = Vec::new();
        let mut spent = Vec::new();
        for (query_id, found) in chosen {
            let shown = asked.shown(&query_id, &found).ok_or(PresentationError::Selection)?;
            let candidate = asked
                .candidates
                .get(found.credential)
                .ok_or(PresentationError::Selection)?;
            let input = candidate.credential.sd_jwt().present(&found.paths)?.key_binding_input(
                &asked.request.client_id,
                &asked.request.nonce,
                context.now,
                SignatureAlgorithm::Es256,
                context.crypto.digest,
            );
            // One credential may answer two parts of the same request: the same verifier sees both anyway.
            if !spent.contains(&found.credential) {
                store.spend(&candidate.id, candidate.copy)?;
                spent.push(found.credential);
            }
            let logged = |path| LoggedClaim {
                query_id: query_id.clone(),
                path,
            };
            claims.extend(shown.into_iter().map(logged));
            unsigned.push(Unsigned {
                query_id,
                key: candidate.key.clone(),
                input,
            });
        }
        store.record(asked.log_entry(context.now, claims, LogOutcome::Presented));
        Ok(Self {
            unsigned,
            vp_token: VpToken::new(),
            state: asked.request.state.clone(),
            encryption: asked.request.encryption.clone(),
            response_uri: asked.request.response_uri.clone(),
        })
    }

    /// Returns what is signed next.
    pub(super) fn sign_request(&self) -> Option<SignRequest> {
        let next = self.unsigned.last()?;
        Some(SignRequest {
            key: next.key.clone(),
            message: next.input.as_bytes().to_vec(),
            reason: SignReason::Presentation,
        })
    }

    /// Takes the signature of the last [`Self::sign_request`].
    pub(super) fn signed(mut self, signature: &Signature) -> Result<Signed, PresentationError> {
        if !is_es256(signature) {
            return Err(PresentationError::SignatureFormat);
        }
        let signed = self.unsigned.pop().ok_or(PresentationError::OutOfOrder)?;
        let presentation = signed.input.with_signature(signature);
        self.vp_token.entry(signed.query_id).or_default().push(presentation);
        if !self.unsigned.is_empty() {
            return Ok(Signed::More(Box::new(self)));
        }
        Ok(Signed::All(Box::new(SignedAnswer {
            response: AuthorizationResponse {
                vp_token: self.vp_token,
                state: self.state,
            },
            encryption: self.encryption,
            response_uri: self.response_uri,
        })))
    }
}

impl SignedAnswer {
    /// Encrypts the answer for the verifier's key of this request.
    pub(super) fn encrypt(&self, context: &Context<'_>) -> Result<Vec<u8>, PresentationError> {
        Ok(self
            .response
            .encrypt(&self.encryption, context.random, context.crypto)?)
    }
}
