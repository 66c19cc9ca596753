use mahfada_base::CLOCK_SKEW;
use mahfada_crypto::pure::PROVIDER;
use mahfada_x509::{SubjectName, eku};
use serde_json::Value;

use super::*;
use crate::fixture::{Authority, CNSS, Country, DAY, NOW, OPERATOR, RIGHTS, entity, subject};

const ROLE: TrustRole = TrustRole::AttestationIssuers;

fn accept(country: &Country, text: &str) -> Result<(), ListError> {
    country.empty_store().accept_list(ROLE, text, NOW, &PROVIDER)
}

/// Signs the list after a change to its payload, so that only the change can be refused.
fn changed(country: &Country, change: impl FnOnce(&mut Value)) -> String {
    let mut payload = serde_json::to_value(wire::Payload::from(&country.list(ROLE))).unwrap();
    change(&mut payload["LoTE"]);
    let signer = country.list_signer();
    JwsBuilder::new(LIST_TYP)
        .x5c(&signer.chain)
        .sign(&payload, &*signer.signer)
        .unwrap()
}

fn code(result: Result<(), ListError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn a_list_round_trips_with_everything_it_says() {
    let country = Country::new();
    let list = country.list(ROLE);
    let mut store = country.empty_store();
    store
        .accept_list(ROLE, &country.sign_list(&list), NOW, &PROVIDER)
        .unwrap();
    let accepted = store.list(ROLE).unwrap();
    assert_eq!(accepted.entities(), list.entities);
    assert_eq!(accepted.sequence(), 5);
    assert_eq!(
        (accepted.issued_at(), accepted.next_update()),
        (list.issued_at, list.next_update)
    );
}

#[test]
fn the_payload_has_the_names_of_the_standard() {
    let country = Country::new();
    let payload = serde_json::to_value(wire::Payload::from(&country.list(ROLE))).unwrap();
    let scheme = &payload["LoTE"]["ListAndSchemeInformation"];
    assert_eq!(scheme["LoTEVersionIdentifier"], 1);
    assert_eq!(scheme["LoTESequenceNumber"], 5);
    assert_eq!(scheme["LoTEType"], "urn:mahfada:lote:attestation-issuers");
    assert_eq!(scheme["SchemeOperatorName"][0]["value"], OPERATOR);
    assert_eq!(scheme["SchemeTerritory"], "MA");
    assert_eq!(scheme["NextUpdate"], "2026-11-23T12:00:00Z");
    let first = &payload["LoTE"]["TrustedEntitiesList"][0];
    assert_eq!(first["TrustedEntityInformation"]["TETradeName"][0]["value"], CNSS);
    let service = &first["TrustedEntityServices"][0]["ServiceInformation"];
    assert_eq!(
        service["ServiceTypeIdentifier"],
        "urn:mahfada:service:attestation-issuers"
    );
    assert_eq!(
        service["ServiceInformationExtensions"][0]["Entitlements"]["credential_types"][0],
        RIGHTS
    );
    assert!(service["ServiceDigitalIdentity"]["X509Certificates"][0]["val"].is_string());
}

#[test]
fn an_empty_list_leaves_the_entities_out() {
    let country = Country::new();
    let mut list = country.list(ROLE);
    list.entities.clear();
    let payload = serde_json::to_value(wire::Payload::from(&list)).unwrap();
    assert!(payload["LoTE"].get("TrustedEntitiesList").is_none());
    accept(&country, &country.sign_list(&list)).unwrap();
}

#[test]
fn refuses_the_list_of_another_role() {
    let country = Country::new();
    let text = country.sign_list(&country.list(TrustRole::PidIssuers));
    assert_eq!(code(accept(&country, &text)), "list_role");
}

#[test]
fn refuses_signers_that_the_root_does_not_name() {
    let country = Country::new();
    let stranger = Authority::new("Stranger CA").leaf(eku::LIST_SIGNING, subject(OPERATOR, None));
    let list = country.list(ROLE);
    let text = list.sign(&stranger.chain, &*stranger.signer, &PROVIDER).unwrap();
    assert_eq!(code(accept(&country, &text)), "list_signer");

    let wrong_purpose = country
        .list_authority
        .leaf(eku::CREDENTIAL_SIGNING, subject(OPERATOR, None));
    let text = list
        .sign(&wrong_purpose.chain, &*wrong_purpose.signer, &PROVIDER)
        .unwrap();
    assert_eq!(code(accept(&country, &text)), "list_signer");

    let other_organization = country.list_authority.leaf(eku::LIST_SIGNING, subject("Autre", None));
    let text = list
        .sign(&other_organization.chain, &*other_organization.signer, &PROVIDER)
        .unwrap();
    assert_eq!(code(accept(&country, &text)), "list_signer");

    let bare = JwsBuilder::new(LIST_TYP)
        .sign(&wire::Payload::from(&list), &*country.list_signer().signer)
        .unwrap();
    assert_eq!(code(accept(&country, &bare)), "list_signer");
}

#[test]
fn each_role_has_its_own_signers() {
    let country = Country::new();
    let mut document = country.root();
    document.list_signers.remove(&ROLE);
    let root = crate::PinnedRoot::from_bytes(&country.sign_root(&document, &[0, 1]), &PROVIDER).unwrap();
    let mut store = crate::TrustStore::new(root, crate::ListMemory::default());
    let text = country.sign_list(&country.list(ROLE));
    assert_eq!(code(store.accept_list(ROLE, &text, NOW, &PROVIDER)), "list_signer");
}

#[test]
fn the_signer_names_operator_and_territory_of_the_list() {
    let country = Country::new();
    let other_operator = changed(&country, |list| {
        list["ListAndSchemeInformation"]["SchemeOperatorName"][0]["value"] = "Autre".into();
    });
    assert_eq!(code(accept(&country, &other_operator)), "list_signer");
    let foreign = SubjectName {
        country: "FR".to_owned(),
        ..subject(OPERATOR, None)
    };
    let foreign = country.list_authority.leaf(eku::LIST_SIGNING, foreign);
    let text = country
        .list(ROLE)
        .sign(&foreign.chain, &*foreign.signer, &PROVIDER)
        .unwrap();
    assert_eq!(code(accept(&country, &text)), "list_signer");
}

#[test]
fn refuses_a_signature_by_another_key_and_another_typ() {
    let country = Country::new();
    let signer = country.list_signer();
    let other = crate::fixture::key("other");
    let text = country.list(ROLE).sign(&signer.chain, &*other, &PROVIDER).unwrap();
    assert_eq!(code(accept(&country, &text)), "list_signature");
    let payload = wire::Payload::from(&country.list(ROLE));
    let typ = JwsBuilder::new("dc+sd-jwt")
        .x5c(&signer.chain)
        .sign(&payload, &*signer.signer)
        .unwrap();
    assert_eq!(code(accept(&country, &typ)), "list_signature");
}

#[test]
fn times_are_bounded() {
    let country = Country::new();
    for (issued_at, next_update, expected) in [
        (NOW.minus(DAY), NOW.minus(CLOCK_SKEW + 1), "list_expired"),
        (NOW.plus(CLOCK_SKEW + 1), NOW.plus(DAY), "list_not_yet_issued"),
        (NOW, NOW.plus(LONGEST_LIST_LIFE + 1), "list_period"),
        (NOW, NOW.minus(1), "list_period"),
    ] {
        let list = ListBuilder {
            issued_at,
            next_update,
            ..country.list(ROLE)
        };
        assert_eq!(code(accept(&country, &country.sign_list(&list))), expected);
    }
    let longest = ListBuilder {
        issued_at: NOW,
        next_update: NOW.plus(LONGEST_LIST_LIFE),
        ..country.list(ROLE)
    };
    accept(&country, &country.sign_list(&longest)).unwrap();
}

#[test]
fn refuses_members_that_make_no_sense() {
    let country = Country::new();
    for (pointer, value) in [
        ("/ListAndSchemeInformation/LoTEVersionIdentifier", Value::from(2)),
        ("/ListAndSchemeInformation/LoTESequenceNumber", Value::from(0)),
        ("/ListAndSchemeInformation/NextUpdate", Value::from("2026-11-23")),
        (
            "/TrustedEntitiesList/0/TrustedEntityInformation/TETradeName",
            Value::Array(vec![]),
        ),
        (
            "/TrustedEntitiesList/0/TrustedEntityServices/0/ServiceInformation/ServiceStatus",
            "urn:x".into(),
        ),
        (
            "/TrustedEntitiesList/0/TrustedEntityServices/0/ServiceInformation/ServiceTypeIdentifier",
            "urn:x".into(),
        ),
        (
            "/TrustedEntitiesList/0/TrustedEntityServices/0/ServiceInformation/ServiceDigitalIdentity/X509Certificates/0/val",
            "AA==".into(),
        ),
    ] {
        let text = changed(&country, |list| *list.pointer_mut(pointer).unwrap() = value);
        assert_eq!(code(accept(&country, &text)), "list_malformed", "{pointer}");
    }
    assert_eq!(code(accept(&country, "a.b")), "list_malformed");
}

#[test]
fn refuses_one_identifier_for_two_entities() {
    let country = Country::new();
    let mut list = country.list(ROLE);
    list.entities
        .push(entity(CNSS, &country.shared, &["urn:mahfada:other:1"]));
    assert_eq!(code(accept(&country, &country.sign_list(&list))), "list_malformed");
}

#[test]
fn ignores_members_it_does_not_know() {
    let country = Country::new();
    let text = changed(&country, |list| {
        list["SomethingNew"] = true.into();
        list["ListAndSchemeInformation"]["HistoricalInformationPeriod"] = 65535.into();
    });
    accept(&country, &text).unwrap();
}
