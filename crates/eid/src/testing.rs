//! A deterministic identity card for tests and the demo: own public key infrastructure, files, and a virtual chip.
//!
//! Everybody can make such cards, so no service may trust their authority: its common name says `CSCA-TEST`, and
//! `CardAnchors::contains_test_csca` finds it.

mod chip;
mod chip_key;
pub(crate) mod der;
mod lds;
mod master_list;
mod pki;
mod sod;

use std::collections::BTreeMap;
use std::sync::Arc;

use mahfada_base::UnixTime;
use mahfada_crypto::Signer;

pub use chip::VirtualChip;
pub use chip_key::ChipAuthenticationOptions;
pub use master_list::ListSigner;
pub use pki::{CurveEncoding, TestAuthority};

use chip_key::ChipKey;
use pki::SignerCertificate;
use sod::SignerOptions;

const DAY: i64 = 86_400;
const CHIP_KEY: &str = "chip authentication";

/// The invented person on a test card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citizen {
    /// The family name in Latin script.
    pub family_name: String,
    /// The given name in Latin script.
    pub given_name: String,
    /// The family name in Arabic script.
    pub family_name_ar: String,
    /// The given name in Arabic script.
    pub given_name_ar: String,
    /// The date of birth as YYYY-MM-DD.
    pub birthdate: String,
    /// `M`, `F` or anything else for unspecified.
    pub sex: char,
    /// The CNIE number.
    pub personal_number: String,
    /// The number of the document, at most nine characters.
    pub document_number: String,
    /// The date of expiry as YYYY-MM-DD.
    pub expiry: String,
}

impl Citizen {
    /// Returns an invented citizen, the one of the published test vectors.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            family_name: "El Fassi".to_owned(),
            given_name: "Salma".to_owned(),
            family_name_ar: "الفاسي".to_owned(),
            given_name_ar: "سلمى".to_owned(),
            birthdate: "1990-02-14".to_owned(),
            sex: 'F',
            personal_number: "BK123456".to_owned(),
            document_number: "BE1234567".to_owned(),
            expiry: "2033-01-31".to_owned(),
        }
    }
}

/// What is unusual about a test card.
#[derive(Clone, Debug)]
pub struct CardOptions {
    /// The seed of the authority's key.
    pub authority_seed: u64,
    /// The country in the certificates, as alpha-2.
    pub country: String,
    /// How the document signer's certificate names its curve.
    pub curve_encoding: CurveEncoding,
    /// Whether the document signer's certificate names its issuer's key.
    pub authority_key_identifier: bool,
    /// Whether the chip has a key for Active Authentication.
    pub chip_key: bool,
    /// The chip's key for Chip Authentication, if it has one.
    pub chip_authentication: Option<ChipAuthenticationOptions>,
    /// Data groups to sign instead of those of the citizen, by number.
    pub signed_instead: BTreeMap<u8, Vec<u8>>,
    /// How often EF.SOD embeds the document signer's certificate.
    pub embedded_certificates: usize,
    /// How many signed attributes of no meaning EF.SOD has.
    pub more_attributes: u8,
}

impl Default for CardOptions {
    fn default() -> Self {
        Self {
            authority_seed: 0,
            country: "MA".to_owned(),
            curve_encoding: CurveEncoding::Named,
            authority_key_identifier: true,
            chip_key: true,
            chip_authentication: None,
            signed_instead: BTreeMap::new(),
            embedded_certificates: 1,
            more_attributes: 0,
        }
    }
}

/// A test card with its authority; the same arguments give the same card, byte for byte.
#[derive(Debug)]
pub struct TestCard {
    authority: TestAuthority,
    signer_serial: Vec<u8>,
    groups: BTreeMap<u8, Vec<u8>>,
    sod: Vec<u8>,
    key: Option<Arc<dyn Signer>>,
    seed: u64,
    chip_authentication: Option<ChipAuthenticationOptions>,
}

impl TestCard {
    /// Makes a card issued thirty days before `now`; cards of all seeds have the same authority.
    #[must_use]
    pub fn new(seed: u64, citizen: &Citizen, now: UnixTime) -> Self {
        Self::with_options(seed, citizen, now, &CardOptions::default())
    }

    /// Makes a card that is unusual in what the options say.
    #[must_use]
    pub fn with_options(seed: u64, citizen: &Citizen, now: UnixTime, options: &CardOptions) -> Self {
        let authority = TestAuthority::new(options.authority_seed, &options.country, now);
        let signer = pki::key("DS", options.authority_seed);
        let key = options.chip_key.then(|| pki::key("chip", seed));
        let signer_serial = vec![0x11, 0x22, 0x01];
        let certificate = authority.issue(&SignerCertificate {
            key: signer.as_ref(),
            serial: &signer_serial,
            not_before: now.start_of_day().minus(60 * DAY),
            not_after: now.start_of_day().plus(11 * 365 * DAY),
            encoding: options.curve_encoding,
            authority_key_identifier: options.authority_key_identifier,
            extended_key_usage: None,
        });
        let chip_key = options
            .chip_authentication
            .map(|options| ChipKey::new(CHIP_KEY, seed, options));
        let issued = now.minus(30 * DAY);
        let mut groups = lds::data_groups(citizen, issued, key.as_deref(), chip_key.as_ref());
        groups.extend(options.signed_instead.clone());
        let sod = sod::sign_groups(
            &groups,
            signer.as_ref(),
            &SignerOptions {
                certificates: certificate.repeat(options.embedded_certificates),
                issuer: authority.name(),
                serial: signer_serial.clone(),
                more_attributes: options.more_attributes,
            },
        );
        Self {
            authority,
            signer_serial,
            groups,
            sod,
            key,
            seed,
            chip_authentication: options.chip_authentication,
        }
    }

    /// Returns the certificate of the authority as DER: the anchor of a test.
    #[must_use]
    pub fn csca_der(&self) -> Vec<u8> {
        self.authority.certificate()
    }

    /// Returns the authority.
    #[must_use]
    pub const fn authority(&self) -> &TestAuthority {
        &self.authority
    }

    /// Returns the serial number of the document signer's certificate, to be revoked.
    #[must_use]
    pub fn signer_serial(&self) -> &[u8] {
        &self.signer_serial
    }

    /// Returns EF.SOD.
    #[must_use]
    pub fn sod(&self) -> &[u8] {
        &self.sod
    }

    /// Returns the data groups by number.
    #[must_use]
    pub const fn data_groups(&self) -> &BTreeMap<u8, Vec<u8>> {
        &self.groups
    }

    /// Returns the chip of the card.
    #[must_use]
    pub fn chip(&self) -> VirtualChip {
        let chip_key = self
            .chip_authentication
            .map(|options| ChipKey::new(CHIP_KEY, self.seed, options));
        VirtualChip::genuine(self.files(), self.key.clone()).with_chip_key(chip_key)
    }

    /// Returns a chip to which everything that can be read was copied.
    #[must_use]
    pub fn copied_chip(&self) -> VirtualChip {
        VirtualChip::without_key(self.files()).with_chip_key(self.chip_authentication.map(ChipKey::forged))
    }

    fn files(&self) -> BTreeMap<u16, Vec<u8>> {
        let groups = self
            .groups
            .iter()
            .map(|(number, file)| (0x0100_u16.saturating_add((*number).into()), file.clone()));
        groups
            .chain([(0x011D, self.sod.clone()), (0x011E, lds::ef_com(&self.groups))])
            .collect()
    }
}
