//! Certificates in DER and PEM, and those in headers.

use mahfada_base::base64url;
use mahfada_crypto::pure::PROVIDER;
use mahfada_jose::Jwk;
use mahfada_x509::{Certificate, CertificateError, eku};
use serde_json::{Value, json};
use x509_cert::der::Decode as _;

use super::{Inspection, Part};

pub(super) fn inspect_der(bytes: &[u8]) -> Option<Inspection> {
    let (what, content) = match Certificate::from_der(bytes) {
        Ok(certificate) => ("X.509 certificate", describe(&certificate)),
        Err(fault) => (
            "X.509 certificate that no token may carry, such as one of a card authority",
            describe_foreign(bytes, fault)?,
        ),
    };
    Some(Inspection::new(what, vec![Part::new("certificate", content)]))
}

pub(super) fn inspect_pem(text: &str) -> Option<Inspection> {
    let certificates = Certificate::from_pem_many(text).ok()?;
    let what = match certificates.len() {
        1 => "X.509 certificate",
        _ => "X.509 certificates",
    };
    Some(Inspection::new(what, parts(&certificates)))
}

/// Shows the certificates of an `x5c` header; one that cannot be read is said to be so.
pub(super) fn chain_parts(x5c: &Value) -> Vec<Part> {
    let texts = x5c.as_array().into_iter().flatten();
    texts
        .enumerate()
        .map(|(position, text)| {
            let certificate = text
                .as_str()
                .and_then(|text| base64url::decode_standard(text).ok())
                .and_then(|der| Certificate::from_der(&der).ok());
            let content = certificate.map_or_else(|| json!("not a readable certificate"), |it| describe(&it));
            Part::new(format!("x5c certificate {position}"), content)
        })
        .collect()
}

fn parts(certificates: &[Certificate]) -> Vec<Part> {
    certificates
        .iter()
        .enumerate()
        .map(|(position, certificate)| Part::new(format!("certificate {position}"), describe(certificate)))
        .collect()
}

fn describe(certificate: &Certificate) -> Value {
    let key = certificate.public_key(&PROVIDER).ok();
    let purposes: Vec<Value> = certificate
        .extended_key_usages()
        .iter()
        .map(|oid| json!({"oid": oid, "meaning": meaning(oid)}))
        .collect();
    json!({
        "subject": certificate.subject(),
        "organization_identifier": certificate.organization_identifier(),
        "serial": certificate.serial_hex(),
        "not_before": certificate.not_before().to_rfc3339(),
        "not_after": certificate.not_after().to_rfc3339(),
        "dns_names": certificate.dns_names(),
        "extended_key_usages": purposes,
        "is_authority": certificate.is_ca(),
        "is_self_signed": certificate.is_self_signed(),
        "x509_hash": base64url::encode(certificate.sha256(PROVIDER.digest)),
        "public_key": key.map(|key| Jwk::from_public_key(&key).to_value()),
    })
}

/// Shows what the strict reader refuses and a general one reads.
fn describe_foreign(bytes: &[u8], fault: CertificateError) -> Option<Value> {
    let certificate = x509_cert::Certificate::from_der(bytes).ok()?;
    let content = certificate.tbs_certificate();
    let extensions: Vec<Value> = content
        .extensions()
        .into_iter()
        .flatten()
        .map(|extension| json!({"oid": extension.extn_id.to_string(), "critical": extension.critical}))
        .collect();
    Some(json!({
        "refused_in_tokens": fault.code(),
        "subject": content.subject().to_string(),
        "issuer": content.issuer().to_string(),
        "serial": content.serial_number().to_string(),
        "not_before": content.validity().not_before.to_string(),
        "not_after": content.validity().not_after.to_string(),
        "signature_algorithm": content.signature().oid.to_string(),
        "key_algorithm": content.subject_public_key_info().algorithm.oid.to_string(),
        "extensions": extensions,
    }))
}

fn meaning(oid: &str) -> Option<&'static str> {
    match oid {
        eku::CREDENTIAL_SIGNING => Some("signs credentials"),
        eku::STATUS_SIGNING => Some("signs status lists"),
        eku::LIST_SIGNING => Some("signs trusted lists"),
        eku::ACCESS => Some("asks wallets for credentials"),
        eku::REGISTRATION_SIGNING => Some("signs registration certificates"),
        eku::SERVER_AUTH => Some("TLS server"),
        _ => None,
    }
}
