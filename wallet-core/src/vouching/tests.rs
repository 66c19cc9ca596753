use mahfada_crypto::pure::PROVIDER;
use mahfada_openid4vci::Display;
use mahfada_x509::eku;
use serde_json::{Value, json};

use super::*;
use crate::testing::*;
use crate::{
    ConsentRequest, Context, CredentialStore, IssuanceError, LogOutcome, OfferIssuance, Presentation,
    PresentationError, PresentationOutcome, ReceivedBatch,
};

const FOREIGN: &str = "VATXX-FOREIGN";
const FOREIGN_PID: &str = "urn:example:pid:1";

fn anchors(names: &[&str]) -> AnchorsByHand {
    AnchorsByHand::new(names.iter().map(|name| authority(name)).collect())
}

/// An issuer that no registry of this country knows.
fn foreign_issuer() -> ScriptedIssuer {
    let mut issuer = ScriptedIssuer::new();
    issuer.leaf = leaf_of_host("Foreign CA", eku::CREDENTIAL_SIGNING, FOREIGN, "issuer.example");
    issuer.issue.leaf = issuer.leaf.clone();
    issuer.announced_vct = FOREIGN_PID.to_owned();
    issuer.issue.vct = FOREIGN_PID.to_owned();
    issuer
}

fn without_registry<'w>(world: &'w World, anchors: &'w AnchorsByHand) -> Context<'w> {
    let trust = Trust::AnchorsByHand {
        anchors,
        registry: None,
    };
    Context {
        trust,
        ..world.context()
    }
}

fn accept(
    issuer: &mut ScriptedIssuer,
    phone: &mut Phone,
    context: &Context<'_>,
) -> Result<ReceivedBatch, IssuanceError> {
    let mut flow = OfferIssuance::new(&issuer.offer_link(), 2)?;
    phone.drive(|input| flow.step(input, context), |request| issuer.answer(request))
}

fn accept_beside_registry(issuer: &mut ScriptedIssuer, names: &[&str]) -> Result<ReceivedBatch, &'static str> {
    let (world, anchors) = (World::new(), anchors(names));
    accept(issuer, &mut Phone::new(), &world.context_beside(&anchors)).map_err(|error| error.code())
}

#[test]
fn an_issuer_under_an_anchor_chosen_by_hand_is_believed_and_said_to_be() {
    let (world, anchors, mut phone) = (World::new(), anchors(&["Foreign CA"]), Phone::new());
    for context in [world.context_beside(&anchors), without_registry(&world, &anchors)] {
        let received = accept(&mut foreign_issuer(), &mut phone, &context).unwrap();
        assert_eq!(received.vouched_by(), VouchedBy::AnchorsByHand);
        assert_eq!(received.organization_identifier(), "by-hand:VATXX-FOREIGN");
        let Some(ConsentRequest::Offer(consent)) = phone.consents.pop() else {
            panic!("an offer")
        };
        assert_eq!(consent.vouched_by, VouchedBy::AnchorsByHand);
        assert_eq!(consent.issuer["en"], FOREIGN);
        assert_eq!(
            consent.organization_identifier.as_deref(),
            Some("by-hand:VATXX-FOREIGN")
        );
        assert_eq!(consent.credential, [Display::named("Identité", "fr")]);
    }
}

#[test]
fn without_the_anchor_it_is_not() {
    let world = World::new();
    let error = accept(&mut foreign_issuer(), &mut Phone::new(), &world.context()).unwrap_err();
    assert_eq!(error.code(), "issuer_untrusted");
    for names in [&[][..], &["Other CA"]] {
        assert_eq!(
            accept_beside_registry(&mut foreign_issuer(), names).unwrap_err(),
            "issuer_untrusted"
        );
    }
}

