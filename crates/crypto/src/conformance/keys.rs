//! Public keys, and key pairs made and read.

use std::collections::HashSet;

use super::all_providers;
use crate::hazmat::{FailingRandom, SeededRandom};
use crate::wycheproof::{groups, hex};
use crate::{CryptoProvider, InvalidSignature, KeyError, PublicKey, RandomError, SignatureAlgorithm};

pub(super) fn refuses_other_lengths(provider: &CryptoProvider) {
    let signer = provider.keys.generate_es256(&SeededRandom::new("length")).unwrap();
    let signature = signer.sign(b"m").unwrap().0;
    for other in [&signature[..63], &[signature.as_slice(), &[0]].concat(), &[]] {
        let verdict = provider
            .signatures
            .verify(SignatureAlgorithm::Es256, signer.public_key(), b"m", other);
        assert_eq!(verdict, Err(InvalidSignature));
    }
    for length in [0, 31, 33, 64] {
        assert_eq!(
            provider.keys.p256_public(&vec![1; length], &vec![1; length]),
            Err(KeyError::Malformed)
        );
        assert_eq!(
            provider.keys.p384_public(&vec![1; length], &vec![1; length]),
            Err(KeyError::Malformed)
        );
        assert_eq!(provider.keys.ed25519_public(&vec![1; length]), Err(KeyError::Malformed));
    }
    let PublicKey::P256(key) = signer.public_key() else {
        panic!("not on P-256")
    };
    let (x, y) = key.coordinates();
    assert_eq!(
        provider.keys.p256_public(&x[..31], &[&x[31..], &y].concat()),
        Err(KeyError::Malformed)
    );
    assert_eq!(provider.keys.p256_public(&x, &y), Ok(*key));
}

pub(super) fn refuses_points_off_the_curve(provider: &CryptoProvider) {
    let group = &groups("ecdsa_secp256r1_sha256_p1363")[0];
    let mut p256 = hex(&group["publicKey"], "uncompressed");
    p256[64] ^= 1;
    assert_eq!(
        provider.keys.p256_public(&p256[1..33], &p256[33..]),
        Err(KeyError::Malformed)
    );
    assert_eq!(provider.keys.p256_public(&[0; 32], &[0; 32]), Err(KeyError::Malformed));
    let group = &groups("ecdsa_secp384r1_sha384_p1363")[0];
    let mut p384 = hex(&group["publicKey"], "uncompressed");
    p384[96] ^= 1;
    assert_eq!(
        provider.keys.p384_public(&p384[1..49], &p384[49..]),
        Err(KeyError::Malformed)
    );
    // y = 2 belongs to no point on edwards25519; small orders are refused in `ed25519`.
    let mut two = [0; 32];
    two[0] = 2;
    assert_eq!(provider.keys.ed25519_public(&two), Err(KeyError::Malformed));
}

pub(super) fn failing_random_makes_no_key(provider: &CryptoProvider) {
    let expected = Err(KeyError::Random(RandomError));
    assert_eq!(provider.keys.generate_es256(&FailingRandom).map(|_| ()), expected);
    assert_eq!(provider.keys.generate_es256_pkcs8(&FailingRandom).map(|_| ()), expected);
    assert_eq!(provider.agreement.generate(&FailingRandom).map(|_| ()), expected);
}

pub(super) fn one_seed_makes_one_key(provider: &CryptoProvider) {
    let key = |provider: &CryptoProvider, seed| {
        let random = SeededRandom::new(seed);
        let signer = provider.keys.generate_es256(&random).unwrap();
        let agreement = provider.agreement.generate(&random).unwrap();
        (signer.public_key().clone(), *agreement.public_key())
    };
    for other in all_providers() {
        assert_eq!(
            key(provider, "seed"),
            key(other, "seed"),
            "the key comes from the handed-in bytes alone"
        );
    }
    let keys: HashSet<_> = ["a", "b", "c"].map(|seed| key(provider, seed)).into();
    assert_eq!(keys.len(), 3);
}

pub(super) fn pkcs8_survives_a_round_trip(provider: &CryptoProvider) {
    let der = provider.keys.generate_es256_pkcs8(&SeededRandom::new("pkcs8")).unwrap();
    let generated = provider.keys.generate_es256(&SeededRandom::new("pkcs8")).unwrap();
    for reader in all_providers() {
        let signer = reader.keys.es256_from_pkcs8(der.expose()).unwrap();
        assert_eq!(signer.public_key(), generated.public_key());
        let signature = signer.sign(b"m").unwrap().0;
        let verdict = provider
            .signatures
            .verify(SignatureAlgorithm::Es256, generated.public_key(), b"m", &signature);
        assert_eq!(verdict, Ok(()));
    }
}

pub(super) fn refuses_foreign_pkcs8(provider: &CryptoProvider) {
    use p384::pkcs8::EncodePrivateKey as _;

    let read = |der: &[u8]| provider.keys.es256_from_pkcs8(der).map(|_| ());
    let der = provider
        .keys
        .generate_es256_pkcs8(&SeededRandom::new("own"))
        .unwrap()
        .expose()
        .clone();
    assert_eq!(read(&der), Ok(()));
    assert_eq!(read(&der[..der.len() - 1]), Err(KeyError::Malformed));
    assert_eq!(read(&[der.as_slice(), &[0]].concat()), Err(KeyError::Malformed));
    assert_eq!(read(&[]), Err(KeyError::Malformed));
    let p384 = p384::SecretKey::from_slice(&[7; 48]).unwrap().to_pkcs8_der().unwrap();
    assert_eq!(read(p384.as_bytes()), Err(KeyError::Malformed));
    // The public half of somebody else.
    let other = provider.keys.generate_es256(&SeededRandom::new("other")).unwrap();
    let PublicKey::P256(other) = other.public_key() else {
        panic!("not on P-256")
    };
    let mut mixed = der;
    let start = mixed.len() - 65;
    assert_eq!(mixed[start], 4);
    mixed[start..].copy_from_slice(other.sec1());
    assert_eq!(read(&mixed), Err(KeyError::Malformed));
}
