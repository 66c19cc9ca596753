//! CMS signed data with one signer (RFC 5652 §5) as documents use it: EF.SOD and master lists, read strictly.
//!
//! What no signature covers must repeat what one does: `digestAlgorithms` is the signer's, the version fits the
//! signer identifier, there are no unsigned attributes and no bytes between or after the elements.

use std::collections::BTreeSet;

use mahfada_crypto::Digest;
use mahfada_crypto::document::{self, DocumentAlgorithm, HashAlgorithm};

use super::algorithm::{self, AlgorithmIdentifier, hash_of};
use super::asn1::{INTEGER, OCTET_STRING, OID, SEQUENCE, SET, small_integer};
use super::certificate::Certificate;
use super::refusal::{Refusal, refusal, require};
use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

const CERTIFICATES: u32 = 0xA0;
const REVOCATION_LISTS: u32 = 0xA1;
// Signers sign three or four; more would only cost time.
const MOST_ATTRIBUTES: usize = 16;

/// Signed data whose signature nobody has checked yet.
pub(super) struct UnverifiedSignedData<'a> {
    /// The signed content.
    pub(super) content: &'a [u8],
    content_type: &'static [u8],
    /// The embedded certificates, each as DER.
    pub(super) certificates: Vec<&'a [u8]>,
    signer: SignerInfo<'a>,
}

struct SignerInfo<'a> {
    identifier: SignerIdentifier<'a>,
    digest: HashAlgorithm,
    attributes: &'a [u8],
    algorithm: DocumentAlgorithm,
    signature: &'a [u8],
}

enum SignerIdentifier<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyIdentifier(&'a [u8]),
}

impl<'a> UnverifiedSignedData<'a> {
    /// Reads a `ContentInfo` with signed data over a content of this type.
    pub(super) fn parse(content_info: &'a [u8], content_type: &'static [u8]) -> Result<Self, Refusal> {
        let mut content_info = Reader::new(Tlv::only_of(SEQUENCE, content_info)?);
        let kind = content_info.expect(OID)?;
        require(
            kind == oid::SIGNED_DATA,
            "wrong_content_type",
            "there is no signed data",
        )?;
        let signed_data = Tlv::only_of(SEQUENCE, content_info.expect(0xA0)?)?;
        content_info.finish()?;
        Self::signed_data(signed_data, content_type)
    }

    fn signed_data(content: &'a [u8], content_type: &'static [u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(content);
        let version = small_integer(reader.expect(INTEGER)?)?;
        let digests = reader.expect(SET)?;
        let content = encapsulated(reader.expect(SEQUENCE)?, content_type)?;
        require(version == 3, "signed_data_version", "signed data is not of version 3")?;
        let certificates = certificates(reader.optional(CERTIFICATES)?.unwrap_or_default())?;
        require(
            reader.peek() != Some(REVOCATION_LISTS),
            "sod_crls_present",
            "revocation lists are embedded",
        )?;
        let mut signers = Reader::new(reader.expect(SET)?);
        reader.finish()?;
        let signer = signers.expect(SEQUENCE);
        require(
            signer.is_ok() && signers.is_empty(),
            "signer_count",
            "there is not exactly one signer",
        )?;
        let signer = SignerInfo::parse(signer?)?;
        let stated = AlgorithmIdentifier::parse(Tlv::only(digests)?)?.hash();
        require(
            stated == Some(signer.digest),
            "digest_algorithms",
            "the digest algorithms are not exactly that of the signer",
        )?;
        Ok(Self {
            content,
            content_type,
            certificates,
            signer,
        })
    }

    /// Checks the signed attributes: content type and digest of the content (RFC 5652 §11).
    pub(super) fn check_attributes(&self, digest: &dyn Digest) -> Result<(), Refusal> {
        let attributes = Attributes::parse(self.signer.attributes)?;
        require(
            attributes.content_type == Some(self.content_type),
            "content_type_attr_mismatch",
            "the signed content type is another one",
        )?;
        let computed = algorithm::hash(self.signer.digest, self.content, digest);
        require(
            attributes.message_digest.is_some_and(|signed| signed == computed),
            "message_digest_mismatch",
            "the signed digest is not that of the content",
        )
    }

    /// Finds the signer's certificate by the signer identifier among the embedded ones.
    pub(super) fn signer(&self) -> Result<Certificate, Refusal> {
        require(
            !self.certificates.is_empty(),
            "dsc_missing",
            "no certificate is embedded",
        )?;
        self.certificates
            .iter()
            .filter_map(|der| Certificate::parse(der).ok())
            .find(|certificate| self.signer.identifier.is(certificate))
            .ok_or_else(|| {
                refusal(
                    "signer_identifier_matches_no_cert",
                    "no embedded certificate is the signer's",
                )
            })
    }

    /// Verifies the signature with the key of the signer, over the attributes as received.
    pub(super) fn check_signature(&self, signer: &Certificate) -> Result<(), Refusal> {
        let key = signer.require_key()?;
        // RFC 5652 §5.4: the implicit tag becomes that of SET OF; the length stays.
        let mut message = self.signer.attributes.to_vec();
        if let Some(tag) = message.first_mut() {
            *tag = 0x31;
        }
        document::verify(key, &self.signer.algorithm, &message, self.signer.signature)
            .map_err(|_| refusal("sod_signature_invalid", "the signature is not that of the signer"))
    }

    pub(super) const fn digest(&self) -> HashAlgorithm {
        self.signer.digest
    }
}

fn encapsulated<'a>(content: &'a [u8], content_type: &[u8]) -> Result<&'a [u8], Refusal> {
    let mut reader = Reader::new(content);
    let kind = reader.expect(OID)?;
    require(
        kind == content_type,
        "wrong_econtent_type",
        "the signed content is of another type",
    )?;
    let octets = Tlv::only_of(OCTET_STRING, reader.expect(0xA0)?)?;
    reader.finish()?;
    Ok(octets)
}

