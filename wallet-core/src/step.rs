//! What goes into a flow and what comes out of it.

use mahfada_base::UnixTime;
use mahfada_crypto::{CryptoProvider, PublicKey, Random, Signature};

use crate::{ConsentChoice, ConsentRequest, KeyId, SignRequest, Trust, TxCodeRequest, WalletKey};

/// What every step is taken with: the present time, randomness, algorithms, and who is trusted.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The present time.
    pub now: UnixTime,
    /// A source of random bytes fit for keys.
    pub random: &'a dyn Random,
    /// The algorithms.
    pub crypto: &'a CryptoProvider,
    /// Whom to believe.
    pub trust: Trust<'a>,
}

/// What the app does next, and with which [`Input`] it comes back.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step<T> {
    /// Send the request, follow no redirect, and come back with [`Input::Http`], whatever the status.
    Http(http::Request<Vec<u8>>),
    /// Sign, and come back with [`Input::Signature`].
    Sign(SignRequest),
    /// Make this many new ES256 keys in hardware, and come back with [`Input::Keys`].
    CreateKeys {
        /// How many keys.
        count: usize,
    },
    /// Find or make the wallet's root key for this issuer, and come back with [`Input::WalletKey`].
    WalletKey {
        /// The identifier of the credential issuer.
        issuer: String,
    },
    /// Send the command to the card, and come back with its response in [`Input::Apdu`].
    Apdu(Vec<u8>),
    /// Show it to the citizen, and come back with [`Input::Consent`].
    Consent(Box<ConsentRequest>),
    /// Ask the citizen for the transaction code, and come back with [`Input::TxCode`].
    TxCode(TxCodeRequest),
    /// Seal the credential store and write it to disk, and come back with [`Input::Saved`] only when it is there.
    Save,
    /// The flow is over, with this result.
    Done(T),
}

/// What the app brings back.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input {
    /// Begins the flow.
    Start,
    /// The answer to [`Step::Http`].
    Http(http::Response<Vec<u8>>),
    /// The answer to [`Step::Sign`]: 64 bytes, `r || s`.
    Signature(Signature),
    /// The answer to [`Step::CreateKeys`].
    Keys(Vec<(KeyId, PublicKey)>),
    /// The answer to [`Step::WalletKey`].
    WalletKey(WalletKey),
    /// The answer to [`Step::Apdu`], status word included.
    Apdu(Vec<u8>),
    /// The answer to [`Step::Consent`].
    Consent(ConsentChoice),
    /// The answer to [`Step::TxCode`].
    TxCode(String),
    /// The answer to [`Step::Save`].
    Saved,
}
