//! Signatures of tokens.

use super::all_providers;
use crate::hazmat::SeededRandom;
use crate::wycheproof::{Tally, cases, decode_hex, groups, hex};
use crate::{CryptoProvider, InvalidSignature, PublicKey, SignatureAlgorithm};

fn es256_key(provider: &CryptoProvider, group: &serde_json::Value) -> PublicKey {
    let sec1 = hex(&group["publicKey"], "uncompressed");
    PublicKey::P256(provider.keys.p256_public(&sec1[1..33], &sec1[33..]).unwrap())
}

pub(super) fn wycheproof_es256(provider: &CryptoProvider) {
    let mut tally = Tally::default();
    for group in groups("ecdsa_secp256r1_sha256_p1363") {
        let key = es256_key(provider, &group);
        for case in cases(&group) {
            let verdict =
                provider
                    .signatures
                    .verify(SignatureAlgorithm::Es256, &key, &hex(case, "msg"), &hex(case, "sig"));
            tally.judge(case, false, verdict.is_ok());
        }
    }
    assert_eq!(
        tally,
        Tally {
            valid: 173,
            invalid: 89
        }
    );
}

pub(super) fn wycheproof_es384(provider: &CryptoProvider) {
    let mut tally = Tally::default();
    for group in groups("ecdsa_secp384r1_sha384_p1363") {
        let sec1 = hex(&group["publicKey"], "uncompressed");
        let key = provider.keys.p384_public(&sec1[1..49], &sec1[49..]).unwrap();
        for case in cases(&group) {
            let verdict =
                provider
                    .signatures
                    .verify(SignatureAlgorithm::Es384, &key, &hex(case, "msg"), &hex(case, "sig"));
            tally.judge(case, false, verdict.is_ok());
        }
    }
    assert_eq!(
        tally,
        Tally {
            valid: 193,
            invalid: 87
        }
    );
}

pub(super) fn wycheproof_ed25519(provider: &CryptoProvider) {
    let mut tally = Tally::default();
    for group in groups("ed25519") {
        let key = provider.keys.ed25519_public(&hex(&group["publicKey"], "pk"));
        for case in cases(&group) {
            let accepted = key.as_ref().is_ok_and(|key| {
                let (message, signature) = (hex(case, "msg"), hex(case, "sig"));
                provider
                    .signatures
                    .verify(SignatureAlgorithm::EdDsa, key, &message, &signature)
                    .is_ok()
            });
            tally.judge(case, false, accepted);
        }
    }
    assert_eq!(tally, Tally { valid: 88, invalid: 63 });
}

pub(super) fn signs_what_it_verifies(provider: &CryptoProvider) {
    let signer = provider.keys.generate_es256(&SeededRandom::new("sign")).unwrap();
    assert_eq!(signer.algorithm(), SignatureAlgorithm::Es256);
    let signature = signer.sign(b"message").unwrap();
    let stranger = provider.keys.generate_es256(&SeededRandom::new("stranger")).unwrap();
    for judge in all_providers() {
        let verify = |key, message: &[u8]| {
            judge
                .signatures
                .verify(SignatureAlgorithm::Es256, key, message, &signature.0)
        };
        assert_eq!(verify(signer.public_key(), b"message"), Ok(()));
        assert_eq!(verify(signer.public_key(), b"messagf"), Err(InvalidSignature));
        assert_eq!(verify(stranger.public_key(), b"message"), Err(InvalidSignature));
    }
}

pub(super) fn refuses_key_of_another_algorithm(provider: &CryptoProvider) {
    let es256 = &groups("ecdsa_secp256r1_sha256_p1363")[0];
    let key = es256_key(provider, es256);
    let case = &cases(es256)[0];
    let (message, signature) = (hex(case, "msg"), hex(case, "sig"));
    let verify = |algorithm| provider.signatures.verify(algorithm, &key, &message, &signature);
    assert_eq!(verify(SignatureAlgorithm::Es256), Ok(()));
    assert_eq!(verify(SignatureAlgorithm::Es384), Err(InvalidSignature));
    assert_eq!(verify(SignatureAlgorithm::EdDsa), Err(InvalidSignature));
}

/// With `R` the neutral element and `S = k·a` (here `a = 7`) the equation of RFC 8032 §5.1.7 holds; the rule on small
/// orders alone refuses the signature.
pub(super) fn refuses_small_order_commitment(provider: &CryptoProvider) {
    use ed25519_dalek::Verifier as _;

    let key = decode_hex("b862409fb5c4c4123df2abf7462b88f041ad36dd6864ce872fd5472be363c5b1");
    let signature = decode_hex(
        "0100000000000000000000000000000000000000000000000000000000000000\
         0d23dbf165207a282af01b19e593db293a33f396294eb8bcd203874e86bb790d",
    );
    let lenient = ed25519_dalek::VerifyingKey::from_bytes(key.as_slice().try_into().unwrap()).unwrap();
    lenient.verify(b"m", &signature.as_slice().try_into().unwrap()).unwrap();
    let key = provider.keys.ed25519_public(&key).unwrap();
    let verdict = provider
        .signatures
        .verify(SignatureAlgorithm::EdDsa, &key, b"m", &signature);
    assert_eq!(verdict, Err(InvalidSignature));
}