#[test]
fn a_credential_under_another_anchor_or_key_is_refused() {
    let mut issuer = foreign_issuer();
    issuer.issue.leaf = leaf("Other CA", eku::CREDENTIAL_SIGNING, FOREIGN);
    assert_eq!(
        accept_beside_registry(&mut issuer, &["Foreign CA"]).unwrap_err(),
        "issuer_untrusted"
    );
    let mut issuer = foreign_issuer();
    issuer.issue.leaf.signer = key("another");
    assert_eq!(accept_beside_registry(&mut issuer, &["Foreign CA"]).unwrap_err(), "sig");
}

#[test]
fn whom_the_registry_knows_stays_under_its_rules() {
    // The DGSN may not issue this type, even for somebody who chose its authority by hand.
    let mut issuer = foreign_issuer();
    issuer.leaf = credential_signer(DGSN);
    issuer.issue.leaf = issuer.leaf.clone();
    assert_eq!(
        accept_beside_registry(&mut issuer, &["NTRMA-DGSN CA"]).unwrap_err(),
        "issuer_not_entitled"
    );
    // What it may issue is vouched for by the registry, and only so.
    let received = accept_beside_registry(&mut ScriptedIssuer::new(), &["NTRMA-DGSN CA"]).unwrap();
    assert_eq!(received.vouched_by(), VouchedBy::Registry);
    assert_eq!(received.organization_identifier(), DGSN);
}

#[test]
fn person_identification_data_of_this_country_are_never_believed_by_hand() {
    let mut issuer = foreign_issuer();
    issuer.announced_vct = PID.to_owned();
    issuer.issue.vct = PID.to_owned();
    assert_eq!(
        accept_beside_registry(&mut issuer, &["Foreign CA"]).unwrap_err(),
        "issuer_not_entitled"
    );
}

#[test]
fn metadata_in_clear_are_taken_by_hand_only_and_the_credential_proves_the_address() {
    let in_clear = || {
        let mut issuer = foreign_issuer();
        issuer.metadata_in_clear = true;
        issuer
    };
    let (world, anchors, mut phone) = (World::new(), anchors(&["Foreign CA"]), Phone::new());
    let error = accept(&mut in_clear(), &mut phone, &world.context()).unwrap_err();
    assert_eq!(error.code(), "metadata_unsigned");

    let received = accept(&mut in_clear(), &mut phone, &world.context_beside(&anchors)).unwrap();
    assert_eq!(received.organization_identifier(), "by-hand:VATXX-FOREIGN");
    let Some(ConsentRequest::Offer(consent)) = phone.consents.pop() else {
        panic!("an offer")
    };
    assert_eq!((consent.organization_identifier, consent.issuer.len()), (None, 0));
    assert_eq!(consent.issuer_identifier, ISSUER);
    assert_eq!(consent.vouched_by, VouchedBy::AnchorsByHand);

    // Another one under the same authority, whose certificate names another host.
    let mut other = in_clear();
    other.issue.leaf = leaf("Foreign CA", eku::CREDENTIAL_SIGNING, FOREIGN);
    let error = accept(&mut other, &mut phone, &world.context_beside(&anchors)).unwrap_err();
    assert_eq!(error.code(), "credential_issuer_mismatch");
    // Somebody of the registry: nobody said before consent that it would be.
    let mut registered = in_clear();
    registered.announced_vct = PID.to_owned();
    registered.issue = ScriptedIssuer::new().issue;
    let error = accept(&mut registered, &mut phone, &world.context_beside(&anchors)).unwrap_err();
    assert_eq!(error.code(), "issuer_not_entitled");
}

/// A verifier that no registry of this country knows, asking for what the foreign issuer attests.
fn foreign_verifier() -> ScriptedVerifier {
    let mut verifier = ScriptedVerifier::new();
    verifier.leaf = leaf("Foreign CA", eku::ACCESS, FOREIGN);
    verifier.encloses_registration = false;
    verifier.query["credentials"][0]["meta"] = json!({"vct_values": [FOREIGN_PID]});
    verifier
}

