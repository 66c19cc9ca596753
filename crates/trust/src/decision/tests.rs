use mahfada_credential::{CredentialType, IssuerTrust, IssuerTrustError, TrustedEntity};
use mahfada_crypto::pure::PROVIDER;
use mahfada_x509::eku;

use super::*;
use crate::fixture::{Authority, CNSS, Country, DAY, DGSN, Leaf, NOW, PID, RIGHTS, subject};
use crate::{ListBuilder, ServiceStatus};

fn decide(store: &TrustStore, leaf: &Leaf, vct: &str) -> Result<TrustedEntity, IssuerTrustError> {
    store.trusted_issuer(&leaf.unverified(), &CredentialType::new(vct), NOW, &PROVIDER)
}

fn code(result: Result<TrustedEntity, IssuerTrustError>) -> &'static str {
    result.unwrap_err().code()
}

fn code_of(result: Result<TrustedEntity, IssuerTrustError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "ok")
}

fn cnss(country: &Country) -> Leaf {
    country.cnss.leaf(eku::CREDENTIAL_SIGNING, subject("CNSS", Some(CNSS)))
}

#[test]
fn an_agency_is_trusted_for_its_own_type() {
    let country = Country::new();
    let leaf = cnss(&country);
    let entity = decide(&country.store(), &leaf, RIGHTS).unwrap();
    assert_eq!(entity.organization_identifier(), CNSS);
    assert_eq!(entity.name("ar"), "مؤسسة");
    assert_eq!(entity.key(), leaf.signer.public_key());
    assert_eq!(entity.list_sequence(), 5);
    let dgsn = country.dgsn.leaf(eku::CREDENTIAL_SIGNING, subject("DGSN", Some(DGSN)));
    assert_eq!(
        decide(&country.store(), &dgsn, PID).unwrap().organization_identifier(),
        DGSN
    );
}

#[test]
fn another_agency_signs_no_pid() {
    let country = Country::new();
    assert_eq!(
        code(decide(&country.store(), &cnss(&country), PID)),
        "issuer_not_entitled"
    );
}

#[test]
fn an_entitlement_on_the_wrong_list_gives_no_pid() {
    let country = Country::new();
    let store = country.store_with(|list| {
        if list.role == TrustRole::AttestationIssuers {
            list.entities[0].services[0].credential_types.push(PID.to_owned());
        }
    });
    assert_eq!(code(decide(&store, &cnss(&country), PID)), "issuer_not_entitled");
}

#[test]
fn the_pid_issuer_signs_nothing_else() {
    let country = Country::new();
    let dgsn = country.dgsn.leaf(eku::CREDENTIAL_SIGNING, subject("DGSN", Some(DGSN)));
    assert_eq!(code(decide(&country.store(), &dgsn, RIGHTS)), "issuer_not_entitled");
    assert_eq!(
        code(decide(&country.store(), &cnss(&country), "urn:mahfada:land:1")),
        "issuer_not_entitled"
    );
}

#[test]
fn a_stranger_and_another_purpose_are_refused() {
    let country = Country::new();
    let stranger = Authority::new("Stranger").leaf(eku::CREDENTIAL_SIGNING, subject("CNSS", Some(CNSS)));
    assert_eq!(code(decide(&country.store(), &stranger, RIGHTS)), "issuer_untrusted");
    let status = country.cnss.leaf(eku::STATUS_SIGNING, subject("CNSS", Some(CNSS)));
    assert_eq!(
        code(decide(&country.store(), &status, RIGHTS)),
        "x509_extended_key_usage"
    );
}

#[test]
fn under_a_shared_authority_the_leaf_says_who_it_is() {
    let country = Country::new();
    let store = country.store();
    let leaf = |identifier| country.shared.leaf(eku::CREDENTIAL_SIGNING, subject("X", identifier));
    let narsa = decide(&store, &leaf(Some("NTRMA-NARSA")), "urn:mahfada:licence:1").unwrap();
    assert_eq!(narsa.organization_identifier(), "NTRMA-NARSA");
    assert_eq!(
        code(decide(&store, &leaf(Some("NTRMA-ANCFCC")), "urn:mahfada:licence:1")),
        "issuer_not_entitled"
    );
    assert_eq!(
        code(decide(&store, &leaf(None), "urn:mahfada:licence:1")),
        "issuer_untrusted"
    );
    assert_eq!(code(decide(&store, &leaf(Some(CNSS)), RIGHTS)), "issuer_untrusted");
}

