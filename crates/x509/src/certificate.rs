//! One certificate: its bytes, and the fields that this system reads.

use std::fmt;
use std::sync::{Arc, OnceLock};

use const_oid::ObjectIdentifier;
use const_oid::db::{rfc4519, rfc5912, rfc8410};
use der::asn1::BitString;
use der::{Decode as _, Encode as _, Tagged as _};
use mahfada_base::UnixTime;
use mahfada_crypto::{CryptoProvider, Digest, KeyError, PublicKey, SignatureAlgorithm};
use x509_cert::certificate::{TbsCertificate, Version};
use x509_cert::name::Name;

use crate::ecdsa;

pub use error::CertificateError;
pub(crate) use extensions::Extensions;

mod error;
mod extensions;
mod pem;
#[cfg(test)]
mod tests;

/// The most bytes that a certificate may have.
pub(crate) const MAX_BYTES: usize = 16 * 1024;
/// `organizationIdentifier` (ETSI EN 319 412-1 §5.1.4).
pub(crate) const ORGANIZATION_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.97");

/// A certificate as it was read: nothing about it has been verified. A clone shares the bytes.
#[derive(Clone)]
pub struct Certificate(Arc<Content>);

/// What the bytes say; all of it follows from `der`.
struct Content {
    der: Vec<u8>,
    tbs: Vec<u8>,
    signature_algorithm: Option<SignatureAlgorithm>,
    signature: Vec<u8>,
    issuer_der: Vec<u8>,
    subject_der: Vec<u8>,
    subject: String,
    common_name: Option<String>,
    organization: Option<String>,
    organization_identifier: AttributeText,
    country: Option<String>,
    serial: Vec<u8>,
    not_before: UnixTime,
    not_after: UnixTime,
    key_algorithm: ObjectIdentifier,
    key_curve: Option<ObjectIdentifier>,
    key_bits: Vec<u8>,
    /// The key once it has been read: a point that lies on its curve does so for every provider.
    key: OnceLock<PublicKey>,
    extensions: Extensions,
}

