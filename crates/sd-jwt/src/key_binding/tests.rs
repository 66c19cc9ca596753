use mahfada_base::{UnixTime, base64url};
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{PublicKey, Signer};
use mahfada_jose::JwsBuilder;
use serde_json::{Value, json};

use super::*;
use crate::testing::{NOW, digest, holder, issue, issuer, jwk_of, path, signer, token, verify};

const AUDIENCE: &str = "x509_hash:verifier";
const NONCE: &str = "n-0S6_WzA2Mj_n-0S6_WzA2Mj";
const MAX_AGE: i64 = 300;

fn credential() -> String {
    issue(
        json!({"name": "Amina", "city": "Fes"}),
        &[json!(["name"]), json!(["city"])],
    )
}

fn presentation() -> String {
    verify(&credential())
        .unwrap()
        .present(&[path(json!(["name"]))])
        .unwrap()
        .text()
        .to_owned()
}

/// Signs a key binding over the presentation with one claim changed; null removes it.
fn bound(presentation: &str, typ: &str, change: (&str, Value), signer: &dyn Signer) -> String {
    let mut claims = json!({
        "aud": AUDIENCE, "nonce": NONCE, "iat": NOW, "sd_hash": digest(presentation),
    });
    let members = claims.as_object_mut().unwrap();
    members.insert(change.0.to_owned(), change.1);
    members.retain(|_, value| !value.is_null());
    format!("{presentation}{}", JwsBuilder::new(typ).sign(&claims, signer).unwrap())
}

fn code_at(text: &str, now: UnixTime) -> &'static str {
    let expectation = KeyBindingExpectation {
        audience: AUDIENCE,
        nonce: NONCE,
        max_age: MAX_AGE,
    };
    verify(text)
        .unwrap()
        .verify_key_binding(&expectation, now, &PROVIDER)
        .map_or_else(|error| error.code(), |_| "ok")
}

fn code(text: &str) -> &'static str {
    code_at(text, NOW)
}

fn changed(name: &str, value: Value) -> &'static str {
    code(&bound(&presentation(), "kb+jwt", (name, value), &*holder()))
}

#[test]
fn accepts_what_the_holder_made_for_this_request() {
    let verified = verify(&credential()).unwrap();
    let presentation = verified.present(&[path(json!(["city"]))]).unwrap();
    let holder = holder();
    let input = presentation.key_binding_input(AUDIENCE, NONCE, NOW, holder.algorithm(), PROVIDER.digest);
    let signature = holder.sign(input.as_bytes()).unwrap();
    let text = input.with_signature(&signature);
    let received = verify(&text).unwrap();
    assert_eq!(received.claims()["city"], "Fes");
    assert_eq!(received.claims().get("name"), None);
    assert_eq!(received.as_issued(), presentation.text());
    let expectation = KeyBindingExpectation {
        audience: AUDIENCE,
        nonce: NONCE,
        max_age: MAX_AGE,
    };
    let binding = received.verify_key_binding(&expectation, NOW, &PROVIDER).unwrap();
    let thumbprint = mahfada_jose::thumbprint_of(holder.public_key(), PROVIDER.digest);
    assert_eq!(binding.holder(), thumbprint);
    assert_eq!(binding.issued_at(), NOW);
}

#[test]
fn refuses_a_presentation_without_key_binding() {
    assert_eq!(code(&presentation()), "kb_missing");
}

#[test]
fn refuses_another_audience() {
    assert_eq!(changed("aud", json!(AUDIENCE)), "ok");
    assert_eq!(changed("aud", json!("x509_hash:other")), "kb_aud");
    assert_eq!(changed("aud", json!("")), "kb_aud");
    // RFC 9901 §4.3: a single string.
    assert_eq!(changed("aud", json!([AUDIENCE])), "kb_typ");
    assert_eq!(changed("aud", Value::Null), "kb_typ");
}

#[test]
fn refuses_another_nonce() {
    assert_eq!(changed("nonce", json!("another")), "kb_nonce");
    assert_eq!(changed("nonce", json!("")), "kb_nonce");
    assert_eq!(changed("nonce", Value::Null), "kb_typ");
}

#[test]
fn refuses_a_time_too_long_ago_or_ahead() {
    let year = 365 * 86_400;
    for (iat, expected) in [
        (NOW.minus(year), "kb_iat"),
        (NOW.plus(year), "kb_iat"),
        (NOW.plus(60), "ok"),
        (NOW.plus(61), "kb_iat"),
        (NOW.minus(MAX_AGE + 60), "ok"),
        (NOW.minus(MAX_AGE + 61), "kb_iat"),
        (UnixTime::new(i64::MIN), "kb_iat"),
        (UnixTime::new(i64::MAX), "kb_iat"),
    ] {
        assert_eq!(changed("iat", json!(iat)), expected, "{}", iat.seconds());
    }
    assert_eq!(changed("exp", json!(NOW.minus(60))), "kb_iat");
    assert_eq!(changed("nbf", json!(NOW.plus(61))), "kb_iat");
    assert_eq!(changed("iat", Value::Null), "kb_typ");
}