#[test]
fn a_leaf_says_who_it_is_even_where_only_one_entity_stands_under_the_authority() {
    let country = Country::new();
    let store = country.store();
    let named = subject("CNSS", Some(CNSS));
    let nameless = subject("CNSS", None);
    let liar = subject("CNSS", Some(DGSN));
    let issuer = |subject| {
        code_of(decide(
            &store,
            &country.cnss.leaf(eku::CREDENTIAL_SIGNING, subject),
            RIGHTS,
        ))
    };
    let status = |subject| {
        let leaf = country.cnss.leaf(eku::STATUS_SIGNING, subject);
        code_of(store.trusted_status_signer(&leaf.unverified(), CNSS, NOW, &PROVIDER))
    };
    let registrar = |identifier| {
        let leaf = country
            .registrar
            .leaf(eku::REGISTRATION_SIGNING, subject("R", identifier));
        let decided = store.trusted_registration_signer(&leaf.unverified(), NOW, &PROVIDER);
        decided.map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!((issuer(named.clone()), status(named)), ("ok", "ok"));
    for unknown in [nameless, liar] {
        assert_eq!(issuer(unknown.clone()), "issuer_untrusted");
        assert_eq!(status(unknown), "issuer_untrusted");
    }
    assert_eq!(registrar(Some("NTRMA-REGISTRAR")), "ok");
    assert_eq!(registrar(Some(CNSS)), "untrusted");
    assert_eq!(registrar(None), "untrusted");
}

fn with_status(country: &Country, change: impl Fn(&mut TrustedListService)) -> TrustStore {
    country.store_with(|list: &mut ListBuilder| change(&mut list.entities[0].services[0]))
}

#[test]
fn suspended_withdrawn_and_not_yet_granted_services_sign_nothing() {
    let country = Country::new();
    for status in [ServiceStatus::Suspended, ServiceStatus::Withdrawn] {
        let store = with_status(&country, |service| service.status = status);
        assert_eq!(code(decide(&store, &cnss(&country), RIGHTS)), "issuer_suspended");
        let signer = country.cnss.leaf(eku::STATUS_SIGNING, subject("CNSS", Some(CNSS)));
        let decided = store.trusted_status_signer(&signer.unverified(), CNSS, NOW, &PROVIDER);
        assert_eq!(code(decided), "issuer_suspended");
        let access = country.access.leaf(eku::ACCESS, subject("Banque", Some("NTRMA-BANK")));
        let decided = store.trusted_access_certificate(&access.unverified(), NOW, &PROVIDER);
        assert_eq!(decided.unwrap_err().code(), "suspended");
        let registrar = country
            .registrar
            .leaf(eku::REGISTRATION_SIGNING, subject("R", Some("NTRMA-REGISTRAR")));
        let decided = store.trusted_registration_signer(&registrar.unverified(), NOW, &PROVIDER);
        assert_eq!(decided.unwrap_err().code(), "suspended");
    }
    let store = with_status(&country, |service| service.since = NOW.plus(61));
    assert_eq!(code(decide(&store, &cnss(&country), RIGHTS)), "issuer_suspended");
}

/// Gives the first entity of every list a second service under the same authority.
fn with_second(country: &Country, change: impl Fn(&mut TrustedListService)) -> TrustStore {
    country.store_with(|list| {
        let services = &mut list.entities[0].services;
        let mut second = services[0].clone();
        change(&mut second);
        services.push(second);
    })
}

fn every_decision(country: &Country, store: &TrustStore) -> [&'static str; 4] {
    let status = country.cnss.leaf(eku::STATUS_SIGNING, subject("CNSS", Some(CNSS)));
    let access = country.access.leaf(eku::ACCESS, subject("B", Some("NTRMA-BANK")));
    let registrar = subject("R", Some("NTRMA-REGISTRAR"));
    let registrar = country.registrar.leaf(eku::REGISTRATION_SIGNING, registrar);
    let access = store.trusted_access_certificate(&access.unverified(), NOW, &PROVIDER);
    let registrar = store.trusted_registration_signer(&registrar.unverified(), NOW, &PROVIDER);
    [
        code_of(decide(store, &cnss(country), RIGHTS)),
        code_of(store.trusted_status_signer(&status.unverified(), CNSS, NOW, &PROVIDER)),
        access.map_or_else(|error| error.code(), |_| "ok"),
        registrar.map_or_else(|error| error.code(), |_| "ok"),
    ]
}

#[test]
fn one_stopped_service_under_the_authority_stops_all_of_them() {
    let country = Country::new();
    let suspended = ["issuer_suspended", "issuer_suspended", "suspended", "suspended"];
    for status in [ServiceStatus::Suspended, ServiceStatus::Withdrawn] {
        let store = with_second(&country, |second| second.status = status);
        assert_eq!(every_decision(&country, &store), suspended);
        let other_type = with_second(&country, |second| {
            second.status = status;
            second.credential_types = vec!["urn:mahfada:other:1".to_owned()];
        });
        assert_eq!(every_decision(&country, &other_type), suspended);
        let renewed = with_second(&country, |second| {
            second.status = status;
            for authority in &mut second.authorities {
                *authority = country.authority_of(authority).renewed();
            }
        });
        assert_eq!(every_decision(&country, &renewed), suspended);
        let elsewhere = with_second(&country, |second| {
            second.status = status;
            second.authorities = vec![Authority::new("Former CA").certificate];
        });
        assert_eq!(every_decision(&country, &elsewhere), ["ok"; 4]);
    }
    let later = with_second(&country, |second| second.since = NOW.plus(DAY));
    assert_eq!(every_decision(&country, &later), ["ok"; 4]);
}

#[test]
fn a_stopped_entity_does_not_stop_another_under_a_shared_authority() {
    let country = Country::new();
    let store = country.store_with(|list| {
        if list.role == TrustRole::AttestationIssuers {
            list.entities[1].services[0].status = ServiceStatus::Suspended;
        }
    });
    let leaf = |identifier| {
        let subject = subject("X", Some(identifier));
        country.shared.leaf(eku::CREDENTIAL_SIGNING, subject)
    };
    let narsa = decide(&store, &leaf("NTRMA-NARSA"), "urn:mahfada:licence:1");
    assert_eq!(code(narsa), "issuer_suspended");
    decide(&store, &leaf("NTRMA-ANCFCC"), "urn:mahfada:land:1").unwrap();
}

#[test]
fn the_entity_tells_since_when_it_may_issue_the_type() {
    let country = Country::new();
    let since = |store: &TrustStore, vct| decide(store, &cnss(&country), vct).unwrap().since();
    assert_eq!(since(&country.store(), RIGHTS), NOW.minus(10 * DAY));
    let store = with_second(&country, |second| {
        second.since = NOW.minus(2 * DAY);
        second.credential_types = vec!["urn:mahfada:other:1".to_owned()];
    });
    assert_eq!(since(&store, RIGHTS), NOW.minus(10 * DAY));
    assert_eq!(since(&store, "urn:mahfada:other:1"), NOW.minus(2 * DAY));
    let earlier = with_second(&country, |second| second.since = NOW.minus(20 * DAY));
    assert_eq!(since(&earlier, RIGHTS), NOW.minus(20 * DAY));
}

#[test]
fn a_status_signer_speaks_for_its_own_organization() {
    let country = Country::new();
    let store = country.store();
    let signer = country.cnss.leaf(eku::STATUS_SIGNING, subject("CNSS", Some(CNSS)));
    let decide = |organization| store.trusted_status_signer(&signer.unverified(), organization, NOW, &PROVIDER);
    assert_eq!(decide(CNSS).unwrap().organization_identifier(), CNSS);
    assert_eq!(code(decide(DGSN)), "issuer_not_entitled");
    let credential = cnss(&country).unverified();
    let decided = store.trusted_status_signer(&credential, CNSS, NOW, &PROVIDER);
    assert_eq!(code(decided), "x509_extended_key_usage");
}

#[test]
fn a_relying_party_is_who_its_access_certificate_names() {
    let country = Country::new();
    let leaf = country.access.leaf(eku::ACCESS, subject("Banque", Some("NTRMA-BANK")));
    let party = country
        .store()
        .trusted_access_certificate(&leaf.unverified(), NOW, &PROVIDER)
        .unwrap();
    assert_eq!(
        (party.organization_identifier(), party.name()),
        ("NTRMA-BANK", "Banque")
    );
    assert_eq!(party.dns_names(), ["verifier.example"]);
    assert_eq!(party.key(), leaf.signer.public_key());
    let hash = leaf.chain[0].sha256(PROVIDER.digest);
    assert_eq!(
        party.client_id(),
        format!("x509_hash:{}", mahfada_base::base64url::encode(hash))
    );
}

#[test]
fn an_access_certificate_without_identifier_or_of_another_authority_is_nobody() {
    let country = Country::new();
    let nameless = country.access.leaf(eku::ACCESS, subject("Banque", None));
    let foreign = country.cnss.leaf(eku::ACCESS, subject("Banque", Some("NTRMA-BANK")));
    for leaf in [nameless, foreign] {
        let decided = country
            .store()
            .trusted_access_certificate(&leaf.unverified(), NOW, &PROVIDER);
        assert_eq!(decided.unwrap_err().code(), "untrusted");
    }
}

#[test]
fn without_a_list_or_under_an_expired_root_nobody_is_trusted() {
    let country = Country::new();
    assert_eq!(
        code(decide(&country.empty_store(), &cnss(&country), RIGHTS)),
        "list_unavailable"
    );
    let mut document = country.root();
    document.expires = NOW.plus(3600);
    let root = crate::PinnedRoot::from_bytes(&country.sign_root(&document, &[0, 1]), &PROVIDER).unwrap();
    let mut store = TrustStore::new(root, crate::ListMemory::default());
    let role = TrustRole::AttestationIssuers;
    store
        .accept_list(role, &country.sign_list(&country.list(role)), NOW, &PROVIDER)
        .unwrap();
    let (chain, rights) = (cnss(&country).unverified(), CredentialType::new(RIGHTS));
    let late = store.trusted_issuer(&chain, &rights, NOW.plus(DAY / 2), &PROVIDER);
    assert_eq!(code(late), "list_expired");
}
