//! Addresses and their ranges as the API server reads them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Go's sloppy reader of old: zeros may lead.
pub(in super::super) fn ip(text: &str) -> Option<IpAddr> {
    let plain = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_owned(),
        rest => rest.to_owned(),
    };
    let sloppy = || text.split('.').map(plain).collect::<Vec<_>>().join(".").parse::<Ipv4Addr>().ok();
    text.parse().ok().or_else(|| sloppy().map(IpAddr::V4))
}

pub(in super::super) fn is_ip(text: &str) -> bool {
    ip(text).is_some()
}

/// Without leading zeros, and no address of one family in the other: since 1.36 others are refused.
pub(super) fn is_plain(text: &str) -> bool {
    match text.parse() {
        Ok(IpAddr::V4(_)) => true,
        Ok(IpAddr::V6(address)) => address.to_ipv4_mapped().is_none(),
        Err(_) => false,
    }
}

/// Can others reach it?
pub(super) fn is_outside(text: &str) -> bool {
    match ip(text) {
        Some(IpAddr::V4(address)) => is_outside_v4(address),
        Some(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => is_outside_v4(address),
            None => !(address.is_unspecified() || address.is_loopback() || is_local(address)),
        },
        None => true,
    }
}

fn is_outside_v4(address: Ipv4Addr) -> bool {
    let local_multicast = address.octets()[..3] == [224, 0, 0];
    !(address.is_unspecified() || address.is_loopback() || address.is_link_local() || local_multicast)
}

/// `fe80::/10` and `ff02::`, whose first bits say how far a multicast goes.
fn is_local(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    first & 0xffc0 == 0xfe80 || first & 0xff0f == 0xff02
}

/// A range as its address and the length of its prefix.
fn range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let address = ip(address)?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let digits = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
    let bits = bits.parse().ok().filter(|bits| digits && *bits <= most)?;
    Some((address, bits))
}

pub(in super::super) fn is_cidr(text: &str) -> bool {
    range(text).is_some()
}

/// The first address of the range.
fn first((address, bits): (IpAddr, u32)) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            Ipv4Addr::from_bits(address.to_bits() & u32::MAX.checked_shl(32 - bits).unwrap_or(0)).into()
        }
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & u128::MAX.checked_shl(128 - bits).unwrap_or(0)).into()
        }
    }
}

/// Since 1.36 only this is a range: no bits behind the prefix, no leading zeros.
pub(super) fn is_network(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let plain = is_plain(address) && (bits == "0" || !bits.starts_with('0'));
    plain && range(text).is_some_and(|range| range.0 == first(range))
}

/// The range that an address with a prefix lies in.
pub(super) fn network(text: &str) -> Option<String> {
    let range = range(text.trim())?;
    Some(format!("{}/{}", first(range), range.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_server_reads_them() {
        for (text, cidr, strict) in [
            ("10.0.0.0/8", true, true),
            ("10.0.0.1/8", true, false),
            ("010.0.0.0/8", true, false),
            ("10.0.0.0/08", true, false),
            ("0.0.0.0/0", true, true),
            ("2001:db8::/64", true, true),
            ("2001:db8::1/64", true, false),
            ("10.0.0.0", false, false),
            ("10.0.0.0/33", false, false),
            ("10.0.0.0/+8", false, false),
            ("10.0.0/8", false, false),
        ] {
            assert_eq!((is_cidr(text), is_network(text)), (cidr, strict), "{text}");
        }
        assert_eq!(network("10.0.0.1/8").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(network("2001:db8::1/64").as_deref(), Some("2001:db8::/64"));
    }

    #[test]
    fn addresses_of_the_machine_itself_lead_nobody_there() {
        for text in ["127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.5", "::1", "::", "fe80::1", "ff02::1"] {
            assert!(is_ip(text) && !is_outside(text), "{text}");
        }
        for text in ["10.0.0.1", "224.0.1.1", "2001:db8::1", "ff05::1"] {
            assert!(is_outside(text), "{text}");
        }
        assert!(is_ip("010.0.0.1") && !is_plain("010.0.0.1") && !is_plain("::ffff:10.0.0.1"));
    }
}
