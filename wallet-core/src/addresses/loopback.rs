//! Plain http to this machine itself, for tests: compiled only with the feature `insecure-loopback`.
//!
//! The message crates know https alone. So a message is judged by its twin, in which plain loopback addresses are https
//! ones, and then taken as it was; whether a request may go somewhere [`super::Addresses::allow`] decides each time.

use mahfada_base::json;
use mahfada_openid4vci::{CredentialOfferUri, OfferError};
use mahfada_openid4vp::{AuthorizationRequestUri, RequestUriError};
use serde::de::DeserializeOwned;
use url::{Host, Url};

const PLAIN: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];
const TWINS: [&str; 2] = ["https://127.0.0.1", "https://[::1]"];

/// Tells whether an address is this machine itself, by number and without TLS.
pub(crate) fn is_plain(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let here = match url.host() {
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        _ => false,
    };
    here && url.scheme() == "http" && url.username().is_empty() && url.password().is_none()
}

/// Returns the text with plain loopback addresses as https ones.
pub(crate) fn twin(text: &str) -> String {
    let mut twin = text.to_owned();
    for (plain, with_tls) in PLAIN.iter().zip(TWINS) {
        twin = twin.replace(plain, with_tls);
    }
    twin
}

/// Takes a message as it is, when its twin holds.
pub(crate) fn read<T: DeserializeOwned, E>(body: &[u8], parse: impl Fn(&[u8]) -> Result<T, E>) -> Result<T, E> {
    let judged = parse(twin(&String::from_utf8_lossy(body)).as_bytes())?;
    Ok(json::from_slice(body).unwrap_or(judged))
}

/// Reads the link of an offer.
pub(crate) fn offer_link(link: &str) -> Result<CredentialOfferUri, OfferError> {
    let Some(twin) = link_twin(link) else {
        return CredentialOfferUri::parse(link);
    };
    Ok(match CredentialOfferUri::parse(&twin)? {
        CredentialOfferUri::ByReference(url) => CredentialOfferUri::ByReference(plain(&url)),
        CredentialOfferUri::ByValue(mut offer) => {
            offer.credential_issuer = plain(&offer.credential_issuer);
            if let Some(grant) = offer
                .grants
                .as_mut()
                .and_then(|grants| grants.pre_authorized_code.as_mut())
            {
                grant.authorization_server = grant.authorization_server.as_deref().map(plain);
            }
            CredentialOfferUri::ByValue(offer)
        }
        other => other,
    })
}

/// Reads the link of a presentation.
pub(crate) fn request_link(link: &str) -> Result<AuthorizationRequestUri, RequestUriError> {
    let Some(twin) = link_twin(link) else {
        return AuthorizationRequestUri::parse(link);
    };
    let mut parsed = AuthorizationRequestUri::parse(&twin)?;
    parsed.request_uri = Url::parse(&plain(parsed.request_uri.as_str())).map_err(|_| RequestUriError::Incomplete)?;
    Ok(parsed)
}

/// Returns the twin of a link; `None` when nothing in it is a plain loopback address.
fn link_twin(link: &str) -> Option<String> {
    let mut url = Url::parse(link).ok()?;
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let twins: Vec<(String, String)> = pairs.iter().map(|(name, value)| (name.clone(), twin(value))).collect();
    if pairs == twins {
        return None;
    }
    url.query_pairs_mut().clear().extend_pairs(twins);
    Some(url.into())
}

fn plain(url: &str) -> String {
    let is_twin = TWINS.iter().any(|twin| url.starts_with(twin));
    let rest = is_twin.then(|| url.strip_prefix("https")).flatten();
    rest.map_or_else(|| url.to_owned(), |rest| format!("http{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_by_number_is_plain() {
        for url in ["http://127.0.0.1", "http://127.0.0.1:8080/x?y", "http://[::1]:3/x"] {
            assert!(is_plain(url), "{url}");
        }
        for url in [
            "https://127.0.0.1",
            "http://localhost",
            "http://127.0.0.1.example",
            "http://127.0.0.1@example.com",
            "http://user@127.0.0.1",
            "http://127.0.0.2",
            "http://0.0.0.0",
            "http://[::ffff:127.0.0.1]",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "",
        ] {
            assert!(!is_plain(url), "{url}");
        }
    }

    #[test]
    fn links_to_this_machine_are_read_as_they_are() {
        let link = "openid4vp://?client_id=x&request_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fr";
        assert_eq!(
            request_link(link).unwrap().request_uri.as_str(),
            "http://127.0.0.1:8080/r"
        );
        request_link(&link.replace("127.0.0.1", "192.0.2.1")).unwrap_err();
        let link = "openid-credential-offer://?credential_offer_uri=http%3A%2F%2F%5B%3A%3A1%5D%3A8080%2Fo";
        let offer = offer_link(link).unwrap();
        assert_eq!(offer, CredentialOfferUri::ByReference("http://[::1]:8080/o".to_owned()));
        let offer = r#"{"credential_issuer":"http://127.0.0.1:1/a","credential_configuration_ids":["x"]}"#;
        let link = format!(
            "openid-credential-offer://?credential_offer={}",
            offer.replace('"', "%22")
        );
        CredentialOfferUri::parse(&link).unwrap_err();
        let CredentialOfferUri::ByValue(offer) = offer_link(&link).unwrap() else {
            panic!("by value")
        };
        assert_eq!(offer.credential_issuer, "http://127.0.0.1:1/a");
    }
}
