//! ecdsa-sd-2023 against the published values, step by step.

use std::collections::BTreeSet;

use mahfada_crypto::pure::PROVIDER;
use serde_json::Value;

use super::{contexts, read, read_json, read_object};
use crate::json_ld::select;
use crate::multikey::from_did_key;
use crate::proof::{canonical_text, hash_options};
use crate::rdf::{HashAlgorithm, hex};
use crate::selective::{BaseProof, DerivedProof, Statements, derive, group, split};
use crate::testing::{SeededRandom, at, diploma, method, method_url, p256_signer, verify};
use crate::{ProofOptions, Signing, UnverifiedCredential, Verification, sign_selective};

const CASES: [(&str, &str, &str); 2] = [
    ("prc", "prCred", "prCredUnsigned.json"),
    ("employ", "employ", "employmentAuth.json"),
];
const FOLDER: &str = "vc-di-ecdsa/ecdsa-sd-2023";

fn strings(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item.as_str().unwrap())
        .collect()
}

fn numbers(value: &Value) -> Vec<usize> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|item| usize::try_from(item.as_u64().unwrap()).unwrap())
        .collect()
}

/// The document that was signed, as the base proof carries it; the unsigned file of one case differs in a word.
fn signed_document(case: &str) -> Value {
    let mut document = read_json(&format!("{FOLDER}/{case}/addSignedSDBase.json"));
    document.as_object_mut().unwrap().remove("proof");
    document
}

fn base_proof(case: &str) -> BaseProof {
    let secured = read_json(&format!("{FOLDER}/{case}/addSignedSDBase.json"));
    BaseProof::parse(secured["proof"]["proofValue"].as_str().unwrap()).unwrap()
}

#[test]
fn statements_and_hmac_labels_are_as_published() {
    let contexts = contexts();
    for (case, _, _) in CASES {
        let document = signed_document(case);
        let canonical = canonical_text(
            document.as_object().unwrap(),
            HashAlgorithm::Sha256,
            &contexts,
            &PROVIDER,
        )
        .unwrap();
        let published = read_json(&format!("{FOLDER}/{case}/addBaseDocCanon.json"));
        assert_eq!(canonical, strings(&published).concat(), "{case}");
        let all = Statements::of(
            document.as_object().unwrap(),
            base_proof(case).hmac_key.expose(),
            &contexts,
            &PROVIDER,
        )
        .unwrap();
        let published = read_json(&format!("{FOLDER}/{case}/addBaseDocHMACCanon.json"));
        assert_eq!(all.lines, strings(&published), "{case}");
    }
}

#[test]
fn groups_are_as_published() {
    let contexts = contexts();
    for (case, name, _) in CASES {
        let document = signed_document(case);
        let members = document.as_object().unwrap();
        let mut all = Statements::of(members, base_proof(case).hmac_key.expose(), &contexts, &PROVIDER).unwrap();
        let mandatory = read_json(&format!("vc-di-ecdsa/{name}Mandatory.json"));
        let selective = read_json(&format!("vc-di-ecdsa/{name}Selective.json"));
        let mut places = |pointers: &[&str]| {
            let selection = select(&document, pointers.iter().copied()).unwrap();
            let places = group(members, &selection, &mut all, &contexts).unwrap().places;
            places.into_iter().collect::<Vec<_>>()
        };
        let published = read_json(&format!("{FOLDER}/{case}/derivedGroupIndexes.json"));
        assert_eq!(
            places(&strings(&mandatory)),
            numbers(&published["mandatoryIndexes"]),
            "{case}"
        );
        assert_eq!(
            places(&strings(&selective)),
            numbers(&published["selectiveIndexes"]),
            "{case}"
        );
        let both = [strings(&mandatory), strings(&selective)].concat();
        assert_eq!(places(&both), numbers(&published["combinedIndexes"]), "{case}");
    }
}

