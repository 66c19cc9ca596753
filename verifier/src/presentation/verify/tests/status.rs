//! What a status means for the verdict; TV-24 and TV-26.

use std::sync::Arc;

use mahfada_credential::verify_status_list;

use super::*;
use crate::presentation::status::StatusCopy;
use crate::tests::fixture::{DGSN, STATUS_URI, with_status};

fn need() -> StatusNeed {
    StatusNeed {
        uri: STATUS_URI.to_owned(),
        organization: DGSN.to_owned(),
    }
}

fn copy(value: u8, stale: bool) -> StatusCopy {
    let country = Country::new();
    let text = country.status_token(STATUS_URI, value, &country.status_signer());
    let store = country.store();
    let list = verify_status_list(STATUS_URI, &text, &store, DGSN, country.now, &PROVIDER).unwrap();
    StatusCopy {
        list: Arc::new(list),
        stale,
    }
}

fn judged(more: Value, answers: &BTreeMap<StatusNeed, StatusAnswer>) -> FiledVerdict {
    let country = Country::new();
    let presentation = country.present(more, &["family_name"], CLIENT, NONCE);
    judge_with(
        &country,
        &country.store(),
        &pid_query(),
        &token(&[("pid", &presentation)]),
        answers,
    )
}

fn judged_with(answer: StatusAnswer) -> FiledVerdict {
    judged(with_status(STATUS_URI), &BTreeMap::from([(need(), answer)]))
}

#[test]
fn every_value_but_valid_is_refused_by_its_name() {
    assert_eq!(code(&judged_with(Ok(copy(0, false)))), "accepted");
    for (value, expected) in [
        (1, "credential_revoked"),
        (2, "credential_suspended"),
        (3, "status_unknown"),
    ] {
        let verdict = judged_with(Ok(copy(value, false)));
        assert_eq!(code(&verdict), expected);
        assert!(verdict.claims.is_empty());
    }
}

#[test]
fn an_earlier_copy_is_accepted_and_said_so() {
    let verdict = judged_with(Ok(copy(0, true)));
    assert_eq!(code(&verdict), "accepted");
    assert!(lines(&verdict).contains(&("status".to_owned(), "warning".to_owned())));
    assert_eq!(code(&judged_with(Ok(copy(1, true)))), "credential_revoked");
}

#[test]
fn tv_24_no_status_is_no_ground_to_accept() {
    assert_eq!(code(&judged_with(Err("status_unavailable"))), "status_unavailable");
    assert_eq!(
        code(&judged(with_status(STATUS_URI), &BTreeMap::new())),
        "status_unavailable"
    );
    // A list of another address or for another issuer's credentials is none.
    let others = [
        StatusNeed {
            uri: format!("{STATUS_URI}0"),
            ..need()
        },
        StatusNeed {
            organization: "NTRMA-CNSS".to_owned(),
            ..need()
        },
    ];
    for other in others {
        let answers = BTreeMap::from([(other, Ok(copy(0, false)))]);
        assert_eq!(code(&judged(with_status(STATUS_URI), &answers)), "status_unavailable");
    }
}

#[test]
fn tv_26_an_index_that_is_none_is_refused() {
    let at = |idx: Value| json!({"status": {"status_list": {"uri": STATUS_URI, "idx": idx}}});
    let answers = BTreeMap::from([(need(), Ok(copy(0, false)))]);
    assert_eq!(code(&judged(at(json!(1_024)), &answers)), "status_index");
    assert_eq!(code(&judged(at(json!(u64::MAX)), &answers)), "status_index");
    for idx in [json!(-1), json!("1"), json!(1.5), json!(1.8e19)] {
        assert_eq!(code(&judged(at(idx.clone()), &answers)), "status_index", "{idx}");
    }
}

#[test]
fn a_status_by_another_mechanism_does_not_pass_for_none() {
    let verdict = judged(json!({"status": {"other": {}}}), &BTreeMap::new());
    assert_eq!(code(&verdict), "status_unsupported");
}

#[test]
fn a_credential_without_status_is_accepted_and_the_report_says_so() {
    let verdict = judge(&good());
    assert_eq!(code(&verdict), "accepted");
    assert!(lines(&verdict).contains(&("status".to_owned(), "not_checked".to_owned())));
}

#[test]
fn one_list_is_needed_once() {
    let country = Country::new();
    let mut query = pid_query();
    query["credentials"][0]["multiple"] = json!(true);
    let presentation = country.present(with_status(STATUS_URI), &["family_name"], CLIENT, NONCE);
    let vp_token = token(&[("pid", &presentation), ("pid", &presentation)]);
    let query = parse_query(&query);
    let expected = Expected {
        client_id: CLIENT,
        nonce: NONCE,
        query: &query,
        max_age: 120,
        now: country.now,
    };
    let examined = examine(&vp_token, expected, &country.store(), &PROVIDER);
    assert_eq!(examined.status_needs(), BTreeSet::from([need()]));
}
