//! Status indexes and the signed list.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use mahfada_base::UnixTime;
use mahfada_status_list::{StatusList, StatusListToken};
use mahfada_storage::{StatusListUri, StorageError, UnitOfWork};

use crate::app::App;
use crate::credential_issuer::{CredentialIssuer, StatusPublisher};
use crate::fault::Fault;

/// Bits per entry: valid, invalid and suspended need two.
pub(crate) const STATUS_BITS: u8 = 2;
/// How many random places are tried for one copy.
const CANDIDATES: usize = 32;

/// The token last signed for each list, so that an unchanged list is not signed again for every reader.
#[derive(Debug, Default)]
pub(crate) struct StatusTokens(Mutex<BTreeMap<String, SignedList>>);

#[derive(Clone, Debug)]
struct SignedList {
    entries: Vec<(u32, u8)>,
    signed_at: UnixTime,
    token: String,
}

/// Draws random places in the list for one copy (TI-41: unpredictable, each copy its own).
pub(crate) fn candidates(app: &App, publisher: &StatusPublisher) -> Result<Vec<u32>, Fault> {
    let mut bytes = [0; 4 * CANDIDATES];
    app.random.fill(&mut bytes)?;
    let places = bytes.as_chunks::<4>().0.iter().map(|chunk| {
        // The size is a power of two in every sensible configuration; elsewhere the bias is below 2^-11.
        u32::from_be_bytes(*chunk)
            .checked_rem(publisher.size)
            .unwrap_or_default()
    });
    Ok(places.collect())
}

/// Takes one index per copy inside a unit of work; `None` when the list is as good as full.
pub(crate) fn allocate(
    unit: &mut dyn UnitOfWork,
    uri: &StatusListUri,
    candidates: &[Vec<u32>],
) -> Result<Option<Vec<u32>>, StorageError> {
    let mut indexes = Vec::with_capacity(candidates.len());
    for places in candidates {
        match unit.status_lists().allocate(uri, places)? {
            Some(idx) => indexes.push(idx),
            None => return Ok(None),
        }
    }
    Ok(Some(indexes))
}

/// Returns the signed list as it stands now.
///
/// The entries are read for every call, so a revocation shows at once; only the signature is kept.
pub(crate) async fn token(app: &App, issuer: &CredentialIssuer) -> Result<String, Fault> {
    let publisher = &issuer.status;
    // Taken before the read: a list that says more than its `iat` promises harms nobody, one that says less does.
    let now = app.clock.now();
    let entries = app.storage.read_status_entries(&publisher.uri).await?;
    if let Some(token) = app.status_tokens.find(publisher, &entries, now) {
        return Ok(token);
    }
    let token = sign(publisher, &entries, now)?;
    app.status_tokens.keep(
        publisher,
        SignedList {
            entries,
            signed_at: now,
            token: token.clone(),
        },
    );
    Ok(token)
}

fn sign(publisher: &StatusPublisher, entries: &[(u32, u8)], now: UnixTime) -> Result<String, Fault> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| Fault::StatusList(error);
    let mut list = StatusList::new(STATUS_BITS, u64::from(publisher.size)).map_err(|error| failed(error.into()))?;
    for (idx, value) in entries {
        list.set(u64::from(*idx), *value)
            .map_err(|error| failed(error.into()))?;
    }
    StatusListToken::sign(
        publisher.uri.as_str(),
        now,
        now.plus(publisher.lifetime),
        publisher.ttl,
        &list,
        &publisher.signing.chain,
        &*publisher.signing.signer,
    )
    .map_err(|error| failed(error.into()))
}

impl StatusTokens {
    fn find(&self, publisher: &StatusPublisher, entries: &[(u32, u8)], now: UnixTime) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let signed = kept.get(publisher.uri.as_str())?;
        // After the clock was set back, a token of the future is not what readers may be given.
        let fresh = (0..publisher.lifetime / 2).contains(&now.since(signed.signed_at));
        (fresh && signed.entries == entries).then(|| signed.token.clone())
    }

    /// Returns when the list that is served at present was signed, if it was.
    pub(crate) fn signed_at(&self, publisher: &StatusPublisher) -> Option<UnixTime> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(publisher.uri.as_str()).map(|signed| signed.signed_at)
    }

    fn keep(&self, publisher: &StatusPublisher, signed: SignedList) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(publisher.uri.to_string(), signed);
    }
}
