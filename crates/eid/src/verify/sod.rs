//! EF.SOD: signed data around the LDS security object (Doc 9303-10 §4.6.2), read strictly.
//!
//! What no signature covers must repeat what one does: `digestAlgorithms` is the signer's, the version fits the
//! signer identifier, there are no unsigned attributes and no bytes between or after the elements.

use std::borrow::Cow;

use mahfada_crypto::Digest;
use mahfada_crypto::document::{self, DocumentAlgorithm, HashAlgorithm};

use super::algorithm::{self, AlgorithmIdentifier, hash_of};
use super::asn1::{INTEGER, OCTET_STRING, OID, SEQUENCE, SET, small_integer};
use super::ber;
use super::certificate::Certificate;
use super::refusal::{MALFORMED, Refusal, refusal, require};
use crate::evidence::MAX_SOD_BYTES;
use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

const CERTIFICATES: u32 = 0xA0;
const REVOCATION_LISTS: u32 = 0xA1;

/// An EF.SOD whose signature nobody has checked yet.
pub(super) struct UnverifiedSod<'a> {
    /// The LDS security object.
    pub(super) content: &'a [u8],
    certificates: Vec<&'a [u8]>,
    signer: SignerInfo<'a>,
}

/// Returns EF.SOD with definite lengths: as received when it is strict or hopeless, rewritten when only that helps.
pub(super) fn definite_encoding(sod: &[u8]) -> Cow<'_, [u8]> {
    match UnverifiedSod::parse(sod) {
        Err(refusal) if refusal.code == MALFORMED => ber::definite(sod).map_or(Cow::Borrowed(sod), Cow::Owned),
        _ => Cow::Borrowed(sod),
    }
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

impl<'a> UnverifiedSod<'a> {
    pub(super) fn parse(sod: &'a [u8]) -> Result<Self, Refusal> {
        require(sod.len() <= MAX_SOD_BYTES, "sod_too_large", "EF.SOD exceeds 64 KiB")?;
        require(
            sod.first() == Some(&0x77),
            "outer_tag",
            "EF.SOD does not start with tag 77",
        )?;
        let mut content_info = Reader::new(Tlv::only_of(SEQUENCE, Tlv::only(sod)?.value)?);
        let kind = content_info.expect(OID)?;
        require(
            kind == oid::SIGNED_DATA,
            "wrong_content_type",
            "EF.SOD holds no signed data",
        )?;
        let signed_data = Tlv::only_of(SEQUENCE, content_info.expect(0xA0)?)?;
        content_info.finish()?;
        Self::signed_data(signed_data)
    }

    fn signed_data(content: &'a [u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(content);
        let version = small_integer(reader.expect(INTEGER)?)?;
        let digests = reader.expect(SET)?;
        let content = encapsulated(reader.expect(SEQUENCE)?)?;
        require(version == 3, "signed_data_version", "signed data is not of version 3")?;
        let certificates = certificates(reader.optional(CERTIFICATES)?.unwrap_or_default())?;
        require(
            reader.peek() != Some(REVOCATION_LISTS),
            "sod_crls_present",
            "EF.SOD carries revocation lists",
        )?;
        let mut signers = Reader::new(reader.expect(SET)?);
        reader.finish()?;
        let signer = signers.expect(SEQUENCE);
        require(
            signer.is_ok() && signers.is_empty(),
            "signer_count",
            "EF.SOD has not exactly one signer",
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
            certificates,
            signer,
        })
    }

    /// Checks the signed attributes: content type and digest of the content (RFC 5652 §11).
    pub(super) fn check_attributes(&self, digest: &dyn Digest) -> Result<(), Refusal> {
        let attributes = Attributes::parse(self.signer.attributes)?;
        require(
            attributes.content_type == Some(oid::LDS_SECURITY_OBJECT),
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

    /// Finds the document signer's certificate by the signer identifier among the embedded ones.
    pub(super) fn document_signer(&self) -> Result<Certificate, Refusal> {
        require(
            !self.certificates.is_empty(),
            "dsc_missing",
            "EF.SOD embeds no certificate",
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

    /// Verifies the signature with the key of the document signer, over the attributes as received.
    pub(super) fn check_signature(&self, signer: &Certificate) -> Result<(), Refusal> {
        let key = signer
            .key
            .as_ref()
            .ok_or_else(|| refusal("unsupported_key", "the document signer's key is of an unknown kind"))?;
        // RFC 5652 §5.4: the implicit tag becomes that of SET OF; the length stays.
        let mut message = self.signer.attributes.to_vec();
        if let Some(tag) = message.first_mut() {
            *tag = 0x31;
        }
        document::verify(key, &self.signer.algorithm, &message, self.signer.signature).map_err(|_| {
            refusal(
                "sod_signature_invalid",
                "the signature of EF.SOD is not that of its signer",
            )
        })
    }

    pub(super) const fn digest(&self) -> HashAlgorithm {
        self.signer.digest
    }
}

fn encapsulated(content: &[u8]) -> Result<&[u8], Refusal> {
    let mut reader = Reader::new(content);
    let kind = reader.expect(OID)?;
    require(
        kind == oid::LDS_SECURITY_OBJECT,
        "wrong_econtent_type",
        "the signed content is no LDS security object",
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
        let mut seen = Vec::new();
        let mut attributes = Self::default();
        while !reader.is_empty() {
            let mut attribute = Reader::new(reader.expect(SEQUENCE)?);
            let kind = attribute.expect(OID)?;
            let mut values = Reader::new(attribute.expect(SET)?);
            attribute.finish()?;
            let value = values.next()?;
            let single = !seen.contains(&kind) && values.is_empty();
            require(
                single,
                "duplicate_signed_attribute",
                "a signed attribute is there twice or has two values",
            )?;
            seen.push(kind);
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
