use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;

use super::*;
use crate::fixture::{Authority, NOT_AFTER, NOT_BEFORE, access, anchor, ca};
use crate::issue::encode;

fn authority() -> Authority {
    anchor(&ca("Root", None), "root")
}

fn leaf() -> Certificate {
    authority().issue(&access("Leaf"), "leaf").certificate
}

#[test]
fn reads_the_fields_of_its_own_certificates() {
    let leaf = leaf();
    assert_eq!(leaf.common_name(), Some("Leaf"));
    assert_eq!(leaf.organization(), Some("Mahfada Test"));
    assert_eq!(leaf.organization_identifier(), Some("NTRMA-12345"));
    assert_eq!(leaf.country(), Some("MA"));
    assert_eq!(leaf.dns_names(), ["verifier.example"]);
    assert_eq!((leaf.not_before(), leaf.not_after()), (NOT_BEFORE, NOT_AFTER));
    assert_eq!(leaf.serial_hex().len(), 32);
    assert_eq!(leaf.extended_key_usages(), [crate::eku::ACCESS]);
    assert!(!leaf.is_self_signed() && !leaf.is_ca());
    assert!(leaf.subject().contains("CN=Leaf"), "{}", leaf.subject());
    assert_eq!(
        leaf.authority_key_identifier(),
        authority().certificate.subject_key_identifier()
    );
    assert_eq!(leaf.sha256(PROVIDER.digest), PROVIDER.digest.sha256(leaf.der()));
}

#[test]
fn pem_round_trips() {
    let (root, leaf) = (authority().certificate, leaf());
    let text = format!("a comment\n{}{}", leaf.to_pem(), root.to_pem());
    assert_eq!(Certificate::from_pem_many(&text).unwrap(), [leaf, root]);
    assert_eq!(Certificate::from_pem_many(""), Err(CertificateError::Pem));
    assert_eq!(
        Certificate::from_pem_many("-----BEGIN CERTIFICATE-----\nAA"),
        Err(CertificateError::Pem)
    );
}

#[test]
fn refuses_what_is_not_strict_der() {
    let der = leaf().der().to_vec();
    let mut longer = der.clone();
    longer.push(0);
    assert_eq!(Certificate::from_der(&longer), Err(CertificateError::Malformed));
    assert_eq!(
        Certificate::from_der(&der[..der.len() - 1]),
        Err(CertificateError::Malformed)
    );
    assert_eq!(
        Certificate::from_der(&vec![0x30; MAX_BYTES + 1]),
        Err(CertificateError::TooLong)
    );
    // `critical` written out as TRUE may be, written out as FALSE it is not DER (X.690 §11.5).
    let position = der.windows(3).position(|bytes| bytes == [1, 1, 0xff]).unwrap();
    let mut written_out = der;
    written_out[position + 2] = 0;
    assert_eq!(Certificate::from_der(&written_out), Err(CertificateError::Malformed));
}

#[test]
fn refuses_other_versions() {
    let der = leaf().der().to_vec();
    let position = der.windows(5).position(|bytes| bytes == encode::VERSION_3).unwrap();
    let mut second = der;
    second[position + 4] = 1;
    assert_eq!(Certificate::from_der(&second), Err(CertificateError::Version));
}

#[test]
fn refuses_algorithms_that_differ_inside_and_outside() {
    let der = leaf().der().to_vec();
    let position = der
        .windows(8)
        .position(|bytes| bytes == [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])
        .unwrap();
    let mut other = der;
    other[position + 7] = 3;
    assert_eq!(Certificate::from_der(&other), Err(CertificateError::Malformed));
}

#[test]
fn refuses_an_extension_that_stands_twice_or_cannot_be_read() {
    let authority = authority();
    let key = authority.signer.public_key().clone();
    let sign = |alter: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let template = access("Leaf");
        let mut list = crate::issue::extensions(&template, &key, &[1], &PROVIDER).unwrap();
        alter(&mut list);
        let name = authority.certificate.subject_der();
        crate::issue::sign(
            &template,
            name,
            &key,
            &list,
            authority.signer.as_ref(),
            &SeededRandom::new("s"),
        )
    };
    let refused = |result: Result<Certificate, crate::IssueError>| match result {
        Err(crate::IssueError::Certificate(fault)) => fault,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(sign(&|list| list.push(list[0].clone()))),
        CertificateError::Extension
    );
    assert_eq!(
        refused(sign(&|list| list[2] = encode::key_usage(&[5, 0]))),
        CertificateError::Extension
    );
    sign(&|_| {}).unwrap();
}

