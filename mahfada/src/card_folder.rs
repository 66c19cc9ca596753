//! A TEST card as a folder: `mahfada eid make-card DIR` writes it, `mahfada wallet accept --card DIR` taps it.
//!
//! The names are those of the virtual card's generator. In the folder, or in `files/` of it: `EF_SOD.bin`, `EF_COM.bin` and
//! `DG1.bin`, `DG2.bin` and so on, each the bytes of one file of the chip (`EF.SOD.bin` and `EF.DG1.bin` mean the same). In
//! the folder, or in `keys/` of it or beside it: `TEST_ONLY_aa_ec.key.pem`, the key of the chip's Active Authentication on
//! P-256, PKCS#8 in PEM; a card without it cannot prove that it is no copy. `csca.cer` is the certificate of the test
//! authority, for the issuer; tapping does not read it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use mahfada_base::{Clock as _, base64url};
use mahfada_crypto::{KeyError, PublicKey, Random, RandomError, Signer, pure};
use mahfada_eid::testing::{Citizen, TestCard, VirtualChip};
use mahfada_web::clock::SystemClock;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use crate::{output, private_file};

const KEY: &str = "TEST_ONLY_aa_ec.key.pem";
const AUTHORITY: &str = "csca.cer";
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// The most bytes of one file: an image of a face is the longest.
const MAX_FILE: u64 = 1024 * 1024;

/// Why a folder is no card, or none could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CardFolderError {
    /// A file cannot be read or written.
    #[error("cannot use {0}")]
    Io(PathBuf, #[source] io::Error),
    /// The folder holds no card.
    #[error("{0} holds no card: there is no EF_SOD.bin")]
    NoCard(PathBuf),
    /// A file is longer than any of a card.
    #[error("{0} is too long for a file of a card")]
    TooLong(PathBuf),
    /// The key of the chip cannot be used.
    #[error("{0} is no P-256 key in PKCS#8 (PEM)")]
    Key(PathBuf),
    /// The folder is in use.
    #[error("{0} is not empty")]
    NotEmpty(PathBuf),
    /// No key could be drawn.
    #[error("no key could be made")]
    Draw(#[from] KeyError),
    /// The key that was drawn is not the one of the card.
    #[error("the key does not belong to the card")]
    OtherKey,
}

/// Makes a card and says what it is; the exit code is 0 when it was made and 2 when not.
#[must_use]
pub fn run(folder: &Path, seed: u64) -> ExitCode {
    output::judged(make(folder, seed).map(|()| {
        output::text(&format!(
            "A TEST card of {} {}; its authority is {}.",
            Citizen::sample().given_name,
            Citizen::sample().family_name,
            output::plain(&folder.join(AUTHORITY).display().to_string())
        ));
    }))
}

/// Writes a test card into a new or empty folder.
///
/// # Errors
/// [`CardFolderError`] when the folder is in use or cannot be written.
pub fn make(folder: &Path, seed: u64) -> Result<(), CardFolderError> {
    std::fs::create_dir_all(folder).map_err(at(folder))?;
    if std::fs::read_dir(folder).map_err(at(folder))?.next().is_some() {
        return Err(CardFolderError::NotEmpty(folder.to_owned()));
    }
    let card = TestCard::new(seed, &Citizen::sample(), SystemClock.now());
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(at(&path))
    };
    write("EF_SOD.bin", card.sod())?;
    for (number, file) in card.data_groups() {
        write(&format!("DG{number}.bin"), file)?;
    }
    write(AUTHORITY, &card.csca_der())?;
    let pkcs8 = chip_key(seed, &card)?;
    let pem = format!("{BEGIN}\n{}\n{END}\n", base64url::encode_standard(&pkcs8));
    let path = folder.join(KEY);
    private_file::create(&path, pem.as_bytes()).map_err(at(&path))
}

