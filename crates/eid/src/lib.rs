//! ICAO Doc 9303 identity cards: the messages of a card session, and the way from evidence to a verdict.
//!
//! Without features this is the wallet's side: the challenge it receives, the commands it hands to the phone's card
//! reader, the evidence it signs. Feature `verify` is the server's side: passive, active and chip authentication of that
//! evidence. Feature `testing` makes a card and a virtual chip; a service never trusts its certificates.
//!
//! Nothing here opens a reader, reads a clock or draws a random number. Access to the chip (PACE) and secure
//! messaging stand below [`CardSession`]: the phone does them, and this crate sees plain commands and responses.
#![forbid(unsafe_code)]

pub mod card_session;
pub mod challenge;
pub mod chip_authentication;
pub mod commitment;
pub mod data_group;
pub mod evidence;
pub mod mrz;

#[cfg(any(feature = "testing", feature = "verify"))]
#[cfg_attr(
    not(all(feature = "testing", feature = "verify")),
    expect(dead_code, reason = "the generator and the verification name different ones")
)]
mod oid;
#[cfg(any(feature = "testing", feature = "verify"))]
#[cfg_attr(
    not(all(feature = "testing", feature = "verify")),
    expect(dead_code, reason = "the server speaks one side and the virtual chip the other")
)]
mod secure_messaging;
mod tlv;

#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod vectors;
#[cfg(feature = "verify")]
pub mod verify;

pub use card_session::{CardError, CardFiles, CardSession, CardStep};
pub use challenge::{CARD_CHALLENGE_TYP, CardChallenge, CardFile, challenge};
pub use chip_authentication::{
    ChipAuthenticationCommands, ChipAuthenticationSession, ChipStep, UnverifiedChipResponse,
};
pub use commitment::{commits_to, committed_keys, key_commitment};
pub use data_group::{
    AdditionalDocumentDetails, AdditionalPersonalDetails, DataGroupError, check_dg2, parse_dg1, parse_dg11, parse_dg12,
};
pub use evidence::{CARD_EVIDENCE_TYP, CardEvidence, EvidenceError};
pub use mrz::{Mrz, MrzError, MrzFormat};

#[cfg(feature = "verify")]
pub use verify::{
    AnchorPurpose, CardAnchors, CardPolicy, ChallengeMismatch, ChipAuthenticationChallenge, ChipAuthenticationError,
    ChipAuthenticationKey, Csca, Evidence, ExpectedChallenge, HolderFactor, LevelOfAssurance, LoadError, LoadReport,
    LoadSource, MasterList, MasterListError, UnverifiedMasterList, Verdict, VerifiedChipResponse, VerifiedHolder,
    card_reference, verify,
};
