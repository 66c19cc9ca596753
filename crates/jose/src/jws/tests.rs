use std::sync::Arc;

use mahfada_base::base64url;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{Signature, Signer};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::Jwk;

const EXPECT: Expectation<'_> = Expectation::es256(&["dpop+jwt"]);

fn signer(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

fn valid() -> (String, Arc<dyn Signer>) {
    let signer = signer("jws");
    (
        JwsBuilder::new("dpop+jwt")
            .kid("1")
            .sign(&json!({"htm": "POST"}), signer.as_ref())
            .unwrap(),
        signer,
    )
}

/// Signs a header as it is, so that only the header can be the reason of a refusal.
fn sign_raw(header: &str, payload: &str) -> String {
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
    let signature = signer("jws").sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature.0))
}

fn verify(compact: &str, expect: &Expectation<'_>) -> Result<VerifiedJws, JwsError> {
    UnverifiedJws::parse(compact)?.verify(signer("jws").public_key(), expect, &PROVIDER)
}

fn code(compact: &str) -> &'static str {
    verify(compact, &EXPECT).unwrap_err().code()
}

#[test]
fn accepts_what_it_signed() {
    let (compact, signer) = valid();
    let parsed = UnverifiedJws::parse(&compact).unwrap();
    assert_eq!(parsed.header().kid.as_deref(), Some("1"));
    assert_eq!(parsed.unverified_payload(), br#"{"htm":"POST"}"#);
    let verified = parsed.verify(signer.public_key(), &EXPECT, &PROVIDER).unwrap();
    assert_eq!(verified.claims::<Value>().unwrap(), json!({"htm": "POST"}));
    verify(&sign_raw(r#"{"alg":"ES256","typ":"dpop+jwt"}"#, "{}"), &EXPECT).unwrap();
}

/// RFC 8037 §A.4: Ed25519, where the caller allows it.
#[test]
fn accepts_other_algorithms_only_where_allowed() {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let key = Jwk::parse(&key).unwrap().to_public_key(&PROVIDER).unwrap();
    let compact = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let parsed = UnverifiedJws::parse(compact).unwrap();
    parsed.check_signature(&key, &PROVIDER).unwrap();
    assert_eq!(
        parsed.clone().verify(&key, &EXPECT, &PROVIDER).unwrap_err().code(),
        "alg_not_allowed"
    );
    let expect = Expectation {
        algorithms: &[SignatureAlgorithm::EdDsa],
        ..EXPECT
    };
    assert_eq!(parsed.verify(&key, &expect, &PROVIDER).unwrap_err().code(), "typ");
}

#[test]
fn refuses_every_algorithm_that_is_not_ours() {
    for alg in [
        "none", "NONE", "nOnE", "None", "", "HS256", "HS512", "es256", "ES256K", "ES521", "RS256", "PS256",
    ] {
        let header = json!({"alg": alg, "typ": "dpop+jwt"}).to_string();
        assert_eq!(code(&sign_raw(&header, "{}")), "alg_not_allowed", "{alg}");
        let input = format!("{}.{}", base64url::encode(header), base64url::encode("{}"));
        assert_eq!(code(&format!("{input}.")), "alg_not_allowed", "{alg}");
    }
    for header in [
        r#"{"typ":"dpop+jwt"}"#,
        r#"{"alg":null,"typ":"dpop+jwt"}"#,
        r#"{"alg":["ES256"],"typ":"dpop+jwt"}"#,
    ] {
        assert_eq!(code(&sign_raw(header, "{}")), "alg_not_allowed", "{header}");
    }
}

/// TV-10: an HMAC keyed with any spelling of the public key never reaches a comparison.
#[test]
fn refuses_hmac_keyed_with_the_public_key() {
    let signer = signer("jws");
    let jwk = Jwk::from_public_key(signer.public_key()).to_value().to_string();
    let PublicKey::P256(point) = signer.public_key() else {
        panic!("P-256")
    };
    let input = format!("{}.e30", base64url::encode(r#"{"alg":"HS256","typ":"dpop+jwt"}"#));
    for spelling in [jwk.as_bytes(), point.sec1(), &point.sec1()[1..33]] {
        let tag = PROVIDER.mac.hmac_sha256(spelling, input.as_bytes());
        assert_eq!(code(&format!("{input}.{}", base64url::encode(tag))), "alg_not_allowed");
    }
}

#[test]
fn refuses_an_algorithm_that_does_not_fit_the_key() {
    let header = r#"{"alg":"EdDSA","typ":"dpop+jwt"}"#;
    let expect = Expectation {
        algorithms: &[SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa],
        ..EXPECT
    };
    assert_eq!(
        verify(&sign_raw(header, "{}"), &expect).unwrap_err().code(),
        "alg_not_allowed"
    );
    assert_eq!(
        verify(
            &valid().0,
            &Expectation {
                algorithms: &[],
                ..EXPECT
            }
        )
        .unwrap_err()
        .code(),
        "alg_not_allowed"
    );
}

#[test]
fn refuses_another_type() {
    for header in [
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"ES256","typ":"JWT"}"#,
        r#"{"alg":"ES256","typ":"dpop"}"#,
        r#"{"alg":"ES256","typ":""}"#,
        r#"{"alg":"ES256","typ":"text/dpop+jwt"}"#,
        r#"{"alg":"ES256","typ":"application/application/dpop+jwt"}"#,
    ] {
        assert_eq!(code(&sign_raw(header, "{}")), "typ", "{header}");
    }
    assert_eq!(verify(&valid().0, &Expectation::es256(&[])).unwrap_err().code(), "typ");
    for typ in ["DPoP+JWT", "application/dpop+jwt", "Application/DPOP+jwt"] {
        let header = json!({"alg": "ES256", "typ": typ}).to_string();
        assert!(verify(&sign_raw(&header, "{}"), &EXPECT).is_ok(), "{typ}");
    }
}

#[test]
fn refuses_header_extensions() {
    for header in [
        r#"{"alg":"ES256","typ":"dpop+jwt","crit":["exp"],"exp":1}"#,
        r#"{"alg":"ES256","typ":"dpop+jwt","crit":[]}"#,
        r#"{"alg":"ES256","typ":"dpop+jwt","b64":true}"#,
        r#"{"alg":"ES256","typ":"dpop+jwt","b64":false}"#,
    ] {
        assert_eq!(code(&sign_raw(header, "{}")), "crit", "{header}");
    }
}

#[test]
fn refuses_headers_of_another_form() {
    for header in [
        r#"{"alg":"ES256","alg":"ES256","typ":"dpop+jwt"}"#,
        r#"["alg"]"#,
        r#"{"alg":"ES256","typ":1}"#,
        r#"{"alg":"ES256","typ":"dpop+jwt","kid":1}"#,
        r#"{"alg":"ES256","typ":"dpop+jwt","x5c":"MIIB"}"#,
        r#"{"alg":"ES256","typ":"dpop+jwt","x5c":[1]}"#,
        r#"{"alg":"ES256","typ":"dpop+jwt"} {}"#,
    ] {
        assert_eq!(code(&sign_raw(header, "{}")), "malformed", "{header}");
    }
}

#[test]
fn refuses_a_private_key_in_the_header() {
    let mut jwk = Jwk::from_public_key(signer("jws").public_key()).to_value();
    let header = |jwk: &Value| json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": jwk}).to_string();
    verify(&sign_raw(&header(&jwk), "{}"), &EXPECT).unwrap();
    jwk["d"] = json!("AA");
    assert_eq!(code(&sign_raw(&header(&jwk), "{}")), "private_key_in_header");
}

#[test]
fn hands_out_key_hints_and_other_members() {
    let jwk = Jwk::from_public_key(signer("jws").public_key());
    let builder = JwsBuilder::new("dpop+jwt").jwk(&jwk).member("nonce", "n");
    let compact = builder.sign(&json!({}), signer("jws").as_ref()).unwrap();
    let verified = verify(&compact, &EXPECT).unwrap();
    assert_eq!(verified.header().jwk, Some(jwk));
    assert_eq!(verified.header().other.get("nonce"), Some(&json!("n")));
}

#[test]
fn refuses_texts_of_another_form() {
    let (compact, _) = valid();
    let parts: Vec<_> = compact.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        panic!("three parts")
    };
    for altered in [
        String::new(),
        format!("{header}.{payload}"),
        format!("{compact}."),
        format!("{compact}.{signature}"),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}=.{signature}"),
        format!("{compact}="),
        format!(" {compact}"),
        format!("{compact}\n"),
        format!(".{payload}.{signature}"),
        format!("{header}.{payload}?.{signature}"),
    ] {
        assert_eq!(code(&altered), "malformed", "{altered}");
    }
    assert_eq!(code(&"A".repeat(MAX_BYTES + 1)), "too_large");
    assert_eq!(code(&"A".repeat(MAX_BYTES)), "malformed");
}

/// TV-11.
#[test]
fn refuses_signatures_of_another_form() {
    let (compact, _) = valid();
    let (input, signature) = compact.rsplit_once('.').unwrap();
    let signature = base64url::decode(signature).unwrap();
    let (r, s) = signature.split_at(32);
    let mut order = [0xff; 32];
    order[4..8].fill(0);
    order[16..].copy_from_slice(&[
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ]);
    let der = [&[0x30, 68, 2, 32][..], r, &[2, 32], s].concat();
    for altered in [
        vec![],
        vec![0; 64],
        [&[0; 32], s].concat(),
        [r, &[0; 32]].concat(),
        [&order, s].concat(),
        [r, &order].concat(),
        [&[0xff; 32], s].concat(),
        der,
        signature[..63].to_vec(),
        [&signature[..], &[0]].concat(),
        [&[0; 16], r, &[0; 16], s].concat(),
    ] {
        assert_eq!(
            code(&format!("{input}.{}", base64url::encode(&altered))),
            "sig_format",
            "{altered:?}"
        );
    }
}

#[test]
fn refuses_another_key_and_another_payload() {
    let (compact, _) = valid();
    let parsed = UnverifiedJws::parse(&compact).unwrap();
    let other = signer("other");
    assert_eq!(
        parsed
            .verify(other.public_key(), &EXPECT, &PROVIDER)
            .unwrap_err()
            .code(),
        "sig"
    );
    let (header, rest) = compact.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    assert_eq!(code(&format!("{header}.e30.{signature}")), "sig");
}

#[test]
fn refuses_claims_with_a_repeated_member() {
    let compact = sign_raw(r#"{"alg":"ES256","typ":"dpop+jwt"}"#, r#"{"sub":"a","sub":"b"}"#);
    assert_eq!(
        verify(&compact, &EXPECT).unwrap().claims::<Value>().unwrap_err().code(),
        "malformed"
    );
}

#[test]
fn signs_in_two_steps_for_a_key_elsewhere() {
    let signer = signer("jws");
    let builder = JwsBuilder::new("dpop+jwt");
    let input = builder
        .signing_input(SignatureAlgorithm::Es256, &json!({"a": 1}))
        .unwrap();
    let compact = input.with_signature(&signer.sign(input.as_bytes()).unwrap());
    verify(&compact, &EXPECT).unwrap();
    assert_eq!(input.algorithm(), SignatureAlgorithm::Es256);
}

#[test]
fn does_not_sign_headers_that_it_keeps_to_itself() {
    let signer = signer("jws");
    for name in ["alg", "typ", "crit", "b64"] {
        let outcome = JwsBuilder::new("JWT")
            .member(name, "none")
            .sign(&json!({}), signer.as_ref());
        assert!(matches!(outcome, Err(SignError::Header)), "{name}");
    }
}

#[derive(Debug)]
struct ShortSigner(Arc<dyn Signer>);

impl Signer for ShortSigner {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn sign(&self, _message: &[u8]) -> Result<Signature, mahfada_crypto::SignError> {
        Ok(Signature(vec![1; 63]))
    }
}

#[test]
fn refuses_a_signer_that_answers_in_another_form() {
    let outcome = JwsBuilder::new("JWT").sign(&json!({}), &ShortSigner(signer("jws")));
    assert!(matches!(outcome, Err(SignError::SignatureFormat)));
}

/// The number below the order that makes the other valid signature of the same message.
fn negated(s: &[u8]) -> Vec<u8> {
    let mut borrow = 0_i16;
    let mut difference: Vec<u8> = range::P256_ORDER
        .iter()
        .zip(s)
        .rev()
        .map(|(order, byte)| {
            let digit = i16::from(*order) - i16::from(*byte) - borrow;
            borrow = i16::from(digit < 0);
            u8::try_from(digit.rem_euclid(256)).unwrap()
        })
        .collect();
    difference.reverse();
    difference
}

/// TV-11, RFC 7518 §3.4: a high `s` is no fault, so that signers which do not normalize are understood.
#[test]
fn accepts_a_high_s_as_well_as_a_low_one() {
    let (compact, _) = valid();
    let (input, signature) = compact.rsplit_once('.').unwrap();
    let signature = base64url::decode(signature).unwrap();
    let (r, s) = signature.split_at(32);
    let other = negated(s);
    assert_ne!(s[0] >= 0x80, other[0] >= 0x80, "one of the two is the high one");
    for s in [s, &other] {
        let signature = base64url::encode([r, s].concat());
        verify(&format!("{input}.{signature}"), &EXPECT).unwrap();
    }
}

#[test]
fn debug_shows_nothing_of_payload_and_certificates() {
    let claims = json!({"family_name": "Canari-Elidrissi"});
    let compact = JwsBuilder::new("dpop+jwt")
        .kid("1")
        .member("note", "Canari-Note")
        .member("x5c", json!(["Canari-Chain"]))
        .sign(&claims, signer("jws").as_ref())
        .unwrap();
    let payload = compact.split('.').nth(1).unwrap().to_owned();
    let unverified = UnverifiedJws::parse(&compact).unwrap();
    let shown = [
        format!("{unverified:?} {unverified:#?}"),
        format!("{:?}", verify(&compact, &EXPECT).unwrap()),
    ];
    // The bytes of the payload would be shown as a list of numbers.
    let bytes = format!("{:?}", &unverified.unverified_payload()[1..9]);
    for shown in shown {
        for canary in ["Canari", "family_name", &payload, bytes.trim_matches(['[', ']'])] {
            assert!(!shown.contains(canary), "{shown}");
        }
        assert!(shown.contains("note") && shown.contains("payload_bytes"), "{shown}");
    }
}

proptest! {
    #[test]
    fn any_single_byte_change_is_refused(position in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let mut bytes = valid().0.into_bytes();
        let position = position.index(bytes.len());
        prop_assume!(bytes[position] != byte);
        bytes[position] = byte;
        let altered = String::from_utf8(bytes).unwrap();
        prop_assert!(verify(&altered, &EXPECT).is_err());
    }

    #[test]
    fn any_text_is_parsed_without_panic(text in ".{0,200}") {
        prop_assert!(UnverifiedJws::parse(&text).is_err());
    }
}
