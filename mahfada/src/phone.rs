//! The phone around wallet-core: it sends, signs, taps and asks, as an app would.
//!
//! The demonstration and `mahfada wallet` both drive wallet-core with it; they differ in the [`Hardware`] that keys
//! are in and in who answers questions.

mod hardware;

use std::fmt;
use std::path::PathBuf;

use mahfada_base::Clock as _;
use mahfada_crypto::aws_lc::SystemRandom;
use mahfada_crypto::{KeyError, PublicKey, RandomError, SignError, pure};
use mahfada_eid::testing::VirtualChip;
use mahfada_trust::{RootError, TrustStore};
use mahfada_wallet_core::{
    AnchorsByHand, CardIssuance, ConsentChoice, ConsentRequest, Context, CredentialId, CredentialStore, Input,
    IssuanceError, KeyId, MAX_RESPONSE_BYTES, OfferIssuance, Presentation, PresentationError, PresentationOutcome,
    ReceivedBatch, Step, StoreError, Trust, TrustUpdate, TrustUpdateError, TxCodeRequest, WalletKey,
};
use mahfada_web::clock::SystemClock;
use mahfada_x509::Certificate;

use crate::private_file;

pub use hardware::{Hardware, MemoryHardware};

/// A citizen's phone.
#[derive(Debug)]
pub struct Phone {
    client: reqwest::Client,
    hardware: Box<dyn Hardware>,
    store_file: PathBuf,
    /// What the wallet holds.
    pub store: CredentialStore,
    /// Whom the registry names, unless the wallet has none.
    registry: Option<TrustStore>,
    /// Whom the person at the phone chose to believe besides.
    by_hand: Option<AnchorsByHand>,
    plain_loopback: bool,
    /// What the citizen was last asked.
    pub last_question: Option<ConsentRequest>,
    /// What was sent and received so far: a test searches logs and databases for the secrets in it.
    pub traffic: Vec<Exchange>,
}

/// Certificates chosen by hand, and whether requests may go to this machine without TLS.
#[derive(Clone, Debug)]
pub struct ByHand {
    /// The certificates.
    pub certificates: Vec<Certificate>,
    /// Whether `http://127.0.0.1` and `http://[::1]` are spoken to, for tests on one machine.
    pub plain_loopback: bool,
}

/// A request of the wallet and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What the wallet sent.
    pub request: http::Request<Vec<u8>>,
    /// What came back.
    pub response: http::Response<Vec<u8>>,
}

/// What the citizen does when the phone asks.
#[derive(Debug)]
pub struct Hands<'a> {
    /// The card to tap.
    pub card: Option<&'a mut VirtualChip>,
    /// The answer to a question for consent, unless a citizen is there to be asked.
    pub choice: ConsentChoice,
    /// The transaction code from the other channel.
    pub tx_code: Option<String>,
    /// Who is asked.
    pub citizen: Option<&'a mut dyn Citizen>,
}

/// A person who looks at what the phone shows.
pub trait Citizen: fmt::Debug {
    /// Answers a question for consent.
    fn decide(&mut self, question: &ConsentRequest) -> ConsentChoice;

    /// Types in the transaction code; `None` when there is nobody to do so.
    fn tx_code(&mut self, question: &TxCodeRequest) -> Option<String>;
}

