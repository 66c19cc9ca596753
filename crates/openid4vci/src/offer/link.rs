//! The link or QR code that carries an offer by value or by reference (OID4VCI §4.1.2, §4.1.3).

use super::{CredentialOffer, Form, OfferError, encode_form, is_https_url};

const SCHEME: &str = "openid-credential-offer://";
/// The schemes that carry offers: OID4VCI §4.1, HAIP 1.0 §4.2.
const SCHEMES: [&str; 2] = [SCHEME, "haip-vci://"];

/// What a link carries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialOfferUri {
    /// The offer itself.
    ByValue(CredentialOffer),
    /// The https URL from which the offer is fetched (GET, `application/json`).
    ByReference(String),
}

impl CredentialOfferUri {
    /// Reads a link of the scheme `openid-credential-offer` or `haip-vci`; repeated query parameters are refused.
    ///
    /// # Errors
    /// [`OfferError`] naming the first fault.
    pub fn parse(link: &str) -> Result<Self, OfferError> {
        let rest = SCHEMES
            .iter()
            .find_map(|scheme| {
                let (head, rest) = link.split_at_checked(scheme.len())?;
                head.eq_ignore_ascii_case(scheme).then_some(rest)
            })
            .ok_or(OfferError::Link)?;
        // Some wallets' links have an empty path before the query.
        let query = rest.trim_start_matches('/').strip_prefix('?').ok_or(OfferError::Link)?;
        if query.contains('#') {
            return Err(OfferError::Link);
        }
        let form = Form::parse(query.as_bytes())?;
        match (form.get("credential_offer"), form.get("credential_offer_uri")) {
            (Some(offer), None) => Ok(Self::ByValue(CredentialOffer::parse(offer.as_bytes())?)),
            (None, Some(uri)) if is_https_url(uri) => Ok(Self::ByReference(uri.to_owned())),
            (None, Some(_)) => Err(OfferError::ReferenceNotHttps),
            _ => Err(OfferError::ValueOrReference),
        }
    }

    /// Writes the link.
    #[must_use]
    pub fn to_uri(&self) -> String {
        let query = match self {
            Self::ByValue(offer) => encode_form([("credential_offer", offer.to_json().as_str())]),
            Self::ByReference(uri) => encode_form([("credential_offer_uri", uri.as_str())]),
        };
        format!("{SCHEME}?{query}")
    }
}
