//! Way A: the citizen taps the identity card (decision D3).

use mahfada_base::Secret;
use mahfada_crypto::SignatureAlgorithm;
use mahfada_eid::{CARD_EVIDENCE_TYP, CardChallenge, CardSession, CardStep, committed_keys, key_commitment};
use mahfada_jose::{Jwk, JwsBuilder, SigningInput, thumbprint_of};
use mahfada_oauth2::{
    AuthorizationChallengeError, AuthorizationChallengeRequest, AuthorizationChallengeResponse, CodeChallenge,
    CodeVerifier, KeyCommitment, RequestedCredential, TokenRequest,
};
use mahfada_openid4vci::{CredentialOffer, CredentialOfferUri};

use super::discovery::{Discovery, DiscoveryStep, Issuer, MetadataRule};
use super::dpop::{DpopPost, join};
use super::redeem::Redemption;
use super::{CLIENT_ID, IssuanceError, ReceivedBatch, challenge, copies, take_keys};
use crate::exchange::{self, Answer, FORM, JSON};
use crate::{
    ConsentChoice, ConsentRequest, Context, CredentialKey, Input, OfferConsent, SignReason, SignRequest, Step,
    WalletKey,
};

/// Gets a credential with the citizen's card: metadata, keys, challenge, card, evidence, code, token, credential.
///
/// The wallet commits to its credential keys before the issuer makes the challenge, and the issuer binds the code to
/// `K_w`: nobody else can use either (decision D2).
#[derive(Debug)]
pub struct CardIssuance {
    /// Known from the start, or asked for when an offer has said which issuer it is.
    wallet_key: Option<WalletKey>,
    copies: u8,
    state: State,
}

#[derive(Debug)]
enum State {
    Start { issuer: String, configuration_id: String },
    StartOffer(CredentialOfferUri),
    Offer,
    Discovery(Discovery),
    Consent(Box<Issuer>),
    WalletKey(Box<Issuer>),
    Keys(Box<Issuer>, usize),
    InitialProof(Box<Authorization>, Box<DpopPost>),
    Initial(Box<Authorization>),
    Card(Box<Authorization>, Box<Tap>),
    Evidence(Box<Authorization>, Secret<String>, Box<SigningInput>),
    ContinueProof(Box<Authorization>, Box<DpopPost>),
    Continue(Box<Authorization>),
    Redeem(Box<Redemption>),
    Over,
}

#[derive(Debug)]
struct Authorization {
    issuer: Box<Issuer>,
    endpoint: String,
    keys: Vec<CredentialKey>,
    commitment: [u8; 32],
    verifier: CodeVerifier,
}

#[derive(Debug)]
struct Tap {
    auth_session: Secret<String>,
    challenge: CardChallenge,
    session: CardSession,
}

type Next = Result<Step<ReceivedBatch>, IssuanceError>;

impl CardIssuance {
    /// Starts an issuance of one configuration; `copies` are taken as far as the issuer gives them, at least one.
    #[must_use]
    pub fn new(issuer_identifier: &str, configuration_id: &str, wallet_key: WalletKey, copies: u8) -> Self {
        Self {
            wallet_key: Some(wallet_key),
            copies,
            state: State::Start {
                issuer: issuer_identifier.to_owned(),
                configuration_id: configuration_id.to_owned(),
            },
        }
    }

    /// Starts from the link of an offer with an authorization code; the citizen is asked before the card is.
    ///
    /// # Errors
    /// [`IssuanceError::Offer`] when the link carries no offer.
    pub fn from_offer(link: &str, copies: u8) -> Result<Self, IssuanceError> {
        Ok(Self {
            wallet_key: None,
            copies,
            state: State::StartOffer(CredentialOfferUri::parse(link)?),
        })
    }

