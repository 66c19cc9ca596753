use mahfada_crypto::hazmat::{FailingRandom, SeededRandom};
use mahfada_crypto::pure::PROVIDER;

use super::*;
use crate::fixture::{NOT_BEFORE, access, anchor, ca, signer, template};

#[test]
fn refuses_a_signer_that_is_not_the_issuer() {
    let root = anchor(&ca("Root", None), "root");
    let (key, stranger) = (signer("leaf"), signer("stranger"));
    let issued = issue(
        &access("Leaf"),
        key.public_key(),
        &root.certificate,
        stranger.as_ref(),
        &SeededRandom::new("s"),
        &PROVIDER,
    );
    assert!(matches!(issued, Err(IssueError::IssuerKey)));
}

#[test]
fn stops_without_random_bytes() {
    let key = signer("root");
    let made = self_signed(&ca("Root", None), key.as_ref(), &FailingRandom, &PROVIDER);
    assert!(matches!(made, Err(IssueError::Random(_))));
}

#[test]
fn refuses_templates_that_cannot_be_written() {
    let key = signer("root");
    let mut empty = ca("", None);
    let mut country = ca("Root", None);
    country.subject.country = "Maroc".to_owned();
    let mut control = ca("Root\n", None);
    let mut times = ca("Root", None);
    times.not_after = NOT_BEFORE.minus(1);
    let purpose = template(
        "Leaf",
        CertificateKind::Leaf {
            extended_key_usage: "purpose",
            dns_names: Vec::new(),
        },
    );
    for template in [&mut empty, &mut country, &mut control, &mut times, &mut purpose.clone()] {
        let made = self_signed(template, key.as_ref(), &SeededRandom::new("s"), &PROVIDER);
        assert!(matches!(made, Err(IssueError::Template)), "{template:?}");
    }
}

#[test]
fn writes_years_past_2049() {
    let mut template = ca("Root", Some(200));
    template.not_after = UnixTime::from_rfc3339("2051-02-03T04:05:06Z").unwrap();
    let root = anchor(&template, "root").certificate;
    assert_eq!(root.not_after(), template.not_after);
    assert_eq!(root.extensions().path_len, Some(200));
}

#[test]
fn serial_numbers_are_positive_and_drawn() {
    let key = signer("root");
    let serial = |seed: &str| {
        self_signed(&ca("Root", None), key.as_ref(), &SeededRandom::new(seed), &PROVIDER)
            .unwrap()
            .serial_hex()
    };
    assert_ne!(serial("a"), serial("b"));
    assert!(encode::serial(&[0xff; 16])[2] < 0x80);
    assert_eq!(encode::serial(&[0; 16])[2], 0x40);
}

#[test]
fn makes_a_tls_server_certificate() {
    let root = anchor(&ca("Test TLS", None), "root");
    let kind = CertificateKind::TlsServer {
        dns_names: vec!["localhost".to_owned()],
        ip_addresses: vec![IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])],
    };
    let server = root.issue(&template("localhost", kind), "server").certificate;
    assert_eq!(server.dns_names(), ["localhost"]);
    assert_eq!(server.extended_key_usages(), [crate::eku::SERVER_AUTH]);
    assert!(server.der().windows(6).any(|bytes| bytes == [0x87, 4, 127, 0, 0, 1]));
}