struct Wallet {
    world: World,
    anchors: AnchorsByHand,
    phone: Phone,
    store: CredentialStore,
}

impl Wallet {
    /// A wallet with a foreign credential.
    fn new() -> Self {
        let (world, anchors, mut phone) = (World::new(), anchors(&["Foreign CA"]), Phone::new());
        let mut store = CredentialStore::new(&root_bytes(1));
        let received = accept(&mut foreign_issuer(), &mut phone, &world.context_beside(&anchors)).unwrap();
        store.add(&received, NOW);
        phone.consents.clear();
        phone.requests.clear();
        Self {
            world,
            anchors,
            phone,
            store,
        }
    }

    fn present(&mut self, verifier: &ScriptedVerifier) -> Result<PresentationOutcome, PresentationError> {
        let context = self.world.context_beside(&self.anchors);
        let mut flow = Presentation::new(&verifier.link())?;
        let store = &mut self.store;
        self.phone.drive(
            |input| flow.step(input, &context, store),
            |request| verifier.answer(request),
        )
    }

    /// Presents with one thing wrong; the citizen must not even have been asked.
    fn refusal(change: impl FnOnce(&mut ScriptedVerifier)) -> &'static str {
        let (mut wallet, mut verifier) = (Self::new(), foreign_verifier());
        change(&mut verifier);
        let error = wallet.present(&verifier).unwrap_err();
        assert!(wallet.phone.consents.is_empty());
        error.code()
    }
}

#[test]
fn a_verifier_under_an_anchor_chosen_by_hand_is_answered_and_nobody_is_said_to_vouch() {
    let mut san_dns = foreign_verifier();
    san_dns.client_id = Some("x509_san_dns:verifier.example".to_owned());
    for verifier in [foreign_verifier(), san_dns] {
        let mut wallet = Wallet::new();
        let outcome = wallet.present(&verifier).unwrap();
        assert_eq!(outcome.outcome, LogOutcome::Presented);
        let [ConsentRequest::Presentation(question)] = wallet.phone.consents.as_slice() else {
            panic!("one question")
        };
        assert_eq!(question.who.registration, None);
        assert_eq!(question.who.name, FOREIGN);
        assert_eq!(question.who.host, "verifier.example");
        assert_eq!(question.who.organization_identifier, "by-hand:VATXX-FOREIGN");
        assert_eq!(question.requested[0].vouched_by, VouchedBy::AnchorsByHand);
        assert_eq!(wallet.store.log()[0].vouched_by, VouchedBy::AnchorsByHand);
        let answer = verifier.decrypt(wallet.phone.requests[1].body()).unwrap();
        assert_eq!(answer.vp_token["id"].len(), 1);
    }
}

#[test]
fn a_foreign_request_must_hold_like_any_other() {
    let tampered = |change: fn(&mut Value)| Wallet::refusal(|verifier| verifier.tamper = Box::new(change));
    let set = |name: &'static str, value: Value| {
        Wallet::refusal(move |verifier| verifier.tamper = Box::new(move |claims| claims[name] = value.clone()))
    };
    let signed_by_another = Wallet::refusal(|verifier| verifier.signer = Some(key("another")));
    assert_eq!(signed_by_another, "request_signature");
    let untrusted = Wallet::refusal(|verifier| verifier.leaf = leaf("Other CA", eku::ACCESS, FOREIGN));
    assert_eq!(untrusted, "request_signature");
    let other_host = json!("https://other.example/responses/1");
    assert_eq!(set("response_uri", other_host), "response_uri_mismatch");
    assert_eq!(
        set("response_uri", json!("http://verifier.example/1")),
        "invalid_request"
    );
    assert_eq!(set("response_uri", json!("http://127.0.0.1/1")), "invalid_request");
    assert_eq!(set("client_id", json!("x509_hash:other")), "client_id_mismatch");
    assert_eq!(set("nonce", json!("short")), "nonce_too_short");
    assert_eq!(set("wallet_nonce", json!("another")), "wallet_nonce_mismatch");
    assert_eq!(set("aud", json!("https://other.example")), "invalid_request");
    assert_eq!(set("response_mode", json!("direct_post")), "invalid_request");
    assert_eq!(
        set("redirect_uri", json!("https://verifier.example")),
        "invalid_request"
    );
    assert_eq!(set("transaction_data", json!(["x"])), "invalid_transaction_data");
    assert_eq!(set("exp", json!(NOW.minus(61))), "request_expired");
    assert_eq!(set("exp", json!(NOW.plus(601))), "request_lifetime");
    assert_eq!(set("iat", json!(NOW.plus(61))), "request_not_yet_valid");
    let missing = tampered(|claims| drop(claims.as_object_mut().unwrap().remove("nonce")));
    assert_eq!(missing, "nonce_missing");
    for client_id in [
        "x509_san_dns:other.example",
        "x509_hash:AAAA",
        "redirect_uri:https://verifier.example",
    ] {
        let code = Wallet::refusal(|verifier| verifier.client_id = Some(client_id.to_owned()));
        assert_eq!(code, "invalid_request", "{client_id}");
    }
}

