use mahfada_crypto::pure::PROVIDER;
use mahfada_x509::eku;
use serde_json::{Value, json};

use super::*;
use crate::LocalizedText;
use crate::fixture::{Authority, Country, DAY, Leaf, NOW, PID, RIGHTS, subject};

const BANK: &str = "NTRMA-BANK";

fn certificate() -> RegistrationCertificate {
    let path = |value: Value| RegisteredClaim {
        path: serde_json::from_value(value).unwrap(),
    };
    RegistrationCertificate {
        name: "Banque".to_owned(),
        sub: BANK.to_owned(),
        country: "MA".to_owned(),
        registry_uri: "https://registry.example".to_owned(),
        srv_description: LocalizedText::new("fr", "Ouverture de compte"),
        entitlements: vec!["urn:mahfada:entitlement:service-provider".to_owned()],
        privacy_policy: "https://bank.example/privacy".to_owned(),
        support_uri: "https://bank.example/support".to_owned(),
        supervisory_authority: Some(SupervisoryAuthority {
            uri: Some("https://cndp.example".to_owned()),
            ..Default::default()
        }),
        purpose: LocalizedText::new("fr", "Connaître le client").with("ar", "معرفة الزبون"),
        credentials: vec![RegisteredCredential {
            format: "dc+sd-jwt".to_owned(),
            meta: RegisteredMeta {
                vct_values: vec![PID.to_owned()],
            },
            claim: vec![
                path(json!(["family_name"])),
                path(json!(["address"])),
                path(json!(["nationalities", null])),
            ],
        }],
        intended_use_id: Some("kyc".to_owned()),
        iat: NOW.minus(DAY),
        exp: NOW.plus(100 * DAY),
    }
}

fn registrar(country: &Country) -> Leaf {
    country
        .registrar
        .leaf(eku::REGISTRATION_SIGNING, subject("Registre", Some("NTRMA-REGISTRAR")))
}

fn verify(country: &Country, text: &str) -> Result<VerifiedRegistration, RegistrationError> {
    UnverifiedRegistration::parse(text)?.verify(&country.store(), BANK, NOW, &PROVIDER)
}

fn code_of(change: impl FnOnce(&mut RegistrationCertificate)) -> &'static str {
    let country = Country::new();
    let mut certificate = certificate();
    change(&mut certificate);
    let signer = registrar(&country);
    verify(&country, &certificate.sign(&signer.chain, &*signer.signer).unwrap())
        .unwrap_err()
        .code()
}

fn verified() -> VerifiedRegistration {
    let country = Country::new();
    let signer = registrar(&country);
    verify(&country, &certificate().sign(&signer.chain, &*signer.signer).unwrap()).unwrap()
}

#[test]
fn a_registration_says_who_and_why() {
    let registration = verified();
    assert_eq!(registration.certificate(), &certificate());
    assert_eq!(registration.name(), "Banque");
    assert_eq!(registration.purpose("ar"), Some("معرفة الزبون"));
}

#[test]
fn allows_exactly_what_is_registered_and_what_lies_below() {
    let registration = verified();
    for (format, vct, path, allowed) in [
        ("dc+sd-jwt", PID, json!(["family_name"]), true),
        ("dc+sd-jwt", PID, json!(["address", "locality"]), true),
        ("dc+sd-jwt", PID, json!(["nationalities", 0]), true),
        ("dc+sd-jwt", PID, json!(["nationalities"]), false),
        ("dc+sd-jwt", PID, json!(["birthdate"]), false),
        ("dc+sd-jwt", RIGHTS, json!(["family_name"]), false),
        ("mso_mdoc", PID, json!(["family_name"]), false),
    ] {
        let path: ClaimsPath = serde_json::from_value(path).unwrap();
        assert_eq!(
            registration.allows(format, vct, &path),
            allowed,
            "{format} {vct} {path}"
        );
    }
    assert!(registration.allows_type("dc+sd-jwt", PID));
    assert!(!registration.allows_type("dc+sd-jwt", RIGHTS));
}

#[test]
fn refuses_the_registration_of_another_organization() {
    assert_eq!(
        code_of(|certificate| certificate.sub = "NTRMA-OTHER".to_owned()),
        "registration_subject"
    );
}

#[test]
fn refuses_what_is_out_of_time_or_without_purpose() {
    assert_eq!(
        code_of(|certificate| certificate.exp = NOW.minus(CLOCK_SKEW + 1)),
        "registration_expired"
    );
    assert_eq!(
        code_of(|certificate| certificate.iat = NOW.plus(CLOCK_SKEW + 1)),
        "registration_not_yet_valid"
    );
    assert_eq!(
        code_of(|certificate| certificate.exp = certificate.iat.plus(LONGEST_REGISTRATION_LIFE + 1)),
        "registration_period"
    );
    assert_eq!(
        code_of(|certificate| certificate.purpose = LocalizedText::default()),
        "registration_purpose"
    );
}

#[test]
fn refuses_registrars_that_are_not_trusted() {
    let country = Country::new();
    let untrusted = [
        Authority::new("Stranger").leaf(eku::REGISTRATION_SIGNING, subject("R", None)),
        country.registrar.leaf(eku::ACCESS, subject("R", None)),
        country.access.leaf(eku::REGISTRATION_SIGNING, subject("R", None)),
    ];
    for signer in untrusted {
        let text = certificate().sign(&signer.chain, &*signer.signer).unwrap();
        assert_eq!(verify(&country, &text).unwrap_err().code(), "registration_untrusted");
    }
    let bare = JwsBuilder::new(REGISTRATION_TYP)
        .sign(&certificate(), &*registrar(&country).signer)
        .unwrap();
    assert_eq!(verify(&country, &bare).unwrap_err().code(), "registration_untrusted");
}

#[test]
fn refuses_another_key_and_another_typ() {
    let country = Country::new();
    let signer = registrar(&country);
    let text = certificate()
        .sign(&signer.chain, &*crate::fixture::key("other"))
        .unwrap();
    assert_eq!(verify(&country, &text).unwrap_err().code(), "registration_signature");
    let typ = JwsBuilder::new("JWT")
        .x5c(&signer.chain)
        .sign(&certificate(), &*signer.signer)
        .unwrap();
    assert_eq!(verify(&country, &typ).unwrap_err().code(), "registration_signature");
}

#[test]
fn reads_the_plural_and_ignores_members_it_does_not_know() {
    let country = Country::new();
    let signer = registrar(&country);
    let mut payload = serde_json::to_value(certificate()).unwrap();
    let claim = payload["credentials"][0]
        .as_object_mut()
        .unwrap()
        .remove("claim")
        .unwrap();
    payload["credentials"][0]["claims"] = claim;
    payload["status"] = json!({"status_list": {"idx": 0, "uri": "https://registry.example/1"}});
    let text = JwsBuilder::new(REGISTRATION_TYP)
        .x5c(&signer.chain)
        .sign(&payload, &*signer.signer)
        .unwrap();
    assert_eq!(verify(&country, &text).unwrap().certificate(), &certificate());
}
