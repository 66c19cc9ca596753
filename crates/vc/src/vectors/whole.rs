//! ecdsa-rdfc-2019 and eddsa-rdfc-2022 against the published values.

use mahfada_crypto::pure::PROVIDER;
use serde_json::Value;

use super::{contexts, read, read_json, read_object};
use crate::multikey::from_did_key;
use crate::proof::{ProofOptions, VerificationMethod};
use crate::rdf::{HashAlgorithm, hex};
use crate::testing::{Ed25519Signer, P384Signer, at, method, method_url, p256_signer, verify};
use crate::whole::{Signing, sign, signed_bytes};

/// Trusts every key that the proofs name, for the issuer that the document names.
fn trusting(secured: &Value) -> Vec<VerificationMethod> {
    let issuer = match &secured["issuer"] {
        Value::String(issuer) => issuer.clone(),
        other => other["id"].as_str().unwrap().to_owned(),
    };
    let proofs = match &secured["proof"] {
        Value::Array(proofs) => proofs.clone(),
        single => vec![single.clone()],
    };
    proofs
        .iter()
        .map(|proof| {
            method(
                &from_did_key(proof["verificationMethod"].as_str().unwrap(), &PROVIDER).unwrap(),
                &issuer,
            )
        })
        .collect()
}

const SUITES: [(&str, &str, &str, HashAlgorithm); 6] = [
    (
        "vc-di-ecdsa/unsigned.json",
        "vc-di-ecdsa/ecdsa-rdfc-2019-p256",
        "ECDSAP256",
        HashAlgorithm::Sha256,
    ),
    (
        "vc-di-ecdsa/employmentAuth.json",
        "vc-di-ecdsa/ecdsa-rdfc-2019-p256/employ",
        "ECDSAP256",
        HashAlgorithm::Sha256,
    ),
    (
        "vc-di-ecdsa/unsigned.json",
        "vc-di-ecdsa/ecdsa-rdfc-2019-p384",
        "ECDSAP384",
        HashAlgorithm::Sha384,
    ),
    (
        "vc-di-ecdsa/employmentAuth.json",
        "vc-di-ecdsa/ecdsa-rdfc-2019-p384/employ",
        "ECDSAP384",
        HashAlgorithm::Sha384,
    ),
    (
        "vc-di-eddsa/unsigned.json",
        "vc-di-eddsa/eddsa-rdfc-2022",
        "DataInt",
        HashAlgorithm::Sha256,
    ),
    (
        "vc-di-eddsa/employmentAuth.json",
        "vc-di-eddsa/eddsa-rdfc-2022/employ",
        "DataInt",
        HashAlgorithm::Sha256,
    ),
];

#[test]
fn hashes_are_as_published() {
    let contexts = contexts();
    for (document, folder, suffix, hash) in SUITES {
        let mut options = read_object(&format!("{folder}/proofConfig{suffix}.json"));
        options.remove("@context");
        let bytes = signed_bytes(&read_object(document), &options, hash, &contexts, &PROVIDER).unwrap();
        assert_eq!(
            hex(&bytes),
            read(&format!("{folder}/combinedHash{suffix}.txt")).trim(),
            "{folder}"
        );
    }
}

#[test]
fn published_proofs_verify() {
    let contexts = contexts();
    for (_, folder, suffix, _) in SUITES {
        let secured = read_json(&format!("{folder}/signed{suffix}.json"));
        let verified = verify(&secured, &trusting(&secured), &contexts, "2025-01-01T00:00:00Z").unwrap();
        assert_eq!(verified.proofs().len(), 1, "{folder}");
    }
}

#[test]
fn published_proof_sets_verify_and_every_proof_counts() {
    let contexts = contexts();
    for (file, count) in [("signedProofSet1.json", 1), ("signedProofSet2.json", 2)] {
        let secured = read_json(&format!("vc-di-eddsa/proof-set-chain/{file}"));
        let verified = verify(&secured, &trusting(&secured), &contexts, "2025-01-01T00:00:00Z").unwrap();
        assert_eq!(verified.proofs().len(), count, "{file}");
    }
    let mut secured = read_json("vc-di-eddsa/proof-set-chain/signedProofSet2.json");
    secured["proof"][1]["created"] = "2023-02-24T23:36:39Z".into();
    let error = verify(&secured, &trusting(&secured), &contexts, "2025-01-01T00:00:00Z").unwrap_err();
    assert_eq!(error.code(), "vc_signature");
}

#[test]
fn proof_chains_are_refused_by_name() {
    let secured = read_json("vc-di-eddsa/proof-set-chain/signedProofChain2.json");
    let error = verify(&secured, &trusting(&secured), &contexts(), "2025-01-01T00:00:00Z").unwrap_err();
    assert_eq!(error.code(), "vc_proof_chain");
}

#[test]
fn makes_the_published_eddsa_proof_to_the_byte() {
    let contexts = contexts();
    let signer = Ed25519Signer::from_multibase("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq");
    let signing = Signing {
        signer: &signer,
        contexts: &contexts,
        provider: &PROVIDER,
    };
    for (document, folder) in [
        ("vc-di-eddsa/unsigned.json", "vc-di-eddsa/eddsa-rdfc-2022"),
        ("vc-di-eddsa/employmentAuth.json", "vc-di-eddsa/eddsa-rdfc-2022/employ"),
    ] {
        let published = read_json(&format!("{folder}/signedDataInt.json"));
        let mut options = ProofOptions::assertion(published["proof"]["verificationMethod"].as_str().unwrap());
        options.created = Some(at(published["proof"]["created"].as_str().unwrap()));
        assert_eq!(
            sign(&read_json(document), &options, &signing).unwrap(),
            published,
            "{folder}"
        );
    }
}

#[test]
fn own_proofs_verify_with_every_kind_of_key_and_as_a_set() {
    let contexts = contexts();
    let p256 = p256_signer();
    let p384 = P384Signer::from_multibase("z2fanyY7zgwNpZGxX5fXXibvScNaUWNprHU9dKx7qpVj7mws9J8LLt4mDB5TyH2GLHWkUc");
    let ed25519 = Ed25519Signer::from_multibase("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq");
    let mut secured = read_json("vc-di-ecdsa/unsigned.json");
    for (count, signer) in [p256.as_ref(), &p384, &ed25519].into_iter().enumerate() {
        let signing = Signing {
            signer,
            contexts: &contexts,
            provider: &PROVIDER,
        };
        secured = sign(
            &secured,
            &ProofOptions::assertion(&method_url(signer.public_key())),
            &signing,
        )
        .unwrap();
        let verified = verify(&secured, &trusting(&secured), &contexts, "2025-01-01T00:00:00Z").unwrap();
        assert_eq!(verified.proofs().len(), count + 1);
    }
}
