//! The phone around wallet-core: it sends, signs, taps and asks, as an app would.
//!
//! Its hardware key store is simulated by keys in memory; everything else is what wallet-core says.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use mahfada_base::{Clock as _, Secret};
use mahfada_crypto::aws_lc::SystemRandom;
use mahfada_crypto::{PublicKey, Random as _, Signer, pure};
use mahfada_eid::testing::VirtualChip;
use mahfada_trust::TrustStore;
use mahfada_wallet_core::{
    CardIssuance, ConsentChoice, ConsentRequest, Context, CredentialId, CredentialStore, Input, IssuanceError, KeyId,
    OfferIssuance, Presentation, PresentationError, PresentationOutcome, ReceivedBatch, Step, StoreError, StoreKey,
    TrustUpdate, TrustUpdateError, WalletKey,
};
use mahfada_web::clock::SystemClock;

use super::DemoError;
use super::office::Https;

/// A citizen's phone.
#[derive(Debug)]
pub struct Phone {
    https: Https,
    hardware: BTreeMap<KeyId, Arc<dyn Signer>>,
    store_key: StoreKey,
    store_file: PathBuf,
    counter: u64,
    /// What the wallet holds.
    pub store: CredentialStore,
    /// Who the wallet trusts.
    pub trust: TrustStore,
    /// What the citizen was last asked.
    pub last_question: Option<ConsentRequest>,
    /// What was sent and received so far: a test searches logs and databases for the secrets in it.
    pub traffic: Vec<Exchange>,
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
    /// The answer to a question for consent.
    pub choice: ConsentChoice,
    /// The transaction code from the other channel.
    pub tx_code: Option<String>,
}

/// Why a flow did not end well.
#[derive(Debug, thiserror::Error)]
pub enum FlowError<E: std::error::Error + 'static> {
    /// wallet-core refused.
    #[error(transparent)]
    Wallet(E),
    /// The phone could not do its part.
    #[error(transparent)]
    Phone(#[from] DemoError),
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
        }
    }
}

impl Phone {
    /// Takes a new phone whose wallet was built with this root document.
    ///
    /// # Errors
    /// [`DemoError`] when the root document is none.
    pub fn new(https: Https, pinned_root: &[u8], store_file: PathBuf) -> Result<Self, DemoError> {
        let store = CredentialStore::new(pinned_root);
        let trust = store
            .trust_store(&pure::PROVIDER)
            .map_err(|error| DemoError::Unexpected(error.to_string()))?;
        let mut key = [0; 32];
        SystemRandom.fill(&mut key)?;
        Ok(Self {
            https,
            hardware: BTreeMap::new(),
            store_key: StoreKey::new(Secret::new(key)),
            store_file,
            counter: 0,
            store,
            trust,
            last_question: None,
            traffic: Vec::new(),
        })
    }

    /// Brings root document and lists up to date.
    ///
    /// # Errors
    /// [`FlowError`] when a document cannot be had or does not hold.
    pub async fn update_trust(&mut self, registry_url: &str) -> Result<(), FlowError<TrustUpdateError>> {
        let mut flow = TrustUpdate::new(self.trust.clone(), registry_url);
        let trust = self
            .drive(Hands::agreeing(), move |input, context, _| flow.step(input, context))
            .await?;
        self.store.remember_trust(&trust)?;
        self.trust = trust;
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
        let mut flow = OfferIssuance::new(link, copies).map_err(FlowError::Wallet)?;
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
        let mut flow = Presentation::new(link).map_err(FlowError::Wallet)?;
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
        let bytes = std::fs::read(&self.store_file).map_err(DemoError::from)?;
        self.store = CredentialStore::open(&bytes, &self.store_key, self.counter, &pure::PROVIDER)?;
        Ok(())
    }

    /// Returns the file that the sealed store is written to.
    #[must_use]
    pub const fn store_file(&self) -> &PathBuf {
        &self.store_file
    }