/// An attribute of the subject's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute<'a> {
    /// The name does not have it.
    Absent,
    /// It stands once and holds printable text.
    One(&'a str),
    /// It stands more than once, or its value cannot be read: the name cannot be relied on for it.
    Unusable,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum AttributeText {
    Absent,
    One(String),
    Unusable,
}

impl AttributeText {
    fn text(self) -> Option<String> {
        match self {
            Self::One(text) => Some(text),
            Self::Absent | Self::Unusable => None,
        }
    }
}

impl Certificate {
    /// Parses a certificate of version 3 in strict DER, at most 16 KiB (RFC 5280 §4.1); verifies nothing.
    ///
    /// # Errors
    /// [`CertificateError`] naming the first fault.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_BYTES {
            return Err(CertificateError::TooLong);
        }
        let parsed = x509_cert::Certificate::from_der(der).map_err(|_| CertificateError::Malformed)?;
        // Whatever does not encode to the same bytes was not DER, and two parsers could read it differently.
        if parsed.to_der().ok().as_deref() != Some(der) {
            return Err(CertificateError::Malformed);
        }
        let tbs = parsed.tbs_certificate();
        if tbs.version() != Version::V3 {
            return Err(CertificateError::Version);
        }
        if parsed.signature_algorithm() != tbs.signature() {
            return Err(CertificateError::Malformed);
        }
        Self::read(der, &parsed, tbs).map_err(|_| CertificateError::Malformed)?
    }

    fn read(
        der: &[u8],
        parsed: &x509_cert::Certificate,
        tbs: &TbsCertificate,
    ) -> der::Result<Result<Self, CertificateError>> {
        let Some(extensions) = Extensions::read(tbs) else {
            return Ok(Err(CertificateError::Extension));
        };
        let signature_algorithm = parsed.signature_algorithm();
        let spki = tbs.subject_public_key_info();
        let subject = tbs.subject();
        Ok(Ok(Self(Arc::new(Content {
            der: der.to_owned(),
            tbs: tbs.to_der()?,
            signature_algorithm: ecdsa::algorithm(signature_algorithm.oid)
                .filter(|_| signature_algorithm.parameters.is_none()),
            signature: octets(parsed.signature())?,
            issuer_der: tbs.issuer().to_der()?,
            subject_der: subject.to_der()?,
            subject: subject.to_string(),
            common_name: attribute(subject, rfc4519::CN).text(),
            organization: attribute(subject, rfc4519::O).text(),
            organization_identifier: attribute(subject, ORGANIZATION_IDENTIFIER),
            country: attribute(subject, rfc4519::C).text(),
            serial: tbs.serial_number().as_bytes().to_owned(),
            not_before: unix_time(tbs.validity().not_before),
            not_after: unix_time(tbs.validity().not_after),
            key_algorithm: spki.algorithm.oid,
            key_curve: spki
                .algorithm
                .parameters
                .as_ref()
                .map(der::asn1::Any::decode_as)
                .transpose()?,
            key_bits: octets(&spki.subject_public_key)?,
            key: OnceLock::new(),
            extensions,
        }))))
    }

    /// Returns the bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Reads the subject's key: P-256 or P-384 as a named curve with an uncompressed point, or Ed25519
    /// (RFC 5480 §2.1.1.1, RFC 8410 §4). Explicit curve parameters are refused (CVE-2020-0601).
    ///
    /// # Errors
    /// [`CertificateError::Key`] for every other key and for a point off the curve.
    pub fn public_key(&self, provider: &CryptoProvider) -> Result<PublicKey, CertificateError> {
        if let Some(key) = self.0.key.get() {
            return Ok(key.clone());
        }
        let key = self.read_key(provider)?;
        Ok(self.0.key.get_or_init(|| key).clone())
    }

    fn read_key(&self, provider: &CryptoProvider) -> Result<PublicKey, CertificateError> {
        let point = || match self.0.key_bits.split_first() {
            Some((4, coordinates)) if coordinates.len() % 2 == 0 => Ok(coordinates.split_at(coordinates.len() / 2)),
            _ => Err(KeyError::Malformed),
        };
        match (self.0.key_algorithm, self.0.key_curve) {
            (rfc5912::ID_EC_PUBLIC_KEY, Some(rfc5912::SECP_256_R_1)) => point()
                .and_then(|(x, y)| provider.keys.p256_public(x, y))
                .map(PublicKey::P256),
            (rfc5912::ID_EC_PUBLIC_KEY, Some(rfc5912::SECP_384_R_1)) => {
                point().and_then(|(x, y)| provider.keys.p384_public(x, y))
            }
            (rfc8410::ID_ED_25519, None) => provider.keys.ed25519_public(&self.0.key_bits),
            _ => Err(KeyError::Malformed),
        }
        .map_err(|_| CertificateError::Key)
    }

    /// Returns the subject as RFC 4514 text, for people and logs.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Returns the subject's common name when it has exactly one.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.0.common_name.as_deref()
    }

    /// Returns the subject's organization when it has exactly one.
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        self.0.organization.as_deref()
    }

    /// Returns the subject's organization identifier when it has exactly one that can be read (ETSI EN 319 412-1 §5.1.4).
    ///
    /// `None` says nothing about whether there is one: [`Self::organization_identifier_attribute`] does.
    #[must_use]
    pub fn organization_identifier(&self) -> Option<&str> {
        match self.organization_identifier_attribute() {
            Attribute::One(text) => Some(text),
            Attribute::Absent | Attribute::Unusable => None,
        }
    }

    /// Tells whether the subject has an organization identifier, and whether it is one that names somebody.
    #[must_use]
    pub fn organization_identifier_attribute(&self) -> Attribute<'_> {
        match &self.0.organization_identifier {
            AttributeText::Absent => Attribute::Absent,
            AttributeText::One(text) => Attribute::One(text.as_str()),
            AttributeText::Unusable => Attribute::Unusable,
        }
    }

    /// Returns the subject's country when it has exactly one.
    #[must_use]
    pub fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// Returns the DNS names of the subject alternative name (RFC 5280 §4.2.1.6).
    #[must_use]
    pub fn dns_names(&self) -> &[String] {
        &self.0.extensions.dns_names
    }

    /// Returns the URIs of the subject alternative name (RFC 5280 §4.2.1.6).
    #[must_use]
    pub fn uri_names(&self) -> &[String] {
        &self.0.extensions.uri_names
    }

    /// Returns the extended key usages in dotted form.
    #[must_use]
    pub fn extended_key_usages(&self) -> &[String] {
        &self.0.extensions.extended_key_usages
    }

    /// Tells whether the basic constraints call the subject a CA.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.0.extensions.ca
    }

    /// Returns the serial number in lowercase hexadecimal.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        let nibbles = self.0.serial.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
        nibbles
            .filter_map(|nibble| char::from_digit(nibble.into(), 16))
            .collect()
    }

    /// Returns the first second at which the certificate is valid.
    #[must_use]
    pub fn not_before(&self) -> UnixTime {
        self.0.not_before
    }

    /// Returns the last second at which the certificate is valid.
    #[must_use]
    pub fn not_after(&self) -> UnixTime {
        self.0.not_after
    }

    /// Tells whether issuer and subject are the same name; the signature is not looked at.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.0.issuer_der == self.0.subject_der
    }

    /// Tells whether the other certificate has the same subject and the same key, so that what one of the two verifies
    /// the other verifies too.
    #[must_use]
    pub fn has_name_and_key_of(&self, other: &Self) -> bool {
        self.0.subject_der == other.0.subject_der
            && self.0.key_algorithm == other.0.key_algorithm
            && self.0.key_curve == other.0.key_curve
            && self.0.key_bits == other.0.key_bits
    }

    /// Returns the subject key identifier (RFC 5280 §4.2.1.2).
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.0.extensions.subject_key_identifier.as_deref()
    }

    /// Returns the key identifier of the authority key identifier (RFC 5280 §4.2.1.1).
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.0.extensions.authority_key_identifier.as_deref()
    }

    /// Hashes the DER bytes with SHA-256, as `x509_hash` wants it (OpenID4VP 1.0 §5.9.3).
    #[must_use]
    pub fn sha256(&self, digest: &dyn Digest) -> [u8; 32] {
        digest.sha256(&self.0.der)
    }

    pub(crate) fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    pub(crate) fn subject_der(&self) -> &[u8] {
        &self.0.subject_der
    }

    pub(crate) fn issuer_der(&self) -> &[u8] {
        &self.0.issuer_der
    }

    pub(crate) fn tbs(&self) -> &[u8] {
        &self.0.tbs
    }

    /// Returns the algorithm and the fixed-length signature, when they are ones that sign certificates here.
    pub(crate) fn signature(&self) -> Option<(SignatureAlgorithm, Vec<u8>)> {
        let algorithm = self.0.signature_algorithm?;
        Some((algorithm, ecdsa::to_fixed(algorithm, &self.0.signature)?))
    }

    pub(crate) fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        self.0.signature_algorithm
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, serial {})", self.0.subject, self.serial_hex())
    }
}

fn octets(bits: &BitString) -> der::Result<Vec<u8>> {
    bits.as_bytes()
        .map(<[u8]>::to_vec)
        .ok_or_else(|| bits.tag().value_error().into())
}

fn unix_time(time: x509_cert::time::Time) -> UnixTime {
    UnixTime::new(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
}

/// Takes only an attribute that stands exactly once and holds printable text: a second one, or one with control
/// characters, could show people another name than the one that was checked.
fn attribute(name: &Name, oid: ObjectIdentifier) -> AttributeText {
    let mut found = name.iter().filter(|attribute| attribute.oid == oid);
    match (found.next(), found.next()) {
        (None, _) => AttributeText::Absent,
        (Some(attribute), None) => printable(&attribute.value).map_or(AttributeText::Unusable, AttributeText::One),
        (Some(_), Some(_)) => AttributeText::Unusable,
    }
}

fn printable(value: &der::asn1::Any) -> Option<String> {
    let text = match value.tag() {
        der::Tag::Utf8String | der::Tag::PrintableString | der::Tag::Ia5String => {
            std::str::from_utf8(value.value()).ok()?
        }
        _ => return None,
    };
    (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.to_owned())
}
