//! Which addresses an outbound request may reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Public unicast addresses, and loopback where a demonstration asks for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct AddressPolicy {
    pub(super) allow_loopback: bool,
}

impl AddressPolicy {
    pub(super) fn allows(self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => self.allows_v4(v4),
            IpAddr::V6(v6) => self.allows_v6(v6),
        }
    }

    fn allows_v4(self, address: Ipv4Addr) -> bool {
        if address.is_loopback() {
            return self.allow_loopback;
        }
        is_public_v4(address)
    }

    fn allows_v6(self, address: Ipv6Addr) -> bool {
        if address.is_loopback() {
            return self.allow_loopback;
        }
        is_public_v6(address)
    }
}

/// The special-purpose registry of RFC 6890 and its successors, read as a list of refusals.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 224;
    !special
}

/// Global unicast is `2000::/3`; inside it, tunnels and documentation are refused, since they lead elsewhere.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global = (a & 0xe000) == 0x2000;
    let special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(policy: AddressPolicy, text: &str) -> bool {
        policy.allows(text.parse().unwrap())
    }

    #[test]
    fn refuses_everything_that_is_not_public() {
        let policy = AddressPolicy { allow_loopback: false };
        for inside in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "::7f00:1",
        ] {
            assert!(!allows(policy, inside), "{inside}");
        }
        for outside in [
            "8.8.8.8",
            "196.200.0.1",
            "172.32.0.1",
            "100.128.0.1",
            "2a00:1450::1",
            "2001:4860::8888",
        ] {
            assert!(allows(policy, outside), "{outside}");
        }
    }

    #[test]
    fn a_demonstration_reaches_this_machine_and_nothing_else_inside() {
        let policy = AddressPolicy { allow_loopback: true };
        assert!(allows(policy, "127.0.0.1") && allows(policy, "::1"));
        for inside in ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0", "fe80::1"] {
            assert!(!allows(policy, inside), "{inside}");
        }
    }
}
