//! The anchors of card verification, and the way from a document signer to one of them.
//!
//! A country uses one name for all generations of its key, so the key identifier and the signature find the issuer,
//! never the name alone. A link certificate is input: it carries trust from an anchor's key to the next one.

use mahfada_crypto::document::HashAlgorithm;

use super::certificate::Certificate;
use super::crl::{RevocationList, UnverifiedCrl};
use super::extension::KeyUsage;
use super::load::{AnchorPurpose, Csca, LoadError, LoadReport, LoadSource};
use super::refusal::{Refusal, refusal};

// SHA-256 of the public keys of the published test card's authorities, whose private keys everybody has.
const TEST_KEYS: [[u8; 32]; 5] = [
    *b"\x73\xf0\x4d\xb2\x26\x9e\xa1\xcd\xf0\x36\x58\x5e\x69\xa2\x3c\xf4\xcf\xa6\x49\xe8\xcc\x0b\x94\x62\x8c\xd1\x8c\xdb\xd7\x32\x89\x55",
    *b"\xaa\x99\x84\xbe\x66\x23\xce\x5e\x1b\x96\x25\xba\x2c\x40\xd9\xb6\x0d\x2e\x95\x77\x7a\xe2\xeb\x9b\xb0\xee\x10\x46\xb5\x66\xc2\xb9",
    *b"\xd2\xb4\x71\x34\x1e\x74\xf4\x61\x0c\x65\x31\x9a\x47\x6a\x30\xa0\xef\xbc\x4e\x6c\xa6\x19\x56\x83\xa5\xa2\x97\xae\x17\xc1\xcd\x30",
    *b"\xd8\x1d\x9f\xdf\x5c\x4f\x98\x66\x1c\xd6\x47\x73\x8a\x09\xb7\x9b\x76\x47\xcf\x72\x00\xf5\xcf\x11\xe7\xd1\x22\xb0\x31\xeb\x34\x74",
    *b"\xe4\x43\x09\x43\x35\x9f\x7e\x0a\xcf\xd6\x10\xb9\x43\xd2\x35\xa0\x52\xad\x24\x51\x29\xe9\x77\xf0\x3c\x97\x66\x2e\x91\xf9\x58\x64",
];

/// Trusted country signing authorities and verified revocation lists.
#[derive(Clone, Debug)]
pub struct CardAnchors {
    authorities: Vec<Anchor>,
    lists: Vec<RevocationList>,
}

#[derive(Clone, Debug)]
struct Anchor {
    certificate: Certificate,
    purpose: AnchorPurpose,
}

