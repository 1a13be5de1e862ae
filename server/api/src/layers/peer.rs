//! Where a call comes from.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use http::Request;
use tokio::sync::watch;
use tonic::body::Body;

/// Leading bits of an IPv6 address that one customer of a network gets: whoever has one address has them all.
const IPV6_PREFIX_BITS: u32 = 64;

/// The network address of a caller, in the request's extensions; behind a proxy it is the proxy's. For IPv6 it is the /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer(IpAddr);

impl Peer {
    /// Whom an address belongs to.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        // One that listens for both sees IPv4 as a part of IPv6.
        Self(match address.to_canonical() {
            IpAddr::V6(address) => {
                let mask = u128::MAX << (Ipv6Addr::BITS - IPV6_PREFIX_BITS);
                Ipv6Addr::from_bits(address.to_bits() & mask).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }

    /// What the transport found out; `None` without it.
    pub(super) fn of(request: &Request<Body>) -> Option<Self> {
        request.extensions().get().copied()
    }
}

/// Whether the connection of a call is to end, in the request's extensions. Calls under way may go on; one that goes on
/// and on ends itself.
#[derive(Debug, Clone)]
pub struct Farewell(watch::Receiver<bool>);

impl Farewell {
    /// What the transport will say, once.
    #[must_use]
    pub fn new(said: watch::Receiver<bool>) -> Self {
        Self(said)
    }

    /// Waits until it is said.
    pub(crate) async fn said(&mut self) {
        // An error means that the connection is gone. The guard is dropped here, not held while anything waits.
        drop(self.0.wait_for(|said| *said).await);
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(prefix) => write!(f, "{prefix}/{IPV6_PREFIX_BITS}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_by_customer() {
        let text = |address: &str| Peer::new(address.parse().unwrap()).to_string();
        assert_eq!(text("192.0.2.7"), "192.0.2.7");
        assert_eq!(text("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(text("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_ne!(text("2001:db8:1:2::1"), text("2001:db8:1:3::1"));
    }
}
