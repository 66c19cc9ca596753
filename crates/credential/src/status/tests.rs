use mahfada_crypto::pure::PROVIDER;
use mahfada_status_list::{StatusList, StatusListToken};
use mahfada_x509::{Certificate, eku};

use super::*;
use crate::testing::{CNSS, CNSS_ID, DGSN_ID, NOW, PID, STATUS_URI, TestTrust, key, leaf};
use crate::{CredentialFormat, UnverifiedCredential};

fn chain() -> Certificate {
    leaf("ca", "dgsn-status", DGSN_ID, eku::STATUS_SIGNING)
}

fn token(chain: &[Certificate], signer: &str) -> String {
    let mut list = StatusList::new(2, 64).unwrap();
    for value in 0..4 {
        list.set(value.into(), value).unwrap();
    }
    StatusListToken::sign(STATUS_URI, NOW, NOW.plus(3_600), 60, &list, chain, &*key(signer)).unwrap()
}

fn check(token: &str, uri: &str, idx: u64, now: UnixTime) -> Result<Status, StatusCheckError> {
    let reference = StatusReference {
        uri: uri.to_owned(),
        idx,
    };
    check_status(&reference, token, &TestTrust, DGSN_ID, now, &PROVIDER)
}

fn code(token: &str) -> &'static str {
    check(token, STATUS_URI, 0, NOW).map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn reads_the_status_of_a_credential() {
    let token = token(&[chain()], "dgsn-status");
    for (idx, status, code) in [
        (0, Status::Valid, None),
        (1, Status::Invalid, Some("credential_revoked")),
        (2, Status::Suspended, Some("credential_suspended")),
        (3, Status::ApplicationSpecific(3), Some("status_unknown")),
    ] {
        let read = check(&token, STATUS_URI, idx, NOW).unwrap();
        assert_eq!(read, status);
        assert_eq!(StatusVerdict::from(read).code(), code);
        assert_eq!(StatusVerdict::from(read).accepts(), code.is_none());
    }
}

#[test]
fn refuses_a_signer_that_may_not_sign_this_list() {
    assert_eq!(code(&token(&[chain()], "dgsn-status")), "ok");
    let issuer = leaf("ca", "dgsn", DGSN_ID, eku::CREDENTIAL_SIGNING);
    assert_eq!(code(&token(&[issuer], "dgsn")), "status_key");
    let fund = leaf("ca", "cnss-status", CNSS_ID, eku::STATUS_SIGNING);
    assert_eq!(code(&token(&[fund], "cnss-status")), "status_key");
    let rogue = leaf("rogue", "dgsn-status", DGSN_ID, eku::STATUS_SIGNING);
    assert_eq!(code(&token(&[rogue], "dgsn-status")), "status_key");
    assert_eq!(code(&token(&[], "dgsn-status")), "status_key");
}

#[test]
fn refuses_what_the_list_refuses() {
    assert_eq!(code(&token(&[chain()], "stranger")), "status_sig");
    let good = token(&[chain()], "dgsn-status");
    let refused = |uri, idx, now| check(&good, uri, idx, now).unwrap_err().code();
    assert_eq!(refused("https://issuer.example/pid/status/2", 0, NOW), "status_sub");
    assert_eq!(refused(STATUS_URI, 64, NOW), "status_index");
    assert_eq!(refused(STATUS_URI, u64::MAX, NOW), "status_index");
    assert_eq!(refused(STATUS_URI, 0, NOW.plus(3_660)), "status_exp");
    assert_eq!(code("x"), "status_malformed");
}

/// A good credential of the police, or of the fund, at index 1 of the list.
fn credential(own_list: bool, status: bool) -> VerifiedCredential {
    let (name, organization, vct) = if own_list {
        ("dgsn", DGSN_ID, PID)
    } else {
        ("cnss", CNSS_ID, CNSS)
    };
    let mut claims = serde_json::json!({"vct": vct});
    if status {
        claims["status"] = serde_json::json!({"status_list": {"idx": 1, "uri": STATUS_URI}});
    }
    let chain = leaf("ca", name, organization, eku::CREDENTIAL_SIGNING);
    let text = crate::testing::credential(&claims, &[chain], name);
    let parsed = UnverifiedCredential::parse(CredentialFormat::DcSdJwt, &text).unwrap();
    parsed.verify(&TestTrust, NOW, &PROVIDER).unwrap()
}

#[test]
fn a_credential_brings_its_own_list_index_and_issuer() {
    let token = token(&[chain()], "dgsn-status");
    let check = |credential| check_status_of(&credential, &token, &TestTrust, NOW, &PROVIDER);
    let verify = |credential| verify_status_list_of(&credential, &token, &TestTrust, NOW, &PROVIDER);
    assert_eq!(check(credential(true, true)).unwrap(), Status::Invalid);
    let list = verify(credential(true, true)).unwrap();
    assert_eq!(list.status(2), Ok(Status::Suspended));
    assert_eq!(check(credential(false, true)).unwrap_err().code(), "status_key");
    assert_eq!(verify(credential(false, true)).unwrap_err().code(), "status_key");
    assert_eq!(check(credential(true, false)).unwrap_err().code(), "status_missing");
    assert_eq!(verify(credential(true, false)).unwrap_err().code(), "status_missing");
}
