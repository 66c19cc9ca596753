//! The server's side: from evidence to a verdict (Doc 9303-10, -11 and -12; decision D13).
//!
//! Passive authentication proves that the issuing state signed the data, active authentication that the chip which
//! holds the key of DG15 signed this session's challenge, chip authentication that the chip which holds the key of DG14
//! answered this server. None says who held the card.

mod active_authentication;
mod algorithm;
mod asn1;
mod ber;
mod certificate;
mod chip_authentication;
mod country;
mod crl;
mod examination;
mod expected;
mod extension;
mod holder;
mod key;
mod ldsso;
mod load;
mod master_list;
mod path;
mod policy;
mod reference;
mod refusal;
mod security_infos;
mod signed_data;
mod sod;
mod verdict;

use std::collections::BTreeMap;
use std::fmt;

use mahfada_base::{Report, UnixTime};
use mahfada_crypto::Digest;

pub use chip_authentication::{
    ChipAuthenticationChallenge, ChipAuthenticationError, ChipAuthenticationKey, VerifiedChipResponse,
};
pub use expected::{ChallengeMismatch, ExpectedChallenge};
pub use holder::VerifiedHolder;
pub use load::{AnchorPurpose, Csca, LoadError, LoadReport, LoadSource};
pub use master_list::{MasterList, MasterListError, UnverifiedMasterList};
pub use path::CardAnchors;
pub use policy::CardPolicy;
pub use reference::card_reference;
pub use verdict::{HolderFactor, LevelOfAssurance, Verdict};

use examination::Examination;
use verdict::Outcome;

/// What a wallet handed in from a card; nothing of it verified.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// EF.SOD.
    pub sod: &'a [u8],
    /// The data groups, by number.
    pub dgs: &'a BTreeMap<u8, Vec<u8>>,
    /// The chip's answer to the challenge.
    pub aa: Option<&'a [u8]>,
}

impl fmt::Debug for Evidence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evidence")
            .field("dgs", &self.dgs.keys())
            .field("aa", &self.aa.is_some())
            .finish_non_exhaustive()
    }
}

/// Verifies a card's files and its chip's answer to the challenge that the issuer derived for this session.
///
/// The steps stand in the order of Doc 9303-11 §5.1; the first that refuses ends the verification, and its stable
/// code is the verdict's reason. It does not check the signature of the wallet around the evidence, the session's
/// freshness, the status of the card with the issuing authority, nor who holds it.
#[must_use]
pub fn verify(
    evidence: &Evidence<'_>,
    expected: &ExpectedChallenge,
    anchors: &CardAnchors,
    policy: &CardPolicy,
    now: UnixTime,
    digest: &dyn Digest,
) -> Verdict {
    let mut examination = Examination {
        evidence,
        expected,
        anchors,
        policy,
        now,
        digest,
        report: Report::new(),
        legacy: false,
        chip: None,
    };
    let outcome = examination
        .run()
        .unwrap_or_else(|refusal| Outcome::Refused(refusal.code));
    Verdict {
        outcome,
        checks: examination.report,
        legacy: examination.legacy,
        sod_sha256: digest.sha256(evidence.sod),
        chip: examination.chip,
        holder_factor: None,
    }
}
