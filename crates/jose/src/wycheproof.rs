//! The JOSE vectors of Wycheproof: what is invalid is refused, what is valid and ours is accepted, and the rest of the
//! valid ones is refused as an algorithm that this system does not speak.

use std::collections::BTreeSet;

use mahfada_base::base64url;
use mahfada_crypto::pure::PROVIDER;
use serde_json::Value;

use crate::{Jwk, JwkSet, UnverifiedJwe, UnverifiedJws};

/// Valid vectors that are refused for another reason than their algorithm, each with that reason.
const EXCEPTIONS: [(&str, u64, &str); 2] = [
    // A `?` inside the base64url text: two spellings of one token (RFC 7515 §2 allows no foreign character). Its
    // twin 373 has the `?` in the payload and is refused for HS256 before that is read.
    ("json_web_signature_test.json", 372, "malformed"),
    // `zip` would let a small message become a large one.
    ("json_web_encryption_test.json", 135, "crit"),
];

fn read(name: &str) -> Value {
    let path = format!("{}/../../tests/vectors/wycheproof/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The public half of the group's key or key set.
fn public(group: &Value) -> Value {
    let mut key = group.get("public").unwrap_or_else(|| &group["private"]).clone();
    if let Some(members) = key.as_object_mut().filter(|key| key.get("kty") == Some(&"EC".into())) {
        members.remove("d");
    }
    key
}

fn check_jws(group: &Value, compact: &str) -> Result<(), &'static str> {
    let jws = UnverifiedJws::parse(compact).map_err(|fault| fault.code())?;
    let key = public(group);
    let jwk = if key.get("keys").is_some() {
        let set = JwkSet::parse(&key).map_err(|fault| fault.code())?;
        jws.header()
            .kid
            .as_deref()
            .and_then(|kid| set.find(kid))
            .cloned()
            .ok_or("no_key")?
    } else {
        Jwk::parse(&key).map_err(|fault| fault.code())?
    };
    let key = jwk.to_verification_key(&PROVIDER).map_err(|fault| fault.code())?;
    jws.check_signature(&key, &PROVIDER).map_err(|fault| fault.code())
}

fn check_jwe(group: &Value, compact: &str, plaintext: Option<&str>) -> Result<(), &'static str> {
    let jwe = UnverifiedJwe::parse(compact, 1 << 20).map_err(|fault| fault.code())?;
    let key = &group["private"];
    Jwk::parse(&public(group))
        .and_then(|key| key.to_encryption_key(&PROVIDER))
        .map_err(|fault| fault.code())?;
    let scalar = base64url::decode(key["d"].as_str().ok_or("no_key")?).map_err(|_| "no_key")?;
    let scalar = <[u8; 32]>::try_from(scalar).map_err(|_| "no_key")?;
    let key = PROVIDER.agreement.from_scalar(&scalar).map_err(|_| "no_key")?;
    let opened = jwe.decrypt(key.as_ref(), &PROVIDER).map_err(|fault| fault.code())?;
    if let Some(plaintext) = plaintext {
        assert_eq!(opened, unhex(plaintext), "another plaintext");
    }
    Ok(())
}

/// Returns the compact form, or the text of a JSON serialization, which is none.
fn text(token: &Value) -> String {
    token.as_str().map_or_else(|| token.to_string(), str::to_owned)
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap())
        .collect()
}

/// Runs a file and returns the number of vectors and the ids of the accepted ones.
fn run(name: &str) -> (usize, BTreeSet<u64>) {
    let file = read(name);
    let (mut count, mut accepted) = (0, BTreeSet::new());
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            count += 1;
            let id = test["tcId"].as_u64().unwrap();
            let outcome = match (test.get("jws"), test.get("jwe")) {
                (Some(jws), _) => check_jws(group, &text(jws)),
                (_, Some(jwe)) => check_jwe(group, &text(jwe), test["pt"].as_str()),
                _ => panic!("{name} {id} is neither"),
            };
            match (test["result"].as_str().unwrap(), outcome) {
                ("valid", Ok(())) => assert!(accepted.insert(id)),
                ("valid", Err(code)) => {
                    let exception = EXCEPTIONS.iter().find(|(file, test, _)| (*file, *test) == (name, id));
                    assert_eq!(
                        code,
                        exception.map_or("alg_not_allowed", |(.., code)| code),
                        "{name} {id}"
                    );
                }
                (_, Ok(())) => panic!("{name} {id} is invalid and was accepted: {}", test["comment"]),
                (_, Err(_)) => {}
            }
        }
    }
    assert_eq!(file["numberOfTests"], count);
    (count, accepted)
}

#[test]
fn signatures() {
    assert_eq!(run("json_web_signature_test.json"), (401, BTreeSet::from([18, 378])));
}

#[test]
fn encryption() {
    assert_eq!(run("json_web_encryption_test.json"), (139, BTreeSet::from([76, 78])));
}

#[test]
fn keys() {
    assert_eq!(run("json_web_key_test.json"), (26, BTreeSet::new()));
}

#[test]
fn both() {
    assert_eq!(run("json_web_crypto_test.json"), (83, BTreeSet::from([18])));
}
