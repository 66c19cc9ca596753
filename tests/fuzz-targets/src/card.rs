//! Cards with fixed keys: the test card, whose EF.SOD is signed anew for every altered data group, and three of the
//! published vectors, whose keys nobody here has.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use mahfada_base::UnixTime;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{Random, RandomError, Signer};
use mahfada_eid::testing::{Citizen, TestCard};
use mahfada_eid::{CardAnchors, CardPolicy, Evidence, ExpectedChallenge, Verdict, verify};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde::Deserialize;

use crate::country::NOW;

macro_rules! vectors {
    ($name:literal) => {
        &include_bytes!(concat!("../../vectors/eid/virtual_cnie/", $name))[..]
    };
}

/// The cards, the test card first.
pub(crate) static CARDS: LazyLock<Vec<Card>> = LazyLock::new(|| {
    let mut cards = vec![test_card()];
    cards.extend(published_cards());
    cards
});

/// A card with everything that its verification needs.
pub(crate) struct Card {
    pub(crate) sod: Vec<u8>,
    pub(crate) groups: BTreeMap<u8, Vec<u8>>,
    pub(crate) answer: Vec<u8>,
    pub(crate) challenge: ExpectedChallenge,
    pub(crate) anchors: CardAnchors,
    pub(crate) now: UnixTime,
}

impl Card {
    pub(crate) fn verify(&self, sod: &[u8], groups: &BTreeMap<u8, Vec<u8>>, answer: Option<&[u8]>) -> Verdict {
        self.verify_at(sod, groups, answer, self.challenge)
    }

    pub(crate) fn verify_at(
        &self,
        sod: &[u8],
        groups: &BTreeMap<u8, Vec<u8>>,
        answer: Option<&[u8]>,
        challenge: ExpectedChallenge,
    ) -> Verdict {
        let evidence = Evidence {
            sod,
            dgs: groups,
            aa: answer,
        };
        verify(
            &evidence,
            &challenge,
            &self.anchors,
            &CardPolicy::default(),
            self.now,
            PROVIDER.digest,
        )
    }
}

/// Returns the test card.
pub(crate) fn card() -> &'static Card {
    CARDS.first().unwrap()
}

pub(crate) fn test_chip() -> TestCard {
    TestCard::new(1, &Citizen::sample(), NOW)
}

fn test_card() -> Card {
    let card = test_chip();
    let challenge = ExpectedChallenge::derive(PROVIDER.mac, &[7; 32], "s", "n", &[1; 32]);
    let mut chip = card.chip();
    chip.transmit(&[0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01]);
    let command = [&[0x00, 0x88, 0x00, 0x00, 0x08][..], &challenge.rnd_ifd(), &[0x00]].concat();
    let mut answer = chip.transmit(&command);
    assert_eq!(answer.split_off(64), [0x90, 0x00]);
    let csca = card.csca_der();
    let (anchors, _) = CardAnchors::load([&csca[..]], [], []).unwrap();
    Card {
        sod: card.sod().to_vec(),
        groups: card.data_groups().clone(),
        answer,
        challenge,
        anchors,
        now: NOW,
    }
}

#[derive(Deserialize)]
struct Vectors {
    server_hmac_key: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    sod: String,
    dgs: BTreeMap<String, String>,
    aa_response: Option<String>,
    wallet_jkt: String,
    session: String,
    c_nonce: String,
    now: String,
}

/// RSA with PKCS #1, RSA with PSS, brainpool; signer identifier by key.
const PUBLISHED: [&str; 4] = ["P01-rsa-sha256", "P02-pss", "P03-brainpool", "P05-skid"];

fn published_cards() -> Vec<Card> {
    let vectors: Vectors = serde_json::from_slice(vectors!("vectors.json")).unwrap();
    let secret = hex(&vectors.server_hmac_key);
    PUBLISHED
        .iter()
        .filter_map(|id| vectors.cases.iter().find(|case| case.id == *id))
        .map(|case| published_card(case, &secret))
        .collect()
}

