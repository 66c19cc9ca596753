use mahfada_crypto::document::Curve;
use mahfada_crypto::pure::PROVIDER;

use super::*;
use crate::oid as id;
use crate::testing::der::{bits, integer, oid, sequence, set, tlv};
use crate::vectors::{chip_authentication_session, member, transcripts};
use crate::verify::security_infos::{ChipAuthenticationChoice, SecurityInfos};

const DG1: &[u8] = include_bytes!("../../../../../tests/vectors/eid/virtual_cnie/files/DG1.bin");
const DG14: &[u8] = include_bytes!("../../../../../tests/vectors/eid/virtual_cnie/files/DG14.bin");

fn choice(dg14: &[u8]) -> ChipAuthenticationChoice {
    let infos = SecurityInfos::parse(dg14).unwrap();
    infos.chip_authentication(true).unwrap().unwrap()
}

fn chip_of(dg14: &[u8]) -> ChipAuthenticationKey {
    let choice = choice(dg14);
    ChipAuthenticationKey {
        key: choice.key,
        cipher: choice.cipher,
        protocol: choice.protocol,
        key_id: choice.key_id,
        dg1: DG1.to_vec(),
        sod_sha256: [1; 32],
    }
}

fn published() -> ChipAuthenticationChallenge {
    let scalar = member(&chip_authentication_session(), "server_eph_priv");
    let ephemeral = EcAgreementKey::new(Curve::P256, &scalar).unwrap();
    ChipAuthenticationChallenge::with_key(&chip_of(DG14), &ephemeral).unwrap()
}

fn derived(session: &str, commitment: [u8; 32]) -> ChipAuthenticationChallenge {
    ChipAuthenticationChallenge::derive(&chip_of(DG14), PROVIDER.mac, &[9; 32], session, "n", &commitment).unwrap()
}

fn response(bytes: Vec<u8>) -> UnverifiedChipResponse {
    UnverifiedChipResponse::new(bytes)
}

#[test]
fn the_published_session_proves_its_chip() {
    let session = chip_authentication_session();
    let challenge = published();
    assert_eq!(challenge.chip.key.sec1(), member(&session, "chip_pub"));
    let opening: Vec<_> = challenge.commands().opening().collect();
    assert_eq!(
        opening,
        [
            member(&session, "mse_set_at_plain"),
            member(&session, "general_authenticate_plain")
        ]
    );
    assert_eq!(
        challenge.keys.exposed(),
        (member(&session, "ks_enc"), member(&session, "ks_mac"))
    );
    let proof = challenge
        .verify(&response(member(&session, "read_binary_dg1_resp")))
        .unwrap();
    assert_eq!((proof.sod_sha256, proof.legacy), ([1; 32], false));
}

#[test]
fn the_published_clienties_are_refused() {
    let session = chip_authentication_session();
    let negatives = session["negatives"].as_array().unwrap();
    assert_eq!(negatives.len(), 5);
    for (negative, code) in negatives.iter().zip([
        "ca_mac_invalid",
        "ca_mac_invalid",
        "ca_mac_missing",
        "ca_mac_missing",
        "ca_status",
    ]) {
        // The second one is genuine, and of another session.
        let challenge = if negative["id"] == "CA-N2-replayed-from-other-session" {
            derived("another", [7; 32])
        } else {
            published()
        };
        let error = challenge.verify(&response(member(negative, "resp"))).unwrap_err();
        assert_eq!(error.code(), code, "{}", negative["id"]);
    }
}

#[test]
fn sessions_with_real_passports_come_out() {
    let sessions = transcripts("chip_authentication");
    assert_eq!(sessions.len(), 4);
    for session in sessions {
        let chip = choice(&member(&session, "dg14"));
        let scalar = member(&session, "terminal_private_key");
        let terminal = EcAgreementKey::new(chip.key.curve(), &scalar).unwrap();
        assert_eq!(terminal.public_key().sec1(), member(&session, "terminal_public_key"));
        let keys = SessionKeys::derive(chip.cipher, terminal.agree(&chip.key).unwrap().expose());
        assert_eq!(keys.exposed(), (member(&session, "ks_enc"), member(&session, "ks_mac")));
        let answer = member(&session, "response");
        assert_eq!(keys.open_response(2, &answer), Ok(Vec::new()), "{}", session["id"]);
        assert_eq!(keys.open_response(4, &answer), Err(MessagingError::MacInvalid));
    }
}

#[test]
fn a_key_identifier_travels_without_leading_zeros() {
    let german = &transcripts("chip_authentication")[1];
    assert_eq!(choice(&member(german, "dg14")).key_id, Some(vec![0xC3]));
}

