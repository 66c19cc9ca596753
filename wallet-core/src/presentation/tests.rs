use std::collections::BTreeMap;

use http::Response;
use mahfada_credential::{CredentialFormat, UnverifiedCredential};
use mahfada_crypto::pure::PROVIDER;
use mahfada_openid4vp::ResponseError;
use mahfada_sd_jwt::KeyBindingExpectation;
use mahfada_sd_jwt::vc::UnverifiedSdJwtVc;
use serde_json::{Value, json};

use super::*;
use crate::testing::*;
use crate::{ConsentChoice, CredentialId, OfferIssuance, PresentationConsent, Selection};

type Outcome = Result<PresentationOutcome, PresentationError>;

fn store() -> CredentialStore {
    let (world, mut issuer, mut phone) = (World::new(), ScriptedIssuer::new(), Phone::new());
    let mut flow = OfferIssuance::new(&issuer.offer_link(), 3).unwrap();
    let received = phone
        .drive(
            |input| flow.step(input, &world.context()),
            |request| issuer.answer(request),
        )
        .unwrap();
    let mut store = CredentialStore::new(&root_bytes(1));
    store.add(&received, NOW);
    store
}

/// A phone that holds the keys of [`store`].
fn phone() -> Phone {
    let mut phone = Phone::new();
    for name in ["K_w", "credential key 1", "credential key 2", "credential key 3"] {
        phone.create_key(name);
    }
    phone
}

fn present(verifier: &ScriptedVerifier, phone: &mut Phone, store: &mut CredentialStore) -> Outcome {
    let world = World::new();
    let mut flow = Presentation::new(&verifier.link())?;
    phone.drive(
        |input| flow.step(input, &world.context(), store),
        |request| verifier.answer(request),
    )
}

/// Presents with one thing wrong, and returns the code of the refusal; the citizen must not even have been asked.
fn refusal(change: impl FnOnce(&mut ScriptedVerifier)) -> &'static str {
    let (mut verifier, mut phone) = (ScriptedVerifier::new(), phone());
    change(&mut verifier);
    let error = present(&verifier, &mut phone, &mut store()).unwrap_err();
    assert!(phone.consents.is_empty() && phone.signed.is_empty());
    assert!(!phone.paths().contains(&"/responses/1"));
    error.code()
}

