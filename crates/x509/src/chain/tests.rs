use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::ID_CE_NAME_CONSTRAINTS;
use mahfada_base::base64url;
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;

use super::*;
use crate::CertificateError;
use crate::fixture::{Authority, NOT_AFTER, NOT_BEFORE, NOW, access, anchor, ca, signer};
use crate::issue::{self, encode};

const UNKNOWN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.55555.1");
const ACCESS: ChainProfile = ChainProfile::access_certificate();

struct Pki {
    root: Authority,
    inter: Authority,
    leaf: Authority,
}

fn pki() -> Pki {
    let root = anchor(&ca("Root", Some(1)), "root");
    let inter = root.issue(&ca("Intermediate", Some(0)), "inter");
    let leaf = inter.issue(&access("Leaf"), "leaf");
    Pki { root, inter, leaf }
}

fn verify(chain: &[&Certificate], anchors: &[&Certificate]) -> Result<VerifiedChain, ChainError> {
    verify_at(chain, anchors, NOW)
}

fn verify_at(chain: &[&Certificate], anchors: &[&Certificate], at: UnixTime) -> Result<VerifiedChain, ChainError> {
    let anchors: Vec<_> = anchors.iter().copied().cloned().collect();
    UnverifiedChain::from_x5c(&x5c(chain))?.verify(&anchors, &ACCESS, at, &PROVIDER)
}

fn x5c(chain: &[&Certificate]) -> Vec<String> {
    chain
        .iter()
        .map(|certificate| base64url::encode_standard(certificate.der()))
        .collect()
}

/// Verifies a leaf whose extensions were altered before the intermediate signed it.
fn with_leaf(alter: impl FnOnce(&mut Vec<Vec<u8>>)) -> Result<VerifiedChain, ChainError> {
    let pki = pki();
    let leaf = pki.inter.forge(&access("Leaf"), pki.leaf.signer.public_key(), alter);
    verify(&[&leaf, &pki.inter.certificate], &[&pki.root.certificate])
}

/// Verifies under an intermediate whose extensions were altered before the anchor signed it.
fn with_intermediate(alter: impl FnOnce(&mut Vec<Vec<u8>>)) -> Result<VerifiedChain, ChainError> {
    let pki = pki();
    let certificate = pki
        .root
        .forge(&ca("Intermediate", Some(0)), pki.inter.signer.public_key(), alter);
    let inter = Authority {
        signer: pki.inter.signer,
        certificate,
    };
    let leaf = inter.forge(&access("Leaf"), pki.leaf.signer.public_key(), |_| {});
    verify(&[&leaf, &inter.certificate], &[&pki.root.certificate])
}

#[test]
fn accepts_a_chain_under_an_anchor() {
    let pki = pki();
    let verified = verify(
        &[&pki.leaf.certificate, &pki.inter.certificate],
        &[&pki.root.certificate],
    )
    .unwrap();
    assert_eq!(verified.leaf(), &pki.leaf.certificate);
    assert_eq!(verified.leaf_key(), pki.leaf.signer.public_key());
    assert_eq!(verified.anchor(), &pki.root.certificate);
    let direct = pki.root.issue(&access("Direct"), "direct");
    verify(&[&direct.certificate], &[&pki.root.certificate]).unwrap();
    with_leaf(|_| {}).unwrap();
    with_intermediate(|_| {}).unwrap();
}

#[test]
fn accepts_a_p384_hierarchy_made_by_openssl() {
    let certificates = Certificate::from_pem_many(include_str!("../../testdata/openssl-p384.pem")).unwrap();
    let [leaf, inter, root] = certificates.as_slice() else {
        panic!("three certificates")
    };
    let verified = verify_at(&[leaf, inter], &[root], leaf.not_before()).unwrap();
    assert_eq!(verified.leaf().dns_names(), ["verifier.example"]);
    assert_eq!(verified.leaf().organization(), Some("Peer"));
}

#[test]
fn refuses_the_anchor_in_the_chain() {
    let Pki { root, inter, leaf } = pki();
    let root = &root.certificate;
    assert_eq!(
        verify(&[&leaf.certificate, &inter.certificate, root], &[root]).unwrap_err(),
        ChainError::AnchorInChain
    );
    // An intermediate that the caller pinned is an anchor too, as is a root that it does not know.
    assert_eq!(
        verify(&[&leaf.certificate, &inter.certificate], &[root, &inter.certificate]).unwrap_err(),
        ChainError::AnchorInChain
    );
    assert_eq!(
        verify(&[&leaf.certificate, &inter.certificate, root], &[]).unwrap_err(),
        ChainError::AnchorInChain
    );
}