/// Reads a card.
///
/// # Errors
/// [`CardFolderError`] when the folder holds no card, or its key cannot be used.
pub fn read(folder: &Path) -> Result<VirtualChip, CardFolderError> {
    let files = [folder.join("files"), folder.to_owned()];
    let files = files
        .iter()
        .find(|place| place.is_dir())
        .map_or(folder, PathBuf::as_path);
    let mut found = BTreeMap::new();
    for (identifier, name) in names() {
        for spelling in [name.clone(), format!("EF.{}", name.trim_start_matches("EF_"))] {
            let path = files.join(format!("{spelling}.bin"));
            if path.is_file() {
                found.insert(identifier, read_file(&path)?);
            }
        }
    }
    if !found.contains_key(&0x011D) {
        return Err(CardFolderError::NoCard(folder.to_owned()));
    }
    let key = key_of(folder)?;
    Ok(VirtualChip::genuine(found, key))
}

/// Returns the identifiers of a card's files with their names.
fn names() -> impl Iterator<Item = (u16, String)> {
    let groups = (1..=16_u16).map(|number| (0x0100_u16.saturating_add(number), format!("DG{number}")));
    groups.chain([(0x011D, "EF_SOD".to_owned()), (0x011E, "EF_COM".to_owned())])
}

fn key_of(folder: &Path) -> Result<Option<Arc<dyn Signer>>, CardFolderError> {
    let beside = folder.parent().map(|parent| parent.join("keys"));
    let places = [Some(folder.to_owned()), Some(folder.join("keys")), beside];
    let mut paths = places.into_iter().flatten().map(|place| place.join(KEY));
    let Some(path) = paths.find(|path| path.is_file()) else {
        return Ok(None);
    };
    let pem = read_file(&path)?;
    let unusable = || CardFolderError::Key(path.clone());
    let text = String::from_utf8_lossy(&pem);
    let body = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
    let body: String = body.ok_or_else(unusable)?.0.split_whitespace().collect();
    let pkcs8 = base64url::decode_standard(body).map_err(|_| unusable())?;
    let key = pure::PROVIDER.keys.es256_from_pkcs8(&pkcs8);
    key.map(Some).map_err(|_| unusable())
}

fn read_file(path: &Path) -> Result<Vec<u8>, CardFolderError> {
    if std::fs::metadata(path).map_err(at(path))?.len() > MAX_FILE {
        return Err(CardFolderError::TooLong(path.to_owned()));
    }
    std::fs::read(path).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> CardFolderError {
    let path = path.to_owned();
    move |error| CardFolderError::Io(path, error)
}

/// Draws the key of a test card's chip once more, which the card itself does not give away, and checks that it is its own.
fn chip_key(seed: u64, card: &TestCard) -> Result<Vec<u8>, CardFolderError> {
    let pkcs8 = pure::PROVIDER.keys.generate_es256_pkcs8(&Seeded::new(seed))?;
    let signer = pure::PROVIDER.keys.es256_from_pkcs8(pkcs8.expose())?;
    let PublicKey::P256(point) = signer.public_key() else {
        return Err(CardFolderError::OtherKey);
    };
    let dg15 = card.data_groups().get(&15).map(Vec::as_slice).unwrap_or_default();
    if dg15.ends_with(point.sec1()) {
        Ok(pkcs8.expose().clone())
    } else {
        Err(CardFolderError::OtherKey)
    }
}

/// The source of `mahfada_eid::testing`: the same seed gives the same chip.
#[derive(Debug)]
struct Seeded(Mutex<ChaCha20Rng>);

impl Seeded {
    fn new(seed: u64) -> Self {
        let input = [&b"chip"[..], &seed.to_be_bytes()].concat();
        Self(Mutex::new(ChaCha20Rng::from_seed(pure::PROVIDER.digest.sha256(&input))))
    }
}

impl Random for Seeded {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        self.0.lock().map_err(|_| RandomError)?.fill_bytes(buffer);
        Ok(())
    }
}