#[test]
fn refuses_keys_of_other_kinds() {
    leaf().public_key(&PROVIDER).unwrap();
    let alterations: [fn(&mut Content); 6] = [
        |content| *content.key_bits.last_mut().unwrap() ^= 1,
        |content| {
            content.key_bits.truncate(33);
            content.key_bits[0] = 2;
        },
        |content| content.key_bits[0] = 6,
        |content| content.key_curve = Some(rfc5912::SECP_384_R_1),
        |content| content.key_curve = None,
        |content| content.key_bits.clear(),
    ];
    for alter in alterations {
        let mut altered = leaf();
        alter(Arc::get_mut(&mut altered.0).unwrap());
        assert_eq!(altered.public_key(&PROVIDER), Err(CertificateError::Key));
    }
}

#[test]
fn survives_any_single_byte_change() {
    let der = leaf().der().to_vec();
    for position in 0..der.len() {
        for flip in [1, 0x80] {
            let mut altered = der.clone();
            altered[position] ^= flip;
            if let Ok(certificate) = Certificate::from_der(&altered) {
                let _ = certificate.public_key(&PROVIDER);
            }
        }
    }
}

/// Changes bytes of the leaf's subject, not of its issuer; lengths stay.
fn with_subject(old: &[u8], new: &[u8]) -> Certificate {
    let leaf = leaf();
    let (mut der, subject) = (leaf.der().to_vec(), leaf.subject_der());
    let start = der.windows(subject.len()).position(|bytes| bytes == subject).unwrap();
    let position = subject.windows(old.len()).position(|bytes| bytes == old).unwrap();
    der[start + position..][..new.len()].copy_from_slice(new);
    Certificate::from_der(&der).unwrap()
}

#[test]
fn an_absent_organization_identifier_is_not_taken_for_one_that_cannot_be_relied_on() {
    let identifier = Certificate::organization_identifier_attribute;
    assert_eq!(identifier(&leaf()), Attribute::One("NTRMA-12345"));
    let mut template = access("Leaf");
    template.subject.organization_identifier = None;
    let without = authority().issue(&template, "leaf").certificate;
    assert_eq!(identifier(&without), Attribute::Absent);
    // `O` becomes a second identifier; then the only one becomes a TeletexString.
    let doubled = with_subject(&[6, 3, 0x55, 4, 0x0a], &[6, 3, 0x55, 4, 0x61]);
    let unreadable = with_subject(&[6, 3, 0x55, 4, 0x61, 0x0c], &[6, 3, 0x55, 4, 0x61, 0x14]);
    for certificate in [doubled, unreadable] {
        assert_eq!(identifier(&certificate), Attribute::Unusable);
        assert_eq!(certificate.organization_identifier(), None);
    }
}

#[test]
fn reads_names_that_are_uris_apart_from_those_that_are_hosts() {
    let uri = b"https://issuer.example/pid";
    let authority = authority();
    let certificate = authority.forge(&access("Leaf"), authority.signer.public_key(), |list| {
        let names = [&[0x82, 1, b'a', 0x86, 26][..], uri].concat();
        let names = encode::sequence(&[names]);
        let octets = [&[4, 33][..], &names].concat();
        *list.last_mut().unwrap() = encode::sequence(&[vec![6, 3, 0x55, 0x1d, 0x11], octets]);
    });
    assert_eq!(certificate.dns_names(), ["a"]);
    assert_eq!(certificate.uri_names(), ["https://issuer.example/pid"]);
}

#[test]
fn another_certificate_of_the_same_authority_has_its_name_and_key() {
    let first = authority().certificate;
    let mut template = ca("Root", None);
    template.not_after = NOT_AFTER.minus(1);
    let renewed = anchor(&template, "root").certificate;
    assert_ne!(first, renewed);
    assert!(first.has_name_and_key_of(&renewed));
    assert!(!first.has_name_and_key_of(&anchor(&ca("Root", None), "another").certificate));
    assert!(!first.has_name_and_key_of(&anchor(&ca("Another", None), "root").certificate));
}