#[test]
fn refuses_a_self_signed_leaf_even_as_anchor() {
    let template = access("Alone");
    let key = signer("alone");
    let leaf = crate::self_signed(&template, key.as_ref(), &SeededRandom::new("a"), &PROVIDER).unwrap();
    assert_eq!(verify(&[&leaf], &[&leaf]).unwrap_err(), ChainError::SelfSignedLeaf);
    assert_eq!(verify(&[&leaf], &[]).unwrap_err(), ChainError::SelfSignedLeaf);
}

#[test]
fn refuses_a_leaf_that_is_a_ca() {
    let fault = with_leaf(|extensions| extensions.push(encode::basic_constraints(None)));
    assert_eq!(fault.unwrap_err(), ChainError::LeafIsCa);
}

#[test]
fn refuses_a_leaf_without_the_key_usage() {
    let without = with_leaf(|extensions| drop(extensions.remove(2)));
    assert_eq!(without.unwrap_err(), ChainError::KeyUsage);
    let other = with_leaf(|extensions| {
        extensions[2] = encode::key_usage(encode::KEY_CERT_SIGN_AND_CRL_SIGN);
    });
    assert_eq!(other.unwrap_err(), ChainError::KeyUsage);
}

#[test]
fn refuses_a_leaf_of_another_role() {
    let Pki { root, inter, leaf } = pki();
    let chain = UnverifiedChain::from_x5c(&x5c(&[&leaf.certificate, &inter.certificate])).unwrap();
    let anchors = [root.certificate];
    for profile in [
        ChainProfile::credential_signer(),
        ChainProfile::status_signer(),
        ChainProfile::list_signer(),
        ChainProfile::registration_signer(),
    ] {
        assert_eq!(
            chain.verify(&anchors, &profile, NOW, &PROVIDER),
            Err(ChainError::ExtendedKeyUsage)
        );
    }
    chain
        .verify(&anchors, &ChainProfile::any_purpose(), NOW, &PROVIDER)
        .unwrap();
    let without = with_leaf(|extensions| drop(extensions.remove(3)));
    assert_eq!(without.unwrap_err(), ChainError::ExtendedKeyUsage);
}

#[test]
fn refuses_names_that_do_not_chain() {
    let Pki { root, inter, leaf } = pki();
    // The same key under another name.
    let certificate = root.forge(&ca("Other", Some(0)), inter.signer.public_key(), |_| {});
    assert_eq!(
        verify(&[&leaf.certificate, &certificate], &[&root.certificate]).unwrap_err(),
        ChainError::NameChaining
    );
}

#[test]
fn refuses_key_identifiers_that_do_not_chain() {
    let other = with_leaf(|extensions| extensions[1] = encode::authority_key_identifier(&[7; 20]));
    assert_eq!(other.unwrap_err(), ChainError::KeyIdentifier);
    with_leaf(|extensions| drop(extensions.remove(1))).unwrap();
    let under_anchor = with_intermediate(|extensions| extensions[1] = encode::authority_key_identifier(&[7; 20]));
    assert_eq!(under_anchor.unwrap_err(), ChainError::Untrusted);
}

#[test]
fn refuses_a_signature_of_another_key() {
    let Pki { root, inter, leaf } = pki();
    let certificate = inter.certificate.clone();
    let impostor = Authority {
        signer: signer("impostor"),
        certificate,
    };
    let forged = impostor.forge(&access("Leaf"), leaf.signer.public_key(), |_| {});
    assert_eq!(
        verify(&[&forged, &inter.certificate], &[&root.certificate]).unwrap_err(),
        ChainError::Signature
    );
}

#[test]
fn refuses_any_single_byte_change_of_the_leaf() {
    let Pki { root, inter, leaf } = pki();
    for position in 0..leaf.certificate.der().len() {
        let mut der = leaf.certificate.der().to_vec();
        der[position] ^= 1;
        if let Ok(altered) = Certificate::from_der(&der) {
            assert!(
                verify(&[&altered, &inter.certificate], &[&root.certificate]).is_err(),
                "{position}"
            );
        }
    }
}

#[test]
fn refuses_a_signature_algorithm_that_does_not_fit_the_key() {
    let Pki { root, inter, leaf } = pki();
    // ecdsa-with-SHA256 becomes ecdsa-with-SHA384, inside and outside alike; then SHA-1.
    for (id, fault) in [(3, ChainError::SignatureAlgorithm), (1, ChainError::SignatureAlgorithm)] {
        let der = swap(
            leaf.certificate.der(),
            &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
            &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, id],
        );
        let altered = Certificate::from_der(&der).unwrap();
        assert_eq!(
            verify(&[&altered, &inter.certificate], &[&root.certificate]).unwrap_err(),
            fault
        );
    }
}

