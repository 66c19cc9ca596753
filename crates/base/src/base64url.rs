//! Base64url without padding (RFC 7515 §2), one spelling per value.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The text is not canonical unpadded base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical base64url without padding")]
pub struct Base64Error;

/// Encodes bytes as base64url without padding.
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url and refuses padding, foreign characters and trailing bits, so that one value has one spelling.
///
/// # Errors
/// [`Base64Error`] when the text is anything but the canonical form.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, Base64Error> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Base64Error)
}

/// Encodes bytes as the padded standard alphabet, which `x5c` uses (RFC 7515 §4.1.6).
#[must_use]
pub fn encode_standard(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Decodes the padded standard alphabet, canonical form only (`x5c`, RFC 7515 §4.1.6).
///
/// # Errors
/// [`Base64Error`] when the text is anything but the canonical form.
pub fn decode_standard(text: impl AsRef<[u8]>) -> Result<Vec<u8>, Base64Error> {
    STANDARD.decode(text).map_err(|_| Base64Error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_one_spelling() {
        assert_eq!(decode("AQ"), Ok(vec![1]));
        for other in ["AQ==", "AR", "A", "A+", "AQ\n", " AQ"] {
            assert_eq!(decode(other), Err(Base64Error), "{other:?}");
        }
        assert_eq!(decode_standard("AQ=="), Ok(vec![1]));
        assert_eq!(decode_standard("AQ"), Err(Base64Error));
    }
}
