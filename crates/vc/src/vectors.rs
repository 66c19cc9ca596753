//! The test vectors of the W3C, step by step.

mod selective;
mod whole;

use std::path::PathBuf;

use mahfada_crypto::pure::PROVIDER;
use serde_json::{Map, Value};

use crate::json_ld::{BlankLabels, Contexts, Selection, to_rdf};
use crate::rdf::{HashAlgorithm, canonicalize};

pub(crate) fn read(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/w3c");
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn read_json(path: &str) -> Value {
    mahfada_base::json::parse(read(path).as_bytes()).unwrap()
}

pub(crate) fn read_object(path: &str) -> Map<String, Value> {
    read_json(path).as_object().unwrap().clone()
}

pub(crate) fn contexts() -> Contexts {
    let mut contexts = Contexts::standard(PROVIDER.digest).unwrap();
    for (url, file, hash) in [
        (
            "https://www.w3.org/ns/credentials/examples/v2",
            "contexts/credentials-examples-v2.jsonld",
            "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
        ),
        (
            "https://w3id.org/citizenship/v4rc1",
            "contexts/citizenship-v4rc1.jsonld",
            "5038c7383afd7ab2158f1b997913a8f60978a0abcf96e0b0d08e29f146d2db1e",
        ),
    ] {
        contexts.pin(url, read(file).as_bytes(), hash, PROVIDER.digest).unwrap();
    }
    contexts
}

pub(crate) fn canonical(document: &Map<String, Value>, contexts: &Contexts, hash: HashAlgorithm) -> Vec<String> {
    let quads = to_rdf(document, &Selection::All, contexts, &mut BlankLabels::default()).unwrap();
    canonicalize(&quads, hash, PROVIDER.digest).unwrap().statements(&quads)
}

#[test]
fn documents_and_proof_options_canonicalize_as_published() {
    let contexts = contexts();
    let cases = [
        (
            "vc-di-ecdsa/unsigned.json",
            "vc-di-ecdsa/ecdsa-rdfc-2019-p256/canonDocECDSAP256.txt",
            HashAlgorithm::Sha256,
        ),
        (
            "vc-di-ecdsa/unsigned.json",
            "vc-di-ecdsa/ecdsa-rdfc-2019-p384/canonDocECDSAP384.txt",
            HashAlgorithm::Sha384,
        ),
        (
            "vc-di-ecdsa/ecdsa-rdfc-2019-p256/proofConfigECDSAP256.json",
            "vc-di-ecdsa/ecdsa-rdfc-2019-p256/proofCanonECDSAP256.txt",
            HashAlgorithm::Sha256,
        ),
        (
            "vc-di-ecdsa/ecdsa-rdfc-2019-p384/proofConfigECDSAP384.json",
            "vc-di-ecdsa/ecdsa-rdfc-2019-p384/proofCanonECDSAP384.txt",
            HashAlgorithm::Sha384,
        ),
        (
            "vc-di-ecdsa/employmentAuth.json",
            "vc-di-ecdsa/ecdsa-rdfc-2019-p256/employ/canonDocECDSAP256.txt",
            HashAlgorithm::Sha256,
        ),
        (
            "vc-di-ecdsa/employmentAuth.json",
            "vc-di-ecdsa/ecdsa-rdfc-2019-p384/employ/canonDocECDSAP384.txt",
            HashAlgorithm::Sha384,
        ),
        (
            "vc-di-eddsa/unsigned.json",
            "vc-di-eddsa/eddsa-rdfc-2022/canonDocDataInt.txt",
            HashAlgorithm::Sha256,
        ),
        (
            "vc-di-eddsa/employmentAuth.json",
            "vc-di-eddsa/eddsa-rdfc-2022/employ/canonDocDataInt.txt",
            HashAlgorithm::Sha256,
        ),
    ];
    for (document, expected, hash) in cases {
        let actual = canonical(&read_object(document), &contexts, hash).concat();
        assert_eq!(actual.trim(), read(expected).trim(), "{expected}");
    }
}
