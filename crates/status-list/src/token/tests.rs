use std::io::Write as _;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use mahfada_base::base64url;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use serde_json::{Value, json};

use super::*;

const NOW: UnixTime = UnixTime::new(1_795_348_800);
const URI: &str = "https://issuer.example/pid/status/1";
const EXAMPLE: &str = include_str!("../../../../tests/vectors/status-list/status_list_token.jwt.txt");

fn signer(seed: &str) -> Arc<dyn Signer> {
    PROVIDER.keys.generate_es256(&SeededRandom::new(seed)).unwrap()
}

fn list() -> StatusList {
    let mut list = StatusList::new(2, 64).unwrap();
    list.set(1, Status::Invalid.value()).unwrap();
    list.set(2, Status::Suspended.value()).unwrap();
    list.set(3, 3).unwrap();
    list
}

fn sign(list: &StatusList) -> Result<String, StatusListTokenError> {
    StatusListToken::sign(URI, NOW, NOW.plus(3_600), 900, list, &[], &*signer("status"))
}

fn verify_at(text: &str, now: UnixTime) -> Result<VerifiedStatusList, StatusListError> {
    UnverifiedStatusListToken::parse(text)?.verify(signer("status").public_key(), URI, now, &PROVIDER)
}

fn code_at(text: &str, now: UnixTime) -> &'static str {
    verify_at(text, now).map_or_else(|error| error.code(), |_| "ok")
}

/// Signs a good token with one claim changed; null removes it.
fn changed_as(typ: &str, name: &str, value: Value) -> String {
    let mut claims = json!({
        "sub": URI, "iat": NOW, "exp": NOW.plus(3_600), "ttl": 900,
        "status_list": {"bits": 2, "lst": list().encode()},
    });
    let members = claims.as_object_mut().unwrap();
    members.insert(name.to_owned(), value);
    members.retain(|_, value| !value.is_null());
    JwsBuilder::new(typ).sign(&claims, &*signer("status")).unwrap()
}

fn changed(name: &str, value: Value) -> String {
    changed_as(TYP, name, value)
}

fn code_of(name: &str, value: Value) -> &'static str {
    code_at(&changed(name, value), NOW)
}

#[test]
fn tells_what_was_signed() {
    let verified = verify_at(&sign(&list()).unwrap(), NOW).unwrap();
    assert_eq!(verified.status(0), Ok(Status::Valid));
    assert_eq!(verified.status(1), Ok(Status::Invalid));
    assert_eq!(verified.status(2), Ok(Status::Suspended));
    assert_eq!(verified.status(3), Ok(Status::ApplicationSpecific(3)));
    assert_eq!(verified.issued_at(), NOW);
    assert_eq!(verified.expires_at(), NOW.plus(3_600));
    assert_eq!(verified.ttl(), 900);
    assert!(verified.is_current(NOW.plus(3_659)));
    assert!(!verified.is_current(NOW.plus(3_660)));
}

#[test]
fn refuses_an_index_outside_the_list() {
    let verified = verify_at(&sign(&list()).unwrap(), NOW).unwrap();
    assert_eq!(verified.status(63), Ok(Status::Valid));
    for outside in [64, 65, 1 << 20, u64::MAX] {
        assert_eq!(verified.status(outside).unwrap_err().code(), "status_index");
    }
}

#[test]
fn refuses_another_list() {
    assert_eq!(code_of("sub", json!(URI)), "ok");
    for sub in [
        "https://issuer.example/pid/status/2",
        "https://other.example/pid/status/1",
        "",
    ] {
        assert_eq!(code_of("sub", json!(sub)), "status_sub", "{sub}");
    }
    assert_eq!(code_of("sub", Value::Null), "status_malformed");
}

#[test]
fn refuses_a_list_that_has_expired_or_never_does() {
    let text = sign(&list()).unwrap();
    assert_eq!(code_at(&text, NOW.plus(3_659)), "ok");
    assert_eq!(code_at(&text, NOW.plus(3_660)), "status_exp");
    assert_eq!(code_of("exp", Value::Null), "status_exp");
    assert_eq!(code_of("exp", json!("1")), "status_malformed");
}

#[test]
fn refuses_a_list_from_the_future() {
    assert_eq!(code_of("iat", json!(NOW.plus(60))), "ok");
    assert_eq!(code_of("iat", json!(NOW.plus(61))), "status_iat");
    assert_eq!(code_of("iat", Value::Null), "status_malformed");
}

#[test]
fn refuses_another_type() {
    for typ in ["JWT", "dc+sd-jwt", "statuslist+cwt", ""] {
        let text = changed_as(typ, "ttl", json!(900));
        assert_eq!(code_at(&text, NOW), "status_typ", "{typ}");
    }
}

#[test]
fn refuses_another_signer() {
    let text = sign(&list()).unwrap();
    let parsed = UnverifiedStatusListToken::parse(&text).unwrap();
    let refused = parsed.verify(signer("stranger").public_key(), URI, NOW, &PROVIDER);
    assert_eq!(refused.unwrap_err().code(), "status_sig");
    let (input, signature) = text.rsplit_once('.').unwrap();
    let mut signature = base64url::decode(signature).unwrap();
    signature[10] ^= 1;
    let text = format!("{input}.{}", base64url::encode(signature));
    assert_eq!(code_at(&text, NOW), "status_sig");
}

