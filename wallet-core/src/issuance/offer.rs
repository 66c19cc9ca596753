//! Way B: an agency offers a credential (decision D3).

use mahfada_base::Secret;
use mahfada_oauth2::TokenRequest;
use mahfada_openid4vci::{CredentialOffer, CredentialOfferUri, PreAuthorizedCodeGrant};

use super::discovery::{Discovery, DiscoveryStep, Issuer, MetadataRule};
use super::redeem::Redemption;
use super::{CLIENT_ID, IssuanceError, ReceivedBatch, copies, take_keys};
use crate::exchange::{self, Answer, JSON};
use crate::{ConsentChoice, ConsentRequest, Context, Input, OfferConsent, Step, TxCodeRequest, WalletKey};

/// Gets a credential that an issuer offers: offer, metadata, consent, transaction code, token, credential.
///
/// Whoever makes a link chooses what it says; so the issuer is found on the trusted lists before the citizen is asked
/// for anything, and the transaction code goes to no one else (TW-13).
#[derive(Debug)]
pub struct OfferIssuance {
    copies: u8,
    state: State,
}

#[derive(Debug)]
enum State {
    Start(CredentialOfferUri),
    Offer,
    Discovery(Box<PreAuthorizedCodeGrant>, Discovery),
    Consent(Box<Offered>),
    TxCode(Box<Offered>),
    WalletKey(Box<Offered>),
    Keys(Box<Offered>, WalletKey, usize),
    Redeem(Box<Redemption>),
    Over,
}

#[derive(Debug)]
struct Offered {
    grant: Box<PreAuthorizedCodeGrant>,
    issuer: Box<Issuer>,
    tx_code: Option<Secret<String>>,
}

type Next = Result<Step<ReceivedBatch>, IssuanceError>;

impl OfferIssuance {
    /// Starts from the link of an offer; `copies` are taken as far as the issuer gives them, at least one.
    ///
    /// # Errors
    /// [`IssuanceError::Offer`] when the link carries no offer.
    pub fn new(link: &str, copies: u8) -> Result<Self, IssuanceError> {
        Ok(Self {
            copies,
            state: State::Start(CredentialOfferUri::parse(link)?),
        })
    }

    /// Starts from a link that may lead to this machine itself without TLS; only anchors chosen by hand let it go there.
    ///
    /// # Errors
    /// [`IssuanceError::Offer`] when the link carries no offer.
    #[cfg(feature = "insecure-loopback")]
    pub fn on_loopback(link: &str, copies: u8) -> Result<Self, IssuanceError> {
        Ok(Self {
            copies,
            state: State::Start(crate::addresses::loopback::offer_link(link)?),
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
            (State::Start(CredentialOfferUri::ByValue(offer)), Input::Start) => self.begin(offer, context),
            (State::Start(CredentialOfferUri::ByReference(url)), Input::Start) => {
                self.state = State::Offer;
                Ok(Step::Http(exchange::get(context.trust.addresses(), &url, JSON)?))
            }
            (State::Offer, Input::Http(response)) => {
                let body = Answer::take(response)?.ok(JSON)?;
                self.begin(context.trust.addresses().offer(&body)?, context)
            }
            (State::Discovery(grant, discovery), Input::Http(response)) => {
                Ok(self.discovered(grant, discovery.next(response, context)?))
            }
            (State::Consent(offered), Input::Consent(choice)) => match choice {
                ConsentChoice::Agree { .. } => Ok(self.ask_tx_code(offered, false)),
                ConsentChoice::Refuse => Err(IssuanceError::Declined),
            },
            (State::TxCode(offered), Input::TxCode(typed)) => Ok(self.take_tx_code(offered, typed)),
            (State::WalletKey(offered), Input::WalletKey(key)) => {
                let count = copies(self.copies, &offered.issuer.metadata);
                self.state = State::Keys(offered, key, count);
                Ok(Step::CreateKeys { count })
            }
            (State::Keys(offered, wallet_key, count), Input::Keys(keys)) => {
                let keys = take_keys(keys, count, &wallet_key.public)?;
                let request = token_request(&offered);
                let (redemption, step) = Redemption::begin(offered.issuer, wallet_key, keys, &request, context)?;
                self.state = State::Redeem(Box::new(redemption));
                Ok(step)
            }
            (State::Redeem(mut redemption), input) => {
                let step = redemption.step(input, context)?;
                self.state = State::Redeem(redemption);
                Ok(step)
            }
            _ => Err(IssuanceError::OutOfOrder),
        }
    }

    fn begin(&mut self, offer: CredentialOffer, context: &Context<'_>) -> Next {
        let grant = offer
            .grants
            .and_then(|grants| grants.pre_authorized_code)
            .ok_or(IssuanceError::Unsupported("an offer without a pre-authorized code"))?;
        let (discovery, request) = Discovery::begin(
            &offer.credential_issuer,
            offer.credential_configuration_ids,
            grant.authorization_server.clone(),
            MetadataRule::SignedOrByHand,
            context,
        )?;
        self.state = State::Discovery(Box::new(grant), discovery);
        Ok(Step::Http(request))
    }

    fn discovered(&mut self, grant: Box<PreAuthorizedCodeGrant>, step: DiscoveryStep) -> Step<ReceivedBatch> {
        let issuer = match step {
            DiscoveryStep::Http(next) => {
                let (discovery, request) = *next;
                self.state = State::Discovery(grant, discovery);
                return Step::Http(request);
            }
            DiscoveryStep::Done(issuer) => issuer,
        };
        let consent = OfferConsent {
            needs_tx_code: grant.tx_code.is_some(),
            ..issuer.offer_consent()
        };
        self.state = State::Consent(Box::new(Offered {
            grant,
            issuer,
            tx_code: None,
        }));
        Step::Consent(Box::new(ConsentRequest::Offer(consent)))
    }

    fn ask_tx_code(&mut self, offered: Box<Offered>, mistyped: bool) -> Step<ReceivedBatch> {
        let Some(rule) = offered.grant.tx_code.clone() else {
            return self.ask_wallet_key(offered);
        };
        self.state = State::TxCode(offered);
        Step::TxCode(TxCodeRequest { rule, mistyped })
    }

    fn take_tx_code(&mut self, mut offered: Box<Offered>, typed: String) -> Step<ReceivedBatch> {
        let typed = Secret::new(typed);
        let fits = offered
            .grant
            .tx_code
            .as_ref()
            .is_some_and(|rule| rule.accepts(typed.expose()));
        if !fits {
            return self.ask_tx_code(offered, true);
        }
        offered.tx_code = Some(typed);
        self.ask_wallet_key(offered)
    }

    fn ask_wallet_key(&mut self, offered: Box<Offered>) -> Step<ReceivedBatch> {
        let issuer = offered.issuer.metadata.credential_issuer.clone();
        self.state = State::WalletKey(offered);
        Step::WalletKey { issuer }
    }
}

fn token_request(offered: &Offered) -> TokenRequest {
    // Where nobody needs to know the client, the wallet does not name itself.
    let anonymous = offered.issuer.server.pre_authorized_grant_anonymous_access_supported;
    TokenRequest::PreAuthorizedCode {
        pre_authorized_code: Secret::new(offered.grant.pre_authorized_code.clone()),
        tx_code: offered.tx_code.clone(),
        client_id: (!anonymous).then(|| CLIENT_ID.to_owned()),
    }
}
