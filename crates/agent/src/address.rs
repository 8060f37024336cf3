use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// The address that this machine is reached at from outside: the one it would call a foreign address from. Nothing is
/// sent. A machine without a way out has loopback only.
pub(crate) fn of_this_machine() -> IpAddr {
    /// An address for documentation: nobody has it, so it leads to the default route.
    const FOREIGN: (Ipv4Addr, u16) = (Ipv4Addr::new(203, 0, 113, 1), 9);
    let own = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect(FOREIGN)?;
        Ok::<_, std::io::Error>(socket.local_addr()?.ip())
    };
    own().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}
