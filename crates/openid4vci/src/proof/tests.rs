//! One row per way in which a key proof can be wrong (TI-05, TI-08 to TI-13, TI-18).

use std::sync::Arc;

use mahfada_base::base64url;
use mahfada_crypto::Signer;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use serde_json::json;

use super::*;

const NOW: UnixTime = UnixTime::new(1_795_348_800);
const ISSUER: &str = "https://issuer.example:8101/pid";
const EXPECT: ProofExpectation<'static> = ProofExpectation {
    audience: ISSUER,
    nonce: NonceRule::Present,
    client_id: Some("wallet"),
};

fn key(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

fn jwk(seed: &str) -> Value {
    Jwk::from_public_key(key(seed).public_key()).to_value()
}

fn header() -> Value {
    json!({"alg": "ES256", "typ": PROOF_TYP, "jwk": jwk("k0")})
}

fn claims() -> Value {
    json!({"aud": ISSUER, "iat": NOW.seconds(), "nonce": "n", "iss": "wallet"})
}

fn signed(seed: &str, header: &Value, claims: &str) -> String {
    let input = format!(
        "{}.{}",
        base64url::encode(header.to_string()),
        base64url::encode(claims)
    );
    let signature = key(seed).sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature.0))
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name).unwrap();
    object
}

fn check(header: &Value, claims: &Value) -> Result<VerifiedProof, ProofError> {
    UnverifiedProof::parse(&signed("k0", header, &claims.to_string()))?.verify(&EXPECT, NOW, &PROVIDER)
}

fn code(header: &Value, claims: &Value) -> &'static str {
    let error = check(header, claims).unwrap_err();
    assert_eq!(error.to_response().error, CredentialErrorCode::InvalidProof);
    error.code()
}

/// A proof by the wallet's own function.
fn proof(seed: &str, nonce: &str) -> String {
    let signer = key(seed);
    let jwk = Jwk::from_public_key(signer.public_key());
    let input = proof_signing_input(&jwk, ISSUER, NOW, nonce, Some("wallet")).unwrap();
    input.with_signature(&signer.sign(input.as_bytes()).unwrap())
}

#[test]
fn accepts_the_proof_that_every_row_below_starts_from() {
    let verified = check(&header(), &claims()).unwrap();
    assert_eq!(verified.key().to_value(), jwk("k0"));
    assert_eq!(verified.nonce(), "n");
    let written = UnverifiedProof::parse(&proof("k0", "n"))
        .unwrap()
        .verify(&EXPECT, NOW, &PROVIDER)
        .unwrap();
    assert_eq!(written.thumbprint(), verified.thumbprint());
}

#[test]
fn refuses_a_proof_signed_with_another_key_than_the_header_names() {
    assert_eq!(code(&with(header(), "jwk", jwk("k1")), &claims()), "sig");
    let text = signed("k0", &header(), &claims().to_string());
    let (input, _) = text.rsplit_once('.').unwrap();
    for signature in [base64url::encode([0; 64]), base64url::encode([1; 64]), String::new()] {
        let error = UnverifiedProof::parse(&format!("{input}.{signature}"))
            .and_then(|proof| proof.verify(&EXPECT, NOW, &PROVIDER))
            .unwrap_err();
        assert_eq!(error.code(), "sig");
    }
}

#[test]
fn refuses_other_algorithms_before_any_key_is_used() {
    // The key is off the curve: had it been touched, the reason would be another.
    let off_curve = with(jwk("k0"), "y", json!(base64url::encode([7; 32])));
    for alg in [
        "none", "HS256", "RS256", "PS256", "ES512", "EdDSA", "ES384", "es256", "",
    ] {
        let header = with(with(header(), "alg", json!(alg)), "jwk", off_curve.clone());
        let length = if alg == "ES384" { 96 } else { 64 };
        let input = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode("{}"));
        let error = UnverifiedProof::parse(&format!("{input}.{}", base64url::encode(vec![1; length])))
            .and_then(|proof| proof.verify(&EXPECT, NOW, &PROVIDER))
            .unwrap_err();
        assert_eq!(error.code(), "alg_not_allowed", "{alg}");
    }
    assert_eq!(code(&without(header(), "alg"), &claims()), "alg_not_allowed");
    assert_eq!(code(&with(header(), "jwk", off_curve), &claims()), "jwk_invalid_point");
}

#[test]
fn refuses_every_other_type_of_token() {
    for typ in [
        "JWT",
        "kb+jwt",
        "dpop+jwt",
        "dc+sd-jwt",
        "vc+sd-jwt",
        "statuslist+jwt",
        "rc-wrp+jwt",
        "key-attestation+jwt",
        "oauth-authz-req+jwt",
        "openidvci-issuer-metadata+jwt",
        "ma-card-challenge+jwt",
        "ma-card-evidence+jwt",
        "",
    ] {
        assert_eq!(code(&with(header(), "typ", json!(typ)), &claims()), "typ", "{typ}");
    }
    assert_eq!(code(&without(header(), "typ"), &claims()), "typ");
}

