use std::net::Ipv4Addr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde_json::json;

use super::ServiceError;
use super::directories::Directories;

/// Subnets are taken from 10.96.0.0/11, /24 each: 8192 installations on one machine.
const FIRST_OCTET: u8 = 10;
const SECOND_OCTET: u64 = 96;
const SUBNETS: u64 = 32 * 256;

/// Name of the pods' network of an installation. It differs between data directories, so that two installations on
/// one machine, or one engine, do not share it.
pub fn network_name(data_dir: &Path) -> String {
    format!("weir-{}", short_hash(data_dir))
}

pub(super) fn name_in(directories: &Directories) -> String {
    network_name(directories.root.parent().unwrap_or(&directories.root))
}

/// Eight hex digits that stay the same for a directory.
pub(super) fn short_hash(directory: &Path) -> String {
    format!("{:08x}", hash(directory) & 0xffff_ffff)
}

/// FNV-1a: stable between versions of the standard library, unlike its own hasher.
fn hash(directory: &Path) -> u64 {
    let path = directory
        .canonicalize()
        .or_else(|_| std::path::absolute(directory))
        .unwrap_or(directory.to_owned());
    path.as_os_str()
        .as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}

/// Describes the network to podman, once: its bridge has a name of its own and its subnet is free. Written as a file,
/// because two services that choose by themselves choose the same bridge.
pub(super) fn write(directories: &Directories, data_dir: &Path) -> Result<(), ServiceError> {
    let name = network_name(data_dir);
    let path = directories.networks.join(format!("{name}.json"));
    if path.exists() {
        return Ok(());
    }
    let routes = std::fs::read_to_string("/proc/net/route").unwrap_or_default();
    let text = describe(&name, free_subnet(hash(data_dir), &routed(&routes)));
    std::fs::write(&path, text).map_err(|source| ServiceError::Directory { path, source })
}

fn describe(name: &str, subnet: Ipv4Addr) -> String {
    let [a, b, c, _] = subnet.octets();
    let description = json!({
        "name": name,
        "id": format!("{:0<64}", name.trim_start_matches("weir-")),
        "driver": "bridge",
        "network_interface": name,
        "created": "2024-01-01T00:00:00Z",
        "subnets": [{ "subnet": format!("{subnet}/24"), "gateway": format!("{a}.{b}.{c}.1") }],
        "ipv6_enabled": false,
        "internal": false,
        "dns_enabled": false,
        "labels": { "weir.dev/network": "pods" },
        "ipam_options": { "driver": "host-local" },
    });
    format!("{description:#}\n")
}

/// The subnet that the hash points at, or the next one that leads nowhere yet.
fn free_subnet(hash: u64, routed: &[(u32, u32)]) -> Ipv4Addr {
    let candidates = (0..SUBNETS).map(|step| nth_subnet((hash.wrapping_add(step)) % SUBNETS));
    let taken = |subnet: &Ipv4Addr| {
        let bits = u32::from(*subnet);
        routed
            .iter()
            .any(|(network, mask)| bits & mask == network & mask || network & 0xffff_ff00 == bits)
    };
    candidates
        .clone()
        .find(|subnet| !taken(subnet))
        .unwrap_or_else(|| nth_subnet(hash % SUBNETS))
}

fn nth_subnet(index: u64) -> Ipv4Addr {
    let [.., second, third] = (SECOND_OCTET * 256 + index).to_be_bytes();
    Ipv4Addr::new(FIRST_OCTET, second, third, 0)
}

/// Destinations and masks of /proc/net/route, without the default route.
fn routed(table: &str) -> Vec<(u32, u32)> {
    let number = |text: Option<&&str>| u32::from_str_radix(text?, 16).ok().map(u32::swap_bytes);
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            Some((number(columns.get(1))?, number(columns.get(7))?))
        })
        .filter(|(_, mask)| *mask != 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &str = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
        eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
        br0\t0000600A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

    #[test]
    fn subnets_that_lead_somewhere_are_passed_over() {
        assert_eq!(nth_subnet(0), Ipv4Addr::new(10, 96, 0, 0));
        assert_eq!(free_subnet(0, &routed(ROUTES)), Ipv4Addr::new(10, 96, 1, 0));
        assert_eq!(free_subnet(300, &routed(ROUTES)), Ipv4Addr::new(10, 97, 44, 0));
    }

    #[test]
    fn the_last_subnet_stays_inside_the_range() {
        assert_eq!(nth_subnet(SUBNETS - 1), Ipv4Addr::new(10, 127, 255, 0));
    }

    #[test]
    fn two_installations_have_two_networks() {
        assert_ne!(network_name(Path::new("/a")), network_name(Path::new("/b")));
        assert!(
            network_name(Path::new("/a")).len() <= 15,
            "an interface name has at most 15 bytes"
        );
    }
}