    /// Takes what the app brings back and says what it does next.
    ///
    /// What [`Step::Done`] holds is shown to the citizen and added to the [`crate::CredentialStore`].
    ///
    /// # Errors
    /// [`IssuanceError`]; the flow is over then.
    pub fn step(&mut self, input: Input, context: &Context<'_>) -> Next {
        match (std::mem::replace(&mut self.state, State::Over), input) {
            (
                State::Start {
                    issuer,
                    configuration_id,
                },
                Input::Start,
            ) => self.begin(&issuer, vec![configuration_id], None, context),
            (State::StartOffer(CredentialOfferUri::ByValue(offer)), Input::Start) => self.take_offer(offer, context),
            (State::StartOffer(CredentialOfferUri::ByReference(url)), Input::Start) => {
                self.state = State::Offer;
                Ok(Step::Http(exchange::get(context.trust.addresses(), &url, JSON)?))
            }
            (State::Offer, Input::Http(response)) => {
                let body = Answer::take(response)?.ok(JSON)?;
                self.take_offer(context.trust.addresses().offer(&body)?, context)
            }
            (State::Discovery(discovery), Input::Http(response)) => {
                Ok(self.discovered(discovery.next(response, context)?))
            }
            (State::Consent(issuer), Input::Consent(choice)) => match choice {
                ConsentChoice::Agree { .. } => {
                    let identifier = issuer.metadata.credential_issuer.clone();
                    self.state = State::WalletKey(issuer);
                    Ok(Step::WalletKey { issuer: identifier })
                }
                ConsentChoice::Refuse => Err(IssuanceError::Declined),
            },
            (State::WalletKey(issuer), Input::WalletKey(key)) => {
                self.wallet_key = Some(key);
                Ok(self.ask_keys(issuer))
            }
            (State::Keys(issuer, count), Input::Keys(keys)) => {
                let keys = take_keys(keys, count, &self.wallet_key()?.public)?;
                self.ask_challenge(issuer, keys, context)
            }
            (State::InitialProof(authorization, post), Input::Signature(signature)) => {
                self.state = State::Initial(authorization);
                Ok(Step::Http(post.signed(&signature)?))
            }
            (State::Initial(authorization), Input::Http(response)) => self.begin_tap(authorization, response, context),
            (State::Card(authorization, tap), Input::Apdu(response)) => {
                self.tap(authorization, tap, Some(&response), context)
            }
            (State::Evidence(authorization, session, message), Input::Signature(signature)) => {
                let evidence = join(&message, &signature)?;
                self.send_evidence(authorization, session, evidence, context)
            }
            (State::ContinueProof(authorization, post), Input::Signature(signature)) => {
                self.state = State::Continue(authorization);
                Ok(Step::Http(post.signed(&signature)?))
            }
            (State::Continue(authorization), Input::Http(response)) => self.redeem(*authorization, response, context),
            (State::Redeem(mut redemption), input) => {
                let step = redemption.step(input, context)?;
                self.state = State::Redeem(redemption);
                Ok(step)
            }
            _ => Err(IssuanceError::OutOfOrder),
        }
    }

    fn wallet_key(&self) -> Result<&WalletKey, IssuanceError> {
        self.wallet_key.as_ref().ok_or(IssuanceError::OutOfOrder)
    }

    fn take_offer(&mut self, offer: CredentialOffer, context: &Context<'_>) -> Next {
        // An offer without grants leaves them to the issuer's metadata (OID4VCI §4.1.1).
        let grants = offer.grants.unwrap_or_default();
        if grants.pre_authorized_code.is_some() {
            return Err(IssuanceError::Unsupported(
                "a card for an offer with a pre-authorized code",
            ));
        }
        let grant = grants.authorization_code.unwrap_or_default();
        if grant.issuer_state.is_some() {
            return Err(IssuanceError::Unsupported(
                "an offer that is bound to a session of the issuer",
            ));
        }
        self.begin(
            &offer.credential_issuer,
            offer.credential_configuration_ids,
            grant.authorization_server,
            context,
        )
    }

    fn begin(&mut self, issuer: &str, wanted: Vec<String>, server: Option<String>, context: &Context<'_>) -> Next {
        let (discovery, request) = Discovery::begin(issuer, wanted, server, MetadataRule::Signed, context)?;
        self.state = State::Discovery(discovery);
        Ok(Step::Http(request))
    }

    fn discovered(&mut self, step: DiscoveryStep) -> Step<ReceivedBatch> {
        match step {
            DiscoveryStep::Http(next) => {
                let (discovery, request) = *next;
                self.state = State::Discovery(discovery);
                Step::Http(request)
            }
            DiscoveryStep::Done(issuer) if self.wallet_key.is_some() => self.ask_keys(issuer),
            DiscoveryStep::Done(issuer) => {
                let consent = OfferConsent {
                    needs_card: true,
                    ..issuer.offer_consent()
                };
                self.state = State::Consent(issuer);
                Step::Consent(Box::new(ConsentRequest::Offer(consent)))
            }
        }
    }

    fn ask_keys(&mut self, issuer: Box<Issuer>) -> Step<ReceivedBatch> {
        let count = copies(self.copies, &issuer.metadata);
        self.state = State::Keys(issuer, count);
        Step::CreateKeys { count }
    }

