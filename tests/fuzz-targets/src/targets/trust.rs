//! What trust rests on: root documents, lists, registrations, certificate chains.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use mahfada_base::base64url;
use mahfada_crypto::pure::PROVIDER;
use mahfada_jose::{JwsBuilder, thumbprint_of};
use mahfada_trust::{LONGEST_LIST_LIFE, PinnedRoot, RootError, TrustRole, UnverifiedRegistration, UnverifiedRoot};
use mahfada_x509::{Certificate, ChainProfile, UnverifiedChain};
use serde_json::json;

use crate::Reached;
use crate::card::first_element;
use crate::country::{BANK, COUNTRY, DAY, NOW};
use crate::message::{FORGED, Message, genuine, sign};

const ROLE: TrustRole = TrustRole::PidIssuers;

static LIST_GENUINE: LazyLock<BTreeSet<String>> = LazyLock::new(|| genuine(&seeds::lote()));
static REGISTRATION_GENUINE: LazyLock<BTreeSet<String>> = LazyLock::new(|| genuine(&seeds::registration()));
static ROOT_GENUINE: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let envelopes = seeds::root().into_iter().filter(|seed| !is_document(&seed.bytes));
    envelopes.filter_map(|seed| signed_member(&seed.bytes)).collect()
});

/// Takes a list of trusted entities, or its payload.
pub fn lote(data: &[u8]) -> Reached {
    let operator = &COUNTRY.operator;
    let builder = JwsBuilder::new("JOSE").x5c(&operator.chain);
    let Some(message) = Message::read(data, |payload| sign(&builder, payload, &*operator.signer)) else {
        return Reached::Refused;
    };
    let text = message.text();
    if mahfada_trust::UnverifiedList::parse(text).is_err() {
        return Reached::Refused;
    }
    let mut store = COUNTRY.empty_store.clone();
    if store.accept_list(ROLE, text, NOW, &PROVIDER).is_err() {
        assert!(store.list(ROLE).is_none(), "a refused list is kept");
        return Reached::Parsed;
    }
    message.require_genuine(&LIST_GENUINE);
    let list = store.list(ROLE).expect("an accepted list is kept");
    assert_eq!(list.role(), ROLE);
    assert!(list.is_current(NOW));
    assert!(list.next_update().since(list.issued_at()) <= LONGEST_LIST_LIFE);
    assert_eq!(
        store.memory().seen(ROLE).map(|seen| seen.sequence),
        Some(list.sequence())
    );
    let chain = UnverifiedChain::from_certificates(COUNTRY.issuer.chain.clone()).unwrap();
    let kind = mahfada_credential::CredentialType::new(crate::country::PID);
    let _ = mahfada_credential::IssuerTrust::trusted_issuer(&store, &chain, &kind, NOW, &PROVIDER);
    store
        .accept_list(ROLE, text, NOW, &PROVIDER)
        .expect("the same list again is no older one");
    Reached::Verified
}

fn is_document(data: &[u8]) -> bool {
    data.starts_with(b"{\"type\"")
}

fn signed_member(envelope: &[u8]) -> Option<String> {
    let envelope: serde_json::Value = serde_json::from_slice(envelope).ok()?;
    Some(envelope.get("signed")?.as_str()?.to_owned())
}

/// Puts a document into an envelope that two officers sign, whatever it says.
fn envelope(document: &[u8]) -> Vec<u8> {
    let signature = |officer: &std::sync::Arc<dyn mahfada_crypto::Signer>| {
        json!({
            "keyid": thumbprint_of(officer.public_key(), PROVIDER.digest).to_base64url(),
            "sig": base64url::encode(officer.sign(document).unwrap().0),
        })
    };
    let signatures: Vec<_> = COUNTRY.officers.iter().take(2).map(signature).collect();
    json!({"signed": base64url::encode(document), "signatures": signatures})
        .to_string()
        .into_bytes()
}

/// Takes the envelope of a root document, or with `{"type"` in front the document, as the successor of the pinned one.
pub fn root(data: &[u8]) -> Reached {
    let bytes = if is_document(data) {
        envelope(data)
    } else {
        data.to_vec()
    };
    let Ok(next) = UnverifiedRoot::parse(&bytes) else {
        return Reached::Refused;
    };
    let written = next.to_bytes().unwrap();
    let again = UnverifiedRoot::parse(&written).expect("an envelope reads as it writes");
    assert_eq!(again.unverified_version(), next.unverified_version());
    let pinned = PinnedRoot::from_bytes(&COUNTRY.pinned, &PROVIDER).unwrap();
    let root = match pinned.successor(next, NOW, &PROVIDER) {
        Ok(root) => root,
        Err(error) => {
            let _: RootError = error;
            return Reached::Parsed;
        }
    };
    if !is_document(data) {
        let signed = signed_member(data).unwrap();
        assert!(ROOT_GENUINE.contains(&signed), "{FORGED}");
    }
    assert_eq!(
        root.document().version,
        COUNTRY.root.version + 1,
        "a version was passed over"
    );
    let restored = PinnedRoot::restore(&COUNTRY.pinned, &root.envelopes().unwrap(), &PROVIDER).unwrap();
    assert_eq!(
        restored.document().version,
        root.document().version,
        "a root is restored as it was"
    );
    Reached::Verified
}

