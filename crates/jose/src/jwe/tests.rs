use mahfada_base::Secret;
use mahfada_crypto::PublicKey;
use mahfada_crypto::hazmat::{FailingRandom, SeededRandom};
use mahfada_crypto::pure::PROVIDER;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::Jwk;

const LIMIT: usize = 64 * 1024;

fn key(seed: &str) -> Box<dyn AgreementKey> {
    PROVIDER.agreement.generate(&SeededRandom::new(seed)).unwrap()
}

fn encrypt_for(key: &dyn AgreementKey, enc: ContentEncryption, plaintext: &[u8]) -> String {
    let recipient = JweRecipient {
        key: key.public_key(),
        kid: Some("k"),
        enc,
        apu: Some(b"producer"),
        apv: Some(b"recipient"),
    };
    encrypt(&recipient, plaintext, &SeededRandom::new("jwe"), &PROVIDER).unwrap()
}

fn valid() -> String {
    encrypt_for(key("recipient").as_ref(), ContentEncryption::A128Gcm, b"vp_token")
}

fn open(compact: &str) -> Result<Vec<u8>, JweError> {
    UnverifiedJwe::parse(compact, LIMIT)?.decrypt(key("recipient").as_ref(), &PROVIDER)
}

/// Encrypts under a header as it is, so that only the header can be the reason of a refusal.
fn encrypt_raw(alter: impl FnOnce(&mut Value)) -> String {
    let ephemeral = key("ephemeral");
    let epk = Jwk::from_public_key(&PublicKey::P256(*ephemeral.public_key())).to_value();
    let mut header = json!({"alg": "ECDH-ES", "enc": "A128GCM", "epk": epk});
    alter(&mut header);
    let shared = ephemeral.agree(key("recipient").public_key()).unwrap();
    let content_key = kdf::derive(ContentEncryption::A128Gcm, &shared, b"", b"", PROVIDER.digest);
    let protected = base64url::encode(header.to_string());
    let (ciphertext, tag) = PROVIDER
        .aead
        .seal(
            ContentEncryption::A128Gcm,
            content_key.expose(),
            &[7; 12],
            protected.as_bytes(),
            b"plain",
        )
        .unwrap();
    let [nonce, ciphertext, tag] = [&[7; 12][..], &ciphertext, &tag].map(base64url::encode);
    format!("{protected}..{nonce}.{ciphertext}.{tag}")
}

#[test]
fn round_trips_with_both_encryptions() {
    for enc in [ContentEncryption::A128Gcm, ContentEncryption::A256Gcm] {
        for plaintext in [&b""[..], b"{}", &[0xff; 5_000]] {
            let compact = encrypt_for(key("recipient").as_ref(), enc, plaintext);
            let parsed = UnverifiedJwe::parse(&compact, LIMIT).unwrap();
            assert_eq!((parsed.kid(), parsed.enc()), (Some("k"), enc));
            assert_eq!((parsed.apu(), parsed.apv()), (&b"producer"[..], &b"recipient"[..]));
            assert_eq!(parsed.decrypt(key("recipient").as_ref(), &PROVIDER).unwrap(), plaintext);
        }
    }
    assert_eq!(open(&encrypt_raw(|_| {})).unwrap(), b"plain");
}

/// RFC 7518 Appendix C.
#[test]
fn derives_the_key_of_the_specification() {
    let scalar = |d: &str| <[u8; 32]>::try_from(base64url::decode(d).unwrap()).unwrap();
    let alice = PROVIDER
        .agreement
        .from_scalar(&scalar("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"))
        .unwrap();
    let bob = PROVIDER
        .agreement
        .from_scalar(&scalar("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"))
        .unwrap();
    let shared = alice.agree(bob.public_key()).unwrap();
    assert_eq!(shared.expose(), bob.agree(alice.public_key()).unwrap().expose());
    let derived = kdf::derive(ContentEncryption::A128Gcm, &shared, b"Alice", b"Bob", PROVIDER.digest);
    assert_eq!(base64url::encode(derived.expose()), "VqqN6vgjbSBcIijNcacQGg");
    assert_eq!(
        kdf::derive(
            ContentEncryption::A256Gcm,
            &Secret::new([0; 32]),
            b"",
            b"",
            PROVIDER.digest
        )
        .expose()
        .len(),
        32
    );
}

#[test]
fn encrypts_with_a_fresh_key_every_time() {
    let recipient = key("recipient");
    let random = SeededRandom::new("jwe");
    let to = JweRecipient {
        key: recipient.public_key(),
        kid: None,
        enc: ContentEncryption::A256Gcm,
        apu: None,
        apv: None,
    };
    let [first, second] = [(); 2].map(|()| encrypt(&to, b"same", &random, &PROVIDER).unwrap());
    assert_ne!(first.split('.').next(), second.split('.').next());
    assert_eq!(open(&first), open(&second));
    assert!(matches!(
        encrypt(&to, b"", &FailingRandom, &PROVIDER),
        Err(JweError::Random(_))
    ));
}

