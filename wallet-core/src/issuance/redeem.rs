//! From a code to credentials: token, nonce, key proofs, credential. Both ways end here.

use mahfada_crypto::Signature;
use mahfada_jose::{Jwk, SigningInput};
use mahfada_oauth2::{OAuthError, TokenRequest, TokenResponse, TokenType};
use mahfada_openid4vci::{CredentialRequest, CredentialResponse, NonceResponse, UnverifiedProofs, proof_signing_input};

use super::discovery::Issuer;
use super::dpop::{DpopPost, join};
use super::receive::{ExpectedCredentials, ReceivedBatch, receive};
use super::{CLIENT_ID, IssuanceError};
use crate::exchange::{self, Answer, FORM, JSON};
use crate::{Context, CredentialKey, Input, SignReason, SignRequest, Step, WalletKey};

#[derive(Debug)]
pub(super) struct Redemption {
    issuer: Box<Issuer>,
    wallet_key: WalletKey,
    keys: Vec<CredentialKey>,
    /// Whether the issuer knows the wallet by its client identifier; then the proofs name it too.
    named: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    TokenProof(Box<DpopPost>, Attempt),
    Token(Box<DpopPost>, Attempt),
    Nonce(Box<TokenResponse>),
    Proof(Box<Proofs>),
    CredentialProof(Box<DpopPost>, Attempt),
    Credential(Box<DpopPost>, Attempt),
    Over,
}

#[derive(Debug)]
struct Proofs {
    token: Box<TokenResponse>,
    waiting: Vec<(SignRequest, SigningInput)>,
    current: SigningInput,
    signed: Vec<String>,
}

/// How often a request was sent: a server may ask for a nonce in the proof, but not for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    First,
    WithNonce,
}

type Next = Result<Step<ReceivedBatch>, IssuanceError>;

impl Attempt {
    fn wants_nonce(self, answer: &Answer) -> Option<&str> {
        (self == Self::First).then(|| answer.dpop_nonce()).flatten()
    }
}

impl Redemption {
    pub(super) fn begin(
        issuer: Box<Issuer>,
        wallet_key: WalletKey,
        keys: Vec<CredentialKey>,
        request: &TokenRequest,
        context: &Context<'_>,
    ) -> Result<(Self, Step<ReceivedBatch>), IssuanceError> {
        let anonymous = matches!(request, TokenRequest::PreAuthorizedCode { client_id: None, .. });
        let endpoint = issuer.server.token_endpoint.clone();
        let (post, sign) = DpopPost::prepare(&endpoint, FORM, request.to_form(), None, &wallet_key, context)?;
        let state = State::TokenProof(Box::new(post), Attempt::First);
        Ok((
            Self {
                issuer,
                wallet_key,
                keys,
                named: !anonymous,
                state,
            },
            Step::Sign(sign),
        ))
    }

    pub(super) fn step(&mut self, input: Input, context: &Context<'_>) -> Next {
        match (std::mem::replace(&mut self.state, State::Over), input) {
            (State::TokenProof(post, attempt), Input::Signature(signature)) => {
                self.state = State::Token(post.clone(), attempt);
                Ok(Step::Http(post.signed(&signature)?))
            }
            (State::Token(post, attempt), Input::Http(response)) => {
                let answer = Answer::take(response)?;
                match attempt.wants_nonce(&answer) {
                    Some(nonce) => self.once_more(*post, nonce, State::TokenProof, context),
                    None => self.take_token(answer, context),
                }
            }
            (State::Nonce(token), Input::Http(response)) => {
                let nonce = take_nonce(response).ok_or(IssuanceError::NonceUnavailable)?;
                self.begin_proofs(token, &nonce, context)
            }
            (State::Proof(proofs), Input::Signature(signature)) => self.next_proof(proofs, &signature, context),
            (State::CredentialProof(post, attempt), Input::Signature(signature)) => {
                self.state = State::Credential(post.clone(), attempt);
                Ok(Step::Http(post.signed(&signature)?))
            }
            (State::Credential(post, attempt), Input::Http(response)) => {
                let answer = Answer::take(response)?;
                match attempt.wants_nonce(&answer) {
                    Some(nonce) => self.once_more(*post, nonce, State::CredentialProof, context),
                    None => self.take_credentials(answer, context),
                }
            }
            _ => Err(IssuanceError::OutOfOrder),
        }
    }

    /// Sends the same request again, with the nonce that the server wants in the proof.
    fn once_more(
        &mut self,
        post: DpopPost,
        nonce: &str,
        state: impl FnOnce(Box<DpopPost>, Attempt) -> State,
        context: &Context<'_>,
    ) -> Next {
        let (post, sign) = post.with_nonce(nonce, &self.wallet_key, context)?;
        self.state = state(Box::new(post), Attempt::WithNonce);
        Ok(Step::Sign(sign))
    }

