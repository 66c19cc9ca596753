use http::Response;
use mahfada_crypto::pure::PROVIDER;
use mahfada_eid::CardAnchors;
use mahfada_eid::testing::{Citizen, TestCard};
use mahfada_oauth2::TokenType;
use mahfada_openid4vci::CredentialOfferUri;
use serde_json::json;

use super::*;
use crate::testing::*;
use crate::{ConsentChoice, ConsentRequest, CredentialStore, Input, SignReason, Step, WalletError};

type Received = Result<ReceivedBatch, IssuanceError>;

fn card() -> TestCard {
    TestCard::new(1, &Citizen::sample(), NOW)
}

fn by_card_with(
    issuer: &mut ScriptedIssuer,
    phone: &mut Phone,
    tamper: impl Fn(&Request, Response<Vec<u8>>) -> Response<Vec<u8>>,
) -> Received {
    let world = World::new();
    let card = card();
    let csca = card.csca_der();
    issuer.anchors = Some(CardAnchors::load([&csca[..]], [], []).unwrap().0);
    if phone.chip.is_none() {
        phone.chip = Some(card.chip());
    }
    let mut flow = CardIssuance::new(ISSUER, CONFIGURATION, phone.wallet_key(), 10);
    phone.drive(
        |input| flow.step(input, &world.context()),
        |request| {
            let answer = issuer.answer(request);
            tamper(request, answer)
        },
    )
}

fn by_card(issuer: &mut ScriptedIssuer) -> Received {
    by_card_with(issuer, &mut Phone::new(), |_, answer| answer)
}

fn by_offer_with(
    issuer: &mut ScriptedIssuer,
    phone: &mut Phone,
    tamper: impl Fn(&Request, Response<Vec<u8>>) -> Response<Vec<u8>>,
) -> Received {
    let world = World::new();
    let mut flow = OfferIssuance::new(&issuer.offer_link(), 3)?;
    phone.drive(
        |input| flow.step(input, &world.context()),
        |request| {
            let answer = issuer.answer(request);
            tamper(request, answer)
        },
    )
}

fn by_offer(issuer: &mut ScriptedIssuer, phone: &mut Phone) -> Received {
    by_offer_with(issuer, phone, |_, answer| answer)
}

/// Issues with one thing wrong and returns the code of the refusal.
fn refusal(change: impl FnOnce(&mut ScriptedIssuer)) -> &'static str {
    let mut issuer = ScriptedIssuer::new();
    change(&mut issuer);
    by_offer(&mut issuer, &mut Phone::new()).unwrap_err().code()
}

fn at<'r>(
    path: &'r str,
    answer: &'r Response<Vec<u8>>,
) -> impl Fn(&Request, Response<Vec<u8>>) -> Response<Vec<u8>> + 'r {
    move |request, honest| {
        if request.uri().path() == path {
            answer.clone()
        } else {
            honest
        }
    }
}

#[test]
fn a_card_brings_a_batch_of_credentials() {
    use SignReason::{CardEvidence, Dpop, KeyProof};
    let (mut issuer, mut phone) = (ScriptedIssuer::new(), Phone::new());
    let received = by_card_with(&mut issuer, &mut phone, |_, answer| answer).unwrap();
    // Ten were wanted, and the issuer gives three.
    assert_eq!(received.copies().len(), 3);
    assert_eq!(received.claims()["given_name"], "Salma");
    assert_eq!(received.organization_identifier(), DGSN);
    assert_eq!(received.issuer()["fr"], "Organisme NTRMA-DGSN");
    assert_eq!(received.credential_type().as_str(), PID);
    assert_eq!(
        phone.paths(),
        [
            "/.well-known/openid-credential-issuer/pid",
            "/.well-known/oauth-authorization-server/pid",
            "/pid/authorization-challenge",
            "/pid/authorization-challenge",
            "/pid/token",
            "/pid/nonce",
            "/pid/credential",
        ]
    );
    assert_eq!(
        phone.signed,
        [Dpop, CardEvidence, Dpop, Dpop, KeyProof, KeyProof, KeyProof, Dpop]
    );
}

#[test]
fn a_copied_card_is_refused_in_the_issuers_words() {
    let mut phone = Phone::new();
    phone.chip = Some(card().copied_chip());
    let error = by_card_with(&mut ScriptedIssuer::new(), &mut phone, |_, answer| answer).unwrap_err();
    assert_eq!(error.refusal().unwrap().error, "access_denied");
    assert_eq!(
        error.refusal().unwrap().description.as_deref(),
        Some("aa_signature_invalid")
    );
    assert_eq!(WalletError::from(&error), WalletError::Refused("issuer_refused"));
}