impl CardAnchors {
    /// Loads self-signed authorities of identity cards, then follows link certificates from them, then verifies
    /// revocation lists.
    ///
    /// What cannot be used (malformed, an unknown kind of key, a bad signature, a link from nowhere) is reported and
    /// left out. It does not judge whether an authority is genuine: that is what configuration says.
    ///
    /// # Errors
    /// [`LoadError::NoAnchor`] when no authority is left.
    pub fn load<'c>(
        cscas: impl IntoIterator<Item = &'c [u8]>,
        links: impl IntoIterator<Item = &'c [u8]>,
        crls: impl IntoIterator<Item = &'c [u8]>,
    ) -> Result<(Self, Vec<LoadReport>), LoadError> {
        let purpose = AnchorPurpose::IdentityCards;
        let cscas = cscas.into_iter().map(|der| Csca { der, purpose });
        Self::load_tagged(cscas, links, crls)
    }

    /// Loads authorities with the purpose that configuration gives each, as [`CardAnchors::load`] does; the key that a
    /// link carries trust to counts for what the old one counts for.
    ///
    /// # Errors
    /// [`LoadError::NoAnchor`] when no authority is left.
    pub fn load_tagged<'c>(
        cscas: impl IntoIterator<Item = Csca<'c>>,
        links: impl IntoIterator<Item = &'c [u8]>,
        crls: impl IntoIterator<Item = &'c [u8]>,
    ) -> Result<(Self, Vec<LoadReport>), LoadError> {
        let mut anchors = Self {
            authorities: Vec::new(),
            lists: Vec::new(),
        };
        let mut reports = Vec::new();
        for (position, Csca { der, purpose }) in cscas.into_iter().enumerate() {
            match authority(der).and_then(self_signed) {
                Ok(certificate) => anchors.authorities.push(Anchor { certificate, purpose }),
                Err(code) => reports.push(LoadReport {
                    source: LoadSource::Csca,
                    position,
                    code,
                }),
            }
        }
        if anchors.authorities.is_empty() {
            return Err(LoadError::NoAnchor);
        }
        anchors.follow_links(links, &mut reports);
        for (position, der) in crls.into_iter().enumerate() {
            let list = UnverifiedCrl::parse(der).map_err(|_| "crl_malformed");
            match list.and_then(|list| list.verify(anchors.authorities.iter().map(|anchor| &anchor.certificate))) {
                Ok(list) => anchors.lists.push(list),
                Err(code) => reports.push(LoadReport {
                    source: LoadSource::Crl,
                    position,
                    code,
                }),
            }
        }
        Ok((anchors, reports))
    }

    /// Tells whether an authority is one of a test: its private key is public, so a service must not start with it.
    #[must_use]
    pub fn contains_test_csca(&self) -> bool {
        self.authorities.iter().any(|anchor| {
            let authority = &anchor.certificate;
            let named = authority
                .subject
                .common_name()
                .is_some_and(|name| name.contains("csca-test"));
            named
                || TEST_KEYS
                    .iter()
                    .any(|key| HashAlgorithm::Sha256.digest(&authority.spki) == key)
        })
    }

    /// Returns how many authority certificates are trusted, linked ones included.
    #[must_use]
    pub fn authority_count(&self) -> usize {
        self.authorities.len()
    }

    /// Returns how many revocation lists were verified.
    #[must_use]
    pub fn revocation_list_count(&self) -> usize {
        self.lists.len()
    }

    fn follow_links<'c>(&mut self, links: impl IntoIterator<Item = &'c [u8]>, reports: &mut Vec<LoadReport>) {
        let mut pending = Vec::new();
        for (position, der) in links.into_iter().enumerate() {
            match authority(der) {
                Ok(certificate) => pending.push((position, certificate)),
                Err(code) => reports.push(LoadReport {
                    source: LoadSource::Link,
                    position,
                    code,
                }),
            }
        }
        loop {
            let (mut connected, mut rest) = (Vec::new(), Vec::new());
            for (position, certificate) in pending {
                let purpose = self.purpose_over(&certificate);
                match purpose {
                    Some(purpose) => connected.push(Anchor { certificate, purpose }),
                    None => rest.push((position, certificate)),
                }
            }
            pending = rest;
            if connected.is_empty() {
                break;
            }
            self.authorities.extend(connected);
        }
        let code = "link_not_connected";
        reports.extend(pending.iter().map(|(position, _)| LoadReport {
            source: LoadSource::Link,
            position: *position,
            code,
        }));
    }

    /// Returns what a link's new key counts for, when a trusted key carries trust to it.
    fn purpose_over(&self, link: &Certificate) -> Option<AnchorPurpose> {
        let carriers = || {
            self.authorities
                .iter()
                .filter(|old| carries(&old.certificate, link))
                .map(|old| old.purpose)
        };
        carriers()
            .find(|purpose| purpose.covers_identity_cards())
            .or_else(|| carriers().next())
    }

    /// Finds the authority of identity cards that signed the certificate; one that was valid at its issuance is
    /// preferred.
    pub(super) fn issuer_of(&self, certificate: &Certificate) -> Result<&Certificate, Refusal> {
        let signers: Vec<_> = self
            .authorities
            .iter()
            .filter(|anchor| certificate.names_as_issuer(&anchor.certificate))
            .filter(|anchor| {
                let key = anchor.certificate.key.as_ref();
                key.is_ok_and(|key| certificate.is_signed_by(key))
            })
            .collect();
        let for_cards = || {
            signers
                .iter()
                .filter(|anchor| anchor.purpose.covers_identity_cards())
                .map(|anchor| &anchor.certificate)
        };
        let valid = for_cards().find(|authority| authority.is_valid_at(certificate.not_before));
        valid.or_else(|| for_cards().next()).ok_or(if signers.is_empty() {
            refusal(
                "untrusted_issuer",
                "no trusted authority signed the document signer's certificate",
            )
        } else {
            refusal(
                "anchor_purpose",
                "the authority that signed is not trusted for identity cards",
            )
        })
    }

    /// Returns the verified lists that speak for the certificate's issuer.
    pub(super) fn lists_for(&self, certificate: &Certificate) -> impl Iterator<Item = &RevocationList> {
        self.lists.iter().filter(|list| list.speaks_for(certificate))
    }
}

pub(super) fn authority(der: &[u8]) -> Result<Certificate, &'static str> {
    let certificate = Certificate::parse(der).map_err(|_| "certificate_malformed")?;
    certificate.require_key().map_err(|refusal| refusal.code)?;
    if certificate.algorithm.is_none() {
        return Err("unsupported_algorithm");
    }
    // Two authorities on current lists lack basic constraints and one lacks key usage; none says that it is no authority.
    let signs = certificate
        .extensions
        .key_usage
        .is_none_or(KeyUsage::signs_certificates);
    if certificate.extensions.authority == Some(false) || !signs {
        Err("not_an_authority")
    } else {
        Ok(certificate)
    }
}

fn self_signed(certificate: Certificate) -> Result<Certificate, &'static str> {
    if !certificate.names_as_issuer(&certificate) {
        return Err("csca_not_self_signed");
    }
    let signed = certificate.key.as_ref().is_ok_and(|key| certificate.is_signed_by(key));
    if signed {
        Ok(certificate)
    } else {
        Err("csca_signature_invalid")
    }
}

/// Tells whether a trusted key carries trust to the subject of a link certificate.
fn carries(old: &Certificate, link: &Certificate) -> bool {
    link.names_as_issuer(old)
        && link.extensions.authority == Some(true)
        && link.subject.country() == old.subject.country()
        && old.is_valid_at(link.not_before)
        && old.key.as_ref().is_ok_and(|key| link.is_signed_by(key))
}
