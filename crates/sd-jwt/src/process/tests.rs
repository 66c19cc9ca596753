use mahfada_base::base64url;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{CryptoProvider, Digest};
use serde_json::{Value, json};

use crate::testing::{NOW, code, digest, disclosure, issuer, payload, token, verify};
use crate::vc::UnverifiedSdJwtVc;

#[expect(clippy::needless_pass_by_value, reason = "every caller writes the value in place")]
fn claim(name: &str, value: Value) -> String {
    disclosure(json!(["salt", name, value]))
}

#[test]
fn puts_claims_and_elements_in_their_place() {
    let city = claim("city", json!("Rabat"));
    let address = claim("address", json!({"_sd": [digest(&city), "hidden"], "country": "MA"}));
    let element = disclosure(json!(["salt", {"code": "ma"}]));
    let text = token(
        json!({
            "_sd": [digest(&address), "decoy"],
            "_sd_alg": "sha-256",
            "nationalities": [{"...": "absent"}, "fr", {"...": digest(&element)}],
            "empty": {"_sd": ["other"]},
        }),
        &[&element, &city, &address],
    );
    let verified = verify(&text).unwrap();
    let expected = payload(json!({
        "address": {"city": "Rabat", "country": "MA"},
        "nationalities": ["fr", {"code": "ma"}],
        "empty": {},
    }));
    assert_eq!(*verified.claims(), expected);
    assert_eq!(verified.undisclosed_digests(), 4);
    let paths: Vec<_> = verified.disclosed_paths().iter().map(ToString::to_string).collect();
    assert_eq!(paths, ["nationalities.1", "address.city", "address"]);
    assert_eq!(verified.as_issued(), text);
}

#[test]
fn accepts_the_stronger_hashes() {
    let name = claim("name", json!("x"));
    let sha384 = base64url::encode(PROVIDER.digest.sha384(name.as_bytes()));
    let sha512 = base64url::encode(PROVIDER.digest.sha512(name.as_bytes()));
    for (alg, digest) in [("sha-256", digest(&name)), ("sha-384", sha384), ("sha-512", sha512)] {
        assert_eq!(
            code(&token(json!({"_sd": [digest], "_sd_alg": alg}), &[&name])),
            "ok",
            "{alg}"
        );
    }
}

#[test]
fn refuses_a_hash_that_is_unknown_or_weak() {
    let name = claim("name", json!("x"));
    for alg in [
        json!("md5"),
        json!("sha-1"),
        json!("SHA-256"),
        json!("none"),
        json!(256),
        json!([]),
    ] {
        let text = token(json!({"_sd": [digest(&name)], "_sd_alg": alg}), &[&name]);
        assert_eq!(code(&text), "sd_alg", "{alg}");
    }
    let nested = token(json!({"_sd": [digest(&name)], "a": {"_sd_alg": "sha-256"}}), &[&name]);
    assert_eq!(code(&nested), "sd_alg");
}

#[test]
fn refuses_a_digest_that_occurs_twice() {
    let name = claim("name", json!("x"));
    let element = disclosure(json!(["salt", 1]));
    let (d, e) = (digest(&name), digest(&element));
    let outer = claim("outer", json!({"_sd": [d]}));
    for (place, more, disclosures) in [
        ("one array", json!({"_sd": [d, d]}), vec![&name]),
        ("two objects", json!({"_sd": [d], "a": {"_sd": [d]}}), vec![&name]),
        ("array elements", json!({"a": [{"...": e}, {"...": e}]}), vec![&element]),
        ("object and array", json!({"_sd": [d], "a": [{"...": d}]}), vec![]),
        (
            "in a disclosure",
            json!({"_sd": [d, digest(&outer)]}),
            vec![&name, &outer],
        ),
        ("undisclosed", json!({"_sd": [d, d]}), vec![]),
        ("disclosure given twice", json!({"_sd": [d]}), vec![&name, &name]),
    ] {
        let disclosures: Vec<&str> = disclosures.into_iter().map(String::as_str).collect();
        assert_eq!(code(&token(more, &disclosures)), "sd_dup_digest", "{place}");
    }
}

#[test]
fn refuses_a_disclosure_that_nothing_refers_to() {
    let (name, other) = (claim("name", json!("x")), claim("other", json!("y")));
    let inner = claim("inner", json!(1));
    let outer = claim("outer", json!({"_sd": [digest(&inner)]}));
    assert_eq!(code(&token(json!({"_sd": [digest(&name)]}), &[&name])), "ok");
    assert_eq!(
        code(&token(json!({"_sd": [digest(&name)]}), &[&name, &other])),
        "sd_unreferenced"
    );
    assert_eq!(code(&token(json!({}), &[&other])), "sd_unreferenced");
    // Its parent is not disclosed.
    assert_eq!(
        code(&token(json!({"_sd": [digest(&outer)]}), &[&inner])),
        "sd_unreferenced"
    );
    // A digest outside `_sd` and `...` refers to nothing.
    assert_eq!(code(&token(json!({"a": digest(&name)}), &[&name])), "sd_unreferenced");
}

