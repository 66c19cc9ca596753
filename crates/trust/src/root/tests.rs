use mahfada_crypto::pure::PROVIDER;
use serde_json::{Value, json};

use super::*;
use crate::fixture::{Country, DAY, NOW, jwk, key};

fn pinned(bytes: &[u8]) -> Result<VerifiedRoot, RootError> {
    PinnedRoot::from_bytes(bytes, &PROVIDER)
}

fn envelope(bytes: &[u8]) -> Value {
    json::parse(bytes).unwrap()
}

fn bytes(envelope: &Value) -> Vec<u8> {
    serde_json::to_vec(envelope).unwrap()
}

#[test]
fn a_root_round_trips_with_everything_it_says() {
    let country = Country::new();
    let mut document = country.root();
    document.least_sequence.insert(crate::TrustRole::PidIssuers, 7);
    let signed = country.sign_root(&document, &[0, 2]);
    let root = pinned(&signed).unwrap();
    assert_eq!(root.document().least_sequence(crate::TrustRole::PidIssuers), 7);
    assert_eq!(
        root.document().list_signers(crate::TrustRole::PidIssuers),
        document.list_signers(crate::TrustRole::PidIssuers)
    );
    assert_eq!(root.document().officers, document.officers);
    assert_eq!(root.document().registry_base_url, "https://registry.example");
    assert_eq!(envelope(&root.to_bytes().unwrap()), envelope(&signed));
}

#[test]
fn one_officer_is_not_two() {
    let country = Country::new();
    let one = country.sign_root(&country.root(), &[0]);
    assert_eq!(pinned(&one).unwrap_err().code(), "root_threshold");
}

#[test]
fn the_same_key_twice_counts_once() {
    let country = Country::new();
    let mut doubled = envelope(&country.sign_root(&country.root(), &[0]));
    let signature = doubled["signatures"][0].clone();
    doubled["signatures"].as_array_mut().unwrap().push(signature);
    assert_eq!(pinned(&bytes(&doubled)).unwrap_err().code(), "root_threshold");

    let mut document = country.root();
    document.officers = vec![
        jwk(&country.officers[0]),
        jwk(&country.officers[0]).with_kid("another name"),
    ];
    let signed = country.sign_root(&document, &[0]);
    assert_eq!(pinned(&signed).unwrap_err().code(), "root_threshold");
}

#[test]
fn a_stranger_does_not_count() {
    let country = Country::new();
    let signers: [&dyn Signer; 2] = [&*country.officers[0], &*key("stranger")];
    let signed = country.root().sign(&signers, PROVIDER.digest).unwrap();
    assert_eq!(pinned(&signed).unwrap_err().code(), "root_threshold");
}

#[test]
fn refuses_a_changed_document_and_a_changed_signature() {
    let country = Country::new();
    let signed = envelope(&country.sign_root(&country.root(), &[0, 1]));
    let mut other = country.root();
    other.registry_base_url = "https://elsewhere.example".to_owned();
    let mut changed = signed.clone();
    changed["signed"] = envelope(&country.sign_root(&other, &[0, 1]))["signed"].clone();
    assert_eq!(pinned(&bytes(&changed)).unwrap_err().code(), "root_signature");

    let mut swapped = signed;
    swapped["signatures"][0]["sig"] = swapped["signatures"][1]["sig"].clone();
    assert_eq!(pinned(&bytes(&swapped)).unwrap_err().code(), "root_signature");
}

#[test]
fn refuses_what_is_no_root_document() {
    let country = Country::new();
    for change in [
        |document: &mut RootDocument| document.threshold = 0,
        |document: &mut RootDocument| document.threshold = 4,
        |document: &mut RootDocument| document.version = 0,
        |document: &mut RootDocument| document.expires = document.issued_at,
        |document: &mut RootDocument| {
            document.registry_base_url = "http://registry.example".to_owned();
        },
    ] {
        let mut document = country.root();
        change(&mut document);
        let payload = document.to_payload().unwrap();
        let envelope = json!({"signed": base64url::encode(payload), "signatures": []});
        assert_eq!(pinned(&bytes(&envelope)).unwrap_err().code(), "root_malformed");
    }
    let mut payload: Value = json::parse(&country.root().to_payload().unwrap()).unwrap();
    payload["type"] = "another".into();
    let envelope = json!({"signed": base64url::encode(bytes(&payload)), "signatures": []});
    assert_eq!(pinned(&bytes(&envelope)).unwrap_err().code(), "root_malformed");
}

fn next(country: &Country) -> RootDocument {
    RootDocument {
        version: 2,
        issued_at: NOW,
        expires: NOW.plus(60 * DAY),
        ..country.root()
    }
}

fn succeed(country: &Country, signed: &[u8]) -> Result<VerifiedRoot, RootError> {
    let root = UnverifiedRoot::parse(signed).unwrap();
    country.verified_root().successor(root, NOW, &PROVIDER)
}

#[test]
fn the_next_version_needs_the_old_officers_and_the_new() {
    let country = Country::new();
    let newcomers = ["new 1", "new 2"].map(key);
    let mut document = next(&country);
    document.officers = newcomers.iter().map(jwk).collect();
    let sign = |signers: &[&dyn Signer]| document.sign(signers, PROVIDER.digest).unwrap();
    let (old, new) = (&country.officers, &newcomers);

    let complete = sign(&[&*old[0], &*old[1], &*new[0], &*new[1]]);
    assert_eq!(succeed(&country, &complete).unwrap().document().version, 2);
    let without_new = sign(&[&*old[0], &*old[1], &*new[0]]);
    assert_eq!(succeed(&country, &without_new).unwrap_err().code(), "root_threshold");
    let without_old = sign(&[&*old[0], &*new[0], &*new[1]]);
    assert_eq!(succeed(&country, &without_old).unwrap_err().code(), "root_threshold");
}

