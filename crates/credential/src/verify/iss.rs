//! The `iss` claim: the certificate says who signed, and a claim that names somebody else must not be shown beside it.

use mahfada_x509::Certificate;
use serde_json::Value;

use super::CredentialError;

/// Checks that `iss`, when there, is a URI of the leaf, or an `https` URL whose host is a DNS name of the leaf.
pub(super) fn check(claims: &Value, leaf: &Certificate) -> Result<(), CredentialError> {
    match claims.get("iss") {
        None => Ok(()),
        Some(Value::String(iss)) if is_named(iss, leaf.dns_names(), leaf.uri_names()) => Ok(()),
        Some(_) => Err(CredentialError::Iss),
    }
}

fn is_named(iss: &str, dns_names: &[String], uri_names: &[String]) -> bool {
    let host = https_host(iss);
    let is_host = |name: &String| host.is_some_and(|host| host.eq_ignore_ascii_case(name));
    uri_names.iter().any(|name| name == iss) || dns_names.iter().any(is_host)
}

/// Returns the host of an `https` URL; one with user information matches no name of a host.
fn https_host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) => port.bytes().all(|byte| byte.is_ascii_digit()).then_some(host)?,
        None => authority,
    };
    (!host.is_empty() && !host.contains('*')).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_or_a_uri_of_the_certificate_names_the_issuer() {
        let dns = ["issuer.example".to_owned()];
        let uris = ["urn:issuer:1".to_owned(), "https://uri.example/pid".to_owned()];
        for iss in [
            "https://issuer.example",
            "https://ISSUER.example/pid",
            "https://issuer.example:8443/pid?x#y",
            "urn:issuer:1",
            "https://uri.example/pid",
        ] {
            assert!(is_named(iss, &dns, &uris), "{iss}");
        }
        for iss in [
            "",
            "issuer.example",
            "http://issuer.example",
            "https://",
            "https://other.example/issuer.example",
            "https://issuer.example.other.example",
            "https://issuer.example@other.example",
            "https://other.example@issuer.example",
            "https://issuer.example:x",
            "https://other.example\\@issuer.example",
            "https://uri.example",
            "https://uri.example/pid/",
            "urn:issuer:12",
        ] {
            assert!(!is_named(iss, &dns, &uris), "{iss}");
        }
        assert!(!is_named("https://", &[String::new()], &[]), "an empty name is none");
        assert!(
            !is_named("https://*.example", &["*.example".to_owned()], &[]),
            "a pattern is no name"
        );
    }
}