#[test]
fn refuses_other_disclosures_than_were_bound() {
    let credential = credential();
    let one = presentation();
    let all: Vec<&str> = credential.split('~').collect();
    let bound_to_one = bound(&one, "kb+jwt", ("x", Value::Null), &*holder());
    let kb = bound_to_one.rsplit('~').next().unwrap();
    assert_eq!(code(&bound_to_one), "ok");
    let added = format!("{}~{}~{}~{kb}", all[0], all[1], all[2]);
    assert_eq!(code(&added), "sd_hash");
    let removed = format!("{}~{kb}", all[0]);
    assert_eq!(code(&removed), "sd_hash");
    let swapped = format!("{}~{}~{}~", all[0], all[2], all[1]);
    let bound_to_both = bound(&swapped, "kb+jwt", ("x", Value::Null), &*holder());
    let kb = bound_to_both.rsplit('~').next().unwrap();
    assert_eq!(code(&bound_to_both), "ok");
    assert_eq!(code(&format!("{}~{}~{}~{kb}", all[0], all[1], all[2])), "sd_hash");
    assert_eq!(changed("sd_hash", json!("")), "sd_hash");
    assert_eq!(changed("sd_hash", Value::Null), "kb_typ");
}

#[test]
fn refuses_another_signer() {
    let none = ("x", Value::Null);
    for other in [issuer(), signer("stranger")] {
        assert_eq!(code(&bound(&presentation(), "kb+jwt", none.clone(), &*other)), "kb_sig");
    }
    let text = bound(&presentation(), "kb+jwt", none, &*holder());
    let (input, signature) = text.rsplit_once('.').unwrap();
    let mut signature = base64url::decode(signature).unwrap();
    signature[40] ^= 1;
    assert_eq!(code(&format!("{input}.{}", base64url::encode(&signature))), "kb_sig");
    let short = base64url::encode(&signature[1..]);
    assert_eq!(code(&format!("{input}.{short}")), "kb_sig");
    let zero = base64url::encode([0; 64]);
    assert_eq!(code(&format!("{input}.{zero}")), "kb_sig");
}

#[test]
fn refuses_another_type() {
    for typ in ["JWT", "dc+sd-jwt", "openid4vci-proof+jwt", ""] {
        let text = bound(&presentation(), typ, ("x", Value::Null), &*holder());
        assert_eq!(code(&text), "kb_typ", "{typ}");
    }
    assert_eq!(code(&format!("{}x.y", presentation())), "kb_typ");
}

#[test]
fn refuses_a_credential_that_names_no_key() {
    let jwk = jwk_of(&*holder());
    let mut encryption = jwk.clone();
    encryption["use"] = json!("enc");
    for cnf in [
        Value::Null,
        json!({}),
        json!({"kid": "holder"}),
        json!({"jwk": encryption}),
        json!({"jkt": "x"}),
    ] {
        let unbound = token(json!({"cnf": cnf.clone()}), &[]);
        let text = bound(&unbound, "kb+jwt", ("x", Value::Null), &*holder());
        assert_eq!(code(&text), "cnf", "{cnf}");
    }
}

/// Returns headers that name other algorithms, with the signatures that would fit them.
fn other_algorithms(key: &PublicKey, input: impl Fn(&Value) -> String) -> Vec<String> {
    let mut texts = Vec::new();
    for alg in [
        json!("none"),
        json!("NONE"),
        json!("nOnE"),
        json!(""),
        json!(null),
        json!(["ES256"]),
    ] {
        texts.push(format!("{}.", input(&json!({"alg": alg, "typ": "kb+jwt"}))));
        texts.push(format!(
            "{}.{}",
            input(&json!({"alg": alg, "typ": "kb+jwt"})),
            base64url::encode([1; 64])
        ));
    }
    texts.push(format!("{}.", input(&json!({"typ": "kb+jwt"}))));
    let PublicKey::P256(point) = key else {
        panic!("not P-256")
    };
    let jwk = Jwk::from_public_key(key).to_value().to_string();
    for secret in [point.sec1().as_slice(), jwk.as_bytes()] {
        for alg in ["HS256", "hs256", "RS256", "ES256K", "es256"] {
            let input = input(&json!({"alg": alg, "typ": "kb+jwt"}));
            let mac = PROVIDER.mac.hmac_sha256(secret, input.as_bytes());
            texts.push(format!("{input}.{}", base64url::encode(mac)));
        }
    }
    texts
}

#[test]
fn refuses_other_algorithms_of_the_holder() {
    let presentation = presentation();
    let claims = json!({
        "aud": AUDIENCE, "nonce": NONCE, "iat": NOW, "sd_hash": digest(&presentation),
    });
    let claims = base64url::encode(claims.to_string());
    let input = |header: &Value| format!("{}.{claims}", base64url::encode(header.to_string()));
    for kb in other_algorithms(holder().public_key(), input) {
        assert_eq!(code(&format!("{presentation}{kb}")), "alg_not_allowed", "{kb}");
    }
}

#[test]
fn refuses_other_algorithms_of_the_issuer() {
    let claims = base64url::encode(crate::testing::payload(json!({})).to_string());
    let input = |header: &Value| format!("{}.{claims}", base64url::encode(header.to_string()));
    for jwt in other_algorithms(issuer().public_key(), input) {
        assert_eq!(crate::testing::code(&format!("{jwt}~")), "alg_not_allowed", "{jwt}");
    }
}
