use serde_json::Value;

use super::*;
use crate::KeyError;
use crate::wycheproof::{Tally, cases, decode_hex, groups, hex};

fn curve(name: &str) -> Curve {
    match name {
        "secp256r1" => Curve::P256,
        "secp384r1" => Curve::P384,
        "secp521r1" => Curve::P521,
        "brainpoolP256r1" => Curve::BrainpoolP256r1,
        "brainpoolP384r1" => Curve::BrainpoolP384r1,
        "brainpoolP512r1" => Curve::BrainpoolP512r1,
        _ => panic!("{name}"),
    }
}

fn hash(name: &str) -> HashAlgorithm {
    match name {
        "sha1" => HashAlgorithm::Sha1,
        "sha224" => HashAlgorithm::Sha224,
        "sha256" | "SHA-256" => HashAlgorithm::Sha256,
        "sha384" | "SHA-384" => HashAlgorithm::Sha384,
        "sha512" => HashAlgorithm::Sha512,
        _ => panic!("{name}"),
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

fn ecdsa_file(file: &str, algorithm: fn(HashAlgorithm) -> DocumentAlgorithm) -> Tally {
    let mut tally = Tally::default();
    for group in groups(file) {
        let key = &group["publicKey"];
        let key = EcPublicKey::new(curve(text(key, "curve")), &hex(key, "uncompressed")).unwrap();
        let (key, algorithm) = (DocumentKey::Ec(key), algorithm(hash(text(&group, "sha"))));
        for case in cases(&group) {
            let verdict = verify(&key, &algorithm, &hex(case, "msg"), &hex(case, "sig"));
            tally.judge(case, false, verdict.is_ok());
        }
    }
    tally
}

#[test]
fn wycheproof_ecdsa_der() {
    for (file, valid, invalid) in [
        ("ecdsa_secp256r1_sha256", 174, 310),
        ("ecdsa_secp384r1_sha384", 194, 310),
        ("ecdsa_brainpoolP256r1_sha256", 176, 309),
        ("ecdsa_brainpoolP384r1_sha384", 207, 309),
    ] {
        assert_eq!(
            ecdsa_file(file, DocumentAlgorithm::EcdsaDer),
            Tally { valid, invalid },
            "{file}"
        );
    }
}

#[test]
fn wycheproof_ecdsa_plain() {
    for (file, valid, invalid) in [
        ("ecdsa_secp256r1_sha256_p1363", 173, 89),
        ("ecdsa_secp384r1_sha384_p1363", 193, 87),
        ("ecdsa_brainpoolP256r1_sha256_p1363", 175, 86),
        ("ecdsa_brainpoolP384r1_sha384_p1363", 206, 86),
    ] {
        assert_eq!(
            ecdsa_file(file, DocumentAlgorithm::EcdsaPlain),
            Tally { valid, invalid },
            "{file}"
        );
    }
}

fn rsa_file(file: &str, algorithm: impl Fn(&Value) -> DocumentAlgorithm) -> Tally {
    let mut tally = Tally::default();
    for group in groups(file) {
        let key = &group["publicKey"];
        let key = RsaPublicKey::new(&hex(key, "modulus"), &hex(key, "publicExponent")).unwrap();
        assert_eq!(Some(key.bits() as u64), group["keySize"].as_u64());
        let (key, algorithm) = (DocumentKey::Rsa(key), algorithm(&group));
        for case in cases(&group) {
            let verdict = verify(&key, &algorithm, &hex(case, "msg"), &hex(case, "sig"));
            // The acceptable case of each PKCS#1 file leaves the NULL out of DigestInfo: RFC 8017 §9.2 note 1 puts it
            // in, and no document signer is known to leave it out.
            tally.judge(case, false, verdict.is_ok());
        }
    }
    tally
}

#[test]
fn wycheproof_rsa_pkcs1() {
    for (file, valid, invalid) in [
        ("rsa_signature_2048_sha256", 9, 250),
        ("rsa_signature_4096_sha256", 7, 251),
    ] {
        let tally = rsa_file(file, |group| DocumentAlgorithm::RsaPkcs1(hash(text(group, "sha"))));
        assert_eq!(tally, Tally { valid, invalid }, "{file}");
    }
}

#[test]
fn wycheproof_rsa_pss() {
    for (file, total) in [
        ("rsa_pss_2048_sha256_mgf1_0", 103),
        ("rsa_pss_2048_sha256_mgf1_0_params", 103),
        ("rsa_pss_2048_sha256_mgf1_32", 108),
        ("rsa_pss_2048_sha256_mgf1_32_params", 108),
        ("rsa_pss_4096_sha256_mgf1_32", 108),
    ] {
        let tally = rsa_file(file, |group| DocumentAlgorithm::RsaPss {
            hash: hash(text(group, "sha")),
            mgf_hash: hash(text(group, "mgfSha")),
            salt_len: usize::try_from(group["sLen"].as_u64().unwrap()).unwrap(),
        });
        assert_eq!(tally.valid + tally.invalid, total, "{file}");
        assert!(tally.valid >= 60 && tally.invalid >= 40, "{file}: {tally:?}");
    }
}

/// A case of `testdata/document.json`, which OpenSSL signed.
struct Signed {
    key: DocumentKey,
    algorithm: DocumentAlgorithm,
    message: Vec<u8>,
    signature: Vec<u8>,
}

fn signed() -> Vec<Signed> {
    let document: Value = serde_json::from_str(include_str!("../../testdata/document.json")).unwrap();
    let message = hex(&document, "message");
    let read = |case: &Value| {
        let hash_algorithm = hash(text(case, "hash"));
        let algorithm = match text(case, "scheme") {
            "ecdsa" => DocumentAlgorithm::EcdsaDer(hash_algorithm),
            "pkcs1" => DocumentAlgorithm::RsaPkcs1(hash_algorithm),
            "pss" => DocumentAlgorithm::RsaPss {
                hash: hash_algorithm,
                mgf_hash: case["mgf"].as_str().map_or(hash_algorithm, hash),
                salt_len: usize::try_from(case["salt"].as_u64().unwrap()).unwrap(),
            },
            scheme => panic!("{scheme}"),
        };
        let key = match case["curve"].as_str() {
            Some(name) => DocumentKey::Ec(EcPublicKey::new(curve(name), &hex(case, "key")).unwrap()),
            None => DocumentKey::Rsa(RsaPublicKey::new(&hex(case, "modulus"), &hex(case, "exponent")).unwrap()),
        };
        Signed {
            key,
            algorithm,
            message: message.clone(),
            signature: hex(case, "sig"),
        }
    };
    document["cases"].as_array().unwrap().iter().map(read).collect()
}

fn has_other_mgf(algorithm: &DocumentAlgorithm) -> bool {
    matches!(algorithm, DocumentAlgorithm::RsaPss { hash, mgf_hash, .. } if hash != mgf_hash)
}

#[test]
fn verifies_every_hash_on_every_curve_and_key_size() {
    for Signed {
        key,
        algorithm,
        message,
        mut signature,
    } in signed()
    {
        if has_other_mgf(&algorithm) {
            continue;
        }
        assert_eq!(
            verify(&key, &algorithm, &message, &signature),
            Ok(()),
            "{algorithm:?} {key:?}"
        );
        assert_eq!(verify(&key, &algorithm, b"another", &signature), Err(InvalidSignature));
        *signature.last_mut().unwrap() ^= 1;
        assert_eq!(verify(&key, &algorithm, &message, &signature), Err(InvalidSignature));
    }
}

#[test]
fn refuses_another_mask_hash() {
    // Neither a signature that was made so, nor one that merely says so.
    let other = signed()
        .into_iter()
        .find(|case| has_other_mgf(&case.algorithm))
        .unwrap();
    let verdict = verify(&other.key, &other.algorithm, &other.message, &other.signature);
    assert_eq!(verdict, Err(InvalidSignature));
    for mut case in signed() {
        if let DocumentAlgorithm::RsaPss {
            hash: HashAlgorithm::Sha256,
            mgf_hash,
            ..
        } = &mut case.algorithm
        {
            *mgf_hash = HashAlgorithm::Sha1;
            let verdict = verify(&case.key, &case.algorithm, &case.message, &case.signature);
            assert_eq!(verdict, Err(InvalidSignature));
        }
    }
}

#[test]
fn refuses_another_salt_length_hash_and_scheme() {
    let case = signed()
        .into_iter()
        .find(|case| matches!(case.algorithm, DocumentAlgorithm::RsaPss { salt_len: 32, .. }))
        .unwrap();
    let pss = |hash, salt_len| DocumentAlgorithm::RsaPss {
        hash,
        mgf_hash: hash,
        salt_len,
    };
    let judge = |algorithm| verify(&case.key, &algorithm, &case.message, &case.signature);
    assert_eq!(judge(pss(HashAlgorithm::Sha256, 32)), Ok(()));
    for other in [
        pss(HashAlgorithm::Sha256, 31),
        pss(HashAlgorithm::Sha256, 33),
        pss(HashAlgorithm::Sha256, 0),
        pss(HashAlgorithm::Sha256, usize::MAX),
        pss(HashAlgorithm::Sha384, 32),
        DocumentAlgorithm::RsaPkcs1(HashAlgorithm::Sha256),
        DocumentAlgorithm::EcdsaDer(HashAlgorithm::Sha256),
        DocumentAlgorithm::EcdsaPlain(HashAlgorithm::Sha256),
    ] {
        assert_eq!(judge(other), Err(InvalidSignature), "{other:?}");
    }
}

#[test]
fn refuses_plain_signatures_of_other_lengths() {
    let group = &groups("ecdsa_brainpoolP256r1_sha256_p1363")[0];
    let sec1 = hex(&group["publicKey"], "uncompressed");
    let key = DocumentKey::Ec(EcPublicKey::new(Curve::BrainpoolP256r1, &sec1).unwrap());
    let case = &cases(group)[0];
    let (message, signature) = (hex(case, "msg"), hex(case, "sig"));
    let judge = |signature: &[u8]| {
        verify(
            &key,
            &DocumentAlgorithm::EcdsaPlain(HashAlgorithm::Sha256),
            &message,
            signature,
        )
    };
    assert_eq!(judge(&signature), Ok(()));
    for other in [
        &signature[..63],
        &signature[..32],
        &[],
        &[signature.as_slice(), &[0]].concat(),
    ] {
        assert_eq!(judge(other), Err(InvalidSignature));
    }
}

#[test]
fn refuses_rsa_algorithms_on_curves() {
    let case = signed()
        .into_iter()
        .find(|case| matches!(case.key, DocumentKey::Ec(_)))
        .unwrap();
    let hash = HashAlgorithm::Sha1;
    for other in [
        DocumentAlgorithm::RsaPkcs1(hash),
        DocumentAlgorithm::RsaPss {
            hash,
            mgf_hash: hash,
            salt_len: 20,
        },
    ] {
        assert_eq!(
            verify(&case.key, &other, &case.message, &case.signature),
            Err(InvalidSignature)
        );
    }
}

#[test]
fn refuses_rsa_keys_out_of_bounds() {
    let exponent = [1, 0, 1];
    let modulus = |bytes: usize, first, last| {
        let mut modulus = vec![0xa5; bytes];
        modulus[0] = first;
        modulus[bytes - 1] = last;
        modulus
    };
    let bits = |modulus: &[u8]| RsaPublicKey::new(modulus, &exponent).unwrap().bits();
    assert_eq!(bits(&modulus(128, 0x80, 1)), 1024);
    assert_eq!(bits(&modulus(1024, 0xff, 1)), 8192);
    for (modulus, exponent) in [
        (modulus(128, 0x7f, 1), exponent.as_slice()),
        (modulus(1025, 1, 1), &exponent),
        (modulus(256, 0x80, 2), &exponent),
        (modulus(256, 0x80, 1), &[]),
        (modulus(256, 0x80, 1), &[0]),
        (modulus(256, 0x80, 1), &[1]),
        (modulus(256, 0x80, 1), &[2]),
        (modulus(256, 0x80, 1), &[1, 0, 0]),
        (modulus(256, 0x80, 1), &[1, 0, 0, 0, 0, 0, 0, 0, 1]),
        (vec![], &exponent),
        (vec![0; 256], &exponent),
    ] {
        assert_eq!(RsaPublicKey::new(&modulus, exponent), Err(KeyError::Malformed));
    }
}

#[test]
fn leading_zeros_make_no_other_key() {
    let modulus = [vec![0x80], vec![3; 255]].concat();
    let key = RsaPublicKey::new(&modulus, &[3]).unwrap();
    assert_eq!(
        RsaPublicKey::new(&[vec![0], modulus.clone()].concat(), &[0, 0, 3]),
        Ok(key.clone())
    );
    assert_eq!(
        (key.bits(), key.modulus_len(), key.exponent(), key.modulus()),
        (2048, 256, 3, modulus.as_slice())
    );
}

#[test]
fn raw_bounds_its_input() {
    let modulus = [vec![0x80], vec![3; 255]].concat();
    let key = RsaPublicKey::new(&modulus, &[3]).unwrap();
    let mut two = vec![0; 256];
    two[255] = 2;
    let mut eight = vec![0; 256];
    eight[255] = 8;
    assert_eq!(key.raw(&two), Ok(eight.clone()));
    // (n - 2)^3 = n - 8 mod n.
    assert_eq!(key.raw(&key.complement(&two)), Ok(key.complement(&eight)));
    assert_eq!(key.raw(&two[1..]), Err(RawRsaError::Length));
    assert_eq!(key.raw(&[vec![0], two].concat()), Err(RawRsaError::Length));
    assert_eq!(key.raw(&vec![0; 256]), Err(RawRsaError::Range));
    assert_eq!(key.raw(&modulus), Err(RawRsaError::Range));
    assert_eq!(key.raw(&vec![0xff; 256]), Err(RawRsaError::Range));
}

#[test]
fn complement_subtracts_with_borrow() {
    let modulus = [vec![0x80], vec![3; 255]].concat();
    let key = RsaPublicKey::new(&modulus, &[3]).unwrap();
    assert_eq!(key.complement(&modulus), vec![0; 256]);
    assert_eq!(key.complement(&[]), modulus);
    let mut expected = modulus.clone();
    expected[255] = 0xff;
    expected[254] = 2;
    assert_eq!(key.complement(&[4]), expected);
}

#[test]
fn base_points_lie_on_their_curves() {
    for curve in Curve::ALL {
        let parameters = curve.parameters();
        for part in [parameters.p, parameters.a, parameters.b, parameters.gx, parameters.gy] {
            assert_eq!(part.len(), curve.field_len());
        }
        assert_eq!((parameters.n.len(), parameters.h), (curve.order_len(), 1));
        let base = [&[4], parameters.gx, parameters.gy].concat();
        let key = EcPublicKey::new(curve, &base).unwrap();
        assert_eq!((key.curve(), key.sec1()), (curve, base.as_slice()));
    }
}

/// `y² = x³ + ax + b` with the numbers of the table alone.
#[test]
fn parameters_satisfy_their_equation() {
    use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
    use crypto_bigint::{BoxedUint, Odd};

    for curve in Curve::ALL {
        let parameters = curve.parameters();
        let number = |bytes| BoxedUint::from_be_slice(bytes, u32::try_from(8 * curve.field_len()).unwrap()).unwrap();
        let field = BoxedMontyParams::new_vartime(Odd::new(number(parameters.p)).unwrap());
        let element = |bytes| BoxedMontyForm::new(number(bytes), &field);
        let (x, y) = (element(parameters.gx), element(parameters.gy));
        let right = &(&(&x.square() * &x) + &(&element(parameters.a) * &x)) + &element(parameters.b);
        assert_eq!(y.square(), right, "{curve:?}");
    }
}

/// The curve crates hold the orders too: `n - 1` is their largest scalar, `n` is none.
#[test]
fn orders_are_those_of_the_curve_crates() {
    fn is_scalar<C: p256::elliptic_curve::CurveArithmetic>(bytes: &[u8]) -> bool {
        p256::elliptic_curve::SecretKey::<C>::from_slice(bytes).is_ok()
    }
    for curve in Curve::ALL {
        let is_scalar = match curve {
            Curve::P256 => is_scalar::<p256::NistP256>,
            Curve::P384 => is_scalar::<p384::NistP384>,
            Curve::P521 => is_scalar::<p521::NistP521>,
            Curve::BrainpoolP256r1 => is_scalar::<bp256::BrainpoolP256r1>,
            Curve::BrainpoolP384r1 => is_scalar::<bp384::BrainpoolP384r1>,
            Curve::BrainpoolP512r1 => is_scalar::<curve::BrainpoolP512r1>,
        };
        let mut order = curve.parameters().n.to_vec();
        assert!(!is_scalar(&order), "{curve:?}");
        *order.last_mut().unwrap() -= 1;
        assert!(is_scalar(&order), "{curve:?}");
    }
}

#[test]
fn refuses_points_in_other_forms_and_off_the_curve() {
    for curve in Curve::ALL {
        let parameters = curve.parameters();
        let base = [&[4], parameters.gx, parameters.gy].concat();
        let mut off = base.clone();
        *off.last_mut().unwrap() ^= 1;
        let mut hybrid = base.clone();
        hybrid[0] = 6 | (base[base.len() - 1] & 1);
        let compressed = [&[2 | (base[base.len() - 1] & 1)], parameters.gx].concat();
        let zeros = [vec![4], vec![0; 2 * curve.field_len()]].concat();
        let too_large = [&[4], parameters.p, parameters.gy].concat();
        for other in [
            off,
            hybrid,
            compressed,
            zeros,
            too_large,
            base[..base.len() - 1].to_vec(),
            vec![0],
            vec![],
        ] {
            assert_eq!(
                EcPublicKey::new(curve, &other),
                Err(KeyError::Malformed),
                "{curve:?} {other:02x?}"
            );
        }
    }
    let p256 = Curve::P256.parameters();
    let base = [&[4], p256.gx, p256.gy].concat();
    assert_eq!(
        EcPublicKey::new(Curve::BrainpoolP256r1, &base),
        Err(KeyError::Malformed)
    );
}

/// FIPS 180-4, the message `abc`.
#[test]
fn known_digests() {
    for (hash, expected) in [
        (HashAlgorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            HashAlgorithm::Sha224,
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        ),
        (
            HashAlgorithm::Sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
    ] {
        assert_eq!(hash.digest(b"abc"), decode_hex(expected));
    }
    for hash in [
        HashAlgorithm::Sha1,
        HashAlgorithm::Sha224,
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha384,
        HashAlgorithm::Sha512,
    ] {
        assert_eq!(hash.digest(b"").len(), hash.output_len());
    }
}
