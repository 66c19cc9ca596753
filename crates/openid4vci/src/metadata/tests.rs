//! The rules of OID4VCI §12.2 and the examples of the specification.

use mahfada_base::ClaimsPath;
use serde_json::{Value, json};

use super::*;

const ISSUER: &str = "https://issuer.example:8101/pid";

fn document() -> Value {
    json!({
        "credential_issuer": ISSUER,
        "credential_endpoint": "https://issuer.example:8101/pid/credential",
        "nonce_endpoint": "https://issuer.example:8101/pid/nonce",
        "batch_credential_issuance": {"batch_size": 10},
        "display": [{"name": "DGSN", "locale": "fr"}],
        "credential_configurations_supported": {"pid": {
            "format": "dc+sd-jwt", "scope": "pid", "vct": "urn:mahfada:pid:1",
            "cryptographic_binding_methods_supported": ["jwk"],
            "credential_signing_alg_values_supported": ["ES256"],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
            "credential_metadata": {
                "display": [{"name": "Identité", "locale": "fr"}],
                "claims": [{"path": ["address", "locality"], "mandatory": true, "display": [{"name": "Ville", "locale": "fr"}]}]
            }
        }}
    })
}

fn parse(document: &Value) -> Result<CredentialIssuerMetadata, MetadataError> {
    CredentialIssuerMetadata::parse(document.to_string().as_bytes(), ISSUER)
}

#[test]
fn a_document_comes_back_as_written() {
    let metadata = parse(&document()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&metadata.to_json()).unwrap(), document());
    assert_eq!((metadata.batch_size(), metadata.requires_encryption()), (10, false));
    let pid = &metadata.credential_configurations_supported["pid"];
    let expected = CredentialConfiguration::sd_jwt_vc("urn:mahfada:pid:1", "pid");
    assert_eq!(
        CredentialConfiguration {
            credential_metadata: None,
            ..pid.clone()
        },
        expected
    );
    assert!(pid.takes_plain_jwt_proof());
    let claim = &pid.credential_metadata.as_ref().unwrap().claims[0];
    assert_eq!(claim.path, ClaimsPath::names(["address", "locality"]).unwrap());
}

#[test]
fn the_place_of_the_metadata_is_between_host_and_path() {
    assert_eq!(
        credential_issuer_metadata_url(ISSUER),
        "https://issuer.example:8101/.well-known/openid-credential-issuer/pid"
    );
}

#[test]
fn refuses_metadata_with_the_code_that_names_the_fault() {
    let pid = "/credential_configurations_supported/pid";
    let at = |name: &str| format!("{pid}/{name}");
    for (pointer, value, code) in [
        (
            "/credential_issuer".to_owned(),
            json!("https://issuer.example:8101/pid/"),
            "metadata_mismatch",
        ),
        (
            "/credential_issuer".to_owned(),
            json!("https://evil.example/pid"),
            "metadata_mismatch",
        ),
        (
            "/credential_endpoint".to_owned(),
            json!("http://issuer.example:8101/pid/credential"),
            "endpoint_not_https",
        ),
        ("/credential_endpoint".to_owned(), json!(null), "metadata_malformed"),
        (
            "/nonce_endpoint".to_owned(),
            json!("http://issuer.example:8101/pid/nonce"),
            "endpoint_not_https",
        ),
        ("/nonce_endpoint".to_owned(), json!(null), "nonce_endpoint_missing"),
        (
            "/batch_credential_issuance/batch_size".to_owned(),
            json!(1),
            "batch_size",
        ),
        (
            "/batch_credential_issuance/batch_size".to_owned(),
            json!(-1),
            "metadata_malformed",
        ),
        (at("vct"), json!(null), "vct_missing"),
        (at("vct"), json!(""), "vct_missing"),
        (at("format"), json!(null), "metadata_malformed"),
        (at("proof_types_supported"), json!({}), "metadata_binding"),
        (
            at("cryptographic_binding_methods_supported"),
            json!([]),
            "metadata_binding",
        ),
        (at("credential_metadata/claims/0/path"), json!([]), "metadata_malformed"),
    ] {
        let mut document = document();
        *document.pointer_mut(&pointer).unwrap() = value.clone();
        assert_eq!(parse(&document).unwrap_err().code(), code, "{pointer} {value}");
    }
    let mut foreign = document();
    foreign["authorization_servers"] = json!(["http://as.example"]);
    assert_eq!(parse(&foreign).unwrap_err().code(), "issuer_identifier");
    let twice = document()
        .to_string()
        .replacen('{', &format!(r#"{{"credential_issuer":"{ISSUER}","#), 1);
    let error = CredentialIssuerMetadata::parse(twice.as_bytes(), ISSUER).unwrap_err();
    assert_eq!(error.code(), "metadata_malformed");
}

#[test]
fn unknown_members_are_ignored_everywhere() {
    fn sprinkle(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.values_mut().for_each(sprinkle);
                // Not where the names are ids or types of our own choice.
                if !members.contains_key("pid") && !members.contains_key("jwt") {
                    members.insert("zz".to_owned(), json!({"a": [1]}));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(sprinkle),
            _ => {}
        }
    }
    let mut sprinkled = document();
    sprinkle(&mut sprinkled);
    assert_eq!(parse(&sprinkled).unwrap(), parse(&document()).unwrap());
}

#[test]
fn the_authorization_server_is_one_that_the_metadata_names() {
    let mut metadata = parse(&document()).unwrap();
    assert_eq!(metadata.authorization_server(None), Some(ISSUER));
    assert_eq!(metadata.authorization_server(Some(ISSUER)), Some(ISSUER));
    assert_eq!(metadata.authorization_server(Some("https://evil.example")), None);
    metadata.authorization_servers = Some(vec!["https://a.example".to_owned()]);
    assert_eq!(metadata.authorization_server(None), Some("https://a.example"));
    assert_eq!(metadata.authorization_server(Some("https://evil.example")), None);
    metadata.authorization_servers = Some(vec!["https://a.example".to_owned(), "https://b.example".to_owned()]);
    assert_eq!(metadata.authorization_server(None), None);
    assert_eq!(
        metadata.authorization_server(Some("https://b.example")),
        Some("https://b.example")
    );
}

#[test]
fn names_are_found_by_language() {
    let display = [Display::named("DGSN fr", "fr-FR"), Display::named("DGSN ar", "ar")];
    for (language, expected) in [
        ("ar", "DGSN ar"),
        ("ar-MA", "DGSN ar"),
        ("fr", "DGSN fr"),
        ("en", "DGSN fr"),
    ] {
        let name = localized(&display, language).and_then(|entry| entry.name.as_deref());
        assert_eq!(name, Some(expected), "{language}");
    }
    assert_eq!(localized(&[], "fr"), None);
}
