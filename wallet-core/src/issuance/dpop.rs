//! A POST that waits for its DPoP proof (RFC 9449): every request to the issuer is bound to `K_w`.

use http::header::{AUTHORIZATION, HeaderValue};
use mahfada_base::base64url;
use mahfada_crypto::Signature;
use mahfada_jose::{Jwk, SigningInput};
use mahfada_oauth2::{AccessToken, dpop_signing_input};

use super::IssuanceError;
use crate::exchange::{self, HttpError, JSON};
use crate::keys::is_es256;
use crate::{Context, SignReason, SignRequest, WalletKey};

#[derive(Clone, Debug)]
pub(super) struct DpopPost {
    request: http::Request<Vec<u8>>,
    token: Option<AccessToken>,
    input: SigningInput,
}

impl DpopPost {
    /// Prepares the request and what `K_w` signs for it.
    pub(super) fn prepare(
        url: &str,
        content_type: &'static str,
        body: String,
        token: Option<&AccessToken>,
        key: &WalletKey,
        context: &Context<'_>,
    ) -> Result<(Self, SignRequest), IssuanceError> {
        let mut request = exchange::post(
            context.trust.addresses(),
            url,
            JSON,
            Some(content_type),
            body.into_bytes(),
        )?;
        if let Some(token) = token {
            let mut value =
                HeaderValue::try_from(format!("DPoP {}", token.expose())).map_err(|_| IssuanceError::TokenNotBound)?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Self::prove(request, token.cloned(), None, key, context)
    }

    /// Prepares the same request once more, with the nonce that its answer asked for (RFC 9449 §8).
    pub(super) fn with_nonce(
        self,
        nonce: &str,
        key: &WalletKey,
        context: &Context<'_>,
    ) -> Result<(Self, SignRequest), IssuanceError> {
        Self::prove(self.request, self.token, Some(nonce), key, context)
    }

    fn prove(
        request: http::Request<Vec<u8>>,
        token: Option<AccessToken>,
        nonce: Option<&str>,
        key: &WalletKey,
        context: &Context<'_>,
    ) -> Result<(Self, SignRequest), IssuanceError> {
        let mut jti = [0; 16];
        context.random.fill(&mut jti)?;
        let input = dpop_signing_input(
            &Jwk::from_public_key(&key.public),
            "POST",
            &request.uri().to_string(),
            &base64url::encode(jti),
            context.now,
            token.as_ref().map(|token| token.expose().as_str()),
            nonce,
            context.crypto.digest,
        )
        .map_err(IssuanceError::Message)?;
        let sign = SignRequest {
            key: key.id.clone(),
            message: input.as_bytes().to_vec(),
            reason: SignReason::Dpop,
        };
        Ok((Self { request, token, input }, sign))
    }

    /// Adds the signed proof.
    pub(super) fn signed(mut self, signature: &Signature) -> Result<http::Request<Vec<u8>>, IssuanceError> {
        let proof = join(&self.input, signature)?;
        let value = HeaderValue::try_from(proof).map_err(|_| HttpError::Address)?;
        self.request.headers_mut().insert("dpop", value);
        Ok(self.request)
    }
}

/// Joins a message and the signature that came back for it.
pub(super) fn join(input: &SigningInput, signature: &Signature) -> Result<String, IssuanceError> {
    if is_es256(signature) {
        Ok(input.with_signature(signature))
    } else {
        Err(IssuanceError::SignatureFormat)
    }
}
