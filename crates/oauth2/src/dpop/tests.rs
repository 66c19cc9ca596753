//! One row per way in which a DPoP proof can be wrong (TI-20).

use mahfada_base::{CLOCK_SKEW, UnixTime, base64url};
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{SignatureAlgorithm, Signer};
use mahfada_jose::{Jwk, JwsBuilder, thumbprint_of};
use serde_json::{Value, json};
use std::sync::Arc;

use super::*;
use crate::ErrorCode;

const NOW: UnixTime = UnixTime::new(1_795_348_800);
const URL: &str = "https://issuer.example:8101/pid/credential";
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

fn key(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

fn jwk(signer: &dyn Signer) -> Jwk {
    Jwk::from_public_key(signer.public_key())
}

fn header() -> Value {
    json!({"alg": "ES256", "typ": DPOP_TYP, "jwk": jwk(&*key("holder")).to_value()})
}

fn claims() -> Value {
    json!({
        "jti": "e1j3V_bKic8-LAEB", "htm": "POST", "htu": URL, "iat": NOW.seconds(),
        "ath": base64url::encode(PROVIDER.digest.sha256(TOKEN.as_bytes()))
    })
}

fn signed_by(signer: &dyn Signer, header: &Value, claims: &Value) -> String {
    let input = format!(
        "{}.{}",
        base64url::encode(header.to_string()),
        base64url::encode(claims.to_string())
    );
    let signature = signer.sign(input.as_bytes()).unwrap();
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

const EXPECT: DpopExpectation<'static> = DpopExpectation {
    method: "POST",
    url: URL,
    access_token: Some(TOKEN),
};

fn check(header: &Value, claims: &Value) -> Result<UnspentDpop, DpopError> {
    UnverifiedDpop::parse(&signed_by(&*key("holder"), header, claims))?.verify(&EXPECT, NOW, &PROVIDER)
}

fn code(header: &Value, claims: &Value) -> &'static str {
    check(header, claims).unwrap_err().code()
}

#[test]
fn accepts_the_proof_that_every_row_below_starts_from() {
    let proof = check(&header(), &claims()).unwrap();
    assert_eq!(
        proof.thumbprint(),
        thumbprint_of(key("holder").public_key(), PROVIDER.digest)
    );
    assert_eq!(proof.expires_at(), NOW.plus(360));
    assert_eq!(proof.nonce(), None);
}

#[test]
fn accepts_what_the_wallet_side_writes() {
    let signer = key("holder");
    for (token, nonce) in [(None, None), (Some(TOKEN), Some("n1"))] {
        let input = dpop_signing_input(
            &jwk(&*signer),
            "POST",
            &format!("{URL}?a=1#b"),
            "jti-1",
            NOW,
            token,
            nonce,
            PROVIDER.digest,
        )
        .unwrap();
        let text = input.with_signature(&signer.sign(input.as_bytes()).unwrap());
        let expect = DpopExpectation {
            access_token: token,
            ..EXPECT
        };
        let proof = UnverifiedDpop::from_headers(&[&text])
            .unwrap()
            .verify(&expect, NOW, &PROVIDER)
            .unwrap();
        assert_eq!(proof.nonce(), nonce);
        assert!(!String::from_utf8_lossy(&base64url::decode(text.split('.').nth(1).unwrap()).unwrap()).contains('?'));
    }
}

#[test]
fn refuses_no_header_and_two_headers() {
    let text = signed_by(&*key("holder"), &header(), &claims());
    assert_eq!(UnverifiedDpop::from_headers(&[]).unwrap_err().code(), "dpop_missing");
    assert_eq!(
        UnverifiedDpop::from_headers(&[&text, &text]).unwrap_err().code(),
        "dpop_repeated"
    );
    UnverifiedDpop::from_headers(&[&text]).unwrap();
}

