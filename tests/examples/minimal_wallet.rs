//! The smallest app around wallet-core: an offer, a presentation, a restart. `docs/guide-wallet.md` walks through it.
//!
//! The country is the demonstration's, in this process; the phone's hardware is memory. Everything else is as in an app.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use mahfada::demo::{Answer, CNSS_RIGHTS, Place, World};
use mahfada_base::{Clock as _, Secret};
use mahfada_crypto::aws_lc::SystemRandom;
use mahfada_crypto::{PublicKey, Random as _, Signature, Signer, pure};
use mahfada_trust::TrustStore;
use mahfada_wallet_core::{
    ConsentChoice, ConsentRequest, Context, CredentialStore, Input, KeyId, MAX_RESPONSE_BYTES, OfferIssuance,
    Presentation, SignRequest, Step, StoreKey, Trust, TrustUpdate, WalletError, WalletKey,
};
use mahfada_web::clock::SystemClock;
use serde_json::{Value, json};

type Failure = Box<dyn Error>;

/// What the app brings along.
struct Phone {
    /// Sends requests: TLS only, no cookies, no redirects.
    client: reqwest::Client,
    /// Private keys; in an app they never leave the hardware, and this is a table of names.
    keys: BTreeMap<KeyId, Arc<dyn Signer>>,
    /// Seals the store; in an app it lies in the hardware as well.
    store_key: StoreKey,
    /// Rises with every saved store; in an app the hardware counts.
    counter: u64,
    /// Where the sealed store lies.
    file: PathBuf,
    /// What the citizen types in when asked for a transaction code.
    tx_code: String,
    /// What the citizen has seen.
    screen: Vec<String>,
}

impl Phone {
    async fn drive<T, E>(
        &mut self,
        store: &mut CredentialStore,
        trust: &TrustStore,
        mut step: impl FnMut(Input, &Context<'_>, &mut CredentialStore) -> Result<Step<T>, E>,
    ) -> Result<T, Failure>
    where
        for<'e> WalletError: From<&'e E>,
    {
        let mut input = Input::Start;
        loop {
            let context = Context {
                now: SystemClock.now(),
                random: &SystemRandom,
                crypto: &pure::PROVIDER,
                trust: Trust::Registry(trust),
            };
            let next = step(input, &context, store).map_err(|error| WalletError::from(&error))?;
            input = match next {
                Step::Http(request) => Input::Http(self.send(request).await?),
                Step::Sign(request) => Input::Signature(self.sign(&request)?),
                Step::CreateKeys { count } => Input::Keys(self.create_keys(count)?),
                Step::WalletKey { issuer } => Input::WalletKey(self.wallet_key(store, &issuer)?),
                Step::Consent(question) => Input::Consent(self.ask(&question)),
                Step::TxCode(_) => Input::TxCode(self.tx_code.clone()),
                Step::Save => {
                    self.save(store)?;
                    Input::Saved
                }
                Step::Done(result) => return Ok(result),
                // `Step::Apdu` goes to the card; this phone has no reader.
                _ => return Err("a step that this phone cannot take".into()),
            };
        }
    }

    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Failure> {
        let mut answer = self.client.execute(reqwest::Request::try_from(request)?).await?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_RESPONSE_BYTES {
                return Err("the answer is too long".into());
            }
        }
        let mut response = http::Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }

    fn sign(&self, request: &SignRequest) -> Result<Signature, Failure> {
        let key = self.keys.get(&request.key).ok_or("no such key")?;
        Ok(key.sign(&request.message)?)
    }

    fn create_key(&mut self) -> Result<(KeyId, PublicKey), Failure> {
        let key = pure::PROVIDER.keys.generate_es256(&SystemRandom)?;
        let (id, public) = (KeyId::new(format!("key-{}", self.keys.len())), key.public_key().clone());
        self.keys.insert(id.clone(), key);
        Ok((id, public))
    }

    fn create_keys(&mut self, count: usize) -> Result<Vec<(KeyId, PublicKey)>, Failure> {
        (0..count).map(|_| self.create_key()).collect()
    }

