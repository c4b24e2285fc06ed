//! Where a call goes that somebody else has named the address of: the public network, and nowhere in the house.
//!
//! Names are resolved here and the addresses are handed on, so that nobody resolves them to something else afterwards.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// How long a name may take to resolve.
const RESOLVE_WITHIN: Duration = Duration::from_secs(5);

/// How far such a call may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses alone.
    Public,
    /// Whoever runs the server says that others of the house may be called too.
    House,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barred {
    /// The name leads into a network that is not public.
    Inside,
    /// It leads nowhere, or nobody says where.
    Nowhere,
}

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Barred::Inside => "the address lies in a private or special network",
            Barred::Nowhere => "the name of the host is not known",
        })
    }
}

impl std::error::Error for Barred {}

/// The addresses of a host that may be called.
pub async fn resolve(host: &str, port: u16, reach: Reach) -> Result<Vec<SocketAddr>, Barred> {
    admit(look_up(host, port).await?, reach)
}

/// One of them inside, and none of them is called: a name has no business in both.
pub fn admit(found: Vec<SocketAddr>, reach: Reach) -> Result<Vec<SocketAddr>, Barred> {
    if found.is_empty() {
        return Err(Barred::Nowhere);
    }
    if reach == Reach::Public && !found.iter().all(|address| is_public(address.ip())) {
        return Err(Barred::Inside);
    }
    Ok(found)
}

/// What this machine's resolver says of a name: nothing that may be called before it is admitted.
pub async fn look_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, Barred> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let asked = tokio::time::timeout(RESOLVE_WITHIN, tokio::net::lookup_host((host, port))).await;
    match asked {
        Ok(Ok(found)) => Ok(found.collect()),
        Ok(Err(_)) | Err(_) => Err(Barred::Nowhere),
    }
}

/// By IANA's registries of special-purpose addresses: what they do not call global is not public.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, ..)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = inside_v6(address) {
        return is_public_v4(inner);
    }
    let [a, b, ..] = address.segments();
    match a {
        0x2001 => b > 0x01ff && b != 0x0db8,
        0x3fff => b > 0x0fff,
        a => a & 0xe000 == 0x2000,
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, translated (NAT64) or tunnelled (6to4).
fn inside_v6(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let (high, low) = match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => (g, h),
        (0x2002, ..) => (b, c),
        _ => return None,
    };
    Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_house_is_public_however_it_is_written() {
        let inside = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:192.168.1.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:c0a8:101::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "ff02::1",
        ];
        for text in inside {
            let address = text.parse().expect(text);
            assert!(!is_public(address), "{text}");
        }
        let outside = [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::1",
        ];
        for text in outside {
            let address = text.parse().expect(text);
            assert!(is_public(address), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_where_it_leads_and_odd_spellings_lead_where_they_lead() {
        for host in ["localhost", "127.0.0.1", "127.1", "2130706433", "[::1]"] {
            let answer = resolve(host, 443, Reach::Public).await;
            assert!(answer.is_err(), "{host}: {answer:?}");
        }
        let localhost = resolve("localhost", 443, Reach::Public).await;
        assert_eq!(localhost, Err(Barred::Inside));
        let house = resolve("127.0.0.1", 443, Reach::House).await;
        assert_eq!(house, Ok(vec![SocketAddr::from(([127, 0, 0, 1], 443))]));
        let public = resolve("1.1.1.1", 443, Reach::Public).await;
        assert!(public.is_ok(), "{public:?}");
    }
}
