//! A phone: keys, a card at its reader, a citizen before it, and a record of everything that was asked of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Response;
use mahfada_crypto::{PublicKey, Signature, Signer};
use mahfada_eid::testing::VirtualChip;

use super::{Request, key};
use crate::{ConsentChoice, ConsentRequest, Input, KeyId, SignReason, SignRequest, Step, TxCodeRequest, WalletKey};

pub(crate) struct Phone {
    keys: BTreeMap<KeyId, Arc<dyn Signer>>,
    pub(crate) chip: Option<VirtualChip>,
    pub(crate) tx_codes: Vec<String>,
    pub(crate) choice: ConsentChoice,
    pub(crate) requests: Vec<Request>,
    pub(crate) signed: Vec<SignReason>,
    pub(crate) consents: Vec<ConsentRequest>,
    pub(crate) tx_code_requests: Vec<TxCodeRequest>,
    pub(crate) saves: usize,
}

impl Phone {
    pub(crate) fn new() -> Self {
        Self {
            keys: BTreeMap::new(),
            chip: None,
            tx_codes: Vec::new(),
            choice: ConsentChoice::agree(),
            requests: Vec::new(),
            signed: Vec::new(),
            consents: Vec::new(),
            tx_code_requests: Vec::new(),
            saves: 0,
        }
    }

    pub(crate) fn create_key(&mut self, name: &str) -> (KeyId, PublicKey) {
        let (id, signer) = (KeyId::new(name), key(name));
        let public = signer.public_key().clone();
        self.keys.insert(id.clone(), signer);
        (id, public)
    }

    pub(crate) fn wallet_key(&mut self) -> WalletKey {
        let (id, public) = self.create_key("K_w");
        WalletKey { id, public }
    }

    fn sign(&mut self, request: &SignRequest) -> Signature {
        self.signed.push(request.reason);
        self.keys[&request.key].sign(&request.message).unwrap()
    }

    /// Drives a flow to its end.
    pub(crate) fn drive<T, E>(
        &mut self,
        mut step: impl FnMut(Input) -> Result<Step<T>, E>,
        mut server: impl FnMut(&Request) -> Response<Vec<u8>>,
    ) -> Result<T, E> {
        let mut input = Input::Start;
        loop {
            input = match step(input)? {
                Step::Http(request) => {
                    let response = server(&request);
                    self.requests.push(request);
                    Input::Http(response)
                }
                Step::Sign(request) => Input::Signature(self.sign(&request)),
                Step::CreateKeys { count } => {
                    let first = self.keys.len();
                    let name = |n| format!("credential key {}", first + n);
                    Input::Keys((0..count).map(|n| self.create_key(&name(n))).collect())
                }
                Step::WalletKey { .. } => Input::WalletKey(self.wallet_key()),
                Step::Apdu(command) => Input::Apdu(self.chip.as_mut().unwrap().transmit(&command)),
                Step::Consent(request) => {
                    self.consents.push(*request);
                    Input::Consent(self.choice.clone())
                }
                Step::TxCode(request) => {
                    self.tx_code_requests.push(request);
                    Input::TxCode(self.tx_codes.remove(0))
                }
                Step::Save => {
                    self.saves += 1;
                    Input::Saved
                }
                Step::Done(done) => return Ok(done),
            };
        }
    }

    /// Returns the paths of all requests.
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.requests.iter().map(|request| request.uri().path()).collect()
    }
}