    /// Returns what the flows of the wallet are handed.
    #[must_use]
    pub fn context(&self) -> Context<'_> {
        Context {
            now: SystemClock.now(),
            random: &SystemRandom,
            crypto: &pure::PROVIDER,
            trust: &self.trust,
        }
    }

    async fn drive<T, E: std::error::Error + 'static>(
        &mut self,
        mut hands: Hands<'_>,
        mut step: impl FnMut(Input, &Context<'_>, &mut CredentialStore) -> Result<Step<T>, E>,
    ) -> Result<T, FlowError<E>> {
        let mut input = Input::Start;
        loop {
            let context = Context {
                now: SystemClock.now(),
                random: &SystemRandom,
                crypto: &pure::PROVIDER,
                trust: &self.trust,
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
                Step::Sign(request) => Input::Signature(
                    self.signer(&request.key)?
                        .sign(&request.message)
                        .map_err(|_| DemoError::Unexpected("the hardware key does not sign".to_owned()))?,
                ),
                Step::CreateKeys { count } => Input::Keys(self.create_keys(count)?),
                Step::WalletKey { issuer } => Input::WalletKey(self.wallet_key(&issuer)?),
                Step::Apdu(command) => {
                    let card = hands.card.as_mut().ok_or_else(|| unexpected("no card at hand"))?;
                    Input::Apdu(card.transmit(&command))
                }
                Step::Consent(question) => {
                    self.last_question = Some(*question);
                    Input::Consent(hands.choice.clone())
                }
                Step::TxCode(_) => Input::TxCode(
                    hands
                        .tx_code
                        .take()
                        .ok_or_else(|| unexpected("no transaction code at hand"))?,
                ),
                Step::Save => {
                    self.save()?;
                    Input::Saved
                }
                Step::Done(result) => return Ok(result),
                _ => return Err(unexpected("a step that this phone does not know").into()),
            };
        }
    }

    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, DemoError> {
        let request = reqwest::Request::try_from(request)?;
        let response = self.https.client().execute(request).await?;
        let mut answer = http::Response::new(Vec::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        *answer.body_mut() = response.bytes().await?.to_vec();
        Ok(answer)
    }

    fn wallet_key(&mut self, issuer: &str) -> Result<WalletKey, DemoError> {
        if let Some(id) = self.store.wallet_key(issuer).cloned() {
            let public = self.signer(&id)?.public_key().clone();
            return Ok(WalletKey { id, public });
        }
        let (id, public) = self.create_key()?;
        self.store.remember_wallet_key(issuer, id.clone());
        Ok(WalletKey { id, public })
    }

    fn create_keys(&mut self, count: usize) -> Result<Vec<(KeyId, PublicKey)>, DemoError> {
        (0..count).map(|_| self.create_key()).collect()
    }

    fn create_key(&mut self) -> Result<(KeyId, PublicKey), DemoError> {
        let signer = pure::PROVIDER.keys.generate_es256(&SystemRandom)?;
        let public = signer.public_key().clone();
        let id = KeyId::new(format!("key-{}", self.hardware.len()));
        self.hardware.insert(id.clone(), signer);
        Ok((id, public))
    }

    fn signer(&self, key: &KeyId) -> Result<&Arc<dyn Signer>, DemoError> {
        self.hardware
            .get(key)
            .ok_or_else(|| unexpected("the hardware has no such key"))
    }

    fn save<E: std::error::Error + 'static>(&mut self) -> Result<(), FlowError<E>> {
        let sealed = self.store.seal(&self.store_key, &SystemRandom, &pure::PROVIDER)?;
        let beside = self.store_file.with_extension("new");
        std::fs::write(&beside, sealed).map_err(DemoError::from)?;
        std::fs::rename(&beside, &self.store_file).map_err(DemoError::from)?;
        self.counter = self.store.generation();
        Ok(())
    }
}

fn unexpected(text: &str) -> DemoError {
    DemoError::Unexpected(text.to_owned())
}
