//! The links that start an issuance or a presentation.

use mahfada_openid4vci::CredentialOfferUri;
use mahfada_openid4vp::{AuthorizationRequestUri, RequestUriMethod};
use serde_json::{Value, json};

use super::{Inspection, Part};

const OFFER_SCHEMES: [&str; 2] = ["openid-credential-offer:", "haip-vci:"];
const REQUEST_SCHEMES: [&str; 3] = ["openid4vp:", "eu-eaap:", "haip-vp:"];

pub(super) fn inspect(text: &str) -> Option<Inspection> {
    let has = |schemes: &[&str]| {
        schemes.iter().any(|scheme| {
            text.get(..scheme.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        })
    };
    if has(&OFFER_SCHEMES) {
        Some(Inspection::new("credential offer link", vec![offer(text)]))
    } else if has(&REQUEST_SCHEMES) {
        Some(Inspection::new("presentation request link", vec![request(text)]))
    } else {
        None
    }
}

fn offer(text: &str) -> Part {
    match CredentialOfferUri::parse(text) {
        Ok(CredentialOfferUri::ByValue(offer)) => Part::new(
            "offer by value",
            serde_json::from_str::<Value>(&offer.to_json()).unwrap_or_default(),
        ),
        Ok(CredentialOfferUri::ByReference(uri)) => {
            Part::new("offer by reference", json!({"credential_offer_uri": uri}))
        }
        Ok(_) => Part::new("offer of another kind", Value::Null),
        Err(error) => Part::new(
            "offer that no wallet accepts",
            json!({"code": error.code(), "fault": error.to_string()}),
        ),
    }
}

fn request(text: &str) -> Part {
    match AuthorizationRequestUri::parse(text) {
        Ok(link) => Part::new(
            "request by reference",
            json!({
                "scheme": link.scheme,
                "client_id": link.client_id,
                "request_uri": link.request_uri.as_str(),
                "request_uri_method": match link.method {
                    RequestUriMethod::Get => "get",
                    RequestUriMethod::Post => "post",
                },
            }),
        ),
        Err(error) => Part::new(
            "request that no wallet accepts",
            json!({"code": error.code(), "fault": error.to_string()}),
        ),
    }
}