#[test]
fn versions_go_up_one_by_one() {
    let country = Country::new();
    for version in [1, 3] {
        let document = RootDocument {
            version,
            ..next(&country)
        };
        let signed = country.sign_root(&document, &[0, 1]);
        assert_eq!(
            succeed(&country, &signed).unwrap_err().code(),
            "root_version",
            "{version}"
        );
    }
    let early = RootDocument {
        issued_at: NOW.plus(CLOCK_SKEW + 1),
        ..next(&country)
    };
    let signed = country.sign_root(&early, &[0, 1]);
    assert_eq!(succeed(&country, &signed).unwrap_err().code(), "root_not_yet_issued");
}

#[test]
fn an_expired_version_can_be_walked_through_but_not_used() {
    let country = Country::new();
    let document = RootDocument {
        issued_at: NOW.minus(DAY),
        expires: NOW.minus(CLOCK_SKEW + 1),
        ..next(&country)
    };
    let second = succeed(&country, &country.sign_root(&document, &[0, 1])).unwrap();
    assert_eq!(second.require_current(NOW).unwrap_err().code(), "root_expired");
    second.require_current(NOW.minus(1)).unwrap();
    let third = RootDocument {
        version: 3,
        ..next(&country)
    };
    let third = UnverifiedRoot::parse(&country.sign_root(&third, &[1, 2])).unwrap();
    second
        .successor(third, NOW, &PROVIDER)
        .unwrap()
        .require_current(NOW)
        .unwrap();
}

#[test]
fn officers_sign_one_after_another() {
    let country = Country::new();
    let first = country.sign_root(&country.root(), &[0]);
    let both = UnverifiedRoot::parse(&first)
        .unwrap()
        .countersign(&*country.officers[1], PROVIDER.digest)
        .unwrap();
    pinned(&both.to_bytes().unwrap()).unwrap();
}

/// The envelopes of versions 1 to 4, two of them expired by now.
fn line(country: &Country) -> Vec<Vec<u8>> {
    (1..=4)
        .map(|version| {
            let document = RootDocument {
                version,
                issued_at: NOW.minus(90 * DAY),
                expires: NOW.plus(i64::try_from(version).unwrap() * DAY).minus(5 * DAY / 2),
                ..country.root()
            };
            country.sign_root(&document, &[0, 1])
        })
        .collect()
}

fn restore(pinned: &[u8], envelopes: &[Vec<u8>]) -> Result<u64, &'static str> {
    let restored = PinnedRoot::restore(pinned, envelopes, &PROVIDER);
    restored
        .map(|root| root.document().version)
        .map_err(|error| error.code())
}

#[test]
fn a_root_is_restored_by_walking_from_the_pinned_one_again() {
    let country = Country::new();
    let line = line(&country);
    let mut root = pinned(&line[0]).unwrap();
    assert!(root.envelopes().unwrap().is_empty());
    for next in &line[1..] {
        root = root
            .successor(UnverifiedRoot::parse(next).unwrap(), NOW, &PROVIDER)
            .unwrap();
    }
    let envelopes = root.envelopes().unwrap();
    assert_eq!(envelopes.len(), 3);
    let restored = PinnedRoot::restore(&line[0], &envelopes, &PROVIDER).unwrap();
    assert_eq!(restored.document().version, 4);
    assert_eq!(restored.envelopes().unwrap(), envelopes);
    assert_eq!(restore(&line[0], &[]), Ok(1));
}

#[test]
fn a_build_may_pin_a_later_root_than_the_memory_began_with() {
    let country = Country::new();
    let line = line(&country);
    let restored = PinnedRoot::restore(&line[2], &line[1..], &PROVIDER).unwrap();
    assert_eq!(restored.document().version, 4);
    assert_eq!(restored.envelopes().unwrap().len(), 1);
    assert_eq!(restore(&line[3], &line[1..3]), Ok(4));
}

#[test]
fn refuses_a_memory_that_does_not_descend_from_the_pinned_root() {
    let country = Country::new();
    let line = line(&country);
    let refused = Err("root_descent");
    // Signed by officers of its own, as anybody can; it would pass for a pinned document.
    let strangers = ["stranger 1", "stranger 2"].map(key);
    let document = RootDocument {
        version: 2,
        officers: strangers.iter().map(jwk).collect(),
        ..country.root()
    };
    let signers: Vec<&dyn Signer> = strangers.iter().map(|key| &**key).collect();
    let rogue = document.sign(&signers, PROVIDER.digest).unwrap();
    assert_eq!(pinned(&rogue).unwrap().document().version, 2);
    assert_eq!(restore(&line[0], std::slice::from_ref(&rogue)), refused);
    assert_eq!(restore(&line[0], &[line[1].clone(), rogue.clone()]), refused);
    // A gap, a document that cannot be read, and another document of the pinned version.
    assert_eq!(restore(&line[0], &line[2..]), refused);
    assert_eq!(restore(&line[0], &[b"{}".to_vec()]), refused);
    assert_eq!(restore(&line[1], &[rogue]), refused);
    // The fault of the pinned document itself keeps its own name.
    assert_eq!(restore(b"{}", &line[1..]), Err("root_malformed"));
}
