//! TV-15: the wallet's own matching is never relied on.

use super::*;
use crate::tests::fixture::{RIGHTS, path};

fn answered(query: &Value, presentations: &[(&str, &str)]) -> FiledVerdict {
    let country = Country::new();
    judge_with(
        &country,
        &country.store(),
        query,
        &token(presentations),
        &BTreeMap::new(),
    )
}

fn showing(claims: &[&str]) -> String {
    Country::new().present(json!({}), claims, CLIENT, NONCE)
}

#[test]
fn another_type_is_refused() {
    let country = Country::new();
    let issuer = country.other_issuer();
    let held = country.held(&country.issue(json!({"vct": RIGHTS}), &issuer), &issuer);
    let other = country.present_held(&held, &["family_name"], CLIENT, NONCE);
    assert_eq!(code(&answered(&pid_query(), &[("pid", &other)])), "dcql_unsatisfied");
}

#[test]
fn an_answer_to_another_question_is_refused() {
    assert_eq!(code(&answered(&pid_query(), &[("other", &good())])), "dcql_unsatisfied");
}

#[test]
fn an_extra_presentation_is_refused_with_the_good_one() {
    let verdict = answered(&pid_query(), &[("pid", &good()), ("extra", &good())]);
    assert_eq!(code(&verdict), "dcql_unsatisfied");
    assert!(verdict.claims.is_empty());
    assert_eq!(
        code(&answered(&pid_query(), &[("pid", &good()), ("pid", &good())])),
        "dcql_unsatisfied"
    );
}

#[test]
fn missing_claims_and_missing_presentations_are_refused() {
    assert_eq!(
        code(&answered(&pid_query(), &[("pid", &showing(&["given_name"]))])),
        "dcql_unsatisfied"
    );
    assert_eq!(
        code(&answered(&pid_query(), &[("pid", &showing(&[]))])),
        "dcql_unsatisfied"
    );
    assert_eq!(code(&answered(&pid_query(), &[])), "dcql_unsatisfied");
    let empty = VpToken::from([("pid".to_owned(), Vec::new())]);
    let country = Country::new();
    let verdict = judge_with(&country, &country.store(), &pid_query(), &empty, &BTreeMap::new());
    assert_eq!(code(&verdict), "dcql_unsatisfied");
}

#[test]
fn a_query_of_options_alone_is_not_accepted_without_any_presentation() {
    let mut query = pid_query();
    query["credential_sets"] = json!([{"options": [["pid"]], "required": false}]);
    assert_eq!(code(&answered(&query, &[("pid", &good())])), "accepted");
    let verdict = answered(&query, &[]);
    assert_eq!(
        (verdict.decision, code(&verdict).as_str()),
        (Decision::Rejected, "dcql_unsatisfied")
    );
}

#[test]
fn more_claims_than_asked_for_are_refused() {
    let verdict = answered(&pid_query(), &[("pid", &showing(&["family_name", "given_name"]))]);
    assert_eq!(code(&verdict), "dcql_unsatisfied");
    assert!(verdict.claims.is_empty());
}

#[test]
fn a_value_that_was_not_asked_for_is_refused() {
    let mut query = pid_query();
    query["credentials"][0]["claims"][0]["values"] = json!(["Alami"]);
    assert_eq!(code(&answered(&query, &[("pid", &good())])), "accepted");
    query["credentials"][0]["claims"][0]["values"] = json!(["Bennani"]);
    assert_eq!(code(&answered(&query, &[("pid", &good())])), "dcql_unsatisfied");
}

#[test]
fn every_required_credential_must_come() {
    let mut query = pid_query();
    let second = json!({
        "id": "rights", "format": "dc+sd-jwt", "meta": {"vct_values": [RIGHTS]},
        "claims": [{"path": ["given_name"]}]
    });
    query["credentials"].as_array_mut().unwrap().push(second);
    let country = Country::new();
    let issuer = country.other_issuer();
    let held = country.held(&country.issue(json!({"vct": RIGHTS}), &issuer), &issuer);
    let rights = country.present_held(&held, &["given_name"], CLIENT, NONCE);
    let verdict = answered(&query, &[("pid", &good()), ("rights", &rights)]);
    assert_eq!(code(&verdict), "accepted");
    assert_eq!(verdict.claims["rights"][0]["given_name"], json!("Fatima"));
    assert_eq!(code(&answered(&query, &[("pid", &good())])), "dcql_unsatisfied");

    // One bad presentation rejects the good one too.
    let stale = unbound(&rights);
    let verdict = answered(&query, &[("pid", &good()), ("rights", &stale)]);
    assert_eq!(code(&verdict), "kb_missing");
    assert!(verdict.claims.is_empty());
}

#[test]
fn an_answer_with_too_many_presentations_is_not_looked_at() {
    let texts = vec!["x".to_owned(); MAX_PRESENTATIONS + 1];
    let country = Country::new();
    let vp_token = VpToken::from([("pid".to_owned(), texts)]);
    let verdict = judge_with(&country, &country.store(), &pid_query(), &vp_token, &BTreeMap::new());
    assert_eq!(code(&verdict), "too_many_presentations");
}

#[test]
fn what_would_link_presentations_stays_out_of_the_claims() {
    let country = Country::new();
    let issuer = country.issuer();
    let held = country.held(&country.issue(json!({"iat": country.now}), &issuer), &issuer);
    let text = held.present(&[path(json!(["family_name"]))]).unwrap().text().to_owned();
    let verdict = judge(&bind(&country, &text, json!({}), "kb+jwt", &*holder()));
    let names: Vec<&String> = verdict.claims["pid"][0].keys().collect();
    assert_eq!(names, ["family_name", "vct"]);
}
