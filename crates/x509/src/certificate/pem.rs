//! Certificates as PEM text (RFC 7468 §5).

use mahfada_base::base64url;

use super::{Certificate, CertificateError};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

impl Certificate {
    /// Reads all certificates of a PEM text, at least one; text outside the boundaries is ignored (RFC 7468 §2).
    ///
    /// # Errors
    /// [`CertificateError`] when a block is not a certificate or none is there.
    pub fn from_pem_many(text: &str) -> Result<Vec<Self>, CertificateError> {
        let mut certificates = Vec::new();
        let mut rest = text;
        while let Some((_, after)) = rest.split_once(BEGIN) {
            let (body, after) = after.split_once(END).ok_or(CertificateError::Pem)?;
            let joined: String = body.split_ascii_whitespace().collect();
            let der = base64url::decode_standard(joined).map_err(|_| CertificateError::Pem)?;
            certificates.push(Self::from_der(&der)?);
            rest = after;
        }
        if certificates.is_empty() {
            Err(CertificateError::Pem)
        } else {
            Ok(certificates)
        }
    }

    /// Writes the certificate as PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let mut pem = format!("{BEGIN}\n");
        for (position, character) in base64url::encode_standard(self.der()).chars().enumerate() {
            if position > 0 && position.is_multiple_of(64) {
                pem.push('\n');
            }
            pem.push(character);
        }
        pem.push('\n');
        pem.push_str(END);
        pem.push('\n');
        pem
    }
}