#[test]
fn refuses_an_issuer_that_is_no_ca() {
    for fault in [
        with_intermediate(|extensions| drop(extensions.remove(2))),
        with_intermediate(|extensions| drop(extensions.remove(3))),
        with_intermediate(|extensions| {
            extensions[3] = encode::key_usage(encode::DIGITAL_SIGNATURE);
        }),
    ] {
        assert_eq!(fault.unwrap_err(), ChainError::NotCa);
    }
    // A leaf that issues another leaf.
    let Pki { root, inter, leaf } = pki();
    let below = leaf.forge(&access("Below"), signer("below").public_key(), |_| {});
    assert_eq!(
        verify(&[&below, &leaf.certificate, &inter.certificate], &[&root.certificate]).unwrap_err(),
        ChainError::NotCa
    );
}

#[test]
fn refuses_an_anchor_that_is_no_ca() {
    let key = signer("root");
    let template = ca("Root", Some(1));
    let name = encode::name(&template.subject).unwrap();
    for drop_extension in [0, 1] {
        let mut extensions = vec![
            encode::basic_constraints(None),
            encode::key_usage(encode::KEY_CERT_SIGN_AND_CRL_SIGN),
        ];
        extensions.remove(drop_extension);
        let certificate = issue::sign(
            &template,
            &name,
            key.public_key(),
            &extensions,
            key.as_ref(),
            &SeededRandom::new("s"),
        )
        .unwrap();
        let Pki { inter, leaf, .. } = pki();
        assert_eq!(
            verify(&[&leaf.certificate, &inter.certificate], &[&certificate]).unwrap_err(),
            ChainError::NotCa
        );
    }
}

#[test]
fn refuses_a_path_longer_than_an_issuer_allows() {
    let root = anchor(&ca("Root", Some(0)), "root");
    let inter = root.issue(&ca("Intermediate", None), "inter");
    let leaf = inter.issue(&access("Leaf"), "leaf");
    assert_eq!(
        verify(&[&leaf.certificate, &inter.certificate], &[&root.certificate]).unwrap_err(),
        ChainError::PathLength
    );
    let root = anchor(&ca("Root", None), "root");
    let first = root.issue(&ca("First", Some(0)), "first");
    let second = first.issue(&ca("Second", None), "second");
    let leaf = second.issue(&access("Leaf"), "leaf");
    assert_eq!(
        verify(
            &[&leaf.certificate, &second.certificate, &first.certificate],
            &[&root.certificate]
        )
        .unwrap_err(),
        ChainError::PathLength
    );
}

#[test]
fn bounds_the_validity_of_every_certificate() {
    for position in 0..3 {
        let mut templates = [access("Leaf"), ca("Intermediate", None), ca("Root", None)];
        templates[position].not_before = NOW.plus(-1_000);
        templates[position].not_after = NOW.plus(1_000);
        let root = anchor(&templates[2], "root");
        let inter = root.issue(&templates[1], "inter");
        let leaf = inter.issue(&templates[0], "leaf");
        let at = |time| verify_at(&[&leaf.certificate, &inter.certificate], &[&root.certificate], time);
        assert_eq!(
            at(NOW.plus(-1_001 - CLOCK_SKEW)).unwrap_err(),
            ChainError::NotYetValid,
            "{position}"
        );
        assert!(at(NOW.plus(-1_000 - CLOCK_SKEW)).is_ok(), "{position}");
        assert!(at(NOW.plus(1_000)).is_ok(), "{position}");
        assert_eq!(at(NOW.plus(1_001)).unwrap_err(), ChainError::Expired, "{position}");
    }
    assert!(NOT_BEFORE < NOW && NOW < NOT_AFTER);
}

#[test]
fn refuses_critical_extensions_that_it_does_not_understand() {
    let unknown = |critical| encode::extension(UNKNOWN, critical, &[5, 0]);
    assert_eq!(
        with_leaf(|list| list.push(unknown(true))).unwrap_err(),
        ChainError::CriticalExtension
    );
    assert_eq!(
        with_intermediate(|list| list.push(unknown(true))).unwrap_err(),
        ChainError::CriticalExtension
    );
    with_leaf(|list| list.push(unknown(false))).unwrap();
}