    fn ask_challenge(&mut self, issuer: Box<Issuer>, keys: Vec<CredentialKey>, context: &Context<'_>) -> Next {
        let endpoint = issuer
            .server
            .authorization_challenge_endpoint
            .clone()
            .ok_or(IssuanceError::Unsupported("no authorization with a card"))?;
        let digest = context.crypto.digest;
        let thumbprints: Vec<_> = keys.iter().map(|key| thumbprint_of(&key.public, digest)).collect();
        let jkt = thumbprint_of(&self.wallet_key()?.public, digest);
        let committed = committed_keys(digest, &thumbprints);
        let commitment = key_commitment(digest, &jkt, &committed);
        let verifier = CodeVerifier::generate(context.random)?;
        let request = AuthorizationChallengeRequest::Initial {
            client_id: CLIENT_ID.to_owned(),
            requested: RequestedCredential::Configuration(issuer.configuration_id.clone()),
            code_challenge: CodeChallenge::s256(&verifier, digest),
            key_commitment: KeyCommitment(committed),
        };
        let (post, sign) = self.prove(&endpoint, &request, context)?;
        let authorization = Authorization {
            issuer,
            endpoint,
            keys,
            commitment,
            verifier,
        };
        self.state = State::InitialProof(Box::new(authorization), Box::new(post));
        Ok(Step::Sign(sign))
    }

    fn prove(
        &self,
        endpoint: &str,
        request: &AuthorizationChallengeRequest,
        context: &Context<'_>,
    ) -> Result<(DpopPost, SignRequest), IssuanceError> {
        DpopPost::prepare(endpoint, FORM, request.to_form(), None, self.wallet_key()?, context)
    }

    fn begin_tap(
        &mut self,
        authorization: Box<Authorization>,
        response: http::Response<Vec<u8>>,
        context: &Context<'_>,
    ) -> Next {
        let AuthorizationChallengeResponse::InsufficientAuthorization {
            auth_session,
            challenge: text,
            ..
        } = read(response)?
        else {
            // A code without the card would not be this citizen's.
            return Err(IssuanceError::Unsupported("authorization without a card"));
        };
        let challenge = challenge::verify(&text, &authorization.issuer, &authorization.commitment, context)?;
        let session = CardSession::new(&challenge);
        let tap = Box::new(Tap {
            auth_session,
            challenge,
            session,
        });
        self.tap(authorization, tap, None, context)
    }

    fn tap(
        &mut self,
        authorization: Box<Authorization>,
        mut tap: Box<Tap>,
        response: Option<&[u8]>,
        context: &Context<'_>,
    ) -> Next {
        let files = match tap.session.next(response)? {
            CardStep::Transmit(command) => {
                self.state = State::Card(authorization, tap);
                return Ok(Step::Apdu(command));
            }
            CardStep::Done(files) => files,
        };
        challenge::require_current(&tap.challenge, context)?;
        let evidence = files.into_evidence(&tap.challenge, context.now);
        let message = JwsBuilder::new(CARD_EVIDENCE_TYP)
            .jwk(&Jwk::from_public_key(&self.wallet_key()?.public))
            .signing_input(SignatureAlgorithm::Es256, &evidence)
            .map_err(IssuanceError::Message)?;
        let sign = SignRequest {
            key: self.wallet_key()?.id.clone(),
            message: message.as_bytes().to_vec(),
            reason: SignReason::CardEvidence,
        };
        self.state = State::Evidence(authorization, tap.auth_session, Box::new(message));
        Ok(Step::Sign(sign))
    }

    fn send_evidence(
        &mut self,
        authorization: Box<Authorization>,
        auth_session: Secret<String>,
        evidence: String,
        context: &Context<'_>,
    ) -> Next {
        let request = AuthorizationChallengeRequest::Continue { auth_session, evidence };
        let (post, sign) = self.prove(&authorization.endpoint, &request, context)?;
        self.state = State::ContinueProof(authorization, Box::new(post));
        Ok(Step::Sign(sign))
    }

    fn redeem(
        &mut self,
        authorization: Authorization,
        response: http::Response<Vec<u8>>,
        context: &Context<'_>,
    ) -> Next {
        let AuthorizationChallengeResponse::Authorized { authorization_code } = read(response)? else {
            return Err(IssuanceError::Unsupported("a second round with the card"));
        };
        let request = TokenRequest::AuthorizationCode {
            code: authorization_code,
            code_verifier: authorization.verifier,
            redirect_uri: None,
            client_id: CLIENT_ID.to_owned(),
        };
        let (redemption, step) = Redemption::begin(
            authorization.issuer,
            self.wallet_key()?.clone(),
            authorization.keys,
            &request,
            context,
        )?;
        self.state = State::Redeem(Box::new(redemption));
        Ok(step)
    }
}

fn read(response: http::Response<Vec<u8>>) -> Result<AuthorizationChallengeResponse, IssuanceError> {
    let answer = Answer::take(response)?;
    let status = answer.status;
    AuthorizationChallengeResponse::parse(status, &answer.of_type(JSON)?).map_err(|error| match error {
        AuthorizationChallengeError::Refused(refused) => refused.into(),
        other => IssuanceError::Authorization(other),
    })
}