    fn take_token(&mut self, answer: Answer, context: &Context<'_>) -> Next {
        let token = TokenResponse::parse(&successful(answer)?).map_err(IssuanceError::Token)?;
        // Every request proved K_w; a token that anybody could use is not the answer to it.
        if token.token_type != TokenType::Dpop {
            return Err(IssuanceError::TokenNotBound);
        }
        let endpoint = self.issuer.metadata.nonce_endpoint.as_deref();
        let endpoint = endpoint.ok_or(IssuanceError::NonceUnavailable)?;
        let request = exchange::post(context.trust.addresses(), endpoint, JSON, None, Vec::new())?;
        self.state = State::Nonce(Box::new(token));
        Ok(Step::Http(request))
    }

    fn begin_proofs(&mut self, token: Box<TokenResponse>, nonce: &str, context: &Context<'_>) -> Next {
        let audience = &self.issuer.metadata.credential_issuer;
        let client = self.named.then_some(CLIENT_ID);
        let mut waiting = Vec::with_capacity(self.keys.len());
        for key in self.keys.iter().rev() {
            let jwk = Jwk::from_public_key(&key.public);
            let input =
                proof_signing_input(&jwk, audience, context.now, nonce, client).map_err(IssuanceError::Message)?;
            let sign = SignRequest {
                key: key.id.clone(),
                message: input.as_bytes().to_vec(),
                reason: SignReason::KeyProof,
            };
            waiting.push((sign, input));
        }
        let (sign, current) = waiting.pop().ok_or(IssuanceError::Keys)?;
        self.state = State::Proof(Box::new(Proofs {
            token,
            waiting,
            current,
            signed: Vec::new(),
        }));
        Ok(Step::Sign(sign))
    }

    fn next_proof(&mut self, mut proofs: Box<Proofs>, signature: &Signature, context: &Context<'_>) -> Next {
        proofs.signed.push(join(&proofs.current, signature)?);
        if let Some((sign, next)) = proofs.waiting.pop() {
            proofs.current = next;
            self.state = State::Proof(proofs);
            return Ok(Step::Sign(sign));
        }
        let signed = UnverifiedProofs::new(proofs.signed);
        let id = self.issuer.configuration_id.clone();
        let identifier = proofs.token.credential_identifiers(&id).next().map(str::to_owned);
        let request = match identifier {
            // OID4VCI §8.2: a token response with identifiers is answered with one of them.
            Some(identifier) => CredentialRequest::for_identifier(identifier, signed),
            None => CredentialRequest::for_configuration(id, signed),
        };
        let (post, sign) = DpopPost::prepare(
            &self.issuer.metadata.credential_endpoint,
            JSON,
            request.to_json(),
            Some(&proofs.token.access_token),
            &self.wallet_key,
            context,
        )?;
        self.state = State::CredentialProof(Box::new(post), Attempt::First);
        Ok(Step::Sign(sign))
    }

    fn take_credentials(&mut self, answer: Answer, context: &Context<'_>) -> Next {
        let response = CredentialResponse::parse(&successful(answer)?, self.keys.len())?;
        let texts: Vec<&str> = response
            .credentials
            .iter()
            .map(|issued| issued.as_compact().ok_or(super::ReceiveError::NotText))
            .collect::<Result<_, _>>()?;
        let metadata = self
            .issuer
            .configuration
            .credential_metadata
            .clone()
            .unwrap_or_default();
        let expected = ExpectedCredentials {
            credential_type: &self.issuer.credential_type,
            issuer: self.issuer.expected(),
            keys: &self.keys,
            claims: &metadata.claims,
        };
        let received = receive(&texts, &expected, context)?;
        Ok(Step::Done(ReceivedBatch::new(&self.issuer, metadata, received)))
    }
}

/// Takes the body of a successful answer; otherwise what the issuer says about its refusal.
fn successful(answer: Answer) -> Result<Vec<u8>, IssuanceError> {
    if answer.status == 200 {
        return Ok(answer.ok(JSON)?);
    }
    let status = exchange::HttpError::Status(answer.status);
    // The errors of the credential endpoint have the same two members.
    Err(OAuthError::parse(&answer.body).map_or_else(|_| status.into(), Into::into))
}

fn take_nonce(response: http::Response<Vec<u8>>) -> Option<String> {
    let body = Answer::take(response).and_then(|answer| answer.ok(JSON)).ok()?;
    NonceResponse::parse(&body).ok().map(|response| response.c_nonce)
}
