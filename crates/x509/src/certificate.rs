//! One certificate: its bytes, and the fields that this system reads.

use std::fmt;

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

/// A certificate as it was read: nothing about it has been verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
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
        Ok(Ok(Self {
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
            extensions,
        }))
    }

    /// Returns the bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Reads the subject's key: P-256 or P-384 as a named curve with an uncompressed point, or Ed25519
    /// (RFC 5480 §2.1.1.1, RFC 8410 §4). Explicit curve parameters are refused (CVE-2020-0601).
    ///
    /// # Errors
    /// [`CertificateError::Key`] for every other key and for a point off the curve.
    pub fn public_key(&self, provider: &CryptoProvider) -> Result<PublicKey, CertificateError> {
        let point = || match self.key_bits.split_first() {
            Some((4, coordinates)) if coordinates.len() % 2 == 0 => Ok(coordinates.split_at(coordinates.len() / 2)),
            _ => Err(KeyError::Malformed),
        };
        match (self.key_algorithm, self.key_curve) {
            (rfc5912::ID_EC_PUBLIC_KEY, Some(rfc5912::SECP_256_R_1)) => point()
                .and_then(|(x, y)| provider.keys.p256_public(x, y))
                .map(PublicKey::P256),
            (rfc5912::ID_EC_PUBLIC_KEY, Some(rfc5912::SECP_384_R_1)) => {
                point().and_then(|(x, y)| provider.keys.p384_public(x, y))
            }
            (rfc8410::ID_ED_25519, None) => provider.keys.ed25519_public(&self.key_bits),
            _ => Err(KeyError::Malformed),
        }
        .map_err(|_| CertificateError::Key)
    }

    /// Returns the subject as RFC 4514 text, for people and logs.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns the subject's common name when it has exactly one.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// Returns the subject's organization when it has exactly one.
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }

    /// Returns the subject's organization identifier when it has exactly one that can be read (ETSI EN 319 412-1 §5.1.4).
    ///
    /// `None` says nothing about whether there is one: [`Self::organization_identifier_attribute`] does.
    #[must_use]
    pub const fn organization_identifier(&self) -> Option<&str> {
        match self.organization_identifier_attribute() {
            Attribute::One(text) => Some(text),
            Attribute::Absent | Attribute::Unusable => None,
        }
    }

    /// Tells whether the subject has an organization identifier, and whether it is one that names somebody.
    #[must_use]
    pub const fn organization_identifier_attribute(&self) -> Attribute<'_> {
        match &self.organization_identifier {
            AttributeText::Absent => Attribute::Absent,
            AttributeText::One(text) => Attribute::One(text.as_str()),
            AttributeText::Unusable => Attribute::Unusable,
        }
    }

    /// Returns the subject's country when it has exactly one.
    #[must_use]
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// Returns the DNS names of the subject alternative name (RFC 5280 §4.2.1.6).
    #[must_use]
    pub fn dns_names(&self) -> &[String] {
        &self.extensions.dns_names
    }

    /// Returns the URIs of the subject alternative name (RFC 5280 §4.2.1.6).
    #[must_use]
    pub fn uri_names(&self) -> &[String] {
        &self.extensions.uri_names
    }

    /// Returns the extended key usages in dotted form.
    #[must_use]
    pub fn extended_key_usages(&self) -> &[String] {
        &self.extensions.extended_key_usages
    }

    /// Tells whether the basic constraints call the subject a CA.
    #[must_use]
    pub const fn is_ca(&self) -> bool {
        self.extensions.ca
    }

    /// Returns the serial number in lowercase hexadecimal.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        let nibbles = self.serial.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
        nibbles
            .filter_map(|nibble| char::from_digit(nibble.into(), 16))
            .collect()
    }

    /// Returns the first second at which the certificate is valid.
    #[must_use]
    pub const fn not_before(&self) -> UnixTime {
        self.not_before
    }

    /// Returns the last second at which the certificate is valid.
    #[must_use]
    pub const fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// Tells whether issuer and subject are the same name; the signature is not looked at.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.issuer_der == self.subject_der
    }

    /// Tells whether the other certificate has the same subject and the same key, so that what one of the two verifies
    /// the other verifies too.
    #[must_use]
    pub fn has_name_and_key_of(&self, other: &Self) -> bool {
        self.subject_der == other.subject_der
            && self.key_algorithm == other.key_algorithm
            && self.key_curve == other.key_curve
            && self.key_bits == other.key_bits
    }

    /// Returns the subject key identifier (RFC 5280 §4.2.1.2).
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.extensions.subject_key_identifier.as_deref()
    }

    /// Returns the key identifier of the authority key identifier (RFC 5280 §4.2.1.1).
    #[must_use]
    pub fn authority_key_identifier(&self) -> Option<&[u8]> {
        self.extensions.authority_key_identifier.as_deref()
    }

    /// Hashes the DER bytes with SHA-256, as `x509_hash` wants it (OpenID4VP 1.0 §5.9.3).
    #[must_use]
    pub fn sha256(&self, digest: &dyn Digest) -> [u8; 32] {
        digest.sha256(&self.der)
    }

    pub(crate) const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    pub(crate) fn subject_der(&self) -> &[u8] {
        &self.subject_der
    }

    pub(crate) fn issuer_der(&self) -> &[u8] {
        &self.issuer_der
    }

    pub(crate) fn tbs(&self) -> &[u8] {
        &self.tbs
    }

    /// Returns the algorithm and the fixed-length signature, when they are ones that sign certificates here.
    pub(crate) fn signature(&self) -> Option<(SignatureAlgorithm, Vec<u8>)> {
        let algorithm = self.signature_algorithm?;
        Some((algorithm, ecdsa::to_fixed(algorithm, &self.signature)?))
    }

    pub(crate) const fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        self.signature_algorithm
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, serial {})", self.subject, self.serial_hex())
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
