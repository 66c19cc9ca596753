//! Credentials, their key binding and their status.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use mahfada_base::{CLOCK_SKEW, base64url};
use mahfada_credential::{CredentialFormat, UnverifiedCredential};
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_jose::{Jwk, JwsBuilder};
use mahfada_sd_jwt::vc::{UnverifiedSdJwtVc, VerifiedSdJwtVc};
use mahfada_sd_jwt::{KeyBindingExpectation, SdJwtIssuance};
use mahfada_status_list::{MAX_LIFETIME, StatusList, TYP, UnverifiedStatusListToken};
use serde_json::{Map, Value, json};

use crate::Reached;
use crate::country::{AGENCY, COUNTRY, HOLDER, NOW, PID, claims, path};
use crate::message::{Message, genuine, sign};

const AUDIENCE: &str = "x509_hash:bank";
const NONCE: &str = "n-0S6_WzA2Mj-0S6_WzA2Mj";
const MAX_AGE: i64 = 300;
const LIST_URI: &str = "https://status.example/lists/1";
const SMALL_LIST: usize = 64 * 1024;

static SD_JWT_GENUINE: LazyLock<BTreeSet<String>> = LazyLock::new(|| genuine(&seeds::sd_jwt()));
static KB_JWT_GENUINE: LazyLock<BTreeSet<String>> = LazyLock::new(|| genuine(&seeds::kb_jwt()));
static STATUS_GENUINE: LazyLock<BTreeSet<String>> = LazyLock::new(|| genuine(&seeds::status_list()));
/// What the key binding is over: all of the credential.
static PRESENTED: LazyLock<String> = LazyLock::new(issued);

fn builder() -> JwsBuilder {
    JwsBuilder::new("dc+sd-jwt").x5c(&COUNTRY.issuer.chain)
}

fn issued() -> String {
    let Value::Object(mut payload) = claims() else {
        panic!("claims are an object")
    };
    let holder = Jwk::from_public_key(HOLDER.public_key());
    payload.insert("cnf".to_owned(), json!({"jwk": holder.to_value()}));
    payload.insert("iss".to_owned(), "https://verifier.example".into());
    payload.insert("iat".to_owned(), NOW.start_of_day().seconds().into());
    payload.insert("exp".to_owned(), NOW.plus(1000).seconds().into());
    payload.insert("status".to_owned(), json!({"status_list": {"idx": 1, "uri": LIST_URI}}));
    let hidden = [
        json!(["family_name"]),
        json!(["address", "locality"]),
        json!(["address"]),
        json!(["nationalities", 0]),
    ];
    SdJwtIssuance {
        payload,
        selectively_disclosable: hidden.map(path).to_vec(),
        decoys: 1,
    }
    .sign(
        builder(),
        &*COUNTRY.issuer.signer,
        &SeededRandom::new("salts"),
        PROVIDER.digest,
    )
    .unwrap()
}

/// Signs claims as the issuer; what stands on the lines after the first are disclosures, in clear. In the claims and in
/// later disclosures, `@0` to `@9` stand for the digests of the disclosures, so that mutations keep fitting together.
fn sign_with_disclosures(data: &[u8]) -> String {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut payload = lines.next().unwrap_or_default().to_owned();
    let (mut digests, mut tail) = (Vec::<String>::new(), String::new());
    for line in lines {
        let encoded = base64url::encode(with_digests(line, &digests));
        digests.push(base64url::encode(PROVIDER.digest.sha256(encoded.as_bytes())));
        tail.push_str(&encoded);
        tail.push('~');
    }
    payload = with_digests(&payload, &digests);
    format!(
        "{}~{tail}",
        sign(&builder(), payload.as_bytes(), &*COUNTRY.issuer.signer)
    )
}

fn with_digests(text: &str, digests: &[String]) -> String {
    (0..10).zip(digests).fold(text.to_owned(), |text, (number, digest)| {
        text.replace(&format!("@{number}"), digest)
    })
}

/// Takes an SD-JWT VC and verifies it with the issuer's key.
pub fn sd_jwt(data: &[u8]) -> Reached {
    let Some(message) = Message::read(data, sign_with_disclosures) else {
        return Reached::Refused;
    };
    let Ok(parsed) = UnverifiedSdJwtVc::parse(message.text()) else {
        return Reached::Refused;
    };
    let issuer = COUNTRY.issuer.signer.public_key();
    let Ok(credential) = parsed.verify(issuer, NOW, &PROVIDER) else {
        return Reached::Parsed;
    };
    message.require_genuine(&SD_JWT_GENUINE);
    check_credential(&credential);
    Reached::Verified
}