fn certificates(content: &[u8]) -> Result<Vec<&[u8]>, TlvError> {
    let mut reader = Reader::new(content);
    let mut certificates = Vec::new();
    while !reader.is_empty() {
        certificates.push(reader.element(SEQUENCE)?.raw);
    }
    Ok(certificates)
}

impl<'a> SignerInfo<'a> {
    fn parse(content: &'a [u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(content);
        let version = small_integer(reader.expect(INTEGER)?)?;
        let identifier = SignerIdentifier::parse(version, reader.next()?)?;
        let digest = AlgorithmIdentifier::parse(reader.next()?)?.hash();
        let digest = digest.ok_or_else(|| refusal("unsupported_algorithm", "the digest algorithm is unknown"))?;
        require(
            reader.peek() == Some(0xA0),
            "signed_attrs_missing",
            "the signature covers no signed attributes",
        )?;
        let attributes = reader.element(0xA0)?.raw;
        let algorithm = AlgorithmIdentifier::parse(reader.next()?)?.signature(Some(digest));
        let algorithm =
            algorithm.ok_or_else(|| refusal("unsupported_algorithm", "the signature algorithm is unknown"))?;
        let signature = reader.expect(OCTET_STRING)?;
        reader.finish()?;
        require(
            hash_of(&algorithm) == Some(digest),
            "digest_algorithms",
            "digest and signature algorithm name different hashes",
        )?;
        Ok(Self {
            identifier,
            digest,
            attributes,
            algorithm,
            signature,
        })
    }
}

impl<'a> SignerIdentifier<'a> {
    fn parse(version: u8, element: Tlv<'a>) -> Result<Self, Refusal> {
        match (version, element.tag) {
            (1, SEQUENCE) => {
                let mut reader = Reader::new(element.value);
                let issuer = reader.element(SEQUENCE)?.raw;
                let serial = reader.expect(INTEGER)?;
                reader.finish()?;
                Ok(Self::IssuerAndSerial { issuer, serial })
            }
            (3, 0x80) => Ok(Self::KeyIdentifier(element.value)),
            _ => Err(refusal(
                "signer_info_version",
                "the version does not fit the signer identifier",
            )),
        }
    }

    fn is(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                certificate.issuer.raw == *issuer && certificate.serial == *serial
            }
            Self::KeyIdentifier(identifier) => {
                certificate.extensions.subject_key_identifier.as_deref() == Some(*identifier)
            }
        }
    }
}

#[derive(Default)]
struct Attributes<'a> {
    content_type: Option<&'a [u8]>,
    message_digest: Option<&'a [u8]>,
}

impl<'a> Attributes<'a> {
    fn parse(element: &'a [u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(Tlv::only_of(0xA0, element)?);
        let mut seen = BTreeSet::new();
        let mut attributes = Self::default();
        while !reader.is_empty() {
            let mut attribute = Reader::new(reader.expect(SEQUENCE)?);
            let kind = attribute.expect(OID)?;
            let mut values = Reader::new(attribute.expect(SET)?);
            attribute.finish()?;
            let value = values.next()?;
            require(
                seen.len() < MOST_ATTRIBUTES,
                "signed_attributes",
                "there are more signed attributes than a signer needs",
            )?;
            require(
                seen.insert(kind) && values.is_empty(),
                "duplicate_signed_attribute",
                "a signed attribute is there twice or has two values",
            )?;
            match (kind, value.tag) {
                (oid::CONTENT_TYPE, OID) => attributes.content_type = Some(value.value),
                (oid::MESSAGE_DIGEST, OCTET_STRING) => {
                    attributes.message_digest = Some(value.value);
                }
                _ => {}
            }
        }
        Ok(attributes)
    }
}