fn published_card(case: &Case, secret: &[u8]) -> Card {
    let commitment: [u8; 32] = hex(&case.wallet_jkt).try_into().unwrap();
    let expected = ExpectedChallenge::derive(PROVIDER.mac, secret, &case.session, &case.c_nonce, &commitment);
    let authorities = [
        vectors!("anchors/csca_2021.cer"),
        vectors!("anchors/csca_2024.cer"),
        vectors!("anchors/csca_bp384.cer"),
    ];
    let (anchors, _) = CardAnchors::load(authorities, [], [vectors!("crls/csca_2021.crl")]).unwrap();
    Card {
        sod: hex(&case.sod),
        groups: case
            .dgs
            .iter()
            .map(|(number, file)| (number.parse().unwrap(), hex(file)))
            .collect(),
        answer: case.aa_response.as_deref().map(hex).unwrap_or_default(),
        challenge: expected,
        anchors,
        now: UnixTime::from_rfc3339(&case.now).unwrap(),
    }
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Verifies the test card with one data group replaced and EF.SOD signed anew, so that the file is what is judged.
pub(crate) fn verify_with(number: u8, file: &[u8]) -> Verdict {
    let card = card();
    let mut groups = card.groups.clone();
    groups.insert(number, file.to_vec());
    card.verify(&sign_groups(&groups), &groups, Some(&card.answer))
}

/// The parts of the test card's EF.SOD that stay when it is signed anew.
struct Parts {
    signed_data: Vec<u8>,
    version: Vec<u8>,
    digests: Vec<u8>,
    content_type: Vec<u8>,
    certificates: Vec<u8>,
    signer_version: Vec<u8>,
    signer_identifier: Vec<u8>,
    hash: Vec<u8>,
    content_type_attribute: Vec<u8>,
    message_digest: Vec<u8>,
    signature_algorithm: Vec<u8>,
    key: Arc<dyn Signer>,
}

static PARTS: LazyLock<Parts> = LazyLock::new(Parts::new);

impl Parts {
    fn new() -> Self {
        let sod = &card().sod;
        let [signed_data, content] = array(only(only(sod)));
        let [version, digests, encapsulated, certificates, signers] = array(only(only(content)));
        let [content_type, _] = array(only(encapsulated));
        let signer = children(only(only(signers)));
        let signer: [&[u8]; 6] = signer.try_into().unwrap();
        let [
            signer_version,
            signer_identifier,
            hash,
            attributes,
            signature_algorithm,
            _,
        ] = signer;
        let [content_type_attribute, digest_attribute] = array(only(attributes));
        let [message_digest, _] = array(only(digest_attribute));
        Self {
            signed_data: signed_data.to_vec(),
            version: version.to_vec(),
            digests: digests.to_vec(),
            content_type: content_type.to_vec(),
            certificates: certificates.to_vec(),
            signer_version: signer_version.to_vec(),
            signer_identifier: signer_identifier.to_vec(),
            hash: hash.to_vec(),
            content_type_attribute: content_type_attribute.to_vec(),
            message_digest: message_digest.to_vec(),
            signature_algorithm: signature_algorithm.to_vec(),
            key: document_signer(),
        }
    }
}

/// Signs the hashes of the data groups as the test card's document signer does.
pub(crate) fn sign_groups(groups: &BTreeMap<u8, Vec<u8>>) -> Vec<u8> {
    let parts = &*PARTS;
    let hashes: Vec<Vec<u8>> = groups
        .iter()
        .map(|(number, file)| {
            let hash = tlv(0x04, &[&PROVIDER.digest.sha256(file)]);
            tlv(0x30, &[&[0x02, 0x01, *number], &hash])
        })
        .collect();
    let hashes = tlv(0x30, &[&hashes.concat()]);
    let content = tlv(0x30, &[&[0x02, 0x01, 0x00], &parts.hash, &hashes]);
    let digest = tlv(0x31, &[&tlv(0x04, &[&PROVIDER.digest.sha256(&content)])]);
    let digest = tlv(0x30, &[&parts.message_digest, &digest]);
    let signed = tlv(0x31, &[&parts.content_type_attribute, &digest]);
    let signature = parts.key.sign(&signed).unwrap().0;
    let attributes = tlv(0xA0, &[&parts.content_type_attribute, &digest]);
    let signer_info = tlv(
        0x30,
        &[
            &parts.signer_version,
            &parts.signer_identifier,
            &parts.hash,
            &attributes,
            &parts.signature_algorithm,
            &tlv(0x04, &[&ecdsa_signature(&signature)]),
        ],
    );
    let encapsulated = tlv(0xA0, &[&tlv(0x04, &[&content])]);
    let signed_data = tlv(
        0x30,
        &[
            &parts.version,
            &parts.digests,
            &tlv(0x30, &[&parts.content_type, &encapsulated]),
            &parts.certificates,
            &tlv(0x31, &[&signer_info]),
        ],
    );
    let content = tlv(0xA0, &[&signed_data]);
    tlv(0x77, &[&tlv(0x30, &[&parts.signed_data, &content])])
}

fn ecdsa_signature(plain: &[u8]) -> Vec<u8> {
    let (r, s) = plain.split_at(32);
    let integer = |number: &[u8]| {
        let digits = number.iter().position(|byte| *byte != 0).unwrap();
        let (_, digits) = number.split_at(digits);
        match digits.first() {
            Some(0x80..) => tlv(0x02, &[&[0], digits]),
            _ => tlv(0x02, &[digits]),
        }
    };
    tlv(0x30, &[&integer(r), &integer(s)])
}

/// Makes the key that the test card's generator gives its document signer.
fn document_signer() -> Arc<dyn Signer> {
    let seed = PROVIDER.digest.sha256(&[&b"DS"[..], &0_u64.to_be_bytes()].concat());
    let random = CardRandom(Mutex::new(ChaCha20Rng::from_seed(seed)));
    PROVIDER.keys.generate_es256(&random).unwrap()
}

#[derive(Debug)]
struct CardRandom(Mutex<ChaCha20Rng>);

impl Random for CardRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), RandomError> {
        self.0.lock().map_err(|_| RandomError)?.fill_bytes(buffer);
        Ok(())
    }
}