fn tampered(change: impl Fn(&mut Value) + 'static) -> &'static str {
    refusal(|verifier| verifier.tamper = Box::new(change))
}

fn question(phone: &Phone) -> &PresentationConsent {
    let [ConsentRequest::Presentation(question)] = phone.consents.as_slice() else {
        panic!("one question")
    };
    question
}

#[test]
fn presents_exactly_what_the_citizen_agreed_to() {
    let (verifier, mut phone, mut store) = (ScriptedVerifier::new(), phone(), store());
    let outcome = present(&verifier, &mut phone, &mut store).unwrap();
    assert_eq!(outcome.outcome, LogOutcome::Presented);
    assert_eq!(outcome.redirect_uri, None);

    let answer = verifier.decrypt(phone.requests[1].body()).unwrap();
    assert_eq!(answer.state.as_deref(), Some("state"));
    let [text] = answer.vp_token["id"].as_slice() else {
        panic!("one presentation")
    };
    let world = World::new();
    let credential = UnverifiedCredential::parse(CredentialFormat::DcSdJwt, text)
        .unwrap()
        .verify(&world.trust, NOW, &PROVIDER)
        .unwrap();
    let claims = credential.claims().value;
    assert_eq!(
        (&claims["given_name"], &claims["birthdate"]),
        (&json!("Salma"), &json!("1990-02-14"))
    );
    assert!(claims.get("family_name").is_none() && claims.get("email").is_none());
    let client_id = verifier.client_id();
    let expect = KeyBindingExpectation {
        audience: &client_id,
        nonce: NONCE,
        max_age: 300,
    };
    credential.sd_jwt().verify_key_binding(&expect, NOW, &PROVIDER).unwrap();
}

#[test]
fn shows_who_asks_why_and_what() {
    let (verifier, mut phone) = (ScriptedVerifier::new(), phone());
    present(&verifier, &mut phone, &mut store()).unwrap();
    let question = question(&phone);
    assert_eq!(question.who.organization_identifier, BANK);
    assert_eq!(question.who.host, "verifier.example");
    let registration = question.who.registration.as_ref().unwrap();
    assert_eq!(registration.name, "Banque");
    assert_eq!(registration.privacy_policy, "https://bank.example/privacy");
    assert_eq!(registration.purpose.get("fr"), Some("Vérifier votre identité"));
    let [requested] = question.requested.as_slice() else {
        panic!("one credential")
    };
    assert_eq!(requested.label[0].name.as_deref(), Some("Identité"));
    let disclosed: BTreeMap<String, &Value> = requested
        .disclose
        .iter()
        .map(|claim| (claim.path.to_string(), &claim.value))
        .collect();
    assert_eq!(disclosed["given_name"], "Salma");
    assert_eq!(disclosed.len(), 2);
    let hidden: Vec<String> = requested.hidden.iter().map(ToString::to_string).collect();
    assert_eq!(hidden.len(), 2);
    assert!(hidden.contains(&"family_name".to_owned()) && hidden.contains(&"email".to_owned()));
    let shown: Vec<String> = requested
        .always_shown
        .iter()
        .map(|claim| claim.path.to_string())
        .collect();
    assert_eq!(shown, ["issuing_country"]);
}

// TW-01
#[test]
fn a_request_not_signed_under_the_access_authority_is_refused() {
    let unknown = || leaf("Unknown CA", mahfada_x509::eku::ACCESS, BANK);
    assert_eq!(refusal(|verifier| verifier.leaf = unknown()), "request_signature");
    let damage = |text: String| {
        let (head, signature) = text.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        format!("{head}.{first}{}", &signature[1..])
    };
    assert_eq!(
        refusal(|verifier| verifier.damage = Box::new(damage)),
        "request_signature"
    );
}

// TW-02
#[test]
fn a_request_of_another_client_than_the_link_names_is_refused() {
    let code = tampered(|claims| claims["client_id"] = json!("x509_hash:other"));
    assert_eq!(code, "client_id_mismatch");
}

// TW-03
#[test]
fn a_missing_or_short_nonce_is_refused() {
    let missing = tampered(|claims| {
        claims.as_object_mut().unwrap().remove("nonce");
    });
    assert_eq!(missing, "nonce_missing");
    assert_eq!(
        tampered(|claims| claims["nonce"] = json!("n-0S6_WzA2Mj5jQ0nZ1xW")),
        "nonce_too_short"
    );
}

// TW-04
#[test]
fn a_redirect_uri_beside_direct_post_is_refused() {
    let code = tampered(|claims| claims["redirect_uri"] = json!("https://verifier.example/cb"));
    assert_eq!(code, "invalid_request");
}

// TW-05
#[test]
fn a_client_id_that_is_not_the_hash_of_the_certificate_is_refused() {
    for other in [
        "x509_hash:AAAA",
        "redirect_uri:https://verifier.example",
        "x509_san_dns:verifier.example",
    ] {
        let verifier = {
            let mut verifier = ScriptedVerifier::new();
            verifier.tamper = Box::new(move |claims| claims["client_id"] = json!(other));
            verifier
        };
        let honest = ScriptedVerifier::new().client_id();
        let encode = |text: &str| {
            let form = encode_form([("", text)]);
            form.trim_start_matches('=').to_owned()
        };
        let link = verifier.link().replace(&encode(&honest), &encode(other));
        assert_ne!(link, verifier.link());
        let (world, mut phone, mut store) = (World::new(), phone(), store());
        let mut flow = Presentation::new(&link).unwrap();
        let error = phone.drive(
            |input| flow.step(input, &world.context(), &mut store),
            |request| verifier.answer(request),
        );
        assert_eq!(error.unwrap_err().code(), "invalid_request", "{other}");
    }
}

#[test]
fn a_request_without_the_wallets_nonce_is_refused() {
    assert_eq!(
        tampered(|claims| claims["wallet_nonce"] = json!("another")),
        "wallet_nonce_mismatch"
    );
}

#[test]
fn over_asking_is_refused_by_the_wallet_itself() {
    let code = refusal(|verifier| {
        verifier.query["credentials"][0]["claims"] = json!([{"path": ["email"]}]);
    });
    assert_eq!(code, "over_asking");
    let code = refusal(|verifier| {
        verifier.query["credentials"][0]["meta"] = json!({"vct_values": [RIGHTS]});
    });
    assert_eq!(code, "over_asking");
}

// TW-08
#[test]
fn refusing_and_having_nothing_look_the_same() {
    let verifier = ScriptedVerifier::new();
    let mut refusing = phone();
    refusing.choice = ConsentChoice::Refuse;
    let mut full = store();
    let refused = present(&verifier, &mut refusing, &mut full).unwrap();

    let mut empty = CredentialStore::new(&root_bytes(1));
    let mut having_nothing = phone();
    let unmatched = present(&verifier, &mut having_nothing, &mut empty).unwrap();
    assert!(question(&having_nothing).requested.is_empty());

    let [one, other] = [&refusing, &having_nothing].map(|phone| phone.requests.last().unwrap());
    assert_eq!(
        (one.method(), one.uri(), one.headers()),
        (other.method(), other.uri(), other.headers())
    );
    assert_eq!(one.body(), other.body());
    assert_eq!(one.body(), b"error=access_denied&state=state");
    assert!(matches!(verifier.decrypt(one.body()), Err(ResponseError::Declined(_))));
    assert!(refusing.signed.is_empty() && having_nothing.signed.is_empty());
    assert_eq!(
        (refused.outcome, unmatched.outcome),
        (LogOutcome::Refused, LogOutcome::NothingFits)
    );
    assert_eq!(full.credentials()[0].unspent(), 3);
}

// TW-08
#[test]
fn a_value_that_does_not_match_is_not_revealed() {
    let (mut verifier, mut phone) = (ScriptedVerifier::new(), phone());
    verifier.query["credentials"][0]["claims"] = json!([{"path": ["given_name"], "values": ["Nadia"]}]);
    let outcome = present(&verifier, &mut phone, &mut store()).unwrap();
    assert_eq!(outcome.outcome, LogOutcome::NothingFits);
    assert_eq!(phone.requests[1].body(), b"error=access_denied&state=state");
}

// TW-12
#[test]
fn neither_request_uri_nor_response_uri_redirects() {
    for status in [302, 307, 308] {
        let (mut verifier, world) = (ScriptedVerifier::new(), World::new());
        verifier.answer = Box::new(move || reply(status, "application/json", "{}"));
        let error = present(&verifier, &mut phone(), &mut store()).unwrap_err();
        assert_eq!(error.code(), "unexpected_redirect");

        let mut flow = Presentation::new(&verifier.link()).unwrap();
        let error = phone().drive(
            |input| flow.step(input, &world.context(), &mut store()),
            |_| reply(status, "application/oauth-authz-req+jwt", ""),
        );
        assert_eq!(error.unwrap_err().code(), "unexpected_redirect");
    }
}

// TW-18
#[test]
fn a_copy_is_burnt_before_it_leaves_and_never_shown_again() {
    let verifier = ScriptedVerifier::new();
    let (world, mut phone, mut store) = (World::new(), phone(), store());
    let mut flow = Presentation::new(&verifier.link()).unwrap();
    // A crash at `Save`: nothing has been signed or sent, and the copy is gone.
    let mut input = Input::Start;
    loop {
        input = match flow.step(input, &world.context(), &mut store).unwrap() {
            Step::Http(request) => Input::Http(verifier.answer(&request)),
            Step::Consent(_) => Input::Consent(ConsentChoice::agree()),
            Step::Save => break,
            step => panic!("{step:?}"),
        };
    }
    assert_eq!(store.credentials()[0].unspent(), 2);

    let mut shown = Vec::new();
    for _ in 0..2 {
        let before = phone.requests.len();
        present(&verifier, &mut phone, &mut store).unwrap();
        let answer = verifier.decrypt(phone.requests[before + 1].body()).unwrap();
        let presented = UnverifiedSdJwtVc::parse(&answer.vp_token["id"][0]).unwrap();
        shown.push(presented.key_binding().unwrap().to_owned());
    }
    assert_ne!(shown[0], shown[1]);
    assert_eq!((store.credentials()[0].unspent(), phone.saves), (0, 2));
    let outcome = present(&verifier, &mut phone, &mut store).unwrap();
    assert_eq!(outcome.outcome, LogOutcome::NothingFits);
}

#[test]
fn the_log_holds_names_and_no_values() {
    let (verifier, mut store) = (ScriptedVerifier::new(), store());
    present(&verifier, &mut phone(), &mut store).unwrap();
    let [entry] = store.log() else { panic!("one entry") };
    assert_eq!(
        (entry.organization_identifier.as_str(), entry.outcome),
        (BANK, LogOutcome::Presented)
    );
    let names: Vec<String> = entry.claims.iter().map(|claim| claim.path.to_string()).collect();
    assert_eq!(names, ["given_name", "birthdate"]);
    let text = serde_json::to_string(entry).unwrap();
    assert!(!text.contains("Salma") && !text.contains("1990"));
}

#[test]
fn a_choice_that_does_not_answer_the_request_is_refused() {
    let choices = [
        BTreeMap::from([("id".to_owned(), CredentialId::new("credential-9"))]),
        BTreeMap::from([("other".to_owned(), CredentialId::new("credential-1"))]),
    ];
    for choice in choices {
        let (verifier, mut phone, mut store) = (ScriptedVerifier::new(), phone(), store());
        phone.choice = ConsentChoice::Agree {
            selection: Selection(choice),
        };
        let error = present(&verifier, &mut phone, &mut store).unwrap_err();
        assert_eq!(error.code(), "selection_invalid");
        assert_eq!(store.credentials()[0].unspent(), 3);
        assert!(!phone.paths().contains(&"/responses/1"));
    }
}

/// Asks for the same credential under two names.
fn asks_twice() -> ScriptedVerifier {
    let mut verifier = ScriptedVerifier::new();
    let mut second = verifier.query["credentials"][0].clone();
    second["id"] = json!("again");
    verifier.query["credentials"].as_array_mut().unwrap().push(second);
    verifier
}

#[test]
fn half_of_what_is_required_is_no_answer() {
    let (mut phone, mut store) = (phone(), store());
    let choice = BTreeMap::from([("id".to_owned(), CredentialId::new("credential-1"))]);
    phone.choice = ConsentChoice::Agree {
        selection: Selection(choice),
    };
    let error = present(&asks_twice(), &mut phone, &mut store).unwrap_err();
    assert_eq!(error.code(), "selection_invalid");
    assert_eq!(store.credentials()[0].unspent(), 3);
}

#[test]
fn one_credential_may_answer_two_parts_of_a_request() {
    let (verifier, mut phone, mut store) = (asks_twice(), phone(), store());
    present(&verifier, &mut phone, &mut store).unwrap();
    let answer = verifier.decrypt(phone.requests[1].body()).unwrap();
    let parts: Vec<&str> = answer.vp_token.keys().map(String::as_str).collect();
    assert_eq!(parts, ["again", "id"]);
    assert_eq!(store.credentials()[0].unspent(), 2);
}

#[test]
fn an_explicit_choice_is_taken() {
    let (verifier, mut phone, mut store) = (ScriptedVerifier::new(), phone(), store());
    let choice = BTreeMap::from([("id".to_owned(), CredentialId::new("credential-1"))]);
    phone.choice = ConsentChoice::Agree {
        selection: Selection(choice),
    };
    present(&verifier, &mut phone, &mut store).unwrap();
    assert_eq!(question(&phone).preferred.0["id"].as_str(), "credential-1");
}

#[test]
fn consent_that_comes_too_late_is_not_used() {
    let (mut world, verifier, mut phone) = (World::new(), ScriptedVerifier::new(), phone());
    let mut flow = Presentation::new(&verifier.link()).unwrap();
    let error = phone.drive(
        |input| {
            if matches!(input, Input::Consent(_)) {
                world.now = NOW.plus(181);
            }
            flow.step(input, &world.context(), &mut store())
        },
        |request| verifier.answer(request),
    );
    assert_eq!(error.unwrap_err().code(), "request_expired");
}

#[test]
fn an_issuer_that_lost_its_trust_has_no_credential_to_show() {
    let (verifier, mut phone, mut store) = (ScriptedVerifier::new(), phone(), store());
    let mut world = World::new();
    // Same root, but the list of issuers never came.
    let mut trust = empty_trust();
    for role in [
        mahfada_trust::TrustRole::AccessCertificates,
        mahfada_trust::TrustRole::RegistrationSigners,
    ] {
        trust.accept_list(role, &list(role, 1), NOW, &PROVIDER).unwrap();
    }
    world.trust = trust;
    let mut flow = Presentation::new(&verifier.link()).unwrap();
    let outcome = phone
        .drive(
            |input| flow.step(input, &world.context(), &mut store),
            |request| verifier.answer(request),
        )
        .unwrap();
    assert_eq!(outcome.outcome, LogOutcome::NothingFits);
}

#[test]
fn only_https_leads_back_to_the_browser() {
    let answer = |uri: &str| {
        let body = json!({"redirect_uri": uri}).to_string();
        move || -> Response<Vec<u8>> { reply(200, "application/json", body.clone()) }
    };
    for (uri, expected) in [
        ("https://verifier.example/complete?response_code=x", true),
        ("intent://evil", false),
        ("javascript:alert(1)", false),
    ] {
        let mut verifier = ScriptedVerifier::new();
        verifier.answer = Box::new(answer(uri));
        let outcome = present(&verifier, &mut phone(), &mut store()).unwrap();
        assert_eq!(outcome.redirect_uri, expected.then(|| uri.to_owned()));
    }
}

#[test]
fn a_refusing_verifier_is_an_error_after_a_presentation() {
    let mut verifier = ScriptedVerifier::new();
    verifier.answer = Box::new(|| reply(400, "application/json", "{}"));
    let mut store = store();
    let error = present(&verifier, &mut phone(), &mut store).unwrap_err();
    assert_eq!(error.code(), "response_status");
    assert_eq!(store.log()[0].outcome, LogOutcome::Presented);
}

#[test]
fn a_link_that_starts_nothing_is_refused() {
    let error = Presentation::new("https://verifier.example/?client_id=x").unwrap_err();
    assert_eq!(error.code(), "invalid_request");
}

/// A wallet with one credential for each way of disclosing an address, in this order.
fn store_with_addresses(in_parts: &[bool]) -> (CredentialStore, Phone) {
    let (world, mut phone) = (World::new(), Phone::new());
    let mut store = CredentialStore::new(&root_bytes(1));
    for in_parts in in_parts {
        let mut issuer = ScriptedIssuer::new();
        issuer.issue.address_in_parts = Some(*in_parts);
        let mut flow = OfferIssuance::new(&issuer.offer_link(), 1).unwrap();
        let received = phone
            .drive(
                |input| flow.step(input, &world.context()),
                |request| issuer.answer(request),
            )
            .unwrap();
        store.add(&received, NOW);
    }
    phone.consents.clear();
    phone.requests.clear();
    (store, phone)
}

/// Asks for the locality alone, and is registered for no more of the address.
fn asks_for_locality() -> ScriptedVerifier {
    let mut verifier = ScriptedVerifier::new();
    verifier.query["credentials"][0]["claims"] = json!([{"path": ["address", "locality"]}]);
    verifier.registered = vec![mahfada_base::ClaimsPath::names(["address", "locality"]).unwrap()];
    verifier
}

// ARF RPRC_21: what answering would reveal counts, not only what is asked for.
#[test]
fn a_credential_that_shows_more_than_is_registered_gives_way_to_the_next() {
    let (mut store, mut phone) = store_with_addresses(&[false, true]);
    let verifier = asks_for_locality();
    let outcome = present(&verifier, &mut phone, &mut store).unwrap();
    assert_eq!(outcome.outcome, LogOutcome::Presented);
    let question = question(&phone);
    assert_eq!(question.preferred.0["id"].as_str(), "credential-2");
    assert_eq!(question.requested.len(), 1);
    let answer = verifier.decrypt(phone.requests[1].body()).unwrap();
    let text = &answer.vp_token["id"][0];
    let shown = UnverifiedCredential::parse(CredentialFormat::DcSdJwt, text).unwrap();
    let shown = shown.verify(&World::new().trust, NOW, &PROVIDER).unwrap();
    assert_eq!(shown.claims().value["address"], json!({"locality": "Rabat"}));
    assert_eq!(store.credentials()[0].unspent(), 1);
}

#[test]
fn when_all_would_show_too_much_the_wallet_refuses_politely_and_says_why() {
    let (mut store, mut phone) = store_with_addresses(&[false]);
    let verifier = asks_for_locality();
    let outcome = present(&verifier, &mut phone, &mut store).unwrap();
    assert_eq!(outcome.outcome, LogOutcome::RevealsTooMuch);
    assert!(question(&phone).requested.is_empty() && question(&phone).preferred.0.is_empty());
    assert_eq!(phone.requests[1].body(), b"error=access_denied&state=state");
    assert!(!phone.signed.ends_with(&[crate::SignReason::Presentation]));
    assert_eq!(store.credentials()[0].unspent(), 1);
    assert_eq!(store.log()[0].outcome, LogOutcome::RevealsTooMuch);
}

#[test]
fn a_choice_of_a_credential_that_shows_too_much_is_refused() {
    let (mut store, mut phone) = store_with_addresses(&[false, true]);
    let choice = BTreeMap::from([("id".to_owned(), CredentialId::new("credential-1"))]);
    phone.choice = ConsentChoice::Agree {
        selection: Selection(choice),
    };
    let error = present(&asks_for_locality(), &mut phone, &mut store).unwrap_err();
    assert_eq!(error.code(), "selection_invalid");
}

// Where the registration covers all of it, the citizen is shown all of it before agreeing.
#[test]
fn what_stands_in_the_same_disclosure_is_shown_and_logged() {
    let (mut store, mut phone) = store_with_addresses(&[false]);
    let mut verifier = asks_for_locality();
    verifier.registered = vec![mahfada_base::ClaimsPath::name("address")];
    present(&verifier, &mut phone, &mut store).unwrap();
    let disclosed: Vec<String> = question(&phone).requested[0]
        .disclose
        .iter()
        .map(|claim| claim.path.to_string())
        .collect();
    assert_eq!(disclosed, ["address.locality", "address.street"]);
    let logged: Vec<String> = store.log()[0]
        .claims
        .iter()
        .map(|claim| claim.path.to_string())
        .collect();
    assert_eq!(logged, disclosed);
}