/// Takes a registration certificate, or its claims.
pub fn registration(data: &[u8]) -> Reached {
    let registrar = &COUNTRY.registrar;
    let builder = JwsBuilder::new("rc-wrp+jwt").x5c(&registrar.chain);
    let Some(message) = Message::read(data, |claims| sign(&builder, claims, &*registrar.signer)) else {
        return Reached::Refused;
    };
    let Ok(parsed) = UnverifiedRegistration::parse(message.text()) else {
        return Reached::Refused;
    };
    let Ok(registration) = parsed.verify(&COUNTRY.store, BANK, NOW, &PROVIDER) else {
        return Reached::Parsed;
    };
    message.require_genuine(&REGISTRATION_GENUINE);
    let certificate = registration.certificate();
    assert_eq!(certificate.sub, BANK);
    assert!(certificate.exp > NOW.minus(DAY));
    for credential in &certificate.credentials {
        for claim in &credential.claim {
            for kind in &credential.meta.vct_values {
                assert!(
                    registration.allows(&credential.format, kind, &claim.path),
                    "what is registered is allowed"
                );
            }
        }
    }
    Reached::Verified
}

/// Takes certificates, leaf first: in DER one behind the other, or in base64 one on each line.
pub fn x5c(data: &[u8]) -> Reached {
    let chain = if data.starts_with(&[0x30]) {
        der_chain(data)
    } else {
        text_chain(data)
    };
    let Some(chain) = chain else {
        return Reached::Refused;
    };
    for certificate in chain.certificates() {
        check_certificate(certificate);
    }
    let anchors = [COUNTRY.authority.certificate.clone()];
    let profiles = [
        ChainProfile::access_certificate(),
        ChainProfile::credential_signer(),
        ChainProfile::any_purpose(),
    ];
    let mut verified = profiles
        .iter()
        .filter_map(|profile| chain.verify(&anchors, profile, NOW, &PROVIDER).ok());
    let Some(verified) = verified.next() else {
        return Reached::Parsed;
    };
    let genuine = [&COUNTRY.access, &COUNTRY.issuer];
    assert!(
        genuine
            .iter()
            .any(|leaf| leaf.signer.public_key() == verified.leaf_key()),
        "verified a key that nobody certified"
    );
    assert_eq!(*verified.anchor(), COUNTRY.authority.certificate);
    Reached::Verified
}

fn der_chain(mut data: &[u8]) -> Option<UnverifiedChain> {
    let mut certificates = Vec::new();
    while !data.is_empty() {
        let (_, whole) = first_element(data)?;
        let (certificate, rest) = data.split_at(whole);
        certificates.push(Certificate::from_der(certificate).ok()?);
        data = rest;
    }
    UnverifiedChain::from_certificates(certificates).ok()
}

fn text_chain(data: &[u8]) -> Option<UnverifiedChain> {
    let lines: Vec<String> = std::str::from_utf8(data).ok()?.lines().map(str::to_owned).collect();
    UnverifiedChain::from_x5c(&lines).ok()
}

fn check_certificate(certificate: &Certificate) {
    assert_eq!(
        Certificate::from_der(certificate.der()).as_ref().ok(),
        Some(certificate)
    );
    let pem = Certificate::from_pem_many(&certificate.to_pem()).unwrap();
    assert_eq!(pem.first(), Some(certificate), "PEM reads as it writes");
    let _ = certificate.public_key(&PROVIDER);
    let _ = (
        certificate.subject(),
        certificate.serial_hex(),
        certificate.is_self_signed(),
    );
    let _ = format!("{certificate:?}");
}

pub(crate) mod seeds {
    use mahfada_trust::RootDocument;

    use super::{COUNTRY, Certificate, PROVIDER, ROLE, base64url, is_document, signed_member};
    use crate::Seed;
    use crate::country;
    use crate::message::text_and_claims;

    pub(crate) fn lote() -> Vec<Seed> {
        let list = country::list(ROLE, &COUNTRY.authority);
        let operator = &COUNTRY.operator;
        text_and_claims(list.sign(&operator.chain, &*operator.signer, &PROVIDER).unwrap())
    }

    pub(crate) fn root() -> Vec<Seed> {
        let next = RootDocument {
            version: 2,
            least_sequence: [(ROLE, 7)].into(),
            ..COUNTRY.root.clone()
        };
        let signers: Vec<&dyn mahfada_crypto::Signer> = COUNTRY.officers.iter().map(AsRef::as_ref).collect();
        let envelope = next.sign(&signers, PROVIDER.digest).unwrap();
        let document = base64url::decode(signed_member(&envelope).unwrap()).unwrap();
        assert!(is_document(&document));
        vec![Seed::new("envelope", envelope), Seed::new("document", document)]
    }

    pub(crate) fn registration() -> Vec<Seed> {
        let registrar = &COUNTRY.registrar;
        text_and_claims(
            country::registration()
                .sign(&registrar.chain, &*registrar.signer)
                .unwrap(),
        )
    }

    pub(crate) fn x5c() -> Vec<Seed> {
        let der = |chain: &[Certificate]| chain.first().unwrap().der().to_vec();
        let access = der(&COUNTRY.access.chain);
        let anchor = COUNTRY.authority.certificate.der();
        vec![
            Seed::new("text", base64url::encode_standard(&access)),
            Seed::new("with-anchor", [&access, anchor].concat()),
            Seed::new("access", access),
            Seed::new("issuer", der(&COUNTRY.issuer.chain)),
        ]
    }
}