#[test]
fn hashes_are_as_published() {
    let contexts = contexts();
    for (case, _, _) in CASES {
        let document = signed_document(case);
        let members = document.as_object().unwrap();
        let mut options = read_object(&format!("{FOLDER}/{case}/addProofConfig.json"));
        let text = canonical_text(&options, HashAlgorithm::Sha256, &contexts, &PROVIDER).unwrap();
        assert_eq!(
            text.trim(),
            read(&format!("{FOLDER}/{case}/addProofConfigCanon.txt")).trim(),
            "{case}"
        );
        options.remove("@context");
        let published = read_json(&format!("{FOLDER}/{case}/addHashData.json"));
        let proof_hash = hash_options(&options, members, HashAlgorithm::Sha256, &contexts, &PROVIDER).unwrap();
        assert_eq!(hex(&proof_hash), published["proofHash"].as_str().unwrap(), "{case}");

        let mut all = Statements::of(members, base_proof(case).hmac_key.expose(), &contexts, &PROVIDER).unwrap();
        let mandatory = group(members, &select(&document, ["/issuer"]).unwrap(), &mut all, &contexts).unwrap();
        let (mandatory, others) = split(&all.lines, &mandatory.places);
        let mandatory_hash = PROVIDER.digest.sha256(mandatory.concat().as_bytes());
        assert_eq!(
            hex(&mandatory_hash),
            published["mandatoryHash"].as_str().unwrap(),
            "{case}"
        );
        let published = read_json(&format!("{FOLDER}/{case}/addBaseTransform.json"));
        let lines: Vec<_> = published["nonMandatory"]["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| pair[1].as_str().unwrap())
            .collect();
        assert_eq!(others, lines, "{case}");
    }
}

#[test]
fn base_proof_values_read_and_write_as_published() {
    for (case, _, _) in CASES {
        let secured = read_json(&format!("{FOLDER}/{case}/addSignedSDBase.json"));
        let text = secured["proof"]["proofValue"].as_str().unwrap();
        let proof = BaseProof::parse(text).unwrap();
        let published = read_json(&format!("{FOLDER}/{case}/derivedRecoveredBaseData.json"));
        assert_eq!(hex(&proof.base_signature), published["baseSignature"].as_str().unwrap());
        assert_eq!(hex(proof.hmac_key.expose()), published["hmacKey"].as_str().unwrap());
        let signatures: Vec<_> = proof.signatures.iter().map(|signature| hex(signature)).collect();
        assert_eq!(signatures, strings(&published["signatures"]));
        assert_eq!(proof.mandatory_pointers, strings(&published["mandatoryPointers"]));
        assert_eq!(proof.to_text(), text);
    }
}

#[test]
fn derived_documents_are_as_published_to_the_byte_of_the_proof() {
    let contexts = contexts();
    for (case, name, _) in CASES {
        let base = read_json(&format!("{FOLDER}/{case}/addSignedSDBase.json"));
        let pointers = read_json(&format!("vc-di-ecdsa/{name}Selective.json"));
        let derived = derive(&base, &strings(&pointers), &contexts, &PROVIDER).unwrap();
        let published = read_json(&format!("{FOLDER}/{case}/derivedRevealDocument.json"));
        assert_eq!(derived, published, "{case}");

        let value = DerivedProof::parse(published["proof"]["proofValue"].as_str().unwrap()).unwrap();
        let indexes = read_json(&format!("{FOLDER}/{case}/derivedAdjMandatoryIndexes.json"));
        assert_eq!(value.mandatory, numbers(&indexes["adjMandatoryIndexes"]));
    }
}

#[test]
fn published_base_and_derived_proofs_verify() {
    let contexts = contexts();
    for (case, _, _) in CASES {
        let derived = read_json(&format!("{FOLDER}/{case}/derivedRevealDocument.json"));
        let key = from_did_key(derived["proof"]["verificationMethod"].as_str().unwrap(), &PROVIDER).unwrap();
        let methods = [method(&key, derived["issuer"]["id"].as_str().unwrap())];
        let verified = verify(&derived, &methods, &contexts, "2025-01-01T00:00:00Z").unwrap();
        assert!(
            verified
                .subjects()
                .all(|subject| subject.get("birthCountry").is_some() && subject.get("givenName").is_none())
        );

        let base = read(&format!("{FOLDER}/{case}/addSignedSDBase.json"));
        let verification = Verification {
            provider: &PROVIDER,
            contexts: &contexts,
            methods: &methods,
            now: at("2025-01-01T00:00:00Z"),
        };
        UnverifiedCredential::parse(base.as_bytes())
            .unwrap()
            .verify_base(&verification)
            .unwrap();
    }
}

#[test]
fn own_base_proofs_derive_every_subset_of_pointers() {
    let contexts = contexts();
    let signer = p256_signer();
    let issuer = "https://university.example";
    let signing = Signing {
        signer: signer.as_ref(),
        contexts: &contexts,
        provider: &PROVIDER,
    };
    let options = ProofOptions::assertion(&method_url(signer.public_key()));
    let base = sign_selective(
        &diploma(issuer),
        &["/issuer", "/validUntil", "/credentialSubject/birthDate"],
        &options,
        &signing,
        &SeededRandom::new(3),
    )
    .unwrap();
    let methods = [method(signer.public_key(), issuer)];
    let verification = Verification {
        provider: &PROVIDER,
        contexts: &contexts,
        methods: &methods,
        now: at("2026-11-22T00:00:00Z"),
    };
    UnverifiedCredential::parse(base.to_string().as_bytes())
        .unwrap()
        .verify_base(&verification)
        .unwrap();
    let pointers = [
        "/credentialSubject/givenName",
        "/credentialSubject/type/1",
        "/credentialSubject/permanentResidentCard/lprNumber",
        "/validFrom",
    ];
    let mut texts = BTreeSet::new();
    for set in 0..1 << pointers.len() {
        let chosen: Vec<_> = pointers
            .iter()
            .enumerate()
            .filter(|(bit, _)| set >> bit & 1 == 1)
            .map(|(_, pointer)| *pointer)
            .collect();
        let derived = derive(&base, &chosen, &contexts, &PROVIDER).unwrap();
        let verified = verify(&derived, &methods, &contexts, "2026-11-22T00:00:00Z")
            .unwrap_or_else(|error| panic!("{chosen:?}: {error}"));
        assert_eq!(verified.document()["issuer"], base["issuer"], "{chosen:?}");
        for pointer in pointers.iter().filter(|pointer| !pointer.contains("type")) {
            assert_eq!(
                verified.document().pointer(pointer).is_some(),
                chosen.contains(pointer),
                "{chosen:?} {pointer}"
            );
        }
        texts.insert(derived.to_string());
    }
    // The pointer to a type adds nothing: the types of a node that is shown come along.
    assert_eq!(texts.len(), 8);
}