/// Writes an element with a tag of one byte.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let header = match length {
        [0, 0, 0, short @ ..0x80] => vec![tag, short],
        [0, 0, 0, one] => vec![tag, 0x81, one],
        [0, 0, high, low] => vec![tag, 0x82, high, low],
        [0, high, middle, low] => vec![tag, 0x83, high, middle, low],
        [a, b, c, d] => vec![tag, 0x84, a, b, c, d],
    };
    [header, content].concat()
}

/// Splits the first element off: how long its header is, and how long it is with it; `None` when there is none.
pub(crate) fn first_element(bytes: &[u8]) -> Option<(usize, usize)> {
    let length = usize::from(*bytes.get(1)?);
    let (header, length) = if length < 0x80 {
        (2, length)
    } else {
        let count = length & 0x7F;
        let digits = bytes.get(2..count.checked_add(2)?).filter(|_| count <= 3)?;
        let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        (count + 2, length)
    };
    let whole = header.checked_add(length)?;
    bytes.get(..whole).map(|_| (header, whole))
}

fn children(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    while let Some((_, whole)) = first_element(bytes) {
        let (element, rest) = bytes.split_at(whole);
        found.push(element);
        bytes = rest;
    }
    found
}

fn array<const N: usize>(bytes: &[u8]) -> [&[u8]; N] {
    children(bytes).try_into().unwrap()
}

fn only(bytes: &[u8]) -> &[u8] {
    let (header, whole) = first_element(bytes).unwrap();
    bytes.get(header..whole).unwrap()
}