fn check_credential(credential: &VerifiedSdJwtVc) {
    assert!(credential.expires_at().is_none_or(|exp| NOW < exp.plus(CLOCK_SKEW)));
    check_no_digest_left(credential.claims(), 0);
    let paths = credential.disclosed_paths();
    for path in &paths {
        assert!(
            path.select(credential.claims()).is_ok(),
            "a disclosed claim is in its place"
        );
    }
    let issuer = COUNTRY.issuer.signer.public_key();
    let verify = |text: &str| {
        UnverifiedSdJwtVc::parse(text)
            .unwrap()
            .verify(issuer, NOW, &PROVIDER)
            .unwrap()
    };
    let again = verify(credential.as_issued());
    assert_eq!(
        again.claims(),
        credential.claims(),
        "what was accepted reads the same again"
    );
    let everything = credential.present(&paths).unwrap();
    assert_eq!(
        verify(everything.text()).claims(),
        credential.claims(),
        "all disclosures give all claims"
    );
    let nothing = credential.present(&[]).unwrap();
    assert_eq!(
        verify(nothing.text()).disclosed_paths(),
        [],
        "no disclosure discloses nothing"
    );
    for path in &paths {
        let one = credential.present(std::slice::from_ref(path)).unwrap();
        let visible = verify(one.text());
        assert!(visible.disclosed_paths().len() <= paths.len());
        let _ = credential.revealed(std::slice::from_ref(path));
    }
}

fn check_no_digest_left(value: &Value, depth: usize) {
    assert!(depth <= 64, "claims are bounded in depth");
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                assert!(
                    !["_sd", "_sd_alg", "..."].contains(&name.as_str()),
                    "a digest is no claim"
                );
                check_no_digest_left(value, depth + 1);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|value| check_no_digest_left(value, depth + 1)),
        _ => {}
    }
}

/// Takes a key binding JWT for the one credential, or its claims.
pub fn kb_jwt(data: &[u8]) -> Reached {
    let holder = &*HOLDER;
    let Some(message) = Message::read(data, |claims| sign(&JwsBuilder::new("kb+jwt"), claims, &**holder)) else {
        return Reached::Refused;
    };
    let issuer = COUNTRY.issuer.signer.public_key();
    let text = format!("{}{}", *PRESENTED, message.text());
    let Ok(parsed) = UnverifiedSdJwtVc::parse(&text) else {
        return Reached::Refused;
    };
    let Ok(credential) = parsed.verify(issuer, NOW, &PROVIDER) else {
        return Reached::Refused;
    };
    let expectation = KeyBindingExpectation {
        audience: AUDIENCE,
        nonce: NONCE,
        max_age: MAX_AGE,
    };
    let Ok(binding) = credential.verify_key_binding(&expectation, NOW, &PROVIDER) else {
        return Reached::Parsed;
    };
    message.require_genuine(&KB_JWT_GENUINE);
    let jwk = Jwk::from_public_key(holder.public_key());
    assert_eq!(binding.holder(), jwk.thumbprint(PROVIDER.digest));
    let age = NOW.since(binding.issued_at());
    assert!(
        (-CLOCK_SKEW..=MAX_AGE + CLOCK_SKEW).contains(&age),
        "bound at another time"
    );
    if let Message::Signed(_) = message {
        let claims: Map<String, Value> = serde_json::from_slice(data).unwrap();
        let sd_hash = base64url::encode(PROVIDER.digest.sha256(PRESENTED.as_bytes()));
        for (name, expected) in [("aud", AUDIENCE), ("nonce", NONCE), ("sd_hash", sd_hash.as_str())] {
            assert_eq!(
                claims.get(name),
                Some(&Value::from(expected)),
                "bound to another {name}"
            );
        }
    }
    Reached::Verified
}

/// Takes an SD-JWT VC and asks the trust store who may sign it.
pub fn credential(data: &[u8]) -> Reached {
    let Some(message) = Message::read(data, sign_with_disclosures) else {
        return Reached::Refused;
    };
    let Ok(parsed) = UnverifiedCredential::parse(CredentialFormat::DcSdJwt, message.text()) else {
        return Reached::Refused;
    };
    let Ok(credential) = parsed.verify(&COUNTRY.store, NOW, &PROVIDER) else {
        return Reached::Parsed;
    };
    message.require_genuine(&SD_JWT_GENUINE);
    assert_eq!(
        credential.credential_type().as_str(),
        PID,
        "the agency may issue this type only"
    );
    assert_eq!(credential.issuer().organization_identifier(), AGENCY);
    assert_eq!(credential.claims().value.get("vct"), Some(&Value::from(PID)));
    Reached::Verified
}