#[test]
fn refuses_other_audiences() {
    for aud in [
        json!("https://issuer.example:8101/cnss"),
        json!("https://issuer.example:8101/pid/"),
        json!("https://issuer.example:8101/pid/credential"),
        json!([ISSUER]),
        json!([ISSUER, "https://issuer.example:8101/cnss"]),
        json!(1),
    ] {
        assert_eq!(code(&header(), &with(claims(), "aud", aud.clone())), "aud", "{aud}");
    }
    assert_eq!(code(&header(), &without(claims(), "aud")), "aud");
}

#[test]
fn refuses_ambiguous_and_private_keys() {
    let private = with(jwk("k0"), "d", json!(base64url::encode([1; 32])));
    for (header, expected) in [
        (with(header(), "kid", json!("k")), "key_ambiguous"),
        (with(header(), "x5c", json!(["AQ=="])), "key_ambiguous"),
        (without(header(), "jwk"), "key_ambiguous"),
        (
            with(without(header(), "jwk"), "kid", json!("did:example:1#k")),
            "key_ambiguous",
        ),
        (with(header(), "jwk", private), "private_key_in_header"),
    ] {
        assert_eq!(code(&header, &claims()), expected, "{header}");
    }
}

#[test]
fn refuses_a_proof_from_another_time() {
    let at = |seconds: i64| json!(NOW.plus(seconds).seconds());
    for (claims, expected) in [
        (with(claims(), "iat", at(CLOCK_SKEW + 1)), "iat"),
        (with(claims(), "iat", at(-MAX_AGE - CLOCK_SKEW - 1)), "iat"),
        (with(claims(), "iat", json!("now")), "iat"),
        (with(claims(), "iat", json!(i64::MIN)), "iat"),
        (without(claims(), "iat"), "iat"),
        (with(claims(), "exp", at(-CLOCK_SKEW)), "lifetime"),
        (with(claims(), "nbf", at(CLOCK_SKEW + 1)), "lifetime"),
    ] {
        assert_eq!(code(&header(), &claims), expected, "{claims}");
    }
    for edge in [CLOCK_SKEW, -MAX_AGE - CLOCK_SKEW] {
        check(&header(), &with(claims(), "iat", at(edge))).unwrap();
    }
}

#[test]
fn refuses_a_proof_without_nonce_or_with_another_one() {
    assert_eq!(code(&header(), &without(claims(), "nonce")), "nonce_missing");
    assert_eq!(code(&header(), &with(claims(), "nonce", json!(""))), "nonce_missing");
    assert_eq!(code(&header(), &with(claims(), "nonce", json!(7))), "nonce_missing");
    let expect = ProofExpectation {
        nonce: NonceRule::Equals("m"),
        ..EXPECT
    };
    let error = UnverifiedProof::parse(&proof("k0", "n"))
        .unwrap()
        .verify(&expect, NOW, &PROVIDER)
        .unwrap_err();
    assert_eq!(error.code(), "nonce_mismatch");
}

#[test]
fn the_client_is_named_rightly_or_not_at_all() {
    assert_eq!(code(&header(), &with(claims(), "iss", json!("other"))), "iss");
    assert_eq!(code(&header(), &with(claims(), "iss", json!(1))), "iss");
    check(&header(), &without(claims(), "iss")).unwrap();
    let anonymous = ProofExpectation {
        client_id: None,
        ..EXPECT
    };
    let error = UnverifiedProof::parse(&proof("k0", "n"))
        .unwrap()
        .verify(&anonymous, NOW, &PROVIDER)
        .unwrap_err();
    assert_eq!(error.code(), "iss");
}

#[test]
fn unknown_members_are_ignored_and_repeated_ones_refused() {
    check(&with(header(), "zz", json!({"a": 1})), &with(claims(), "zz", json!([]))).unwrap();
    let twice = claims().to_string().replacen('{', r#"{"nonce":"m","#, 1);
    let error = UnverifiedProof::parse(&signed("k0", &header(), &twice))
        .unwrap()
        .verify(&EXPECT, NOW, &PROVIDER)
        .unwrap_err();
    assert_eq!(error.code(), "malformed");
}

#[test]
fn a_batch_is_good_as_a_whole_or_not_at_all() {
    let all = |jwts: Vec<String>, size| UnverifiedProofs::new(jwts).verify_all(&EXPECT, size, NOW, &PROVIDER);
    let (a, b, c) = (proof("k0", "n"), proof("k1", "n"), proof("k2", "n"));
    let verified = all(vec![a.clone(), b.clone(), c.clone()], 3).unwrap();
    assert_eq!(
        verified.keys().map(Jwk::to_value).collect::<Vec<_>>(),
        [jwk("k0"), jwk("k1"), jwk("k2")]
    );
    assert_eq!((verified.nonce(), verified.proofs().len()), ("n", 3));
    let bad = with(header(), "jwk", jwk("k3"));
    for (jwts, size, expected) in [
        (vec![], 3, "batch_size"),
        (vec![a.clone(), b.clone()], 1, "batch_size"),
        (vec!["junk".to_owned(); 4], 3, "batch_size"),
        (vec![a.clone(), b.clone(), a.clone()], 3, "dup_key"),
        (vec![a.clone(), proof("k1", "m")], 3, "nonce_mismatch"),
        (vec![a, b, signed("k0", &bad, &claims().to_string())], 3, "sig"),
    ] {
        assert_eq!(all(jwts, size).unwrap_err().code(), expected);
    }
}
