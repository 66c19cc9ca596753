//! The registers: who stands in which list, and which agency may ask for what.

use mahfada_trust::TrustRole;
use serde_json::json;

use super::authority::Organization;
use super::keys::{CNSS, DGSN, HOSPITAL, NARSA, OPERATOR};
use super::world::{CNSS_RIGHTS, PID};

/// Who stands in which list.
pub(super) fn entities() -> serde_json::Value {
    let entity = |organization: Organization, ar: &str, fr: &str, role: TrustRole, file: &str, types: &[&str]| {
        json!({
            "organization": organization.identifier,
            "name": { "ar": ar, "fr": fr, "en": organization.name },
            "role": role,
            "authority_file": file,
            "credential_types": types,
        })
    };
    let dgsn = (
        "المديرية العامة للأمن الوطني",
        "Direction générale de la sûreté nationale",
    );
    let cnss = ("الصندوق الوطني للضمان الاجتماعي", "Caisse nationale de sécurité sociale");
    let operator = ("وكالة التنمية الرقمية", "Agence de développement du digital");
    json!({ "entities": [
        entity(DGSN, dgsn.0, dgsn.1, TrustRole::PidIssuers, "pid-authority.pem", &[PID]),
        entity(CNSS, cnss.0, cnss.1, TrustRole::AttestationIssuers, "cnss-authority.pem", &[CNSS_RIGHTS]),
        entity(DGSN, dgsn.0, dgsn.1, TrustRole::StatusSigners, "dgsn-status-authority.pem", &[]),
        entity(CNSS, cnss.0, cnss.1, TrustRole::StatusSigners, "cnss-status-authority.pem", &[]),
        entity(OPERATOR, operator.0, operator.1, TrustRole::AccessCertificates, "access-authority.pem", &[]),
        entity(OPERATOR, operator.0, operator.1, TrustRole::RegistrationSigners, "registrar-authority.pem", &[]),
    ]})
}

/// What each agency is registered to ask for.
pub(super) fn registrations() -> [(&'static str, Organization, serde_json::Value); 2] {
    let claims = |vct: &str, names: &[&str]| {
        let claims: Vec<_> = names.iter().map(|name| json!({ "path": [name] })).collect();
        json!({ "format": "dc+sd-jwt", "meta": { "vct_values": [vct] }, "claim": claims })
    };
    let names = [
        "family_name",
        "given_name",
        "family_name_ar",
        "given_name_ar",
        "birthdate",
        "address",
    ];
    [
        (
            "narsa",
            NARSA,
            json!({
                "name": "NARSA",
                "purpose": [
                    { "lang": "ar", "value": "تجديد رخصة السياقة" },
                    { "lang": "fr", "value": "Renouvellement du permis de conduire" },
                    { "lang": "en", "value": "Renewal of the driving licence" },
                ],
                "credentials": [claims(PID, &names)],
            }),
        ),
        (
            "hospital",
            HOSPITAL,
            json!({
                "name": "CHU Ibn Sina",
                "purpose": [
                    { "lang": "ar", "value": "القبول في المستشفى" },
                    { "lang": "fr", "value": "Admission à l'hôpital" },
                    { "lang": "en", "value": "Admission to hospital" },
                ],
                "credentials": [
                    claims(PID, &["family_name", "given_name", "family_name_ar", "given_name_ar"]),
                    claims(CNSS_RIGHTS, &["cnss_number", "rights_open"]),
                ],
            }),
        ),
    ]
}