/// Takes a status list token, its claims, or after one byte for the bits a compressed list.
pub fn status_list(data: &[u8]) -> Reached {
    if let [bits @ (1 | 2 | 4 | 8), list @ ..] = data {
        return compressed_list(*bits, list);
    }
    let status_signer = &COUNTRY.status_signer;
    let builder = JwsBuilder::new(TYP).x5c(&status_signer.chain);
    let Some(message) = Message::read(data, |claims| sign(&builder, claims, &*status_signer.signer)) else {
        return Reached::Refused;
    };
    let Ok(token) = UnverifiedStatusListToken::parse(message.text()) else {
        return Reached::Refused;
    };
    let Ok(list) = token.verify(status_signer.signer.public_key(), LIST_URI, NOW, &PROVIDER) else {
        return Reached::Parsed;
    };
    message.require_genuine(&STATUS_GENUINE);
    assert!(list.is_current(NOW));
    assert!((0..=MAX_LIFETIME).contains(&list.expires_at().since(list.issued_at())));
    for index in [0, 1, 7, 8, 1 << 20, u64::MAX] {
        let _ = list.status(index);
    }
    Reached::Verified
}

fn compressed_list(bits: u8, list: &[u8]) -> Reached {
    let Ok(list) = StatusList::decode(bits, &base64url::encode(list), SMALL_LIST) else {
        return Reached::Refused;
    };
    assert!(list.size() * u64::from(bits) <= 8 * 64 * 1024, "longer than allowed");
    assert!(list.get(list.size()).is_err(), "an entry behind the last");
    let again = StatusList::decode(bits, &list.encode(), SMALL_LIST).unwrap();
    assert!(again == list, "a list reads as it writes");
    Reached::Parsed
}

pub(crate) mod seeds {
    use mahfada_crypto::SignatureAlgorithm;
    use mahfada_status_list::StatusListToken;

    use super::{
        AUDIENCE, COUNTRY, HOLDER, LIST_URI, NONCE, NOW, PID, PRESENTED, PROVIDER, StatusList, UnverifiedSdJwtVc,
        base64url, issued,
    };
    use crate::Seed;
    use crate::message::text_and_claims;

    pub(crate) fn sd_jwt() -> Vec<Seed> {
        let vct = format!("\"vct\":\"{PID}\"");
        let nested = format!(
            "{{{vct},\"_sd\":[\"@1\",\"@3\"],\"list\":[1,{{\"...\":\"@2\"}}],\"_sd_alg\":\"sha-256\"}}\n\
             [\"c2FsdA\",\"locality\",\"Rabat\"]\n[\"c2FsdA\",\"address\",{{\"_sd\":[\"@0\"],\"country\":\"MA\"}}]\n\
             [\"c2FsdA\",[true,null]]\n[\"c2FsdA\",\"iat\",{}]",
            NOW.start_of_day().seconds()
        );
        vec![
            Seed::new("text", issued()),
            Seed::new(
                "plain",
                format!("{{{vct},\"family_name\":\"El Fassi\",\"exp\":1800000000}}"),
            ),
            Seed::new("disclosures", nested),
            Seed::new("sha512", format!("{{{vct},\"_sd_alg\":\"sha-512\"}}")),
        ]
    }

    pub(crate) fn credential() -> Vec<Seed> {
        sd_jwt()
    }

    pub(crate) fn kb_jwt() -> Vec<Seed> {
        let holder = &*HOLDER;
        let issuer = COUNTRY.issuer.signer.public_key();
        let credential = UnverifiedSdJwtVc::parse(&PRESENTED)
            .unwrap()
            .verify(issuer, NOW, &PROVIDER)
            .unwrap();
        let all = credential.present(&credential.disclosed_paths()).unwrap();
        assert_eq!(all.text(), *PRESENTED);
        let input = all.key_binding_input(AUDIENCE, NONCE, NOW, SignatureAlgorithm::Es256, PROVIDER.digest);
        let text = input.with_signature(&holder.sign(input.as_bytes()).unwrap());
        text_and_claims(text.rsplit_once('~').unwrap().1.to_owned())
    }

    pub(crate) fn status_list() -> Vec<Seed> {
        let list = |bits| {
            let mut list = StatusList::new(bits, 1000).unwrap();
            list.set(1, 1).unwrap();
            list.set(999, 1).unwrap();
            list
        };
        let signer = &COUNTRY.status_signer;
        let token = StatusListToken::sign(
            LIST_URI,
            NOW,
            NOW.plus(86_400),
            3600,
            &list(2),
            &signer.chain,
            &*signer.signer,
        );
        let mut seeds = text_and_claims(token.unwrap());
        for (name, bits) in [("list-1", 1), ("list-2", 2), ("list-4", 4), ("list-8", 8)] {
            let compressed = base64url::decode(list(bits).encode()).unwrap();
            seeds.push(Seed::new(name, [&[bits], &compressed[..]].concat()));
        }
        seeds
    }
}