    /// One root key for each issuer, so that issuers cannot compare wallets.
    fn wallet_key(&mut self, store: &mut CredentialStore, issuer: &str) -> Result<WalletKey, Failure> {
        if let Some(id) = store.wallet_key(issuer).cloned() {
            let public = self.keys.get(&id).ok_or("no such key")?.public_key().clone();
            return Ok(WalletKey { id, public });
        }
        let (id, public) = self.create_key()?;
        store.remember_wallet_key(issuer, id.clone());
        Ok(WalletKey { id, public })
    }

    /// Shows who asks, why and for what; this citizen always agrees.
    fn ask(&mut self, question: &ConsentRequest) -> ConsentChoice {
        match question {
            ConsentRequest::Offer(offer) => {
                let issuer = offer.issuer.get("en").cloned().unwrap_or_default();
                self.screen.push(format!("{issuer} offers {}", offer.credential_type));
            }
            ConsentRequest::Presentation(asked) => {
                let registration = asked.who.registration.as_ref();
                let name = registration.map_or(&asked.who.name, |registered| &registered.name);
                let purpose = registration
                    .and_then(|registered| registered.purpose.get("en"))
                    .unwrap_or("?");
                self.screen.push(format!("{name} asks: {purpose}"));
                for claim in asked.requested.iter().flat_map(|credential| &credential.disclose) {
                    self.screen.push(format!("  {} = {}", claim.path, claim.value));
                }
            }
            // A question of a later version: nobody can have agreed to what is not shown.
            _ => return ConsentChoice::Refuse,
        }
        ConsentChoice::agree()
    }

    fn save(&mut self, store: &mut CredentialStore) -> Result<(), Failure> {
        let sealed = store.seal(&self.store_key, &SystemRandom, &pure::PROVIDER)?;
        let beside = self.file.with_extension("new");
        std::fs::write(&beside, sealed)?;
        std::fs::File::open(&beside)?.sync_all()?;
        std::fs::rename(&beside, &self.file)?;
        self.counter = store.generation();
        Ok(())
    }

    fn open(&self) -> Result<CredentialStore, Failure> {
        let sealed = std::fs::read(&self.file)?;
        Ok(CredentialStore::open(
            &sealed,
            &self.store_key,
            self.counter,
            &pure::PROVIDER,
        )?)
    }

    async fn update_trust(&mut self, store: &mut CredentialStore, registry: &str) -> Result<TrustStore, Failure> {
        let trust = store
            .trust_store(&pure::PROVIDER)?
            .ok_or("a wallet without a registry")?;
        let mut flow = TrustUpdate::new(trust.clone(), registry);
        let trust = self
            .drive(store, &trust, |input, context, _| flow.step(input, context))
            .await?;
        store.remember_trust(&trust)?;
        self.save(store)?;
        Ok(trust)
    }

    async fn accept(&mut self, store: &mut CredentialStore, trust: &TrustStore, link: &str) -> Result<usize, Failure> {
        let mut flow = OfferIssuance::new(link, 10).map_err(|error| WalletError::from(&error))?;
        let received = self
            .drive(store, trust, |input, context, _| flow.step(input, context))
            .await?;
        // Here an app shows `received.claims()`: only the citizen can tell whether it is about the right person.
        store.add(&received, SystemClock.now());
        self.save(store)?;
        Ok(received.copies().len())
    }

    async fn present(&mut self, store: &mut CredentialStore, trust: &TrustStore, link: &str) -> Result<(), Failure> {
        let mut flow = Presentation::new(link).map_err(|error| WalletError::from(&error))?;
        let outcome = self
            .drive(store, trust, |input, context, store| flow.step(input, context, store))
            .await;
        // Also after an error: copies may be spent and the log has grown.
        self.save(store)?;
        let outcome = outcome?;
        if let Some(browser) = outcome.redirect_uri {
            self.screen.push(format!("go on in the browser: {browser}"));
        }
        Ok(())
    }

    fn show(&mut self, out: &mut dyn Write) -> Result<(), Failure> {
        for line in self.screen.drain(..) {
            writeln!(out, "  | {line}")?;
        }
        Ok(())
    }
}