/// Why the phone could not do its part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneError {
    /// The operating system refused something.
    #[error("the operating system refused")]
    Io(#[from] std::io::Error),
    /// No key could be made.
    #[error("no key could be made")]
    Key(#[from] KeyError),
    /// No random bytes were to be had.
    #[error("no random bytes")]
    Random(#[from] RandomError),
    /// The root document is none.
    #[error("the root document is refused")]
    Root(#[from] RootError),
    /// The wallet has no registry, and nobody was chosen by hand.
    #[error("this wallet has no registry; name the certificates to believe with --trust FILE.pem")]
    NobodyToBelieve,
    /// No answer came.
    #[error("no answer")]
    Http(#[from] reqwest::Error),
    /// An answer was longer than a wallet reads.
    #[error("an answer was too long")]
    TooLong,
    /// The hardware key does not sign.
    #[error("the hardware key does not sign")]
    Sign(#[from] SignError),
    /// The hardware has no such key.
    #[error("the hardware has no such key")]
    UnknownKey,
    /// No card is at hand.
    #[error("no card at hand")]
    NoCard,
    /// No transaction code is at hand.
    #[error("no transaction code at hand")]
    NoTxCode,
    /// wallet-core wants something that this phone does not know.
    #[error("a step that this phone does not know")]
    UnknownStep,
}

/// Why a flow did not end well.
#[derive(Debug, thiserror::Error)]
pub enum FlowError<E: std::error::Error + 'static> {
    /// wallet-core refused.
    #[error(transparent)]
    Wallet(E),
    /// The phone could not do its part.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// The store could not be saved.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hands<'_> {
    /// Hands that agree to everything and hold no card.
    #[must_use]
    pub fn agreeing() -> Self {
        Self {
            card: None,
            choice: ConsentChoice::agree(),
            tx_code: None,
            citizen: None,
        }
    }
}

impl Phone {
    /// Takes a new phone whose wallet was built with this root document.
    ///
    /// # Errors
    /// [`PhoneError::Root`] when the root document is none.
    pub fn new(
        client: reqwest::Client,
        hardware: Box<dyn Hardware>,
        pinned_root: &[u8],
        store_file: PathBuf,
    ) -> Result<Self, PhoneError> {
        Self::with_store(client, hardware, CredentialStore::new(pinned_root), store_file)
    }

    /// Takes a new phone whose wallet knows no registry: it believes whom [`Self::believe`] names, and nobody else.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn without_registry(
        client: reqwest::Client,
        hardware: Box<dyn Hardware>,
        store_file: PathBuf,
    ) -> Result<Self, PhoneError> {
        Self::with_store(client, hardware, CredentialStore::without_registry(), store_file)
    }

    /// Takes a phone that was used before.
    ///
    /// # Errors
    /// [`FlowError`] when the store cannot be read, was changed or is an older copy.
    pub fn open(
        client: reqwest::Client,
        hardware: Box<dyn Hardware>,
        store_file: PathBuf,
    ) -> Result<Self, FlowError<StoreError>> {
        let store = read_store(&*hardware, &store_file)?;
        Ok(Self::with_store(client, hardware, store, store_file)?)
    }

    fn with_store(
        client: reqwest::Client,
        hardware: Box<dyn Hardware>,
        store: CredentialStore,
        store_file: PathBuf,
    ) -> Result<Self, PhoneError> {
        Ok(Self {
            client,
            hardware,
            store_file,
            registry: store.trust_store(&pure::PROVIDER)?,
            by_hand: None,
            plain_loopback: false,
            store,
            last_question: None,
            traffic: Vec::new(),
        })
    }

    /// Brings root document and lists up to date.
    ///
    /// # Errors
    /// [`FlowError`] when a document cannot be had or does not hold.
    pub async fn update_trust(&mut self, registry_url: &str) -> Result<(), FlowError<TrustUpdateError>> {
        let trust = self.registry.clone().ok_or(PhoneError::NobodyToBelieve)?;
        let mut flow = TrustUpdate::new(trust, registry_url);
        let trust = self
            .drive(Hands::agreeing(), move |input, context, _| flow.step(input, context))
            .await?;
        self.store.remember_trust(&trust)?;
        self.registry = Some(trust);
        Ok(())
    }

    /// Gets a credential with the card.
    ///
    /// # Errors
    /// [`FlowError`] when wallet, card or issuer refuse.
    pub async fn tap_card(
        &mut self,
        issuer: &str,
        configuration: &str,
        card: &mut VirtualChip,
        copies: u8,
    ) -> Result<ReceivedBatch, FlowError<IssuanceError>> {
        let key = self.wallet_key(issuer)?;
        let mut flow = CardIssuance::new(issuer, configuration, key, copies);
        let hands = Hands {
            card: Some(card),
            ..Hands::agreeing()
        };
        self.drive(hands, move |input, context, _| flow.step(input, context))
            .await
    }

    /// Takes an offer that leads to the card, which is in the hands.
    ///
    /// # Errors
    /// [`FlowError`] when wallet, citizen, card or issuer refuse.
    pub async fn tap_card_for_offer(
        &mut self,
        link: &str,
        hands: Hands<'_>,
        copies: u8,
    ) -> Result<ReceivedBatch, FlowError<IssuanceError>> {
        let mut flow = CardIssuance::from_offer(link, copies).map_err(FlowError::Wallet)?;
        self.drive(hands, move |input, context, _| flow.step(input, context))
            .await
    }

    /// Redeems an offer.
    ///
    /// # Errors
    /// [`FlowError`] when wallet, citizen or issuer refuse.
    pub async fn redeem(
        &mut self,
        link: &str,
        hands: Hands<'_>,
        copies: u8,
    ) -> Result<ReceivedBatch, FlowError<IssuanceError>> {
        let flow = if self.plain_loopback {
            OfferIssuance::on_loopback(link, copies)
        } else {
            OfferIssuance::new(link, copies)
        };
        let mut flow = flow.map_err(FlowError::Wallet)?;
        self.drive(hands, move |input, context, _| flow.step(input, context))
            .await
    }

    /// Answers a verifier.
    ///
    /// # Errors
    /// [`FlowError`] when the wallet does not answer such a request.
    pub async fn present(
        &mut self,
        link: &str,
        hands: Hands<'_>,
    ) -> Result<PresentationOutcome, FlowError<PresentationError>> {
        let flow = if self.plain_loopback {
            Presentation::on_loopback(link)
        } else {
            Presentation::new(link)
        };
        let mut flow = flow.map_err(FlowError::Wallet)?;
        let outcome = self
            .drive(hands, move |input, context, store| flow.step(input, context, store))
            .await;
        self.save()?;
        outcome
    }

    /// Adds what was received and seals the store to disk.
    ///
    /// # Errors
    /// [`FlowError::Store`] or [`FlowError::Phone`] when it cannot be written.
    pub fn keep(&mut self, received: &ReceivedBatch) -> Result<CredentialId, FlowError<IssuanceError>> {
        let id = self.store.add(received, SystemClock.now());
        self.save()?;
        Ok(id)
    }

    /// Opens the store from disk, as after a restart of the phone.
    ///
    /// # Errors
    /// [`FlowError::Store`] when it was changed or is an older copy.
    pub fn reopen(&mut self) -> Result<(), FlowError<StoreError>> {
        self.store = read_store(&*self.hardware, &self.store_file)?;
        Ok(())
    }

    /// Returns the file that the sealed store is written to.
    #[must_use]
    pub const fn store_file(&self) -> &PathBuf {
        &self.store_file
    }

    /// Returns the registry's root and lists, unless the wallet has none.
    #[must_use]
    pub const fn registry(&self) -> Option<&TrustStore> {
        self.registry.as_ref()
    }

    /// Believes these besides, until the process ends: nothing of it is kept.
    pub fn believe(&mut self, by_hand: ByHand) {
        let anchors = AnchorsByHand::new(by_hand.certificates);
        self.by_hand = Some(if by_hand.plain_loopback {
            anchors.with_plain_http_on_loopback()
        } else {
            anchors
        });
        self.plain_loopback = by_hand.plain_loopback;
    }

    /// Returns what the flows of the wallet are handed.
    ///
    /// # Errors
    /// [`PhoneError::NobodyToBelieve`] when there is neither a registry nor anybody chosen by hand.
    pub fn context(&self) -> Result<Context<'_>, PhoneError> {
        Ok(Context {
            now: SystemClock.now(),
            random: &SystemRandom,
            crypto: &pure::PROVIDER,
            trust: trust(self.registry.as_ref(), self.by_hand.as_ref())?,
        })
    }

    async fn drive<T, E: std::error::Error + 'static>(
        &mut self,
        mut hands: Hands<'_>,
        mut step: impl FnMut(Input, &Context<'_>, &mut CredentialStore) -> Result<Step<T>, E>,
    ) -> Result<T, FlowError<E>> {
        let mut input = Input::Start;
        loop {
            // Not `self.context()`: the store is lent out beside it.
            let context = Context {
                now: SystemClock.now(),
                random: &SystemRandom,
                crypto: &pure::PROVIDER,
                trust: trust(self.registry.as_ref(), self.by_hand.as_ref())?,
            };
            input = match step(input, &context, &mut self.store).map_err(FlowError::Wallet)? {
                Step::Http(request) => {
                    let response = self.send(request.clone()).await?;
                    self.traffic.push(Exchange {
                        request,
                        response: response.clone(),
                    });
                    Input::Http(response)
                }
                Step::Sign(request) => {
                    let signer = self.hardware.signer(&request.key)?;
                    Input::Signature(signer.sign(&request.message).map_err(PhoneError::from)?)
                }
                Step::CreateKeys { count } => Input::Keys(self.create_keys(count)?),
                Step::WalletKey { issuer } => Input::WalletKey(self.wallet_key(&issuer)?),
                Step::Apdu(command) => {
                    let card = hands.card.as_mut().ok_or(PhoneError::NoCard)?;
                    Input::Apdu(card.transmit(&command))
                }
                Step::Consent(question) => {
                    let choice = match hands.citizen.as_mut() {
                        Some(citizen) => citizen.decide(&question),
                        None => hands.choice.clone(),
                    };
                    self.last_question = Some(*question);
                    Input::Consent(choice)
                }
                Step::TxCode(question) => {
                    let known = hands.tx_code.take();
                    let asked = || hands.citizen.as_mut().and_then(|citizen| citizen.tx_code(&question));
                    Input::TxCode(known.or_else(asked).ok_or(PhoneError::NoTxCode)?)
                }
                Step::Save => {
                    self.save()?;
                    Input::Saved
                }
                Step::Done(result) => return Ok(result),
                _ => return Err(PhoneError::UnknownStep.into()),
            };
        }
    }

    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, PhoneError> {
        let request = reqwest::Request::try_from(request)?;
        let mut response = self.client.execute(request).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_RESPONSE_BYTES {
                return Err(PhoneError::TooLong);
            }
        }
        let mut answer = http::Response::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        Ok(answer)
    }

    fn wallet_key(&mut self, issuer: &str) -> Result<WalletKey, PhoneError> {
        if let Some(id) = self.store.wallet_key(issuer).cloned() {
            let public = self.hardware.signer(&id)?.public_key().clone();
            return Ok(WalletKey { id, public });
        }
        let (id, public) = self.hardware.create_key()?;
        self.store.remember_wallet_key(issuer, id.clone());
        Ok(WalletKey { id, public })
    }

    fn create_keys(&mut self, count: usize) -> Result<Vec<(KeyId, PublicKey)>, PhoneError> {
        (0..count).map(|_| self.hardware.create_key()).collect()
    }

    /// Seals the store to disk, and only then raises the counter.
    ///
    /// # Errors
    /// [`FlowError::Store`] or [`FlowError::Phone`] when it cannot be written.
    pub fn save<E: std::error::Error + 'static>(&mut self) -> Result<(), FlowError<E>> {
        let sealed = self
            .store
            .seal(self.hardware.store_key(), &SystemRandom, &pure::PROVIDER)?;
        private_file::replace(&self.store_file, &sealed).map_err(PhoneError::from)?;
        Ok(self.hardware.raise_counter(self.store.generation())?)
    }
}

fn trust<'p>(registry: Option<&'p TrustStore>, anchors: Option<&'p AnchorsByHand>) -> Result<Trust<'p>, PhoneError> {
    match (registry, anchors) {
        (registry, Some(anchors)) => Ok(Trust::AnchorsByHand { anchors, registry }),
        (Some(store), None) => Ok(Trust::Registry(store)),
        (None, None) => Err(PhoneError::NobodyToBelieve),
    }
}

fn read_store(hardware: &dyn Hardware, file: &std::path::Path) -> Result<CredentialStore, FlowError<StoreError>> {
    let bytes = std::fs::read(file).map_err(PhoneError::from)?;
    let (key, counter) = (hardware.store_key(), hardware.counter());
    Ok(CredentialStore::open(&bytes, key, counter, &pure::PROVIDER)?)
}
