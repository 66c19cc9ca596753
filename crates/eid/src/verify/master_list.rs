//! CSCA master lists (Doc 9303-12 §9): the authorities of many states, signed by one of them.

use std::fmt;

use mahfada_base::{CLOCK_SKEW, UnixTime};
use mahfada_crypto::Digest;

use super::asn1::{INTEGER, SEQUENCE, SET, small_integer};
use super::certificate::Certificate;
use super::extension::KeyUsage;
use super::load::{AnchorPurpose, Csca, LoadReport, LoadSource};
use super::path::authority;
use super::refusal::Refusal;
use super::signed_data::UnverifiedSignedData;
use crate::oid;
use crate::tlv::{Reader, Tlv, TlvError};

// The longest published lists have about 1 MiB and 600 certificates.
const LONGEST: usize = 8 * 1024 * 1024;
const MOST_CERTIFICATES: usize = 8192;

/// A master list whose signature nobody has checked yet.
pub struct UnverifiedMasterList<'a> {
    signed: UnverifiedSignedData<'a>,
    certificates: Vec<&'a [u8]>,
}

/// A master list that a publisher signed whom configuration trusts.
#[derive(Clone)]
pub struct MasterList {
    entries: Vec<Entry>,
    reports: Vec<LoadReport>,
}

#[derive(Clone)]
struct Entry {
    der: Vec<u8>,
    /// Upper case, when the certificate can be read and names one.
    country: Option<String>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    SelfIssued,
    Link,
    Unusable,
}

/// Why a master list is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MasterListError {
    /// The list is too long, or not in the form of signed data.
    #[error("the master list is malformed: {0}")]
    Malformed(&'static str),
    /// The signature is not that of the embedded signer.
    #[error("the signature of the master list does not hold: {0}")]
    Signature(&'static str),
    /// The signer's certificate is not one of a master list signer.
    #[error("the signer is no master list signer")]
    SignerProfile,
    /// No trusted publisher issued the signer's certificate.
    #[error("no trusted publisher issued the signer's certificate")]
    UntrustedSigner,
    /// The signer's certificate is not valid now.
    #[error("the signer's certificate is not valid now")]
    SignerValidity,
}

impl MasterListError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "master_list_malformed",
            Self::Signature(_) => "master_list_signature_invalid",
            Self::SignerProfile => "master_list_signer_profile",
            Self::UntrustedSigner => "master_list_untrusted_signer",
            Self::SignerValidity => "master_list_signer_not_valid",
        }
    }
}

impl<'a> UnverifiedMasterList<'a> {
    /// Reads a list; it verifies nothing.
    ///
    /// # Errors
    /// [`MasterListError::Malformed`] when it is too long or has another form.
    pub fn parse(cms: &'a [u8]) -> Result<Self, MasterListError> {
        let malformed = |refusal: Refusal| MasterListError::Malformed(refusal.code);
        if cms.len() > LONGEST {
            return Err(MasterListError::Malformed("too_large"));
        }
        let signed = UnverifiedSignedData::parse(cms, oid::MASTER_LIST).map_err(malformed)?;
        let certificates = certificates(signed.content).map_err(|error| malformed(error.into()))?;
        Ok(Self { signed, certificates })
    }

    /// Returns every certificate, listed ones first, embedded ones after them: whoever looks for the publisher's authority
    /// compares it with what the publisher says by another channel.
    pub fn unverified_certificates(&self) -> impl Iterator<Item = &'a [u8]> {
        self.certificates.iter().chain(&self.signed.certificates).copied()
    }

    /// Verifies that a trusted publisher signed the list; `publishers` are certificates of its signing authorities as
    /// DER.
    ///
    /// It does not check that the list is the newest one. Certificates that cannot be used are reported.
    ///
    /// # Errors
    /// [`MasterListError`] when the signature, the signer's certificate or its issuer do not hold.
    pub fn verify<'p>(
        self,
        publishers: impl IntoIterator<Item = &'p [u8]>,
        now: UnixTime,
        digest: &dyn Digest,
    ) -> Result<MasterList, MasterListError> {
        let invalid = |refusal: Refusal| MasterListError::Signature(refusal.code);
        self.signed.check_attributes(digest).map_err(invalid)?;
        let signer = self.signed.signer().map_err(invalid)?;
        self.signed.check_signature(&signer).map_err(invalid)?;
        let extensions = &signer.extensions;
        let signs_documents = extensions.key_usage.is_some_and(KeyUsage::is_digital_signature_only);
        if !extensions.master_list_signer || extensions.authority == Some(true) || !signs_documents {
            return Err(MasterListError::SignerProfile);
        }
        if now.plus(CLOCK_SKEW) < signer.not_before || now.minus(CLOCK_SKEW) > signer.not_after {
            return Err(MasterListError::SignerValidity);
        }
        let issued = publishers
            .into_iter()
            .filter_map(|der| authority(der).ok())
            .any(|publisher| issued_by(&signer, &publisher));
        if !issued {
            return Err(MasterListError::UntrustedSigner);
        }
        Ok(MasterList::of(&self.certificates))
    }
}