fn advice(error: &WalletError) -> &'static str {
    match error {
        WalletError::Declined => "nothing happened, as you wished",
        WalletError::Refused(_) => "the other side says no; ask it for a new offer or request",
        WalletError::Untrusted(_) => "do not go on: the other side is not who it should be",
        WalletError::Unavailable(_) => "no connection; try again",
        WalletError::Card(_) => "hold the card to the phone once more",
        WalletError::Store(_) => "the wallet on this phone was changed or replaced; set it up anew",
        _ => "a fault of this app; please report it",
    }
}

/// Walks through everything and says what happens.
async fn walk(out: &mut dyn Write) -> Result<(), Failure> {
    let country = World::start().await?;
    let mut phone = new_phone(&country)?;

    let mut store = CredentialStore::new(&country.pinned_root);
    let trust = phone.update_trust(&mut store, &country.registry.public_url).await?;
    writeln!(out, "trust: root document {}", trust.root().document().version)?;

    let offer = post(&country, &country.cnss, "/v1/offers", &an_offer()).await?;
    phone.tx_code = offer.text("tx_code")?;
    let copies = phone.accept(&mut store, &trust, &offer.text("offer_uri")?).await?;
    phone.show(out)?;
    writeln!(out, "accepted: {copies} copies")?;

    let asked = post(&country, &country.hospital, "/v1/presentations", &a_question()).await?;
    phone.present(&mut store, &trust, &asked.text("deep_link")?).await?;
    phone.show(out)?;
    let path = format!("/v1/presentations/{}", asked.text("presentation_id")?);
    let url = format!("{}{path}", country.hospital.management_url);
    let verdict = country.https.get(&url, &country.hospital.api_key).await?.body;
    writeln!(
        out,
        "accepted by the verifier: {}",
        verdict.get("accepted").unwrap_or(&Value::Null)
    )?;

    let again = phone.open()?;
    for held in again.credentials() {
        writeln!(
            out,
            "after a restart: {}, {} copies unspent",
            held.credential_type(),
            held.unspent()
        )?;
    }
    for entry in again.log() {
        writeln!(out, "history: {} saw {} claims", entry.name, entry.claims.len())?;
    }

    let used = phone.accept(&mut store, &trust, &offer.text("offer_uri")?).await;
    phone.screen.clear();
    let error = used
        .err()
        .and_then(|error| error.downcast::<WalletError>().ok())
        .ok_or("the offer worked twice")?;
    writeln!(out, "the same offer again: {} - {}", error.code(), advice(&error))?;
    Ok(())
}

fn new_phone(country: &World) -> Result<Phone, Failure> {
    let mut store_key = [0; 32];
    SystemRandom.fill(&mut store_key)?;
    Ok(Phone {
        client: country.https.client().clone(),
        keys: BTreeMap::new(),
        store_key: StoreKey::new(Secret::new(store_key)),
        counter: 0,
        file: country.folder().join("minimal-wallet.sealed"),
        tx_code: String::new(),
        screen: Vec::new(),
    })
}

fn an_offer() -> Value {
    json!({"credential_configuration_id": "cnss-rights", "subject": "M-0001", "tx_code": true})
}

fn a_question() -> Value {
    json!({"flow": "cross_device", "query": {"credentials": [{
        "id": "rights", "format": "dc+sd-jwt", "meta": {"vct_values": [CNSS_RIGHTS]},
        "claims": [{"path": ["cnss_number"]}, {"path": ["rights_open"]}],
    }]}})
}

async fn post(country: &World, place: &Place, path: &str, body: &Value) -> Result<Answer, Failure> {
    let url = format!("{}{path}", place.management_url);
    Ok(country.https.post(&url, &place.api_key, body).await?)
}

/// Runs the walk on a runtime of its own.
pub(crate) fn run(out: &mut dyn Write) -> Result<(), Failure> {
    mahfada_web::tls::install_provider();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(walk(out))
}

fn main() -> Result<(), Failure> {
    run(&mut std::io::stdout())
}
