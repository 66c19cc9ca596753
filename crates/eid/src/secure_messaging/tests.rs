use super::*;
use crate::vectors::{chip_authentication_session, hex, member};

const CIPHERS: [MessagingCipher; 4] = [
    MessagingCipher::TripleDes,
    MessagingCipher::Aes128,
    MessagingCipher::Aes192,
    MessagingCipher::Aes256,
];

impl SessionKeys {
    /// Shows encryption and MAC key to a test.
    pub(crate) fn exposed(&self) -> (Vec<u8>, Vec<u8>) {
        (self.encryption.expose().clone(), self.mac.expose().clone())
    }
}

fn response(cipher: MessagingCipher) -> (SessionKeys, Vec<u8>) {
    let keys = SessionKeys::derive(cipher, b"shared");
    let response = keys.protect_response(2, b"sixteen bytes ..and more").unwrap();
    (keys, response)
}

#[test]
fn both_sides_understand_each_other() {
    for cipher in CIPHERS {
        let (keys, response) = response(cipher);
        assert_eq!(keys.open_response(2, &response).unwrap(), b"sixteen bytes ..and more");
        let command = keys.read_binary(1, 1, 95).unwrap();
        assert_eq!(keys.open_command(1, &command), Ok(([0x0C, 0xB0, 0x81, 0x00], 95)));
        assert_eq!(keys.open_command(3, &command), Err(MessagingError::MacInvalid));
    }
}

#[test]
fn the_command_of_the_published_session_comes_out() {
    let session = chip_authentication_session();
    let keys = SessionKeys {
        cipher: MessagingCipher::Aes128,
        encryption: Secret::new(member(&session, "ks_enc")),
        mac: Secret::new(member(&session, "ks_mac")),
    };
    assert_eq!(
        keys.read_binary(1, 1, 0x60).unwrap(),
        member(&session, "read_binary_dg1_cmd")
    );
    let opened = keys.open_response(2, &member(&session, "read_binary_dg1_resp"));
    assert_eq!(opened.unwrap(), member(&session, "plaintext"));
}

#[test]
fn no_flipped_bit_of_a_response_counts() {
    for cipher in CIPHERS {
        let (keys, response) = response(cipher);
        for bit in 0..response.len() * 8 {
            let mut flipped = response.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            keys.open_response(2, &flipped).unwrap_err();
        }
    }
}

#[test]
fn a_response_counts_for_its_number_and_session_only() {
    for cipher in CIPHERS {
        let (keys, response) = response(cipher);
        let other = SessionKeys::derive(cipher, b"another");
        assert_eq!(keys.open_response(4, &response), Err(MessagingError::MacInvalid));
        assert_eq!(other.open_response(2, &response), Err(MessagingError::MacInvalid));
    }
}

#[test]
fn what_is_not_a_protected_success_is_refused() {
    let (keys, response) = response(MessagingCipher::Aes256);
    let with_status = |status: [u8; 2]| {
        let mut changed = response.clone();
        *changed.last_chunk_mut::<2>().unwrap() = status;
        changed
    };
    let without_mac = [&response[..response.len() - 12], &[0x90, 0x00]].concat();
    let trailing = [&response[..response.len() - 2], &[0x99, 0x02, 0x90, 0x00, 0x90, 0x00]].concat();
    let no_status_object = hex("8e0800000000000000009000");
    for (wrong, error) in [
        (Vec::new(), MessagingError::MacMissing),
        (vec![0x90], MessagingError::MacMissing),
        (vec![0x90, 0x00], MessagingError::MacMissing),
        (vec![0x69, 0x88], MessagingError::MacMissing),
        (without_mac, MessagingError::MacMissing),
        (with_status([0x69, 0x88]), MessagingError::StatusMismatch),
        (trailing, MessagingError::Malformed),
        (no_status_object, MessagingError::Malformed),
    ] {
        assert_eq!(keys.open_response(2, &wrong), Err(error), "{wrong:02x?}");
    }
}

#[test]
fn an_authenticated_failure_is_a_failure() {
    let keys = SessionKeys::derive(MessagingCipher::Aes128, b"shared");
    let body = [0x99, 0x02, 0x69, 0x82];
    let mac = keys.mac(2, &body).unwrap();
    let response = [&body[..], &[0x8E, 0x08], &mac, &[0x69, 0x82]].concat();
    assert_eq!(keys.open_response(2, &response), Err(MessagingError::Status));
}

#[test]
fn padding_is_checked() {
    let keys = SessionKeys::derive(MessagingCipher::Aes128, b"shared");
    let iv = keys.vector(2).unwrap();
    for plaintext in [[0; 16], [0x11; 16]] {
        let blocks = keys.cipher.encrypt(keys.encryption.expose(), &iv, &plaintext).unwrap();
        let body = [&[0x87, 0x11, 0x01], &blocks[..], &[0x99, 0x02, 0x90, 0x00]].concat();
        let mac = keys.mac(2, &body).unwrap();
        let response = [&body[..], &[0x8E, 0x08], &mac, &[0x90, 0x00]].concat();
        assert_eq!(keys.open_response(2, &response), Err(MessagingError::Malformed));
    }
}

#[test]
fn debug_shows_no_key() {
    let keys = SessionKeys::derive(MessagingCipher::Aes128, b"shared");
    assert!(format!("{keys:?}").contains("Secret(…)"));
}
