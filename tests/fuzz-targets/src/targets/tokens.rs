//! JOSE: signatures, encryption, keys.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ed25519_dalek::Signer as _;
use mahfada_base::{base64url, json};
use mahfada_crypto::hazmat::SeededRandom;
use mahfada_crypto::pure::PROVIDER;
use mahfada_crypto::{AgreementKey, PublicKey, SignatureAlgorithm};
use mahfada_jose::{Expectation, Jwk, JwkSet, UnverifiedJwe, UnverifiedJws};
use mahfada_x509::UnverifiedChain;
use serde_json::Value;

use crate::Reached;
use crate::country::key;
use crate::message::{FORGED, genuine, signed_part};

const TYP: &str = "fuzz+jwt";
const MAX_JWE: usize = 64 * 1024;

struct Keys {
    p256: std::sync::Arc<dyn mahfada_crypto::Signer>,
    p384: p384::ecdsa::SigningKey,
    ed25519: ed25519_dalek::SigningKey,
    p384_public: PublicKey,
    ed25519_public: PublicKey,
    recipient: Box<dyn AgreementKey>,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let p384 = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
    let point = p384.verifying_key().to_sec1_point(false);
    let ed25519 = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    Keys {
        p256: key("jws"),
        p384_public: PROVIDER
            .keys
            .p384_public(point.x().unwrap(), point.y().unwrap())
            .unwrap(),
        p384,
        ed25519_public: PROVIDER
            .keys
            .ed25519_public(ed25519.verifying_key().as_bytes())
            .unwrap(),
        ed25519,
        recipient: PROVIDER.agreement.generate(&SeededRandom::new("recipient")).unwrap(),
    }
});

static JWS_GENUINE: LazyLock<BTreeSet<String>> = LazyLock::new(|| genuine(&seeds::jws()));
static JWE_GENUINE: LazyLock<BTreeSet<Vec<u8>>> =
    LazyLock::new(|| seeds::jwe().into_iter().map(|seed| seed.bytes).collect());

