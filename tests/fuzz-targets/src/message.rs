//! A signed message as it came, or the claims that an honest signer signs for the target.

use std::collections::BTreeSet;

use mahfada_base::base64url;
use mahfada_crypto::Signer;
use mahfada_jose::JwsBuilder;

use crate::Seed;

/// The text of an input.
pub(crate) enum Message {
    /// The bytes are the text.
    Received(String),
    /// The bytes are claims, and this is the text in which they are signed.
    Signed(String),
}

/// What a target says when its own keys signed none of the messages that it verified.
pub(crate) const FORGED: &str =
    "verified what nobody signed; or the seeds are not up to date, and MAHFADA_BLESS=1 cargo test writes them";

impl Message {
    /// Takes bytes that start with `{` as claims to be signed, and others as text; `None` when they are none.
    pub(crate) fn read(data: &[u8], sign: impl FnOnce(&[u8]) -> String) -> Option<Self> {
        if data.starts_with(b"{") {
            Some(Self::Signed(sign(data)))
        } else {
            String::from_utf8(data.to_vec()).ok().map(Self::Received)
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Received(text) | Self::Signed(text) => text,
        }
    }

    /// Requires of a received message that verified to be one of the genuine ones, but for the signature's own bytes.
    pub(crate) fn require_genuine(&self, genuine: &BTreeSet<String>) {
        if let Self::Received(text) = self {
            assert!(genuine.contains(signed_part(text)), "{FORGED}");
        }
    }
}

/// Returns what the signature covers; ECDSA has two signatures for it, so it stays out.
pub(crate) fn signed_part(text: &str) -> &str {
    let jws = text.split('~').next().unwrap_or_default();
    jws.rsplit_once('.').map_or("", |(input, _)| input)
}

/// Returns what is signed in those seeds that are whole messages.
pub(crate) fn genuine(seeds: &[Seed]) -> BTreeSet<String> {
    seeds
        .iter()
        .filter(|seed| !seed.bytes.starts_with(b"{"))
        .filter_map(|seed| std::str::from_utf8(&seed.bytes).ok())
        .map(|text| signed_part(text).to_owned())
        .collect()
}

/// Makes the two seeds of a signed message: the text, and the claims in it.
pub(crate) fn text_and_claims(text: String) -> Vec<Seed> {
    let claims = signed_part(&text).split_once('.').map(|(_, claims)| claims).unwrap();
    let claims = base64url::decode(claims).unwrap();
    vec![Seed::new("text", text), Seed::new("claims", claims)]
}

pub(crate) fn sign(builder: &JwsBuilder, claims: &[u8], signer: &dyn Signer) -> String {
    builder.sign_bytes(claims, signer).unwrap()
}
