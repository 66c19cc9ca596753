//! EF.SOD: signed data around the LDS security object (Doc 9303-10 §4.6.2).

use std::borrow::Cow;

use super::ber;
use super::refusal::{MALFORMED, Refusal, require};
use super::signed_data::UnverifiedSignedData;
use crate::evidence::MAX_SOD_BYTES;
use crate::oid;
use crate::tlv::Tlv;

// The document signer's, and perhaps its authority's; what more there is would only cost time.
const MOST_CERTIFICATES: usize = 8;

/// Reads EF.SOD; its signature remains to be checked.
pub(super) fn parse(sod: &[u8]) -> Result<UnverifiedSignedData<'_>, Refusal> {
    require(sod.len() <= MAX_SOD_BYTES, "sod_too_large", "EF.SOD exceeds 64 KiB")?;
    require(
        sod.first() == Some(&0x77),
        "outer_tag",
        "EF.SOD does not start with tag 77",
    )?;
    let signed_data = UnverifiedSignedData::parse(Tlv::only(sod)?.value, oid::LDS_SECURITY_OBJECT)?;
    require(
        signed_data.certificates.len() <= MOST_CERTIFICATES,
        "sod_certificates",
        "EF.SOD embeds more certificates than a document signer needs",
    )?;
    Ok(signed_data)
}

/// Returns EF.SOD with definite lengths: as received when it is strict or hopeless, rewritten when only that helps.
pub(super) fn definite_encoding(sod: &[u8]) -> Cow<'_, [u8]> {
    match parse(sod) {
        Err(refusal) if refusal.code == MALFORMED => ber::definite(sod).map_or(Cow::Borrowed(sod), Cow::Owned),
        _ => Cow::Borrowed(sod),
    }
}
