//! Addresses that nobody means when they name a host: the special-purpose registries of IANA (RFC 6890), and where
//! clouds hand out credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is refused unless its author listed it.
pub fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

const METADATA: &str = "where a cloud hands out credentials";

const V4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::new(169, 254, 169, 254), 32, METADATA),
    (Ipv4Addr::new(168, 63, 129, 16), 32, METADATA),
    (Ipv4Addr::new(100, 100, 100, 200), 32, METADATA),
    (Ipv4Addr::new(192, 0, 0, 192), 32, METADATA),
    (Ipv4Addr::new(0, 0, 0, 0), 8, "this host itself"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "a private network"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "a carrier's network"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "this host itself"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "the local link"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "a private network"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved for protocols"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documents only"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a relay that is no more"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "a private network"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "a network for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documents only"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documents only"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "for many hosts at once"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    V4.iter().find(|(net, len, _)| (bits ^ net.to_bits()) >> (32 - len) == 0).map(|(.., why)| *why)
}

const V6: &[(Ipv6Addr, u32, &str)] = &[
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128, METADATA),
    (Ipv6Addr::LOCALHOST, 128, "this host itself"),
    (Ipv6Addr::UNSPECIFIED, 128, "this host itself"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "a private network"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "the local link"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "for many hosts at once"),
    // Inside 2000::/3, these carry other addresses or reach nobody.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "reserved for protocols"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "for documents only"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "an IPv4 address in disguise"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "for documents only"),
];

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let listed = V6.iter().find(|(net, len, _)| (bits ^ net.to_bits()) >> (128 - len) == 0).map(|(.., why)| *why);
    // All that is global unicast lies in 2000::/3; IPv4 in IPv6 (::ffff:0:0/96, 64:ff9b::/96) does not.
    listed.or((bits >> 125 != 1).then_some("not a global address"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where clouds hand out credentials, as their documents say.
    const CLOUDS: [[u8; 4]; 4] = [[169, 254, 169, 254], [168, 63, 129, 16], [100, 100, 100, 200], [192, 0, 0, 192]];

    /// Addresses that lead inside, by what the standard library and the documents of clouds say.
    fn inside() -> impl Strategy<Value = Ipv4Addr> {
        let within = |a: u8, b: std::ops::RangeInclusive<u8>| {
            (b, any::<[u8; 2]>()).prop_map(move |(b, [c, d])| Ipv4Addr::new(a, b, c, d))
        };
        prop_oneof![
            within(10, 0..=255),
            within(172, 16..=31),
            within(192, 168..=168),
            within(127, 0..=255),
            within(169, 254..=254),
            (224..=239u8).prop_flat_map(move |a| within(a, 0..=255)),
            prop::sample::select(CLOUDS.map(Ipv4Addr::from).to_vec()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_address_inside_is_taken_for_one_outside(address in inside()) {
            let by_the_library = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_multicast() || CLOUDS.contains(&address.octets());
            prop_assert!(by_the_library && special(address.into()).is_some(), "{address}");
        }

        /// Whatever IPv4 address lies in an IPv6 address, however it is put there.
        #[test]
        fn no_ipv4_address_gets_out_as_ipv6(address in prop_oneof![inside(), any::<Ipv4Addr>()]) {
            let [a, b, c, d] = address.octets().map(u16::from);
            let [high, low] = [a << 8 | b, c << 8 | d];
            for disguised in [
                address.to_ipv6_mapped(),
                address.to_ipv6_compatible(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, high, low, 0, 0, !high, !low),
            ] {
                prop_assert!(special(disguised.into()).is_some(), "{disguised}");
            }
        }

        /// The same, for any address: what anybody calls special is refused, and what is refused is listed or not global.
        #[test]
        fn nothing_special_is_let_through(bits in any::<u32>(), six in any::<u128>(), group in 0..8u16) {
            let four = Ipv4Addr::from_bits(bits);
            if four.is_private() || four.is_loopback() || four.is_link_local() || four.is_multicast()
                || four.is_broadcast() || four.is_documentation() || four.is_unspecified()
            {
                prop_assert!(special(four.into()).is_some(), "{four}");
            }
            // Each eighth of the space as often.
            let six = Ipv6Addr::from_bits(six >> 3 | u128::from(group) << 125);
            if six.is_loopback() || six.is_multicast() || six.is_unique_local() || six.is_unicast_link_local() || group != 1 {
                prop_assert!(special(six.into()).is_some(), "{six}");
            }
        }
    }

    #[test]
    fn special_addresses_are_told_apart_at_their_edges() {
        let refused = [
            "0.0.0.0",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "169.254.0.0",
            "168.63.129.16",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "fc00::1",
            "fdff::1",
            "fd00:ec2::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "100::1",
            "5f00::1",
            "3fff::1",
        ];
        for text in refused {
            assert!(special(text.parse().unwrap()).is_some(), "{text}");
        }
        let global = [
            "1.0.0.0",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2600::1",
            "2a00:1450::1",
            "2003::1",
        ];
        for text in global {
            assert_eq!(special(text.parse().unwrap()), None, "{text}");
        }
        assert_eq!(special("169.254.169.254".parse().unwrap()), Some(METADATA));
        assert_eq!(special("fd00:ec2::254".parse().unwrap()), Some(METADATA));
    }
}