#[test]
fn a_challenge_for_others_or_another_time_never_reaches_the_card() {
    type Change = fn(&mut mahfada_eid::CardChallenge);
    let changes: [(Change, &str); 5] = [
        (|challenge| challenge.commitment = [0; 32], "challenge_commitment"),
        (
            |challenge| challenge.aud = "another-wallet".to_owned(),
            "challenge_audience",
        ),
        (
            |challenge| challenge.iss = "https://other.example/pid".to_owned(),
            "challenge_issuer",
        ),
        (|challenge| challenge.exp = NOW.minus(61), "challenge_expired"),
        (|challenge| challenge.iat = NOW.plus(61), "challenge_expired"),
    ];
    for (change, code) in changes {
        let mut issuer = ScriptedIssuer::new();
        issuer.challenge = Box::new(change);
        let mut phone = Phone::new();
        let error = by_card_with(&mut issuer, &mut phone, |_, answer| answer).unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(phone.signed, [SignReason::Dpop], "{code}");
    }
}

#[test]
fn a_challenge_signed_by_another_organization_is_refused() {
    let mut honest = ScriptedIssuer::new();
    let metadata = honest.signed_metadata();
    // The twin may issue the same type, but it is not the issuer that was asked.
    honest.leaf = credential_signer(TWIN);
    let answer = reply(200, "application/jwt", metadata);
    let error = by_card_with(
        &mut honest,
        &mut Phone::new(),
        at("/.well-known/openid-credential-issuer/pid", &answer),
    );
    assert_eq!(error.unwrap_err().code(), "challenge_issuer");
}

#[test]
fn a_card_session_that_takes_too_long_is_not_answered() {
    let mut world = World::new();
    let (mut issuer, mut phone) = (ScriptedIssuer::new(), Phone::new());
    let card = card();
    phone.chip = Some(card.chip());
    let mut flow = CardIssuance::new(ISSUER, CONFIGURATION, phone.wallet_key(), 1);
    let error = phone.drive(
        |input| {
            if matches!(input, Input::Apdu(_)) {
                world.now = NOW.plus(181);
            }
            flow.step(input, &world.context())
        },
        |request| issuer.answer(request),
    );
    assert_eq!(error.unwrap_err().code(), "challenge_expired");
}

#[test]
fn an_offer_brings_credentials_after_consent_and_transaction_code() {
    let (mut issuer, mut phone) = (ScriptedIssuer::new(), Phone::new());
    issuer.tx_code = Some(TX_CODE);
    phone.tx_codes = vec![TX_CODE.to_owned()];
    let received = by_offer(&mut issuer, &mut phone).unwrap();
    assert_eq!(received.copies().len(), 3);
    let [ConsentRequest::Offer(consent)] = phone.consents.as_slice() else {
        panic!("consents")
    };
    assert_eq!(consent.organization_identifier.as_deref(), Some(DGSN));
    assert_eq!(consent.vouched_by, crate::VouchedBy::Registry);
    assert_eq!(consent.issuer_identifier, ISSUER);
    assert_eq!(consent.credential[0].name.as_deref(), Some("Identité"));
    assert!(consent.needs_tx_code);
}

#[test]
fn an_offer_by_reference_is_fetched() {
    let (mut issuer, mut phone, world) = (ScriptedIssuer::new(), Phone::new(), World::new());
    let link = CredentialOfferUri::ByReference(format!("{ISSUER}/offers/1")).to_uri();
    let mut flow = OfferIssuance::new(&link, 1).unwrap();
    let received = phone
        .drive(
            |input| flow.step(input, &world.context()),
            |request| issuer.answer(request),
        )
        .unwrap();
    assert_eq!(received.copies().len(), 1);
    assert_eq!(phone.paths()[0], "/pid/offers/1");
}

#[test]
fn a_wallet_stays_unnamed_where_the_issuer_allows_it() {
    let mut issuer = ScriptedIssuer::new();
    issuer.anonymous = true;
    by_offer(&mut issuer, &mut Phone::new()).unwrap();
}

