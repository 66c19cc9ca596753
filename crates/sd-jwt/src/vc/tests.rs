use mahfada_crypto::pure::PROVIDER;
use serde_json::{Value, json};

use super::*;
use crate::testing::{
    NOW, VCT, code, digest, disclosure, holder, issuer, jwk_of, payload, signer, token, token_as, verify, verify_at,
};

fn code_at(text: &str, now: UnixTime) -> &'static str {
    verify_at(text, now).map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn tells_what_the_credential_says() {
    let status = json!({"status_list": {"idx": 7, "uri": "https://issuer.example/status/1"}});
    let more = json!({"iat": NOW.minus(5), "exp": NOW.plus(5), "nbf": NOW, "status": status});
    let verified = verify(&token(more, &[])).unwrap();
    assert_eq!(verified.vct(), VCT);
    assert_eq!(verified.holder_key().unwrap().to_value(), jwk_of(&*holder()));
    assert_eq!(verified.status_claim(), Some(&status));
    assert_eq!(verified.issued_at(), Some(NOW.minus(5)));
    assert_eq!(verified.expires_at(), Some(NOW.plus(5)));
    assert_eq!(verified.undisclosed_digests(), 0);
    let bare = verify(&token(json!({"cnf": null}), &[])).unwrap();
    assert_eq!(bare.holder_key(), None);
    assert_eq!(bare.status_claim(), None);
    assert_eq!((bare.issued_at(), bare.expires_at()), (None, None));
}

#[test]
fn refuses_another_type_of_token() {
    for typ in ["dc+sd-jwt", "vc+sd-jwt", "application/dc+sd-jwt"] {
        assert_eq!(code(&token_as(typ, &payload(json!({})), &[])), "ok", "{typ}");
    }
    for typ in ["JWT", "kb+jwt", "sd-jwt", "statuslist+jwt", ""] {
        assert_eq!(code(&token_as(typ, &payload(json!({})), &[])), "typ", "{typ}");
    }
}

#[test]
fn refuses_a_credential_without_type() {
    for vct in [Value::Null, json!(""), json!(1), json!(["x"])] {
        let payload = payload(json!({"vct": vct.clone()}));
        for typ in [TYP, LEGACY_TYP] {
            assert_eq!(code(&token_as(typ, &payload, &[])), "vct", "{vct}");
        }
    }
}

#[test]
fn refuses_another_signer() {
    let text = token(json!({}), &[]);
    for other in [holder(), signer("stranger")] {
        let parsed = UnverifiedSdJwtVc::parse(&text).unwrap();
        let refused = parsed.verify(other.public_key(), NOW, &PROVIDER).unwrap_err();
        assert_eq!(refused.code(), "sig");
    }
    let parsed = UnverifiedSdJwtVc::parse(&text).unwrap();
    assert_eq!(parsed.unverified_vct(), Some(VCT));
    assert_eq!(parsed.x5c(), None);
    parsed.verify(issuer().public_key(), NOW, &PROVIDER).unwrap();
}

#[test]
fn refuses_before_nbf_and_from_exp_on_with_skew() {
    let text = token(json!({"nbf": NOW, "exp": NOW.plus(1000)}), &[]);
    for (now, expected) in [
        (NOW.minus(61), "not_yet_valid"),
        (NOW.minus(60), "ok"),
        (NOW.plus(1059), "ok"),
        (NOW.plus(1060), "expired"),
    ] {
        assert_eq!(code_at(&text, now), expected, "{now}");
    }
    for extreme in [i64::MIN, i64::MAX] {
        let text = token(json!({"exp": extreme}), &[]);
        assert_eq!(code(&text), if extreme < 0 { "expired" } else { "ok" });
    }
}

#[test]
fn refuses_times_that_are_no_integers() {
    for name in ["iat", "nbf", "exp"] {
        for value in [json!("1"), json!(1.5), json!(true), json!([1]), json!(u64::MAX)] {
            let text = token(json!({name: value.clone()}), &[]);
            assert_eq!(code(&text), "invalid_claim", "{name} {value}");
        }
    }
}

#[test]
fn refuses_claims_that_must_be_visible() {
    for name in NEVER_DISCLOSABLE {
        let hidden = disclosure(json!(["salt", name, {"jwk": 1}]));
        let mut more = json!({"_sd": [digest(&hidden)]});
        more[name] = Value::Null;
        assert_eq!(code(&token(more, &[&hidden])), "sd_forbidden_claim", "{name}");
        // A digest below such a claim lets the holder take a part of it away, disclosed or not.
        for part in [
            json!({"_sd": ["x"]}),
            json!([{"...": "x"}]),
            json!({"a": [{"b": {"_sd": ["x"]}}]}),
        ] {
            let refused = code(&token(json!({*name: part}), &[]));
            assert_eq!(refused, "sd_forbidden_claim", "{name}");
        }
    }
    for name in ["iat", "sub", "issuing_country"] {
        let hidden = disclosure(json!(["salt", name, 1]));
        assert_eq!(
            code(&token(json!({"_sd": [digest(&hidden)]}), &[&hidden])),
            "ok",
            "{name}"
        );
    }
}

#[test]
fn refuses_a_holder_key_that_is_none() {
    for jwk in [json!({}), json!("x"), json!({"kty": "oct", "k": "AA"})] {
        assert_eq!(code(&token(json!({"cnf": {"jwk": jwk.clone()}}), &[])), "cnf", "{jwk}");
    }
}

#[test]
fn refuses_a_payload_that_is_no_object_or_repeats_members() {
    let jwt = |payload: &[u8]| {
        let jwt = mahfada_jose::JwsBuilder::new(TYP)
            .sign_bytes(payload, &*issuer())
            .unwrap();
        code(&format!("{jwt}~"))
    };
    assert_eq!(jwt(br#"{"vct":"a"}"#), "ok");
    assert_eq!(jwt(br#"{"vct":"a","vct":"b"}"#), "sd_malformed");
    assert_eq!(jwt(br#"["vct"]"#), "sd_malformed");
    assert_eq!(jwt(b"vct"), "sd_malformed");
}

#[test]
fn a_holder_refuses_an_issued_credential_with_key_binding() {
    let text = token(json!({}), &[]);
    UnverifiedSdJwtVc::parse(&text).unwrap().refuse_key_binding().unwrap();
    let bound = UnverifiedSdJwtVc::parse(&format!("{text}a.b.c")).unwrap();
    assert_eq!(bound.key_binding(), Some("a.b.c"));
    assert_eq!(bound.refuse_key_binding().unwrap_err().code(), "unexpected_key_binding");
}
