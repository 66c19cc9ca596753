//! AES-GCM.

use super::all_providers;
use crate::wycheproof::{Tally, cases, groups, hex};
use crate::{AeadError, ContentEncryption, CryptoProvider};

pub(super) fn wycheproof_aes_gcm(provider: &CryptoProvider) {
    let (mut tally, mut unrepresentable) = (Tally::default(), 0);
    for group in groups("aes_gcm") {
        let algorithm = match (&group["ivSize"], &group["keySize"], &group["tagSize"]) {
            (iv, key, tag) if iv == 96 && key == 128 && tag == 128 => ContentEncryption::A128Gcm,
            (iv, key, tag) if iv == 96 && key == 256 && tag == 128 => ContentEncryption::A256Gcm,
            // AES-192 and other nonces have no place in the types.
            _ => {
                unrepresentable += cases(&group).len();
                continue;
            }
        };
        for case in cases(&group) {
            let (key, aad) = (hex(case, "key"), hex(case, "aad"));
            let nonce = hex(case, "iv").try_into().unwrap();
            let tag = hex(case, "tag").try_into().unwrap();
            let opened = provider
                .aead
                .open(algorithm, &key, &nonce, &aad, &hex(case, "ct"), &tag);
            if let Ok(plaintext) = &opened {
                assert_eq!(*plaintext, hex(case, "msg"));
                let sealed = provider.aead.seal(algorithm, &key, &nonce, &aad, plaintext).unwrap();
                assert_eq!(sealed, (hex(case, "ct"), tag));
            }
            tally.judge(case, false, opened.is_ok());
        }
    }
    assert_eq!((tally, unrepresentable), (Tally { valid: 79, invalid: 54 }, 183));
}

pub(super) fn seals_and_opens(provider: &CryptoProvider) {
    for algorithm in [ContentEncryption::A128Gcm, ContentEncryption::A256Gcm] {
        let key = vec![7; algorithm.key_len()];
        let (ciphertext, tag) = provider
            .aead
            .seal(algorithm, &key, &[1; 12], b"aad", b"plaintext")
            .unwrap();
        for other in all_providers() {
            let opened = other.aead.open(algorithm, &key, &[1; 12], b"aad", &ciphertext, &tag);
            assert_eq!(opened.as_deref(), Ok(b"plaintext".as_slice()));
        }
    }
}

pub(super) fn refuses_changed_ciphertext(provider: &CryptoProvider) {
    let algorithm = ContentEncryption::A256Gcm;
    let (ciphertext, tag) = provider
        .aead
        .seal(algorithm, &[7; 32], &[1; 12], b"aad", b"plaintext")
        .unwrap();
    let open = |key: &[u8], nonce, aad: &[u8], ciphertext: &[u8], tag: &[u8; 16]| {
        provider.aead.open(algorithm, key, nonce, aad, ciphertext, tag)
    };
    let (mut changed, mut other_tag) = (ciphertext.clone(), tag);
    changed[0] ^= 1;
    other_tag[15] ^= 1;
    assert_eq!(
        open(&[7; 32], &[1; 12], b"aad", &ciphertext, &tag).as_deref(),
        Ok(b"plaintext".as_slice())
    );
    for refused in [
        open(&[8; 32], &[1; 12], b"aad", &ciphertext, &tag),
        open(&[7; 32], &[2; 12], b"aad", &ciphertext, &tag),
        open(&[7; 32], &[1; 12], b"aae", &ciphertext, &tag),
        open(&[7; 32], &[1; 12], b"aad", &changed, &tag),
        open(&[7; 32], &[1; 12], b"aad", &ciphertext[1..], &tag),
        open(&[7; 32], &[1; 12], b"aad", &ciphertext, &other_tag),
    ] {
        assert_eq!(refused, Err(AeadError));
    }
}

pub(super) fn refuses_aead_keys_of_other_lengths(provider: &CryptoProvider) {
    for (algorithm, lengths) in [
        (ContentEncryption::A128Gcm, [0, 15, 24, 32]),
        (ContentEncryption::A256Gcm, [0, 16, 24, 33]),
    ] {
        for length in lengths {
            let key = vec![7; length];
            assert_eq!(provider.aead.seal(algorithm, &key, &[1; 12], b"", b"p"), Err(AeadError));
            assert_eq!(
                provider.aead.open(algorithm, &key, &[1; 12], b"", b"p", &[0; 16]),
                Err(AeadError)
            );
        }
    }
}
