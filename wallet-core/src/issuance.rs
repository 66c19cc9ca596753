//! Getting credentials: with the card (way A) or from an offer (way B), never mixed (decision D3).

mod card;
mod challenge;
mod discovery;
mod dpop;
mod error;
mod offer;
mod receive;
mod redeem;
#[cfg(test)]
mod tests;

pub use card::CardIssuance;
pub use challenge::ChallengeError;
pub use error::{IssuanceError, Refusal};
pub use offer::OfferIssuance;
pub use receive::{ExpectedCredentials, ExpectedIssuer, ReceiveError, ReceivedBatch, ReceivedCredential, receive};

use mahfada_crypto::PublicKey;
use mahfada_openid4vci::CredentialIssuerMetadata;

use crate::{CredentialKey, KeyId};

/// The client identifier, the same in every instance of the wallet.
pub const CLIENT_ID: &str = "mahfada-wallet";

/// Returns how many copies to ask for: what is wanted, as far as the issuer gives it, and at least one.
fn copies(wanted: u8, metadata: &CredentialIssuerMetadata) -> usize {
    usize::from(wanted).clamp(1, metadata.batch_size().max(1))
}

/// Takes the keys that the hardware made: as many as asked for, all on P-256 and all different.
fn take_keys(
    keys: Vec<(KeyId, PublicKey)>,
    count: usize,
    wallet: &PublicKey,
) -> Result<Vec<CredentialKey>, IssuanceError> {
    let usable = keys.len() == count
        && keys.iter().enumerate().all(|(position, (id, public))| {
            matches!(public, PublicKey::P256(_))
                && public != wallet
                && !keys
                    .iter()
                    .take(position)
                    .any(|(other, key)| other == id || key == public)
        });
    if !usable {
        return Err(IssuanceError::Keys);
    }
    Ok(keys
        .into_iter()
        .map(|(id, public)| CredentialKey { id, public })
        .collect())
}