#[test]
fn a_slip_in_the_transaction_code_does_not_cost_an_attempt() {
    let (mut issuer, mut phone) = (ScriptedIssuer::new(), Phone::new());
    issuer.tx_code = Some(TX_CODE);
    phone.tx_codes = ["49353", "49353x", TX_CODE].map(str::to_owned).into();
    by_offer(&mut issuer, &mut phone).unwrap();
    let mistyped: Vec<bool> = phone.tx_code_requests.iter().map(|asked| asked.mistyped).collect();
    assert_eq!(mistyped, [false, true, true]);
    assert_eq!(phone.paths().iter().filter(|path| **path == "/pid/token").count(), 1);
}

#[test]
fn a_wrong_transaction_code_is_the_issuers_refusal() {
    let (mut issuer, mut phone) = (ScriptedIssuer::new(), Phone::new());
    issuer.tx_code = Some(TX_CODE);
    phone.tx_codes = vec!["000000".to_owned()];
    let error = by_offer(&mut issuer, &mut phone).unwrap_err();
    assert_eq!(error.refusal().unwrap().error, "invalid_grant");
}

#[test]
fn a_declined_offer_reaches_no_endpoint_of_the_issuer() {
    let mut phone = Phone::new();
    phone.choice = ConsentChoice::Refuse;
    let error = by_offer(&mut ScriptedIssuer::new(), &mut phone).unwrap_err();
    assert_eq!(error.code(), "declined");
    assert_eq!(phone.requests.len(), 2);
}

// TW-13
#[test]
fn nobody_untrusted_gets_consent_or_transaction_code() {
    let untrusted: [(Leaf, &str); 2] = [
        (
            leaf("Unknown CA", mahfada_x509::eku::CREDENTIAL_SIGNING, DGSN),
            "issuer_untrusted",
        ),
        (credential_signer(CNSS), "issuer_not_entitled"),
    ];
    for (signer, code) in untrusted {
        let (mut issuer, mut phone) = (ScriptedIssuer::new(), Phone::new());
        issuer.tx_code = Some(TX_CODE);
        issuer.leaf = signer;
        let error = by_offer(&mut issuer, &mut phone).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(phone.consents.is_empty() && phone.tx_code_requests.is_empty());
        assert_eq!(phone.requests.len(), 1, "the code of the offer goes to no one");
    }
}

// TW-13
#[test]
fn metadata_of_another_issuer_are_refused() {
    let code = refusal(|issuer| issuer.identifier = "https://issuer.example/other".to_owned());
    assert_eq!(code, "metadata_mismatch");
}

// TW-13
#[test]
fn metadata_that_are_not_signed_now_for_this_issuer_are_refused() {
    let issuer = ScriptedIssuer::new();
    let sign = |sub: &str, iat: i64, typ: &str| {
        let mut claims = json!(issuer.metadata());
        claims["sub"] = json!(sub);
        claims["iat"] = json!(NOW.plus(iat));
        let builder = mahfada_jose::JwsBuilder::new(typ).x5c(&issuer.leaf.chain);
        builder.sign(&claims, &*issuer.leaf.signer).unwrap()
    };
    let typ = "openidvci-issuer-metadata+jwt";
    let mut forged = sign(ISSUER, 0, typ);
    let last = forged.pop().unwrap();
    forged.insert(forged.len() - 5, last);
    let answers = [
        (
            reply(200, "application/jwt", sign(ISSUER, 61, typ)),
            "metadata_mismatch",
        ),
        (
            reply(200, "application/jwt", sign("https://x.example", 0, typ)),
            "metadata_mismatch",
        ),
        (
            reply(200, "application/jwt", sign(ISSUER, 0, "jwt")),
            "metadata_signature",
        ),
        (reply(200, "application/jwt", forged), "metadata_signature"),
        (
            reply(200, "application/json", issuer.metadata().to_json()),
            "metadata_unsigned",
        ),
    ];
    for (answer, code) in answers {
        let result = by_offer_with(
            &mut ScriptedIssuer::new(),
            &mut Phone::new(),
            at("/.well-known/openid-credential-issuer/pid", &answer),
        );
        assert_eq!(result.unwrap_err().code(), code);
    }
}

// TW-13
#[test]
fn metadata_of_another_authorization_server_are_refused() {
    let body = json!({"issuer": "https://as.example", "token_endpoint": "https://as.example/t"});
    let answer = reply(200, "application/json", body.to_string());
    let path = "/.well-known/oauth-authorization-server/pid";
    let result = by_offer_with(&mut ScriptedIssuer::new(), &mut Phone::new(), at(path, &answer));
    assert_eq!(result.unwrap_err().code(), "metadata_mismatch");
}