#[test]
fn refuses_an_anchor_with_an_unknown_critical_extension() {
    let key = signer("root");
    let template = ca("Root", Some(1));
    let name = encode::name(&template.subject).unwrap();
    let extensions = [
        encode::basic_constraints(None),
        encode::key_usage(encode::KEY_CERT_SIGN_AND_CRL_SIGN),
        encode::extension(UNKNOWN, true, &[5, 0]),
    ];
    let certificate = issue::sign(
        &template,
        &name,
        key.public_key(),
        &extensions,
        key.as_ref(),
        &SeededRandom::new("s"),
    )
    .unwrap();
    let Pki { inter, leaf, .. } = pki();
    assert_eq!(
        verify(&[&leaf.certificate, &inter.certificate], &[&certificate]).unwrap_err(),
        ChainError::CriticalExtension
    );
}

#[test]
fn refuses_name_constraints_even_when_not_critical() {
    for critical in [true, false] {
        let constraints = encode::extension(ID_CE_NAME_CONSTRAINTS, critical, &[0x30, 0]);
        assert_eq!(
            with_intermediate(|list| list.push(constraints)).unwrap_err(),
            ChainError::NameConstraints
        );
    }
}

#[test]
fn refuses_a_chain_under_no_anchor() {
    let Pki { root, inter, leaf } = pki();
    let chain = [&leaf.certificate, &inter.certificate];
    assert_eq!(verify(&chain, &[]).unwrap_err(), ChainError::Untrusted);
    let same_name = anchor(&ca("Root", Some(1)), "another root");
    assert_eq!(
        verify(&chain, &[&same_name.certificate]).unwrap_err(),
        ChainError::Untrusted
    );
    // The chain needs its intermediate.
    assert_eq!(
        verify(&[&leaf.certificate], &[&root.certificate]).unwrap_err(),
        ChainError::Untrusted
    );
}

#[test]
fn tries_every_anchor_of_the_name() {
    let Pki { root, inter, leaf } = pki();
    let mut expired = ca("Root", Some(1));
    expired.not_after = NOW.plus(-1);
    let expired = anchor(&expired, "root");
    let rolled = anchor(&ca("Root", Some(1)), "another root");
    let chain = [&leaf.certificate, &inter.certificate];
    let anchors = [&rolled.certificate, &expired.certificate, &root.certificate];
    assert_eq!(verify(&chain, &anchors).unwrap().anchor(), &root.certificate);
    assert_eq!(
        verify(&chain, &[&rolled.certificate, &expired.certificate]).unwrap_err(),
        ChainError::Expired
    );
}

#[test]
fn bounds_number_size_and_spelling_before_reading() {
    let leaf = pki().leaf.certificate;
    let text = base64url::encode_standard(leaf.der());
    let refused = |x5c: &[String]| UnverifiedChain::from_x5c(x5c).unwrap_err();
    assert_eq!(refused(&[]), ChainError::Length);
    assert_eq!(refused(&vec![text.clone(); 5]), ChainError::Length);
    assert_eq!(refused(&["A".repeat(50_000)]), ChainError::TooLarge);
    assert_eq!(
        refused(&["A".repeat(24_000)]),
        ChainError::Certificate(CertificateError::TooLong)
    );
    assert_eq!(refused(&[format!("{text}\n")]), ChainError::Encoding);
    assert_eq!(refused(&[base64url::encode(leaf.der())]), ChainError::Encoding);
    assert_eq!(refused(&["MAA=".to_owned()]).code(), "x509_malformed");
    assert_eq!(UnverifiedChain::from_x5c(&[text]).unwrap().leaf(), &leaf);
}

fn swap(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut position = 0;
    while position + from.len() <= out.len() {
        if &out[position..position + from.len()] == from {
            out[position..position + from.len()].copy_from_slice(to);
        }
        position += 1;
    }
    out
}

#[test]
fn a_remembered_signature_changes_nothing_but_the_work() {
    let pki = pki();
    let chain = [&pki.leaf.certificate, &pki.inter.certificate];
    let unverified = UnverifiedChain::from_x5c(&x5c(&chain)).unwrap();
    let memory = ChainMemory::new();
    let verify = |anchor: &Certificate, profile, at| {
        unverified
            .verify_remembering(&[anchor], profile, at, &memory, &PROVIDER)
            .map(|_| ())
    };
    let root = &pki.root.certificate;
    for _ in 0..2 {
        verify(root, &ACCESS, NOW).unwrap();
    }
    // Times, purpose and anchors are looked at every time.
    assert_eq!(verify(root, &ACCESS, NOT_AFTER.plus(1)), Err(ChainError::Expired));
    let other = ChainProfile::credential_signer();
    assert_eq!(verify(root, &other, NOW), Err(ChainError::ExtendedKeyUsage));
    let stranger = anchor(&ca("Root", Some(1)), "stranger").certificate;
    assert!(verify(&stranger, &ACCESS, NOW).is_err());
}
