//! Holds credentials and presents them with selective disclosure: a state machine without I/O for mobile apps
//!
//! Every flow is a value with a `step`: it takes an [`Input`] and says by a [`Step`] what the app does next. The app
//! sends requests, signs with keys of the phone's hardware, taps the card and asks the citizen; nothing here opens a
//! socket, reads a clock, draws a random number or sees a private key. After an error a flow is over; a new one starts
//! from the beginning.
//!
//! * [`TrustUpdate`] brings root document and trusted lists up to date.
//! * [`CardIssuance`] gets a credential with the citizen's identity card, [`OfferIssuance`] from an offer.
//! * [`Presentation`] answers a verifier, after the citizen has agreed.
//! * [`CredentialStore`] is what the app keeps between runs: sealed, and older copies of it are recognised.
//!
//! The loop of an app, here without the parts that are the phone's:
//!
//! ```
//! use mahfada_wallet_core::{CardIssuance, Context, Input, IssuanceError, ReceivedBatch, Step};
//! # use mahfada_crypto::{PublicKey, Signature};
//! # use mahfada_wallet_core::{KeyId, SignRequest};
//! trait Phone {
//!     fn send(&self, request: http::Request<Vec<u8>>) -> http::Response<Vec<u8>>;
//!     fn sign(&self, request: &SignRequest) -> Signature;
//!     fn create_keys(&self, count: usize) -> Vec<(KeyId, PublicKey)>;
//!     fn transmit(&self, command: &[u8]) -> Vec<u8>;
//! }
//!
//! fn issue(
//!     mut flow: CardIssuance,
//!     phone: &dyn Phone,
//!     context: &Context<'_>,
//! ) -> Result<ReceivedBatch, IssuanceError> {
//!     let mut input = Input::Start;
//!     loop {
//!         // A long flow takes a fresh `context.now` at every step.
//!         input = match flow.step(input, context)? {
//!             Step::Http(request) => Input::Http(phone.send(request)),
//!             Step::Sign(request) => Input::Signature(phone.sign(&request)),
//!             Step::CreateKeys { count } => Input::Keys(phone.create_keys(count)),
//!             Step::Apdu(command) => Input::Apdu(phone.transmit(&command)),
//!             Step::Done(received) => return Ok(received),
//!             // Consent, transaction code and wallet key belong to offers and presentations.
//!             _ => return Err(IssuanceError::OutOfOrder),
//!         };
//!     }
//! }
//! ```
//!
//! HTTP: send what [`Step::Http`] holds as it is, without cookies, and follow no redirect; hand back every answer,
//! whatever its status. Read no more than [`MAX_RESPONSE_BYTES`] of a body.
#![forbid(unsafe_code)]

#[cfg(all(
    feature = "insecure-loopback",
    any(target_os = "android", target_os = "ios", target_family = "wasm")
))]
compile_error!("plain http is for tests on one machine, never for an app (decision D1)");

pub mod credential_store;
pub mod issuance;
pub mod presentation;

mod addresses;
mod consent;
mod error;
mod exchange;
mod keys;
mod step;
mod trust;
mod vouching;

#[cfg(test)]
mod testing;

pub use consent::{
    ClaimDisplay, ConsentChoice, ConsentRequest, OfferConsent, PresentationConsent, RegistrationDisplay,
    RelyingPartyDisplay, RequestedCredential, Selection, TxCodeRequest,
};
pub use credential_store::{
    CredentialId, CredentialStore, HeldCredential, LogEntry, LogOutcome, LoggedClaim, StoreError, StoreKey,
};
pub use error::WalletError;
pub use exchange::{HttpError, MAX_RESPONSE_BYTES, USER_AGENT};
pub use issuance::{
    CLIENT_ID, CardIssuance, ChallengeError, ExpectedCredentials, ExpectedIssuer, IssuanceError, OfferIssuance,
    ReceiveError, ReceivedBatch, ReceivedCredential, Refusal, receive,
};
pub use keys::{CredentialKey, KeyId, SignReason, SignRequest, WalletKey};
pub use presentation::{Presentation, PresentationError, PresentationOutcome};
pub use step::{Context, Input, Step};
pub use trust::{TrustUpdate, TrustUpdateError};
pub use vouching::{AnchorsByHand, Trust, VouchedBy};