#[test]
fn refuses_reserved_names() {
    for name in ["_sd", "...", "_sd_alg"] {
        let reserved = claim(name, json!(["x"]));
        assert_eq!(
            code(&token(json!({"_sd": [digest(&reserved)]}), &[&reserved])),
            "sd_reserved_name",
            "{name}"
        );
    }
    for (fault, more) in [
        ("_sd is no array", json!({"_sd": "x"})),
        ("_sd holds no text", json!({"_sd": [1]})),
        ("... is no array element", json!({"a": {"...": "x"}})),
        ("... at the top", json!({"...": "x"})),
        ("... is no text", json!({"a": [{"...": 1}]})),
        ("... has company", json!({"a": [{"...": "x", "b": 1}]})),
    ] {
        assert_eq!(code(&token(more, &[])), "sd_reserved_name", "{fault}");
    }
}

#[test]
fn refuses_the_wrong_number_of_elements() {
    let element = disclosure(json!(["salt", "x"]));
    let property = claim("a", json!("x"));
    assert_eq!(
        code(&token(json!({"_sd": [digest(&element)]}), &[&element])),
        "sd_arity"
    );
    assert_eq!(
        code(&token(json!({"a": [{"...": digest(&property)}]}), &[&property])),
        "sd_arity"
    );
    for content in [
        json!([]),
        json!(["s"]),
        json!(["s", "n", 1, 2]),
        json!({"s": 1}),
        json!("s"),
    ] {
        let odd = disclosure(content.clone());
        assert_eq!(
            code(&token(json!({"_sd": [digest(&odd)]}), &[&odd])),
            "sd_arity",
            "{content}"
        );
    }
}

#[test]
fn refuses_to_overwrite_a_claim() {
    let (name, again) = (claim("name", json!("x")), disclosure(json!(["other", "name", "y"])));
    let plain = token(json!({"name": "plain", "_sd": [digest(&name)]}), &[&name]);
    assert_eq!(code(&plain), "sd_overwrite");
    let both = token(json!({"_sd": [digest(&name), digest(&again)]}), &[&name, &again]);
    assert_eq!(code(&both), "sd_overwrite");
    let elsewhere = token(json!({"name": "plain", "a": {"_sd": [digest(&name)]}}), &[&name]);
    assert_eq!(code(&elsewhere), "ok");
}

#[test]
fn refuses_disclosures_that_cannot_be_read() {
    let name = claim("name", json!("x"));
    for (fault, odd) in [
        ("not base64url", "W10=".to_owned()),
        (
            "not canonical",
            format!("{}1", disclosure(json!(["s", "n", 1])).strip_suffix('0').unwrap()),
        ),
        ("not JSON", base64url::encode("[\"s\",")),
        ("a number as name", disclosure(json!(["s", 1, "x"]))),
        ("a number as salt", disclosure(json!([1, "n", "x"]))),
        ("a repeated member", base64url::encode(r#"["s","n",{"a":1,"a":2}]"#)),
        ("empty", String::new()),
    ] {
        let text = token(json!({"_sd": [digest(&name), digest(&odd)]}), &[&name, &odd]);
        assert_eq!(code(&text), "sd_malformed", "{fault}");
    }
}

#[test]
fn bounds_the_depth_that_disclosures_add_up_to() {
    let chain = |length: usize| {
        let mut disclosures = vec![claim("a", json!(1))];
        for _ in 1..length {
            let below = digest(disclosures.last().unwrap());
            disclosures.push(claim("a", json!({"_sd": [below]})));
        }
        let top = digest(disclosures.last().unwrap());
        let disclosures: Vec<&str> = disclosures.iter().map(String::as_str).collect();
        code(&token(json!({"_sd": [top]}), &disclosures))
    };
    assert_eq!(chain(32), "ok");
    assert_eq!(chain(33), "sd_too_deep");
}

/// A digest that is the salt itself, so that a cycle can be made at all.
#[derive(Debug)]
struct SaltDigest;

impl Digest for SaltDigest {
    fn sha256(&self, data: &[u8]) -> [u8; 32] {
        let content: Value = serde_json::from_slice(&base64url::decode(data).unwrap()).unwrap();
        let mut digest = [0; 32];
        let salt = content[0].as_str().unwrap().as_bytes();
        digest[..salt.len()].copy_from_slice(salt);
        digest
    }

    fn sha384(&self, _data: &[u8]) -> [u8; 48] {
        [0; 48]
    }

    fn sha512(&self, _data: &[u8]) -> [u8; 64] {
        [0; 64]
    }
}

#[test]
fn refuses_a_cycle_of_digests() {
    let salt_digest = |salt: &[u8]| {
        let mut digest = [0; 32];
        digest[..salt.len()].copy_from_slice(salt);
        base64url::encode(digest)
    };
    let code = |disclosures: &[&str]| {
        let provider = CryptoProvider {
            digest: &SaltDigest,
            ..PROVIDER
        };
        let text = token(json!({"_sd": [salt_digest(b"A")]}), disclosures);
        let parsed = UnverifiedSdJwtVc::parse(&text).unwrap();
        let verified = parsed.verify(issuer().public_key(), NOW, &provider);
        verified.map_or_else(|error| error.code(), |_| "ok")
    };
    let a = disclosure(json!(["A", "a", {"_sd": [salt_digest(b"B")]}]));
    let b = disclosure(json!(["B", "b", {"_sd": [salt_digest(b"A")]}]));
    let own = disclosure(json!(["A", "a", {"_sd": [salt_digest(b"A")]}]));
    let leaf = disclosure(json!(["B", "b", 1]));
    assert_eq!(code(&[&a, &leaf]), "ok");
    assert_eq!(code(&[&a, &b]), "sd_cycle");
    assert_eq!(code(&[&own]), "sd_cycle");
}