// Whoever chooses the ephemeral key computes the session keys from the chip's public key alone.
#[test]
fn a_transcript_with_the_clients_ephemeral_key_proves_nothing() {
    let chip = chip_of(DG14);
    let client = EcAgreementKey::new(Curve::P256, &[0x33; 32]).unwrap();
    let keys = SessionKeys::derive(chip.cipher, client.agree(&chip.key).unwrap().expose());
    let response_of_client = keys.protect_response(RESPONSE, DG1).unwrap();
    let accepted = ChipAuthenticationChallenge::with_key(&chip, &client).unwrap();
    accepted.verify(&response(response_of_client.clone())).unwrap();
    let error = derived("s", [7; 32]).verify(&response(response_of_client)).unwrap_err();
    assert_eq!(error, ChipAuthenticationError::MacInvalid);
}

#[test]
fn session_nonce_keys_and_card_each_change_the_challenge() {
    let genuine = derived("s", [7; 32]);
    assert_eq!(genuine.commands(), derived("s", [7; 32]).commands());
    let with = |chip: &ChipAuthenticationKey, secret: &[u8], nonce| {
        ChipAuthenticationChallenge::derive(chip, PROVIDER.mac, secret, "s", nonce, &[7; 32]).unwrap()
    };
    let mut other_card = chip_of(DG14);
    other_card.sod_sha256 = [2; 32];
    for other in [
        derived("t", [7; 32]),
        derived("s", [8; 32]),
        with(&chip_of(DG14), &[8; 32], "n"),
        with(&chip_of(DG14), &[9; 32], "m"),
        with(&other_card, &[9; 32], "n"),
    ] {
        assert_ne!(genuine.commands(), other.commands());
    }
}

#[test]
fn another_file_under_the_right_keys_is_refused() {
    let challenge = derived("s", [7; 32]);
    let answer = challenge.keys.protect_response(RESPONSE, &DG1[1..]).unwrap();
    assert_eq!(
        challenge.verify(&response(answer)),
        Err(ChipAuthenticationError::OtherFile)
    );
}

#[test]
fn an_ephemeral_key_is_found_on_every_curve() {
    for curve in Curve::ALL {
        let parameters = curve.parameters();
        let generator = [&[4], parameters.gx, parameters.gy].concat();
        let chip = EcPublicKey::new(curve, &generator).unwrap();
        for seed in 0..8 {
            let key = ephemeral_key(&chip, PROVIDER.mac, &[seed; 32], b"salt").unwrap();
            assert_eq!(key.public_key().curve(), curve);
        }
    }
}

fn dg14(entries: &[&[u8]]) -> Vec<u8> {
    tlv(0x6E, &set(entries))
}

// An entry for the chip's public key of the published session: protocol 1 is Diffie-Hellman, 2 on elliptic curves.
fn key_entry(protocol: u8, point: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[&oid(id::EC_PUBLIC_KEY), &oid(id::P256)]);
    let protocol = [id::CHIP_AUTHENTICATION_KEY, &[protocol]].concat();
    sequence(&[&oid(&protocol), &sequence(&[&algorithm, &bits(point)])])
}

fn refusal_of(dg14: &[u8], allow_legacy: bool) -> &'static str {
    let infos = SecurityInfos::parse(dg14).unwrap();
    infos.chip_authentication(allow_legacy).unwrap().unwrap_err().code
}

#[test]
fn what_a_chip_offers_is_judged() {
    let mut point = member(&chip_authentication_session(), "chip_pub");
    let protocol = |family: u8| [id::CHIP_AUTHENTICATION, &[family, 2]].concat();
    let info = |family: u8| sequence(&[&oid(&protocol(family)), &integer(&[1])]);
    let (diffie_hellman, aes_128) = (info(1), info(2));
    let key = key_entry(2, &point);
    assert_eq!(choice(&dg14(&[&key, &aes_128])).cipher, MessagingCipher::Aes128);
    assert_eq!(choice(&dg14(&[&key])).cipher, MessagingCipher::TripleDes);
    assert_eq!(refusal_of(&dg14(&[&key]), false), "weak_cipher");
    let without_protocol = dg14(&[&key, &diffie_hellman]);
    assert_eq!(refusal_of(&without_protocol, true), "chip_authentication_unsupported");
    let finite_field = dg14(&[&key_entry(1, &point), &aes_128]);
    assert_eq!(refusal_of(&finite_field, true), "chip_authentication_unsupported");
    let last = point.len() - 1;
    point[last] ^= 1;
    let off_curve = dg14(&[&key_entry(2, &point), &aes_128]);
    assert_eq!(refusal_of(&off_curve, true), "unsupported_key");
}

#[test]
fn more_entries_than_a_chip_has_are_malformed() {
    let entry = sequence(&[&oid(&[0x04, 0x00, 0x7F]), &integer(&[1])]);
    let infos = |count: usize| SecurityInfos::parse(&dg14(&[&entry.repeat(count)])).map(|_| ());
    assert_eq!(infos(64), Ok(()));
    assert_eq!(infos(65).unwrap_err().code, "dg14_malformed");
}

#[test]
fn debug_shows_neither_key_nor_file() {
    let shown = format!("{:?}", derived("s", [7; 32]));
    assert!(shown.contains("Secret(…)") && !shown.contains("dg1") && !shown.contains("sod"));
}