/// Takes a compact JWS, or a header in `{…}` with a payload behind a line feed, which is signed with ES256 first.
pub fn jws(data: &[u8]) -> Reached {
    let received = !data.starts_with(b"{");
    let text = if received {
        String::from_utf8(data.to_vec()).ok()
    } else {
        Some(signed_by_hand(data))
    };
    let Some(text) = text else { return Reached::Refused };
    let Ok(jws) = UnverifiedJws::parse(&text) else {
        return Reached::Refused;
    };
    check_header(&jws);
    let payload = base64url::encode(jws.unverified_payload());
    assert_eq!(
        text.split('.').nth(1),
        Some(payload.as_str()),
        "a payload has one spelling"
    );
    let algorithms = [
        SignatureAlgorithm::Es256,
        SignatureAlgorithm::Es384,
        SignatureAlgorithm::EdDsa,
    ];
    let expectation = Expectation {
        typ: &[TYP],
        algorithms: &algorithms,
    };
    let keys = [KEYS.p256.public_key(), &KEYS.p384_public, &KEYS.ed25519_public];
    let mut verified = keys
        .into_iter()
        .filter_map(|key| jws.clone().verify(key, &expectation, &PROVIDER).ok());
    let Some(jws) = verified.next() else {
        return Reached::Parsed;
    };
    assert!(verified.next().is_none(), "one signature holds for two keys");
    assert!(!received || JWS_GENUINE.contains(signed_part(&text)), "{FORGED}");
    assert!(
        jws.header()
            .typ
            .as_deref()
            .is_some_and(|typ| typ.to_ascii_lowercase().ends_with(TYP)),
        "verified another type"
    );
    if !received {
        let header: Value = serde_json::from_slice(data.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
        assert_eq!(header.get("alg"), Some(&Value::from("ES256")));
        assert!(
            header.get("crit").is_none() && header.get("b64").is_none(),
            "an extension was ignored"
        );
    }
    let _ = jws.claims::<Value>();
    Reached::Verified
}

fn signed_by_hand(data: &[u8]) -> String {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let [header, payload] = [parts.next(), parts.next()].map(|part| base64url::encode(part.unwrap_or_default()));
    let input = format!("{header}.{payload}");
    let signature = KEYS.p256.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", base64url::encode(signature.0))
}

fn check_header(jws: &UnverifiedJws) {
    let header = jws.header();
    if let Some(jwk) = &header.jwk {
        assert_eq!(
            Jwk::parse(&jwk.to_value()).as_ref().ok(),
            Some(jwk),
            "a key reads as it writes"
        );
        let _ = jwk.to_verification_key(&PROVIDER);
    }
    if let Some(x5c) = &header.x5c {
        let _ = UnverifiedChain::from_x5c(x5c);
    }
    let _ = format!("{jws:?}");
}

/// Takes a compact JWE and decrypts it.
pub fn jwe(data: &[u8]) -> Reached {
    let jwe = std::str::from_utf8(data)
        .ok()
        .map(|text| UnverifiedJwe::parse(text, MAX_JWE));
    let Some(Ok(jwe)) = jwe else {
        return Reached::Refused;
    };
    let _ = (jwe.kid(), jwe.enc(), jwe.apu(), jwe.apv());
    if jwe.decrypt(&*KEYS.recipient, &PROVIDER).is_err() {
        return Reached::Parsed;
    }
    assert!(JWE_GENUINE.contains(data), "{FORGED}");
    Reached::Verified
}

/// Takes a JWK or a JWK set; a key that verifies or that one can encrypt for counts as proved.
pub fn jwk(data: &[u8]) -> Reached {
    let Ok(value) = json::parse(data) else {
        return Reached::Refused;
    };
    let set = JwkSet::parse(&value);
    let Ok(jwk) = Jwk::parse(&value) else {
        return if set.is_ok() { Reached::Parsed } else { Reached::Refused };
    };
    assert_eq!(
        Jwk::parse(&jwk.to_value()).as_ref().ok(),
        Some(&jwk),
        "a key reads as it writes"
    );
    let thumbprint = jwk.thumbprint(PROVIDER.digest);
    let Ok(key) = jwk.to_public_key(&PROVIDER) else {
        return Reached::Parsed;
    };
    let again = Jwk::from_public_key(&key);
    assert_eq!(
        again.thumbprint(PROVIDER.digest),
        thumbprint,
        "a key has one thumbprint"
    );
    assert_eq!(again.to_public_key(&PROVIDER).unwrap(), key);
    let usable = jwk.to_verification_key(&PROVIDER).is_ok() || jwk.to_encryption_key(&PROVIDER).is_ok();
    if usable { Reached::Verified } else { Reached::Parsed }
}

pub(crate) mod seeds {
    use mahfada_crypto::{ContentEncryption, Signature};
    use mahfada_jose::{JweRecipient, JwsBuilder, encrypt};
    use serde_json::json;

    use super::*;
    use crate::Seed;
    use crate::country::COUNTRY;

    pub(crate) fn jws() -> Vec<Seed> {
        let claims = json!({"iss": "https://issuer.example", "n": [1, 2.5, null]});
        let builder = JwsBuilder::new(TYP).kid("1");
        let input = |algorithm| builder.signing_input(algorithm, &claims).unwrap();
        let es384 = input(SignatureAlgorithm::Es384);
        let signature: p384::ecdsa::Signature = KEYS.p384.sign(es384.as_bytes());
        let eddsa = input(SignatureAlgorithm::EdDsa);
        let with_keys = JwsBuilder::new(TYP)
            .jwk(&Jwk::from_public_key(KEYS.p256.public_key()))
            .x5c(&COUNTRY.access.chain);
        vec![
            Seed::new("es256", builder.sign(&claims, &*KEYS.p256).unwrap()),
            Seed::new("es384", es384.with_signature(&Signature(signature.to_bytes().to_vec()))),
            Seed::new(
                "eddsa",
                eddsa.with_signature(&Signature(KEYS.ed25519.sign(eddsa.as_bytes()).to_vec())),
            ),
            Seed::new("keys", with_keys.sign(&claims, &*KEYS.p256).unwrap()),
            Seed::new(
                "header",
                format!("{}\n{{}}", json!({"alg": "ES256", "typ": TYP, "kid": "1"})),
            ),
        ]
    }

    pub(crate) fn jwe() -> Vec<Seed> {
        let seal = |enc, kid, apu, apv| {
            let recipient = JweRecipient {
                key: KEYS.recipient.public_key(),
                kid,
                enc,
                apu,
                apv,
            };
            encrypt(&recipient, b"{\"vp_token\":{}}", &SeededRandom::new("jwe"), &PROVIDER).unwrap()
        };
        vec![
            Seed::new("a128gcm", seal(ContentEncryption::A128Gcm, None, None, None)),
            Seed::new(
                "a256gcm",
                seal(ContentEncryption::A256Gcm, Some("1"), Some(b"apu"), Some(b"apv")),
            ),
        ]
    }

    pub(crate) fn jwk() -> Vec<Seed> {
        let keys = [KEYS.p256.public_key(), &KEYS.p384_public, &KEYS.ed25519_public].map(Jwk::from_public_key);
        let [p256, p384, ed25519] = keys.clone();
        let encryption = PublicKey::P256(*KEYS.recipient.public_key());
        let encryption = Jwk::from_public_key(&encryption)
            .with_kid("e")
            .with_use("enc")
            .with_alg("ECDH-ES");
        let set = json!({"keys": keys.map(|key| key.with_kid("k").to_value())});
        vec![
            Seed::new("p256", p256.to_value().to_string()),
            Seed::new("p384", p384.to_value().to_string()),
            Seed::new("ed25519", ed25519.to_value().to_string()),
            Seed::new("encryption", encryption.to_value().to_string()),
            Seed::new("set", set.to_string()),
        ]
    }
}