// TW-12
#[test]
fn no_endpoint_of_the_issuer_redirects() {
    let paths = [
        ("/.well-known/openid-credential-issuer/pid", "unexpected_redirect"),
        ("/.well-known/oauth-authorization-server/pid", "unexpected_redirect"),
        ("/pid/token", "unexpected_redirect"),
        ("/pid/nonce", "nonce_unavailable"),
        ("/pid/credential", "unexpected_redirect"),
    ];
    for (path, code) in paths {
        for status in [302, 307, 308] {
            let mut answer = reply(status, "application/json", "");
            answer
                .headers_mut()
                .insert("location", "https://evil.example".parse().unwrap());
            let mut phone = Phone::new();
            let result = by_offer_with(&mut ScriptedIssuer::new(), &mut phone, at(path, &answer));
            assert_eq!(result.unwrap_err().code(), code, "{path}");
            assert_eq!(phone.paths().last(), Some(&path));
        }
    }
}

// TW-15
#[test]
fn without_a_nonce_there_is_no_proof() {
    let answers = [
        reply(500, "application/json", "{}"),
        reply(200, "application/json", "{}"),
        reply(200, "application/json", r#"{"c_nonce":""}"#),
        reply(200, "application/json", "not json"),
        reply(200, "text/html", r#"{"c_nonce":"x"}"#),
    ];
    for answer in answers {
        let mut phone = Phone::new();
        let result = by_offer_with(&mut ScriptedIssuer::new(), &mut phone, at("/pid/nonce", &answer));
        assert_eq!(result.unwrap_err().code(), "nonce_unavailable");
        assert!(!phone.signed.contains(&SignReason::KeyProof));
        assert_eq!(phone.paths().last(), Some(&"/pid/nonce"));
    }
}

#[test]
fn a_token_that_anybody_could_use_is_refused() {
    assert_eq!(
        refusal(|issuer| issuer.token_type = TokenType::Bearer),
        "token_not_bound"
    );
}

#[test]
fn credentials_may_come_in_any_order() {
    let mut issuer = ScriptedIssuer::new();
    issuer.issue.reversed = true;
    let received = by_card(&mut issuer).unwrap();
    for copy in received.copies() {
        let bound = copy.credential().holder_key().unwrap().thumbprint(PROVIDER.digest);
        let own = key(copy.key().as_str());
        assert_eq!(mahfada_jose::thumbprint_of(own.public_key(), PROVIDER.digest), bound);
    }
    let keys: Vec<_> = received.copies().iter().map(|copy| copy.key().as_str()).collect();
    assert_eq!(keys, ["credential key 3", "credential key 2", "credential key 1"]);
}

// TW-14: whatever is wrong with one credential, no `ReceivedBatch` exists, so that nothing can be stored.
#[test]
fn a_credential_that_is_not_the_one_asked_for_is_refused() {
    type Change = fn(&mut Issue);
    let changes: [(Change, &str); 9] = [
        (
            |issue| issue.other_key = Some(key("somebody")),
            "credential_binding_mismatch",
        ),
        (|issue| issue.one_key_for_all = true, "credential_binding_mismatch"),
        (|issue| issue.vct = PID_2.to_owned(), "credential_type_mismatch"),
        (|issue| issue.vct = RIGHTS.to_owned(), "issuer_not_entitled"),
        (|issue| issue.held_back = Some("given_name"), "mandatory_claim_missing"),
        (
            |issue| issue.leaf = credential_signer(TWIN),
            "credential_issuer_mismatch",
        ),
        (|issue| issue.key_binding = true, "unexpected_key_binding"),
        (|issue| issue.names = ["Salma", "Nadia"], "copies_differ"),
        (
            |issue| issue.status_uri = "https://issuer.example/s?holder=7",
            "status_address",
        ),
    ];
    for (change, code) in changes {
        assert_eq!(refusal(|issuer| change(&mut issuer.issue)), code);
    }
}

#[test]
fn a_claim_that_the_issuer_does_not_always_include_may_be_absent() {
    let mut issuer = ScriptedIssuer::new();
    issuer.issue.held_back = Some("email");
    let received = by_offer(&mut issuer, &mut Phone::new()).unwrap();
    assert!(received.claims().get("email").is_none());
}

#[test]
fn a_credential_whose_signature_was_damaged_is_refused() {
    let path = "/pid/credential";
    let result = by_offer_with(&mut ScriptedIssuer::new(), &mut Phone::new(), |request, honest| {
        if request.uri().path() != path {
            return honest;
        }
        let text = String::from_utf8(honest.into_body()).unwrap();
        // A character of the first signature, which is base64url before and after.
        let at = text.match_indices('.').nth(1).unwrap().0 + 10;
        let flipped = if &text[at..=at] == "A" { "B" } else { "A" };
        reply(
            200,
            "application/json",
            format!("{}{flipped}{}", &text[..at], &text[at + 1..]),
        )
    });
    assert_eq!(result.unwrap_err().code(), "sig");
}

#[test]
fn keys_that_are_not_new_and_distinct_are_refused() {
    let (world, mut issuer, mut phone) = (World::new(), ScriptedIssuer::new(), Phone::new());
    let wallet = phone.wallet_key();
    let (a, b) = (phone.create_key("a"), phone.create_key("b"));
    let sets = [
        vec![a.clone(), b.clone()],
        vec![a.clone(), b.clone(), a.clone()],
        vec![a, b, (KeyId::new("c"), wallet.public.clone())],
    ];
    for keys in sets {
        let mut flow = CardIssuance::new(ISSUER, CONFIGURATION, wallet.clone(), 3);
        let mut step = |input| flow.step(input, &world.context());
        let mut next = step(Input::Start).unwrap();
        while let Step::Http(request) = next {
            next = step(Input::Http(issuer.answer(&request))).unwrap();
        }
        assert!(matches!(next, Step::CreateKeys { count: 3 }));
        assert_eq!(step(Input::Keys(keys)).unwrap_err().code(), "keys_unusable");
    }
}

#[test]
fn a_der_signature_is_a_fault_of_the_app() {
    let (world, mut issuer, mut phone) = (World::new(), ScriptedIssuer::new(), Phone::new());
    let mut flow = OfferIssuance::new(&issuer.offer_link(), 1).unwrap();
    let error = phone.drive(
        |input| match input {
            Input::Signature(signature) => {
                let der = [&[0x30, 0x44][..], &signature.0].concat();
                flow.step(Input::Signature(mahfada_crypto::Signature(der)), &world.context())
            }
            input => flow.step(input, &world.context()),
        },
        |request| issuer.answer(request),
    );
    assert_eq!(
        WalletError::from(&error.unwrap_err()),
        WalletError::Usage("signature_format")
    );
}

#[test]
fn metadata_that_expired_or_want_what_the_wallet_does_not_do_are_refused() {
    type Change = fn(&mut serde_json::Value);
    let changes: [(Change, &str); 5] = [
        (|metadata| metadata["exp"] = json!(NOW.minus(60)), "metadata_mismatch"),
        (
            |metadata| {
                metadata["credential_response_encryption"] = json!({"encryption_required": true});
            },
            "issuer_unsupported",
        ),
        (
            |metadata| metadata["credential_configurations_supported"] = json!({}),
            "unknown_credential_configuration",
        ),
        (
            |metadata| {
                metadata["credential_configurations_supported"]["pid"]["format"] = json!("jwt_vc_json");
            },
            "unknown_credential_configuration",
        ),
        (
            |metadata| {
                metadata["authorization_servers"] = json!(["https://a.example", "https://b.example"]);
            },
            "metadata_mismatch",
        ),
    ];
    for (change, code) in changes {
        let mut issuer = ScriptedIssuer::new();
        let mut claims = json!(issuer.metadata());
        claims["sub"] = json!(ISSUER);
        claims["iat"] = json!(NOW);
        change(&mut claims);
        let builder = mahfada_jose::JwsBuilder::new("openidvci-issuer-metadata+jwt");
        let text = builder
            .x5c(&issuer.leaf.chain)
            .sign(&claims, &*issuer.leaf.signer)
            .unwrap();
        let answer = reply(200, "application/jwt", text);
        let path = "/.well-known/openid-credential-issuer/pid";
        let result = by_offer_with(&mut issuer, &mut Phone::new(), at(path, &answer));
        assert_eq!(result.unwrap_err().code(), code);
    }
}

#[test]
fn an_offer_without_a_pre_authorized_code_is_not_started() {
    let world = World::new();
    let mut offer = ScriptedIssuer::new().offer();
    offer.grants = None;
    let mut flow = OfferIssuance::new(&CredentialOfferUri::ByValue(offer).to_uri(), 1).unwrap();
    let error = flow.step(Input::Start, &world.context()).unwrap_err();
    assert_eq!(error.code(), "issuer_unsupported");
    assert_eq!(
        OfferIssuance::new("https://x.example", 1).unwrap_err().code(),
        "offer_link"
    );
}

#[test]
fn a_code_without_the_card_is_not_taken() {
    let answer = reply(200, "application/json", r#"{"authorization_code":"c"}"#);
    let path = "/pid/authorization-challenge";
    let mut phone = Phone::new();
    let result = by_card_with(&mut ScriptedIssuer::new(), &mut phone, at(path, &answer));
    assert_eq!(result.unwrap_err().code(), "issuer_unsupported");
    assert!(!phone.paths().contains(&"/pid/token"));
}

#[test]
fn an_input_out_of_order_ends_the_flow() {
    let world = World::new();
    let mut flow = OfferIssuance::new(&ScriptedIssuer::new().offer_link(), 1).unwrap();
    for input in [Input::Saved, Input::Start] {
        let error = flow.step(input, &world.context()).unwrap_err();
        assert_eq!(error.code(), "out_of_order");
    }
}

#[test]
fn what_was_received_can_be_stored() {
    let world = World::new();
    let mut store = CredentialStore::new(&root_bytes(1));
    let id = store.add(&by_card(&mut ScriptedIssuer::new()).unwrap(), NOW);
    let held = store.credential(&id).unwrap();
    assert_eq!((held.unspent(), held.keys().count()), (3, 3));
    let claims = held.verify(&world.context()).unwrap();
    assert_eq!(claims.claims().value["family_name"], "El Fassi");
    assert!(!format!("{store:?}").contains("Salma"));
}

// RFC 9449 §8, §9
#[test]
fn a_nonce_that_the_server_wants_in_the_proof_is_sent_once() {
    let (mut issuer, mut phone) = (ScriptedIssuer::new(), Phone::new());
    issuer.dpop_nonce = Some("n-1");
    by_offer(&mut issuer, &mut phone).unwrap();
    let asked = |path: &str| phone.paths().into_iter().filter(|asked| *asked == path).count();
    assert_eq!((asked("/pid/token"), asked("/pid/credential")), (2, 2));

    // A server that is never content is asked twice and no more.
    let mut phone = Phone::new();
    issuer.dpop_nonce = Some("another");
    let error = by_offer(&mut issuer, &mut phone).unwrap_err();
    assert_eq!(error.refusal().unwrap().error, "use_dpop_nonce");
    assert_eq!(
        phone.paths().into_iter().filter(|path| *path == "/pid/token").count(),
        2
    );
}

/// An offer that leads to the card.
fn card_offer(grants: &serde_json::Value) -> String {
    let offer = json!({
        "credential_issuer": ISSUER,
        "credential_configuration_ids": [CONFIGURATION],
        "grants": grants,
    });
    let query = mahfada_oauth2::encode_form([("credential_offer", offer.to_string().as_str())]);
    format!("openid-credential-offer://?{query}")
}

fn by_card_offer(link: &str, phone: &mut Phone) -> Received {
    let (world, mut issuer, card) = (World::new(), ScriptedIssuer::new(), card());
    issuer.anchors = Some(CardAnchors::load([&card.csca_der()[..]], [], []).unwrap().0);
    phone.chip = Some(card.chip());
    let mut flow = CardIssuance::from_offer(link, 2)?;
    phone.drive(
        |input| flow.step(input, &world.context()),
        |request| issuer.answer(request),
    )
}

#[test]
fn an_offer_leads_to_the_card_after_consent() {
    let mut phone = Phone::new();
    let received = by_card_offer(&card_offer(&json!({"authorization_code": {}})), &mut phone).unwrap();
    assert_eq!(received.copies().len(), 2);
    let [ConsentRequest::Offer(consent)] = phone.consents.as_slice() else {
        panic!("consents")
    };
    assert!(consent.needs_card && !consent.needs_tx_code);

    let mut phone = Phone::new();
    phone.choice = ConsentChoice::Refuse;
    let error = by_card_offer(&card_offer(&json!({"authorization_code": {}})), &mut phone).unwrap_err();
    assert_eq!(error.code(), "declined");
    assert!(phone.signed.is_empty());
}

// Decision D3: the two ways are never mixed.
#[test]
fn an_offer_of_the_other_way_does_not_lead_to_the_card() {
    let mut phone = Phone::new();
    for grants in [
        json!({"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "x"}}),
        json!({"authorization_code": {"issuer_state": "x"}}),
    ] {
        let error = by_card_offer(&card_offer(&grants), &mut phone).unwrap_err();
        assert_eq!(error.code(), "issuer_unsupported");
    }
    assert!(phone.requests.is_empty());
}
