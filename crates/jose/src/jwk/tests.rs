use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use serde_json::json;

use super::*;

/// The key of RFC 9449 §4.1 (figure 2), whose thumbprint stands in §6.1.
fn dpop_key() -> Value {
    json!({
        "kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
    })
}

#[test]
fn thumbprints_are_those_of_the_specifications() {
    let key = Jwk::parse(&dpop_key()).unwrap();
    let thumbprint = key.thumbprint(PROVIDER.digest);
    assert_eq!(thumbprint.to_base64url(), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(
        thumbprint_of(&key.to_public_key(&PROVIDER).unwrap(), PROVIDER.digest),
        thumbprint
    );
    // RFC 8037 §A.3.
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "a"});
    let key = Jwk::parse(&key).unwrap();
    assert_eq!(
        key.thumbprint(PROVIDER.digest).to_base64url(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
    assert_eq!(
        thumbprint_of(&key.to_public_key(&PROVIDER).unwrap(), PROVIDER.digest),
        key.thumbprint(PROVIDER.digest)
    );
}

#[test]
fn thumbprints_ignore_optional_members() {
    let plain = Jwk::parse(&dpop_key()).unwrap();
    let named = plain.clone().with_kid("1").with_use("sig").with_alg("ES256");
    assert_ne!(plain, named);
    assert_eq!(plain.thumbprint(PROVIDER.digest), named.thumbprint(PROVIDER.digest));
}

#[test]
fn keys_round_trip_through_their_wire_form() {
    let signer = PROVIDER.keys.generate_es256(&SeededRandom::new("jwk")).unwrap();
    let key = Jwk::from_public_key(signer.public_key())
        .with_kid("1")
        .with_use("sig")
        .with_alg("ES256");
    assert_eq!(Jwk::parse(&key.to_value()), Ok(key.clone()));
    assert_eq!(
        serde_json::from_str::<Jwk>(&serde_json::to_string(&key).unwrap()).unwrap(),
        key
    );
    assert_eq!(key.to_public_key(&PROVIDER).as_ref(), Ok(signer.public_key()));
    assert_eq!(
        (key.kid(), key.key_use(), key.alg()),
        (Some("1"), Some("sig"), Some("ES256"))
    );
    let p384 = json!({
        "kty": "EC", "crv": "P-384", "key_ops": ["verify"],
        "x": base64url::encode(P384_X), "y": base64url::encode(P384_Y)
    });
    let key = Jwk::parse(&p384).unwrap();
    assert_eq!(key.to_value(), p384);
    let public = key.to_verification_key(&PROVIDER).unwrap();
    assert_eq!(Jwk::from_public_key(&public).to_public_key(&PROVIDER), Ok(public));
}

/// The base point of P-384 (SP 800-186 §3.2.1.4).
const P384_X: [u8; 48] = [
    0xaa, 0x87, 0xca, 0x22, 0xbe, 0x8b, 0x05, 0x37, 0x8e, 0xb1, 0xc7, 0x1e, 0xf3, 0x20, 0xad, 0x74, 0x6e, 0x1d, 0x3b,
    0x62, 0x8b, 0xa7, 0x9b, 0x98, 0x59, 0xf7, 0x41, 0xe0, 0x82, 0x54, 0x2a, 0x38, 0x55, 0x02, 0xf2, 0x5d, 0xbf, 0x55,
    0x29, 0x6c, 0x3a, 0x54, 0x5e, 0x38, 0x72, 0x76, 0x0a, 0xb7,
];
const P384_Y: [u8; 48] = [
    0x36, 0x17, 0xde, 0x4a, 0x96, 0x26, 0x2c, 0x6f, 0x5d, 0x9e, 0x98, 0xbf, 0x92, 0x92, 0xdc, 0x29, 0xf8, 0xf4, 0x1d,
    0xbd, 0x28, 0x9a, 0x14, 0x7c, 0xe9, 0xda, 0x31, 0x13, 0xb5, 0xf0, 0xb8, 0xc0, 0x0a, 0x60, 0xb1, 0xce, 0x1d, 0x7e,
    0x81, 0x9d, 0x7a, 0x43, 0x1d, 0x7c, 0x90, 0xea, 0x0e, 0x5f,
];

fn with(name: &str, value: Value) -> Value {
    let mut key = dpop_key();
    key[name] = value;
    key
}

#[test]
fn refuses_private_members_whatever_they_hold() {
    for name in PRIVATE_MEMBERS {
        for value in [json!("AA"), json!(null), json!("")] {
            let fault = Jwk::parse(&with(name, value)).unwrap_err();
            assert_eq!(fault.code(), "private_key_in_header", "{name}");
        }
    }
    assert_eq!(Jwk::parse(&json!({"kty": "oct", "k": "AA"})), Err(JwkError::PrivateKey));
}

#[test]
fn refuses_foreign_kinds_and_forms() {
    let x = "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs";
    for (key, fault) in [
        (json!([]), JwkError::Malformed),
        (json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), JwkError::Unsupported),
        (with("kty", json!("OKP")), JwkError::Unsupported),
        (with("kty", json!(1)), JwkError::Malformed),
        (with("crv", json!("P-384")), JwkError::Malformed),
        (with("crv", json!("p-256")), JwkError::Unsupported),
        (with("crv", json!("secp256k1")), JwkError::Unsupported),
        (with("x", json!(format!("{x}="))), JwkError::Malformed),
        (with("x", json!(format!("AA{x}"))), JwkError::Malformed),
        (with("x", json!("AQ")), JwkError::Malformed),
        (with("kid", json!(1)), JwkError::Malformed),
        (with("use", json!(["sig"])), JwkError::Malformed),
        (with("key_ops", json!("verify")), JwkError::Malformed),
    ] {
        assert_eq!(Jwk::parse(&key), Err(fault), "{key}");
    }
}

