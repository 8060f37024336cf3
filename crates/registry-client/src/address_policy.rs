use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Which addresses may be contacted on behalf of users. By default only public ones: a user who may import an image must
/// not learn by it what answers inside our network.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    everything: bool,
    hosts: Vec<HostPort>,
    networks: Vec<Network>,
}

/// Why an address is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    Loopback,
    Private,
    LinkLocal,
    Reserved,
}

/// A host that may be contacted whatever its addresses are; on every port unless one is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    pub host: String,
    pub port: Option<u16>,
}

/// Addresses with a common prefix, such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network of the form ADDRESS/PREFIX")]
pub struct NetworkError(String);

impl AddressPolicy {
    /// Public addresses only.
    pub fn public_only() -> AddressPolicy {
        AddressPolicy::default()
    }

    /// Every address. For machines without untrusted users.
    pub fn everything() -> AddressPolicy {
        AddressPolicy {
            everything: true,
            ..AddressPolicy::default()
        }
    }

    #[must_use]
    pub fn allow_host(mut self, host: HostPort) -> AddressPolicy {
        self.hosts.push(host);
        self
    }

    #[must_use]
    pub fn allow_network(mut self, network: Network) -> AddressPolicy {
        self.networks.push(network);
        self
    }

    /// May this host be contacted whatever it resolves to?
    pub fn trusts_host(&self, host: &str, port: u16) -> bool {
        let named = |allowed: &HostPort| {
            allowed.host.eq_ignore_ascii_case(host) && allowed.port.is_none_or(|wanted| wanted == port)
        };
        self.everything || self.hosts.iter().any(named)
    }

    /// # Errors
    /// The class of an address that may not be contacted.
    pub fn check(&self, address: IpAddr) -> Result<(), AddressClass> {
        let address = address.to_canonical();
        if self.everything || self.networks.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        AddressClass::of(address).map_or(Ok(()), Err)
    }
}

impl AddressClass {
    /// `None` for public addresses.
    pub fn of(address: IpAddr) -> Option<AddressClass> {
        match address.to_canonical() {
            IpAddr::V4(address) => class_of_v4(address),
            IpAddr::V6(address) => class_of_v6(address),
        }
    }
}

fn class_of_v4(address: Ipv4Addr) -> Option<AddressClass> {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (b == 18 || b == 19);
    let protocol = a == 192 && b == 0 && c == 0;
    if address.is_loopback() {
        Some(AddressClass::Loopback)
    } else if address.is_private() || shared {
        Some(AddressClass::Private)
    } else if address.is_link_local() {
        Some(AddressClass::LinkLocal)
    } else if a == 0 || a >= 224 || benchmark || protocol || address.is_documentation() {
        Some(AddressClass::Reserved)
    } else {
        None
    }
}

fn class_of_v6(address: Ipv6Addr) -> Option<AddressClass> {
    if let Some(inner) = embedded_v4(address) {
        return class_of_v4(inner);
    }
    let [first, second, ..] = address.segments();
    if address.is_loopback() {
        Some(AddressClass::Loopback)
    } else if address.is_unique_local() {
        Some(AddressClass::Private)
    } else if address.is_unicast_link_local() || first & 0xffc0 == 0xfec0 {
        Some(AddressClass::LinkLocal)
    } else if first & 0xe000 != 0x2000 || (first == 0x2001 && (second == 0xdb8 || second < 0x200)) {
        // Only 2000::/3 is given out; 2001::/23 and the documentation prefix lead nowhere.
        Some(AddressClass::Reserved)
    } else {
        None
    }
}

/// The IPv4 address that a translator would send this to: NAT64 (64:ff9b::/96), 6to4 (2002::/16), the deprecated
/// compatible form (::a.b.c.d).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(join(high, low)),
        _ => None,
    }
}

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        let (ours, theirs, bits) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => (u128::from(u32::from(ours)), u128::from(u32::from(theirs)), 32),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => (u128::from(ours), u128::from(theirs), 128),
            _ => return false,
        };
        let shift = bits - u32::from(self.prefix);
        ours.checked_shr(shift).unwrap_or(0) == theirs.checked_shr(shift).unwrap_or(0)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Network, NetworkError> {
        let error = || NetworkError(text.into());
        let (address, prefix) = text.split_once('/').ok_or_else(error)?;
        let address: IpAddr = address.parse().map_err(|_| error())?;
        let prefix: u8 = prefix.parse().map_err(|_| error())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        if prefix > longest {
            Err(error())
        } else {
            Ok(Network { address, prefix })
        }
    }
}

impl FromStr for HostPort {
    type Err = NetworkError;

    /// `host` or `host:port`.
    fn from_str(text: &str) -> Result<HostPort, NetworkError> {
        let error = || NetworkError(text.into());
        match text.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && !host.ends_with(':') => Ok(HostPort {
                host: host.into(),
                port: Some(port.parse().map_err(|_| error())?),
            }),
            None if !text.is_empty() => Ok(HostPort {
                host: text.into(),
                port: None,
            }),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AddressClass::Loopback => "loopback",
            AddressClass::Private => "private",
            AddressClass::LinkLocal => "link-local",
            AddressClass::Reserved => "reserved",
        })
    }
}

#[cfg(test)]
mod tests;
