//! One rule broken at a time, under good signatures, so that only the check in question can refuse.

mod credential;
mod key_binding;
mod query;
mod status;

use mahfada_crypto::Signer;
use mahfada_crypto::aws_lc::PROVIDER;
use mahfada_jose::JwsBuilder;
use mahfada_sd_jwt::HashAlgorithm;
use mahfada_trust::TrustStore;
use serde_json::{Value, json};

use super::*;
use crate::presentation::verdict::{Decision, FiledVerdict};
use crate::tests::fixture::{Country, Leaf, holder, pid_query, query as parse_query};

const CLIENT: &str = "x509_hash:bank";
const NONCE: &str = "n-0S6_WzA2Mj-0S6_WzA2Mj";

fn judge_with(
    country: &Country,
    store: &TrustStore,
    query: &Value,
    vp_token: &VpToken,
    answers: &BTreeMap<StatusNeed, StatusAnswer>,
) -> FiledVerdict {
    let query = parse_query(query);
    let expected = Expected {
        client_id: CLIENT,
        nonce: NONCE,
        query: &query,
        max_age: 120,
        now: country.now,
    };
    examine(vp_token, expected, store, &PROVIDER)
        .conclude(answers)
        .file()
        .unwrap()
}

fn judge(presentation: &str) -> FiledVerdict {
    let country = Country::new();
    judge_with(
        &country,
        &country.store(),
        &pid_query(),
        &token(&[("pid", presentation)]),
        &BTreeMap::new(),
    )
}

/// Returns the stable code of the one check that fails.
fn code(verdict: &FiledVerdict) -> String {
    let failed = lines(verdict)
        .into_iter()
        .filter(|(_, status)| status == "failed")
        .count();
    assert!(failed <= 1, "{verdict:?}");
    verdict.outcome().to_owned()
}

fn lines(verdict: &FiledVerdict) -> Vec<(String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let report = verdict.report.as_array().unwrap();
    report
        .iter()
        .map(|line| (text(line, "code"), text(line, "status")))
        .collect()
}

fn token(presentations: &[(&str, &str)]) -> VpToken {
    let mut token = VpToken::new();
    for (id, text) in presentations {
        token.entry((*id).to_owned()).or_default().push((*text).to_owned());
    }
    token
}

fn good() -> String {
    Country::new().present(json!({}), &["family_name"], CLIENT, NONCE)
}

/// Signs a payload as the issuer would, whatever it says, and lets the holder bind it.
fn by_hand(country: &Country, payload: &Value, disclosures: &[String], issuer: &Leaf) -> String {
    let jwt = JwsBuilder::new("dc+sd-jwt")
        .x5c(&issuer.chain)
        .sign(payload, &*issuer.signer)
        .unwrap();
    let mut text = format!("{jwt}~");
    for disclosure in disclosures {
        text.push_str(disclosure);
        text.push('~');
    }
    bind(country, &text, json!({}), "kb+jwt", &*holder())
}

/// Adds a key binding to an SD-JWT that ends with a tilde; `change` replaces members of a good one.
fn bind(country: &Country, sd_jwt: &str, change: Value, typ: &str, signer: &dyn Signer) -> String {
    let claims = binding_claims(country, sd_jwt, change);
    format!("{sd_jwt}{}", JwsBuilder::new(typ).sign(&claims, signer).unwrap())
}

fn binding_claims(country: &Country, sd_jwt: &str, change: Value) -> Value {
    let mut claims = json!({
        "aud": CLIENT,
        "nonce": NONCE,
        "iat": country.now,
        "sd_hash": HashAlgorithm::Sha256.digest(sd_jwt, PROVIDER.digest),
    });
    let Value::Object(change) = change else {
        panic!("not an object")
    };
    let members = claims.as_object_mut().unwrap();
    members.extend(change);
    members.retain(|_, value| !value.is_null());
    claims
}

/// Splits a presentation into the SD-JWT with its tilde and the key binding.
fn unbound(presentation: &str) -> String {
    let (sd_jwt, _) = presentation.rsplit_once('~').unwrap();
    format!("{sd_jwt}~")
}

#[test]
fn a_good_answer_is_accepted_with_the_disclosed_claims_and_nothing_else() {
    let verdict = judge(&good());
    assert_eq!(verdict.decision, Decision::Accepted);
    let names: Vec<String> = lines(&verdict).into_iter().map(|(code, _)| code).collect();
    let order = [
        "response_decrypted",
        "format",
        "issuer_trust",
        "issuer_signature",
        "validity",
        "key_binding",
        "status",
        "query_satisfied",
    ];
    assert_eq!(names, order);
    let claims = serde_json::to_value(&verdict.claims).unwrap();
    assert_eq!(
        claims,
        json!({"pid": [{"vct": "urn:mahfada:pid:1", "family_name": "Alami"}]})
    );
}

#[test]
fn a_rejected_answer_keeps_the_order_of_checks_and_yields_no_claim() {
    let country = Country::new();
    let verdict = judge(&country.present(json!({}), &["family_name"], CLIENT, "another nonce of the bank"));
    assert_eq!(verdict.decision, Decision::Rejected);
    assert_eq!(verdict.reason.as_deref(), Some("kb_nonce"));
    assert!(verdict.claims.is_empty());
    let statuses: Vec<String> = lines(&verdict).into_iter().map(|(_, status)| status).collect();
    let expected = [
        "passed",
        "passed",
        "passed",
        "passed",
        "passed",
        "failed",
        "not_checked",
        "not_checked",
    ];
    assert_eq!(statuses, expected);
    assert!(!serde_json::to_string(&verdict).unwrap().contains("Alami"));
}