#[test]
fn refuses_every_wrong_header() {
    let private = with(header()["jwk"].clone(), "d", json!("AAAA"));
    let other = jwk(&*key("other")).to_value();
    for (header, expected) in [
        (without(header(), "typ"), "typ"),
        (with(header(), "typ", json!("JWT")), "typ"),
        (with(header(), "typ", json!("openid4vci-proof+jwt")), "typ"),
        (with(header(), "typ", json!("kb+jwt")), "typ"),
        (without(header(), "alg"), "alg_not_allowed"),
        (with(header(), "alg", json!("none")), "alg_not_allowed"),
        (with(header(), "alg", json!("RS256")), "alg_not_allowed"),
        (with(header(), "alg", json!("HS256")), "alg_not_allowed"),
        (with(header(), "alg", json!("EdDSA")), "alg_not_allowed"),
        (without(header(), "jwk"), "jwk_missing"),
        (with(header(), "jwk", private), "private_key_in_header"),
        (with(header(), "jwk", other), "sig"),
        (
            with(header(), "jwk", with(header()["jwk"].clone(), "use", json!("enc"))),
            "jwk_use",
        ),
        (with(header(), "crit", json!(["x"])), "crit"),
    ] {
        assert_eq!(code(&header, &claims()), expected, "{header}");
    }
}

#[test]
fn refuses_es384_over_a_p256_key_before_the_key_is_used() {
    let header = with(header(), "alg", json!("ES384"));
    let input = format!("{}.{}", base64url::encode(header.to_string()), base64url::encode("{}"));
    let text = format!("{input}.{}", base64url::encode([1; 96]));
    let error = UnverifiedDpop::parse(&text)
        .unwrap()
        .verify(&EXPECT, NOW, &PROVIDER)
        .unwrap_err();
    assert_eq!(error.code(), "alg_not_allowed");
}

#[test]
fn refuses_every_wrong_claim() {
    let ago = |seconds| json!(NOW.minus(seconds).seconds());
    for (claims, expected) in [
        (without(claims(), "jti"), "dpop_jti"),
        (with(claims(), "jti", json!("")), "dpop_jti"),
        (with(claims(), "jti", json!(7)), "dpop_jti"),
        (with(claims(), "jti", json!("x".repeat(257))), "dpop_jti"),
        (without(claims(), "htm"), "dpop_htm"),
        (with(claims(), "htm", json!("GET")), "dpop_htm"),
        (with(claims(), "htm", json!("post")), "dpop_htm"),
        (without(claims(), "htu"), "dpop_htu"),
        (
            with(claims(), "htu", json!("https://issuer.example:8101/pid/token")),
            "dpop_htu",
        ),
        (
            with(claims(), "htu", json!("https://issuer.example/pid/credential")),
            "dpop_htu",
        ),
        (
            with(claims(), "htu", json!("https://evil.example:8101/pid/credential")),
            "dpop_htu",
        ),
        (
            with(claims(), "htu", json!("http://issuer.example:8101/pid/credential")),
            "dpop_htu",
        ),
        (
            with(claims(), "htu", json!("https://u@issuer.example:8101/pid/credential")),
            "dpop_htu",
        ),
        (with(claims(), "htu", json!(format!("{URL}/"))), "dpop_htu"),
        (with(claims(), "htu", json!("pid/credential")), "dpop_htu"),
        (without(claims(), "iat"), "dpop_iat"),
        (with(claims(), "iat", json!("1795348800")), "dpop_iat"),
        (with(claims(), "iat", ago(3600)), "dpop_iat"),
        (with(claims(), "iat", ago(-3600)), "dpop_iat"),
        (with(claims(), "iat", ago(DPOP_MAX_AGE + CLOCK_SKEW + 1)), "dpop_iat"),
        (with(claims(), "iat", ago(-CLOCK_SKEW - 1)), "dpop_iat"),
        (with(claims(), "iat", json!(i64::MIN)), "dpop_iat"),
        (with(claims(), "exp", ago(CLOCK_SKEW)), "dpop_lifetime"),
        (with(claims(), "exp", json!("soon")), "dpop_lifetime"),
        (with(claims(), "nbf", ago(-CLOCK_SKEW - 1)), "dpop_lifetime"),
        (without(claims(), "ath"), "dpop_ath"),
        (with(claims(), "ath", json!(base64url::encode([0; 32]))), "dpop_ath"),
        (with(claims(), "ath", json!("")), "dpop_ath"),
        (with(claims(), "ath", json!(TOKEN)), "dpop_ath"),
    ] {
        assert_eq!(code(&header(), &claims), expected, "{claims}");
        assert_eq!(
            check(&header(), &claims).unwrap_err().to_oauth().error,
            ErrorCode::InvalidDpopProof
        );
    }
}