#[test]
fn refuses_headers_before_any_cryptography() {
    let p384 = json!({"kty": "EC", "crv": "P-384", "x": base64url::encode([1; 48]), "y": base64url::encode([1; 48])});
    let table: [(&str, Value, JweError); 18] = [
        ("alg", json!("ECDH-ES+A128KW"), JweError::AlgNotAllowed),
        ("alg", json!("dir"), JweError::AlgNotAllowed),
        ("alg", json!("PBES2-HS256+A128KW"), JweError::AlgNotAllowed),
        ("alg", json!("RSA1_5"), JweError::AlgNotAllowed),
        ("alg", json!("ecdh-es"), JweError::AlgNotAllowed),
        ("alg", json!(null), JweError::AlgNotAllowed),
        ("enc", json!("A192GCM"), JweError::AlgNotAllowed),
        ("enc", json!("A128CBC-HS256"), JweError::AlgNotAllowed),
        ("enc", json!(["A128GCM"]), JweError::AlgNotAllowed),
        ("zip", json!("DEF"), JweError::Extension),
        ("crit", json!(["exp"]), JweError::Extension),
        ("epk", json!(null), JweError::Malformed),
        ("epk", json!({"kty": "oct", "k": "AA"}), JweError::Malformed),
        ("epk", p384, JweError::Malformed),
        ("kid", json!(1), JweError::Malformed),
        ("apu", json!("AA=="), JweError::Malformed),
        ("apv", json!(1), JweError::Malformed),
        ("apu", json!(base64url::encode([0; 513])), JweError::Malformed),
    ];
    for (member, value, fault) in table {
        let compact = encrypt_raw(|header| header[member] = value.clone());
        assert_eq!(
            UnverifiedJwe::parse(&compact, LIMIT).unwrap_err(),
            fault,
            "{member} {value}"
        );
    }
    let private = encrypt_raw(|header| header["epk"]["d"] = json!("AA"));
    assert_eq!(UnverifiedJwe::parse(&private, LIMIT).unwrap_err(), JweError::Malformed);
}

#[test]
fn refuses_other_lengths_of_nonce_and_tag() {
    let compact = valid();
    let parts: Vec<_> = compact.split('.').collect();
    let [header, _, nonce, ciphertext, tag] = parts.as_slice() else {
        panic!("five parts")
    };
    let cut = |part: &str, len: usize| base64url::encode(&base64url::decode(part).unwrap()[..len]);
    for len in 0..16 {
        let altered = format!("{header}..{nonce}.{ciphertext}.{}", cut(tag, len));
        assert_eq!(open(&altered), Err(JweError::Malformed), "tag of {len}");
    }
    for len in 0..12 {
        let altered = format!("{header}..{}.{ciphertext}.{tag}", cut(nonce, len));
        assert_eq!(open(&altered), Err(JweError::Malformed), "nonce of {len}");
    }
    let longer = base64url::encode([base64url::decode(tag).unwrap(), vec![0]].concat());
    assert_eq!(
        open(&format!("{header}..{nonce}.{ciphertext}.{longer}")),
        Err(JweError::Malformed)
    );
}

#[test]
fn refuses_texts_of_another_form() {
    let compact = valid();
    let (header, rest) = compact.split_once("..").unwrap();
    for altered in [
        String::new(),
        header.to_owned(),
        "....".to_owned(),
        format!("{compact}."),
        format!("{compact}.AA"),
        format!("{header}.AA.{rest}"),
        format!("{header}=..{rest}"),
        format!("{compact}="),
        format!("{compact}\n"),
    ] {
        assert_eq!(open(&altered), Err(JweError::Malformed), "{altered}");
    }
    assert_eq!(
        UnverifiedJwe::parse(&compact, compact.len() - 1).unwrap_err(),
        JweError::TooLong
    );
    UnverifiedJwe::parse(&compact, compact.len()).unwrap();
}

#[test]
fn every_failed_decryption_says_the_same() {
    let compact = valid();
    let parsed = UnverifiedJwe::parse(&compact, LIMIT).unwrap();
    let off_curve = encrypt_raw(|header| header["epk"]["y"] = json!(base64url::encode([1; 32])));
    let zero = encrypt_raw(|header| {
        header["epk"]["x"] = json!(base64url::encode([0; 32]));
        header["epk"]["y"] = json!(base64url::encode([0; 32]));
    });
    let mut tag = parsed.clone();
    tag.tag[15] ^= 1;
    let mut ciphertext = parsed.clone();
    ciphertext.ciphertext[0] ^= 1;
    let mut nonce = parsed.clone();
    nonce.nonce[0] ^= 1;
    let mut party = parsed.clone();
    party.header.apu = Vec::new();
    let recipient = key("recipient");
    for failure in [
        open(&off_curve),
        open(&zero),
        tag.decrypt(recipient.as_ref(), &PROVIDER),
        ciphertext.decrypt(recipient.as_ref(), &PROVIDER),
        nonce.decrypt(recipient.as_ref(), &PROVIDER),
        party.decrypt(recipient.as_ref(), &PROVIDER),
        parsed.decrypt(key("other").as_ref(), &PROVIDER),
    ] {
        assert_eq!(failure, Err(JweError::Decrypt));
    }
}

proptest! {
    #[test]
    fn any_single_byte_change_is_refused(position in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let mut bytes = valid().into_bytes();
        let position = position.index(bytes.len());
        prop_assume!(bytes[position] != byte);
        bytes[position] = byte;
        prop_assert!(open(&String::from_utf8(bytes).unwrap()).is_err());
    }

    #[test]
    fn any_text_is_parsed_without_panic(text in ".{0,200}") {
        prop_assert!(UnverifiedJwe::parse(&text, LIMIT).is_err());
    }
}