#[test]
fn refuses_other_algorithms() {
    let text = sign(&list()).unwrap();
    let claims = text.split('.').nth(1).unwrap();
    for alg in ["none", "NONE", "nOnE", "HS256", "RS256"] {
        let header = json!({"alg": alg, "typ": TYP}).to_string();
        for signature in [String::new(), base64url::encode([1; 32])] {
            let text = format!("{}.{claims}.{signature}", base64url::encode(&header));
            assert_eq!(code_at(&text, NOW), "alg_not_allowed", "{alg}");
        }
    }
}

#[test]
fn refuses_lists_that_cannot_be_decoded() {
    let encoded = list().encode();
    for bits in [0, 3, 16, 255] {
        let list = json!({"bits": bits, "lst": encoded});
        assert_eq!(code_of("status_list", list), "status_bits", "{bits}");
    }
    for (fault, list) in [
        ("bits too wide for a byte", json!({"bits": 256, "lst": encoded})),
        ("bits negative", json!({"bits": -1, "lst": encoded})),
        ("bits as text", json!({"bits": "2", "lst": encoded})),
        ("no bits", json!({"lst": encoded})),
        ("no list", json!({"bits": 2})),
        ("not base64url", json!({"bits": 2, "lst": "+"})),
        ("not zlib", json!({"bits": 2, "lst": "AAAA"})),
        ("no object", json!("x")),
    ] {
        assert_eq!(code_of("status_list", list), "status_malformed", "{fault}");
    }
}

#[test]
fn refuses_a_bomb() {
    // 64 MiB of zeros in 64 KiB: small enough for a token, too large for a list.
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 64 << 20]).unwrap();
    let lst = base64url::encode(encoder.finish().unwrap());
    assert_eq!(
        code_of("status_list", json!({"bits": 1, "lst": lst})),
        "status_too_large"
    );
    let long = format!("{}{}", sign(&list()).unwrap(), "A".repeat(300_000));
    assert_eq!(code_at(&long, NOW), "status_too_large");
}

#[test]
fn bounds_the_time_until_the_next_fetch() {
    for (ttl, expected) in [
        (json!(900), 900),
        (json!(0), MIN_TTL),
        (json!(-5), MIN_TTL),
        (json!(1_000_000), MAX_TTL),
        (Value::Null, DEFAULT_TTL),
    ] {
        let verified = verify_at(&changed("ttl", ttl), NOW).unwrap();
        assert_eq!(verified.ttl(), expected);
    }
}

#[test]
fn signs_no_list_that_nobody_reads() {
    let mut noise = StatusList::new(8, 1 << 20).unwrap();
    let mut state = 1_u32;
    for index in 0..1 << 20 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.set(index, u8::try_from(state >> 24).unwrap()).unwrap();
    }
    assert_eq!(sign(&noise).unwrap_err().code(), "status_too_large");
    let mut dense = StatusList::new(1, 1 << 20).unwrap();
    for index in 0..1 << 20 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        dense.set(index, u8::from(state >> 31 == 1)).unwrap();
    }
    let text = sign(&dense).unwrap();
    assert_eq!(verify_at(&text, NOW).unwrap().list, dense);
}

#[test]
fn reads_the_example_of_the_draft() {
    let parsed = UnverifiedStatusListToken::parse(EXAMPLE.trim_end()).unwrap();
    assert_eq!(parsed.x5c(), None);
    let claims: ReceivedClaims = serde_json::from_slice(parsed.0.unverified_payload()).unwrap();
    assert_eq!(claims.sub, "https://example.com/statuslists/1");
    assert_eq!(claims.exp, Some(UnixTime::new(2_291_720_170)));
    assert_eq!(claims.ttl, Some(43_200));
    StatusList::decode(claims.status_list.bits, &claims.status_list.lst, 16).unwrap();
}

#[test]
fn believes_no_list_for_more_than_seven_days() {
    assert_eq!(code_of("exp", json!(NOW.plus(MAX_LIFETIME))), "ok");
    assert_eq!(code_of("exp", json!(NOW.plus(MAX_LIFETIME + 1))), "status_exp");
    assert_eq!(code_of("iat", json!(NOW.minus(MAX_LIFETIME))), "status_exp");
    assert_eq!(code_of("exp", json!(NOW.minus(1))), "status_exp");
    for lifetime in [-1, MAX_LIFETIME + 1] {
        let refused = StatusListToken::sign(URI, NOW, NOW.plus(lifetime), 900, &list(), &[], &*signer("status"));
        assert_eq!(refused.unwrap_err().code(), "status_exp", "{lifetime}");
    }
}

#[test]
fn tells_an_older_list_from_a_newer() {
    let at = |iat| verify_at(&changed("iat", json!(iat)), NOW).unwrap();
    let (older, newer) = (at(NOW.minus(1)), at(NOW));
    assert!(older.is_older_than(&newer));
    assert!(!newer.is_older_than(&older));
    assert!(!newer.is_older_than(&at(NOW)));
}