#[test]
fn refuses_a_point_off_the_curve() {
    let key = Jwk::parse(&with("y", json!("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDE"))).unwrap();
    assert_eq!(key.to_public_key(&PROVIDER), Err(JwkError::InvalidPoint));
    assert_eq!(key.to_encryption_key(&PROVIDER), Err(JwkError::InvalidPoint));
}

#[test]
fn keeps_keys_to_their_use() {
    let allowed = |member, value| {
        let key = Jwk::parse(&with(member, value)).unwrap();
        (
            key.to_verification_key(&PROVIDER).is_ok(),
            key.to_encryption_key(&PROVIDER).is_ok(),
        )
    };
    assert_eq!(allowed("use", json!("sig")), (true, false));
    assert_eq!(allowed("use", json!("enc")), (false, true));
    assert_eq!(allowed("alg", json!("ES256")), (true, false));
    assert_eq!(allowed("alg", json!("ECDH-ES")), (false, true));
    assert_eq!(allowed("alg", json!("ECDH-ES+A128KW")), (false, false));
    assert_eq!(allowed("key_ops", json!(["verify"])), (true, false));
    assert_eq!(allowed("key_ops", json!(["deriveBits"])), (false, true));
    assert_eq!(allowed("key_ops", json!([])), (false, true));
    assert_eq!(allowed("other", json!(1)), (true, true));
}

#[test]
fn a_set_leaves_out_foreign_keys_and_refuses_ambiguous_ones() {
    let set = json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "r"}, with("kid", json!("1"))]});
    let set = JwkSet::parse(&set).unwrap();
    assert_eq!(set.keys.len(), 1);
    assert!(set.find("1").is_some() && set.find("r").is_none());
    let twice = json!({"keys": [with("kid", json!("1")), with("kid", json!("1"))]});
    assert_eq!(JwkSet::parse(&twice), Err(JwkError::Malformed));
    assert_eq!(
        JwkSet::parse(&json!({"keys": [with("d", json!("AA"))]})),
        Err(JwkError::PrivateKey)
    );
    assert_eq!(JwkSet::parse(&json!({})), Err(JwkError::Malformed));
}