impl MasterList {
    fn of(certificates: &[&[u8]]) -> Self {
        let mut list = Self {
            entries: Vec::new(),
            reports: Vec::new(),
        };
        for (position, der) in certificates.iter().enumerate() {
            let (country, kind) = match Certificate::parse(der) {
                Ok(certificate) => (certificate.subject.country().map(str::to_uppercase), kind(der)),
                Err(_) => (None, Err("certificate_malformed")),
            };
            list.reports.extend(kind.err().map(|code| LoadReport {
                source: LoadSource::MasterList,
                position,
                code,
            }));
            list.entries.push(Entry {
                der: der.to_vec(),
                country,
                kind: kind.unwrap_or(Kind::Unusable),
            });
        }
        list
    }

    /// Returns how many certificates the list has, unusable ones included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Tells whether the list has no certificate.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns which certificates cannot be used, and why.
    #[must_use]
    pub fn reports(&self) -> &[LoadReport] {
        &self.reports
    }

    /// Returns the self-issued authorities of a country (alpha-2, any case), or of all, tagged with what they count for.
    ///
    /// A list says nothing about purposes: the tag is the configuration's word.
    pub fn authorities(&self, country: Option<&str>, purpose: AnchorPurpose) -> impl Iterator<Item = Csca<'_>> {
        self.of_kind(country, Kind::SelfIssued)
            .map(move |der| Csca { der, purpose })
    }

    /// Returns the link certificates of a country (alpha-2, any case), or of all: input, never anchors.
    pub fn links(&self, country: Option<&str>) -> impl Iterator<Item = &[u8]> {
        self.of_kind(country, Kind::Link)
    }

    fn of_kind(&self, country: Option<&str>, kind: Kind) -> impl Iterator<Item = &[u8]> {
        let wanted = country.map(str::to_uppercase);
        self.entries
            .iter()
            .filter(move |entry| entry.kind == kind && (wanted.is_none() || entry.country == wanted))
            .map(|entry| entry.der.as_slice())
    }
}

fn certificates(content: &[u8]) -> Result<Vec<&[u8]>, TlvError> {
    let mut list = Reader::new(Tlv::only_of(SEQUENCE, content)?);
    if small_integer(list.expect(INTEGER)?)? != 0 {
        return Err(TlvError::Unexpected);
    }
    let mut reader = Reader::new(list.expect(SET)?);
    list.finish()?;
    let mut certificates = Vec::new();
    while !reader.is_empty() {
        if certificates.len() >= MOST_CERTIFICATES {
            return Err(TlvError::Length);
        }
        certificates.push(reader.element(SEQUENCE)?.raw);
    }
    Ok(certificates)
}

fn kind(der: &[u8]) -> Result<Kind, &'static str> {
    let certificate = authority(der)?;
    Ok(if certificate.names_as_issuer(&certificate) {
        Kind::SelfIssued
    } else {
        Kind::Link
    })
}

fn issued_by(signer: &Certificate, publisher: &Certificate) -> bool {
    signer.names_as_issuer(publisher)
        && publisher.is_valid_at(signer.not_before)
        && publisher.key.as_ref().is_ok_and(|key| signer.is_signed_by(key))
}

impl fmt::Debug for UnverifiedMasterList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedMasterList")
            .field("certificates", &self.certificates.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MasterList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterList")
            .field("certificates", &self.entries.len())
            .field("reports", &self.reports.len())
            .finish_non_exhaustive()
    }
}
