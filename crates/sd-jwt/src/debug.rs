//! `Debug` of everything that holds claims: types, lengths and counts, never a claim.

use mahfada_base::base64url;
use mahfada_crypto::SignatureAlgorithm;
use mahfada_crypto::pure::PROVIDER;
use serde_json::{Value, json};

use crate::testing::{NOW, VCT, issue, path, payload, verify};
use crate::vc::UnverifiedSdJwtVc;
use crate::{SdJwtIssuance, UnverifiedSdJwt};

const HIDDEN: &str = "Canari-Elidrissi";
const CLEAR: &str = "Canari-Clear";

fn claims() -> Value {
    json!({"family_name": HIDDEN, "open": CLEAR})
}

/// Refuses the values, and every part of the text of 8 characters or more that stands between its separators.
fn check(name: &str, shown: &str, text: &str) {
    assert!(shown.starts_with(name), "{shown}");
    let encoded = [HIDDEN, CLEAR].map(base64url::encode);
    let parts = text.split(['~', '.']).filter(|part| part.len() >= 8);
    // A part need not be shown whole to tell a claim: a stretch of it would do.
    let stretches = parts.map(|part| &part[part.len() / 2..part.len() / 2 + 4 + part.len() / 8]);
    let bytes = HIDDEN
        .bytes()
        .map(|byte| byte.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    let canaries = ["Canari", &encoded[0], &encoded[1], &bytes];
    for canary in canaries.into_iter().chain(stretches) {
        assert!(!shown.contains(canary), "{name} shows {canary}: {shown}");
    }
}

#[test]
fn nothing_that_holds_claims_shows_them() {
    let text = issue(claims(), &[json!(["family_name"])]);
    let presentation = verify(&text).unwrap().present(&[path(json!(["family_name"]))]).unwrap();
    let input = presentation.key_binding_input("aud", "nonce", NOW, SignatureAlgorithm::Es256, PROVIDER.digest);
    let bound = input.with_signature(&mahfada_crypto::Signature(vec![7; 64]));
    let Value::Object(payload) = payload(claims()) else {
        panic!("not an object")
    };
    let issuance = SdJwtIssuance {
        payload,
        selectively_disclosable: vec![path(json!(["family_name"]))],
        decoys: 2,
    };
    check(
        "UnverifiedSdJwt",
        &format!("{:#?}", UnverifiedSdJwt::parse(&bound).unwrap()),
        &bound,
    );
    let credential = UnverifiedSdJwtVc::parse(&bound).unwrap();
    check("UnverifiedSdJwtVc", &format!("{credential:?}"), &bound);
    let credential = verify(&bound).unwrap();
    assert!(format!("{credential:?}").contains(VCT));
    check("VerifiedSdJwtVc", &format!("{credential:?}"), &bound);
    check("SdJwtPresentation", &format!("{presentation:?}"), &bound);
    check("KeyBindingInput", &format!("{input:?}"), &bound);
    check("SdJwtIssuance", &format!("{issuance:?}"), &bound);
}