#[test]
fn a_registered_verifier_stays_within_its_registration_whatever_was_chosen_by_hand() {
    let mut wallet = Wallet::new();
    wallet.anchors = anchors(&["Foreign CA", "Access CA"]);
    let mut over_asking = ScriptedVerifier::new();
    over_asking.query["credentials"][0]["meta"] = json!({"vct_values": [FOREIGN_PID]});
    assert_eq!(wallet.present(&over_asking).unwrap_err().code(), "over_asking");
    let mut unregistered = ScriptedVerifier::new();
    unregistered.encloses_registration = false;
    assert_eq!(
        wallet.present(&unregistered).unwrap_err().code(),
        "registration_missing"
    );
}

#[test]
fn what_came_by_hand_is_worth_nothing_without_the_anchor() {
    let mut wallet = Wallet::new();
    assert_eq!(wallet.store.credentials()[0].vouched_by(), VouchedBy::AnchorsByHand);
    let context = wallet.world.context();
    assert!(wallet.store.candidates(&context).unwrap().is_empty());
    let context = without_registry(&wallet.world, &wallet.anchors);
    assert_eq!(wallet.store.candidates(&context).unwrap().len(), 1);
    wallet.anchors = anchors(&["Other CA"]);
    let context = wallet.world.context_beside(&wallet.anchors);
    assert!(wallet.store.candidates(&context).unwrap().is_empty());
}

#[test]
fn what_the_registry_vouched_for_stays_so() {
    let (world, mut phone) = (World::new(), Phone::new());
    let received = accept(&mut ScriptedIssuer::new(), &mut phone, &world.context()).unwrap();
    let mut store = CredentialStore::new(&root_bytes(1));
    store.add(&received, NOW);
    let anchors = anchors(&["NTRMA-DGSN CA"]);
    assert_eq!(store.candidates(&world.context_beside(&anchors)).unwrap().len(), 1);
    // The same authority chosen by hand does not take over from the registry.
    assert!(
        store
            .candidates(&without_registry(&world, &anchors))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_status_signer_by_hand_is_the_issuer_itself() {
    let anchors = anchors(&["Foreign CA"]);
    let vouching = Vouching::AnchorsByHand(&anchors);
    let signer = leaf("Foreign CA", eku::STATUS_SIGNING, FOREIGN);
    let chain = UnverifiedChain::from_certificates(signer.chain).unwrap();
    let decide = |organization: &str| vouching.trusted_status_signer(&chain, organization, NOW, &PROVIDER);
    assert_eq!(
        decide("by-hand:VATXX-FOREIGN").unwrap().organization_identifier(),
        "by-hand:VATXX-FOREIGN"
    );
    assert_eq!(decide(FOREIGN).unwrap_err(), IssuerTrustError::NotEntitled);
}
