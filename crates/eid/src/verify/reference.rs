//! The reference of a card (decision D12): the same card gives the same value, and nobody without the key can compute it.

use mahfada_crypto::Mac;

use super::security_infos::SecurityInfos;

/// Computes `HMAC(key, version || len || DG15 || len || chip authentication key of DG14)`, lengths in four bytes.
///
/// Hand in files of a verified card only. Both files absent, or DG14 without a key and no DG15: `None`, since such
/// cards cannot be told apart.
#[must_use]
pub fn card_reference(
    mac: &dyn Mac,
    key: &[u8],
    version: u8,
    dg15: Option<&[u8]>,
    dg14: Option<&[u8]>,
) -> Option<[u8; 32]> {
    let chip_key = dg14.and_then(|dg14| SecurityInfos::parse(dg14).ok()?.chip_authentication_key);
    if dg15.is_none() && chip_key.is_none() {
        return None;
    }
    let mut message = vec![version];
    for part in [dg15, chip_key] {
        let part = part.unwrap_or_default();
        message.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
        message.extend_from_slice(part);
    }
    Some(mac.hmac_sha256(key, &message))
}