#[test]
fn accepts_the_edges_of_the_window_and_equivalent_urls() {
    for claims in [
        with(claims(), "iat", json!(NOW.minus(DPOP_MAX_AGE + CLOCK_SKEW).seconds())),
        with(claims(), "iat", json!(NOW.plus(CLOCK_SKEW).seconds())),
        with(claims(), "iat", json!(NOW.minus(10).seconds())),
        with(claims(), "htu", json!(format!("{URL}?a=1#b"))),
        with(
            claims(),
            "htu",
            json!("HTTPS://ISSUER.example:8101/x/../pid/credential"),
        ),
        with(claims(), "unknown", json!({"a": [1]})),
    ] {
        let _ = check(&header(), &claims).unwrap();
    }
}

#[test]
fn refuses_a_bad_signature_and_a_repeated_claim() {
    let mut text = signed_by(&*key("holder"), &header(), &claims());
    text.truncate(text.rfind('.').unwrap());
    for signature in [base64url::encode([1; 64]), base64url::encode([0; 64]), String::new()] {
        let error = UnverifiedDpop::parse(&format!("{text}.{signature}"))
            .and_then(|proof| proof.verify(&EXPECT, NOW, &PROVIDER))
            .unwrap_err();
        assert_eq!(error.code(), "sig", "{signature}");
    }
    let twice = claims().to_string().replacen('{', r#"{"jti":"a","#, 1);
    let text = JwsBuilder::new(DPOP_TYP)
        .jwk(&jwk(&*key("holder")))
        .sign_bytes(twice.as_bytes(), &*key("holder"))
        .unwrap();
    let error = UnverifiedDpop::parse(&text)
        .unwrap()
        .verify(&EXPECT, NOW, &PROVIDER)
        .unwrap_err();
    assert_eq!(error.code(), "malformed");
}

#[test]
fn a_proof_by_another_key_does_not_carry_a_bound_token() {
    let proof = check(&header(), &claims()).unwrap();
    let other = thumbprint_of(key("other").public_key(), PROVIDER.digest);
    let error = proof.require_key(&other).unwrap_err();
    assert_eq!(
        (error.code(), error.to_oauth().error),
        ("dpop_key", ErrorCode::InvalidToken)
    );
    proof.require_key(&proof.thumbprint()).unwrap();
}

#[test]
fn the_record_to_spend_is_one_per_key_and_jti() {
    let spent = |seed: &str, jti: &str| {
        let signer = key(seed);
        let header = with(header(), "jwk", jwk(&*signer).to_value());
        let text = signed_by(&*signer, &header, &with(claims(), "jti", json!(jti)));
        UnverifiedDpop::parse(&text)
            .unwrap()
            .verify(&EXPECT, NOW, &PROVIDER)
            .unwrap()
            .jti_hash()
    };
    assert_eq!(spent("holder", "a"), spent("holder", "a"));
    assert_ne!(spent("holder", "a"), spent("holder", "b"));
    assert_ne!(spent("holder", "a"), spent("other", "a"));
}

#[test]
fn refuses_what_is_too_long_or_no_jws() {
    for text in ["", "a.b", "a.b.c", &"a".repeat(MAX_BYTES + 1)] {
        assert!(matches!(UnverifiedDpop::parse(text), Err(DpopError::Jws(_))), "{text}");
    }
    let long = with(claims(), "x", json!("x".repeat(MAX_BYTES)));
    assert_eq!(code(&header(), &long), "too_large");
    assert_eq!(SignatureAlgorithm::Es256.name(), header()["alg"]);
}
