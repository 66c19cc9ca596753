//! Whom a request comes from, as far as a limit needs to know.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpMessage as _, HttpRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The client's IPv4 address, or the /64 network of its IPv6 address, of which one customer has every address.
///
/// It is for counting only; an address is personal data and never goes into a log or a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientNetwork(IpAddr);

impl ClientNetwork {
    /// Takes the network of an address; an IPv4 address written as IPv6 is IPv4.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        })
    }

    /// Returns whom a request comes from: what the server found behind its configured proxies, or else the peer.
    #[must_use]
    pub fn of_request(request: &HttpRequest) -> Self {
        let found = request.extensions().get::<Self>().copied();
        found.unwrap_or_else(|| Self::of(peer(request.peer_addr())))
    }

    /// Finds whom a request comes from and keeps it for [`Self::of_request`].
    pub(super) fn find(request: &ServiceRequest, proxies: &[ProxyNetwork]) -> Self {
        let found = Self::of(client(peer(request.peer_addr()), request.headers(), proxies));
        request.extensions_mut().insert(found);
        found
    }
}

/// A proxy, or a network of proxies, whose `X-Forwarded-For` counts: `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct ProxyNetwork {
    address: IpAddr,
    prefix: u32,
}

/// The text is no address and no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an IP address, nor a network such as 10.0.0.0/8")]
pub struct ProxyNetworkError;

impl ProxyNetwork {
    fn contains(self, address: IpAddr) -> bool {
        let (own, other, width) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits().into(), other.to_bits().into(), Ipv4Addr::BITS),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), Ipv6Addr::BITS),
            _ => return false,
        };
        let ignored = width.saturating_sub(self.prefix);
        // A prefix of 0 ignores every bit, which is one more than can be shifted out.
        u128::checked_shr(own ^ other, ignored).unwrap_or(0) == 0
    }
}

impl FromStr for ProxyNetwork {
    type Err = ProxyNetworkError;

    fn from_str(text: &str) -> Result<Self, ProxyNetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().map_err(|_| ProxyNetworkError)?.to_canonical();
        let width = if address.is_ipv4() {
            Ipv4Addr::BITS
        } else {
            Ipv6Addr::BITS
        };
        let prefix = prefix.map_or(Ok(width), str::parse).map_err(|_| ProxyNetworkError)?;
        if prefix > width {
            return Err(ProxyNetworkError);
        }
        Ok(Self { address, prefix })
    }
}

impl TryFrom<String> for ProxyNetwork {
    type Error = ProxyNetworkError;

    fn try_from(text: String) -> Result<Self, ProxyNetworkError> {
        text.parse()
    }
}

impl From<ProxyNetwork> for String {
    fn from(network: ProxyNetwork) -> Self {
        format!("{}/{}", network.address, network.prefix)
    }
}

/// A request without a peer exists in tests only; it counts as one stranger.
fn peer(address: Option<SocketAddr>) -> IpAddr {
    address.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |address| address.ip())
}

/// Walks `X-Forwarded-For` from its end, where the nearest proxy wrote, as long as the writer is one of ours. What a
/// stranger wrote counts for nothing.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[ProxyNetwork]) -> IpAddr {
    let is_ours = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
    let mut nearest = peer;
    if !is_ours(nearest) {
        return nearest;
    }
    let lines: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .map(|line| line.to_str().unwrap_or_default())
        .collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(address) = hop_address(hop.trim()) else {
            return nearest;
        };
        nearest = address;
        if !is_ours(nearest) {
            return nearest;
        }
    }
    nearest
}

/// Proxies write `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn found(peer: &str, lines: &[&str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(
                HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_str(line).unwrap(),
            );
        }
        let proxies: Vec<ProxyNetwork> = proxies.iter().map(|text| text.parse().unwrap()).collect();
        client(address(peer), &headers, &proxies).to_string()
    }

    #[test]
    fn an_ipv6_client_is_its_64_bit_network() {
        let of = |text| ClientNetwork::of(address(text));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn what_a_stranger_says_counts_for_nothing() {
        assert_eq!(found("192.0.2.9", &["203.0.113.1"], &[]), "192.0.2.9");
        assert_eq!(found("192.0.2.9", &["203.0.113.1"], &["10.0.0.0/8"]), "192.0.2.9");
    }

    #[test]
    fn a_proxy_of_ours_is_believed_and_what_stands_before_it_is_not() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(found("10.0.0.1", &["203.0.113.1"], &proxies), "203.0.113.1");
        assert_eq!(
            found("10.0.0.1", &["198.51.100.7, 203.0.113.1"], &proxies),
            "203.0.113.1"
        );
        assert_eq!(
            found("10.0.0.1", &["198.51.100.7", "203.0.113.1, 10.0.0.2"], &proxies),
            "203.0.113.1"
        );
    }

    #[test]
    fn without_a_readable_hop_the_last_proxy_counts() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(found("10.0.0.1", &[], &proxies), "10.0.0.1");
        for bad in ["", "unknown", "203.0.113.1, _hidden", "203.0.113.1,"] {
            assert_eq!(found("10.0.0.1", &[bad], &proxies), "10.0.0.1", "{bad}");
        }
        assert_eq!(found("10.0.0.1", &["203.0.113.1, x, 10.0.0.2"], &proxies), "10.0.0.2");
    }

    #[test]
    fn ports_and_brackets_of_a_hop_are_read() {
        for (hop, expected) in [
            ("203.0.113.1:4711", "203.0.113.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
        ] {
            assert_eq!(found("10.0.0.1", &[hop], &["10.0.0.1"]), expected);
        }
    }

    #[test]
    fn a_network_has_the_addresses_of_its_prefix() {
        let has = |network: &str, other: &str| network.parse::<ProxyNetwork>().unwrap().contains(address(other));
        assert!(has("10.0.0.0/8", "10.255.0.1") && !has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("192.0.2.7", "192.0.2.7") && !has("192.0.2.7", "192.0.2.6"));
        assert!(has("192.0.2.7", "::ffff:192.0.2.7"));
        assert!(has("0.0.0.0/0", "192.0.2.7") && !has("0.0.0.0/0", "2001:db8::1"));
        assert!(has("::/0", "2001:db8::1") && has("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!has("2001:db8::/32", "2001:db9::1"));
    }

    #[test]
    fn anything_but_an_address_or_a_network_is_refused() {
        for bad in [
            "",
            "proxy",
            "10.0.0.0/33",
            "2001:db8::/129",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
        ] {
            assert_eq!(bad.parse::<ProxyNetwork>(), Err(ProxyNetworkError), "{bad}");
        }
        let network: ProxyNetwork = "10.0.0.0/8".parse().unwrap();
        assert_eq!(String::from(network), "10.0.0.0/8");
    }
}
