//! Keeps the hardware address of a network's bridge while containers come and go.
//!
//! Linux gives a bridge the lowest hardware address of its ports, unless somebody has set one. Then every container
//! that starts or ends may change the address, and what the others answer to the old one is lost until they ask anew:
//! requests to a pod hang for seconds because another pod was replaced. Docker, CNI and netavark from 1.9 on set the
//! address of their bridges; netavark 1.4, which stable distributions ship, does not.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use futures::TryStreamExt;
use rtnetlink::{Handle, LinkMessageBuilder, LinkUnspec};
use tokio::sync::Mutex;

const INTERFACES: &str = "/sys/class/net";

/// `addr_assign_type` of an interface whose address was set on purpose (NET_ADDR_SET in linux/netdevice.h).
const SET_ON_PURPOSE: &str = "3";

/// Holds bridges by the address that the host has on them. One at a time, so that no address is set that has just
/// been replaced.
#[derive(Debug, Default)]
pub struct BridgeKeeper {
    /// Names of bridges that were found before, so that a look costs one small file.
    names: Mutex<HashMap<IpAddr, String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Somebody has set its address: it stays.
    Already,
    /// It stays from now on.
    Now,
    /// No bridge of this machine has that address: the engine runs elsewhere, or keeps its networks to itself.
    NotHere,
}

#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    #[error("cannot ask the kernel for network interfaces: {0}")]
    Connect(#[source] std::io::Error),
    #[error("cannot find the interface with address {gateway}: {source}")]
    Find {
        gateway: IpAddr,
        #[source]
        source: rtnetlink::Error,
    },
    #[error("cannot read {path}: {source}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the hardware address of bridge {bridge} is {address:?}, which is none")]
    NoAddress { bridge: String, address: String },
    #[error("cannot hold the hardware address of bridge {bridge}: {source}")]
    Set {
        bridge: String,
        #[source]
        source: rtnetlink::Error,
    },
}

impl BridgeKeeper {
    /// Makes sure that the bridge on which this machine has the address `gateway` keeps its hardware address.
    ///
    /// # Errors
    /// When the kernel refuses; it wants CAP_NET_ADMIN.
    pub async fn hold(&self, gateway: IpAddr) -> Result<Held, BridgeError> {
        let mut names = self.names.lock().await;
        if let Some(name) = names.get(&gateway)
            && is_held(name)?
        {
            return Ok(Held::Already);
        }
        let (connection, handle, _) = rtnetlink::new_connection().map_err(BridgeError::Connect)?;
        let connection = tokio::spawn(connection);
        let held = hold(&handle, gateway, &mut names).await;
        connection.abort();
        held
    }
}

async fn hold(handle: &Handle, gateway: IpAddr, names: &mut HashMap<IpAddr, String>) -> Result<Held, BridgeError> {
    let Some(name) = bridge_with(handle, gateway).await? else {
        names.remove(&gateway);
        return Ok(Held::NotHere);
    };
    if is_held(&name)? {
        names.insert(gateway, name);
        return Ok(Held::Already);
    }
    let address = hardware_address(&name)?;
    let change = LinkMessageBuilder::<LinkUnspec>::default()
        .name(name.as_str())
        .address(address)
        .build();
    handle
        .link()
        .set(change)
        .execute()
        .await
        .map_err(|source| BridgeError::Set {
            bridge: name.clone(),
            source,
        })?;
    names.insert(gateway, name);
    Ok(Held::Now)
}

async fn bridge_with(handle: &Handle, gateway: IpAddr) -> Result<Option<String>, BridgeError> {
    let failed = |source| BridgeError::Find { gateway, source };
    let addresses = handle.address().get().set_address_filter(gateway).execute();
    let Some(index) = std::pin::pin!(addresses)
        .try_next()
        .await
        .map_err(failed)?
        .map(|message| message.header.index)
    else {
        return Ok(None);
    };
    named(index)
}

/// The bridge with this index. The kernel's own list of names: a netlink answer would need a second parser.
fn named(index: u32) -> Result<Option<String>, BridgeError> {
    let directory = Path::new(INTERFACES);
    let unreadable = |source| BridgeError::Read {
        path: directory.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // An interface may go while we look.
        let Ok(text) = std::fs::read_to_string(entry.path().join("ifindex")) else {
            continue;
        };
        if text.trim().parse() == Ok(index) {
            let is_bridge = entry.path().join("bridge").is_dir();
            return Ok(is_bridge.then(|| entry.file_name().to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

/// False also for a bridge that is gone: engines remove one with its last container, and make it anew.
fn is_held(name: &str) -> Result<bool, BridgeError> {
    let path = Path::new(INTERFACES).join(name).join("addr_assign_type");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim() == SET_ON_PURPOSE),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        // Taken away between open and read.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NODEV.raw_os_error()) => Ok(false),
        Err(source) => Err(BridgeError::Read { path, source }),
    }
}

fn hardware_address(bridge: &str) -> Result<Vec<u8>, BridgeError> {
    let path = Path::new(INTERFACES).join(bridge).join("address");
    let text = std::fs::read_to_string(&path).map_err(|source| BridgeError::Read { path, source })?;
    parse_address(text.trim()).ok_or_else(|| BridgeError::NoAddress {
        bridge: bridge.to_owned(),
        address: text.trim().to_owned(),
    })
}

/// Six octets, as in `02:42:08:18:c1:ee`; all zero is what a bridge without ports has.
fn parse_address(text: &str) -> Option<Vec<u8>> {
    let octets: Vec<u8> = text
        .split(':')
        .map(|octet| u8::from_str_radix(octet, 16).ok())
        .collect::<Option<_>>()?;
    (octets.len() == 6 && octets.iter().any(|octet| *octet != 0)).then_some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_six_octets_that_are_not_all_zero() {
        assert_eq!(
            parse_address("02:42:08:18:c1:ee"),
            Some(vec![0x02, 0x42, 0x08, 0x18, 0xc1, 0xee])
        );
        for none in [
            "",
            "00:00:00:00:00:00",
            "02:42:08:18:c1",
            "02:42:08:18:c1:zz",
            "02:42:08:18:c1:ee:00",
        ] {
            assert_eq!(parse_address(none), None, "{none:?}");
        }
    }
}
