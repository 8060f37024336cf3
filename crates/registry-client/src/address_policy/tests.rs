use super::*;

fn class(text: &str) -> Option<AddressClass> {
    AddressClass::of(text.parse().unwrap_or_else(|_| panic!("{text}")))
}

#[test]
fn addresses_inside_our_network_are_not_public() {
    use AddressClass::{LinkLocal, Loopback, Private, Reserved};
    let table = [
        ("127.0.0.1", Loopback),
        ("127.255.0.1", Loopback),
        ("::1", Loopback),
        ("::ffff:127.0.0.1", Loopback),
        ("64:ff9b::7f00:1", Loopback),
        ("2002:7f00:1::", Loopback),
        ("::127.0.0.1", Loopback),
        ("10.1.2.3", Private),
        ("172.16.0.1", Private),
        ("172.31.255.255", Private),
        ("192.168.1.1", Private),
        ("100.64.0.1", Private),
        ("fd00::1", Private),
        ("::ffff:10.0.0.1", Private),
        ("169.254.169.254", LinkLocal),
        ("fe80::1", LinkLocal),
        ("fec0::1", LinkLocal),
        ("0.0.0.0", Reserved),
        ("0.1.2.3", Reserved),
        ("224.0.0.1", Reserved),
        ("255.255.255.255", Reserved),
        ("198.18.0.1", Reserved),
        ("192.0.0.8", Reserved),
        ("::", Reserved),
        ("ff02::1", Reserved),
        ("100::1", Reserved),
        ("2001:db8::1", Reserved),
        ("2001::1", Reserved),
    ];
    for (text, expected) in table {
        assert_eq!(class(text), Some(expected), "{text}");
    }
}

#[test]
fn public_addresses_have_no_class() {
    for text in [
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "8.8.8.8",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ] {
        assert_eq!(class(text), None, "{text}");
    }
}

#[test]
fn hosts_and_networks_can_be_allowed() {
    let policy = AddressPolicy::public_only()
        .allow_network("10.1.0.0/16".parse().unwrap())
        .allow_network("fd00::/8".parse().unwrap())
        .allow_host("registry.lan".parse().unwrap())
        .allow_host("127.0.0.1:5000".parse().unwrap());
    assert_eq!(policy.check("10.1.2.3".parse().unwrap()), Ok(()));
    assert_eq!(policy.check("::ffff:10.1.2.3".parse().unwrap()), Ok(()));
    assert_eq!(policy.check("10.2.0.1".parse().unwrap()), Err(AddressClass::Private));
    assert_eq!(policy.check("fd12::1".parse().unwrap()), Ok(()));
    assert!(policy.trusts_host("Registry.LAN", 443) && policy.trusts_host("127.0.0.1", 5000));
    assert!(!policy.trusts_host("127.0.0.1", 8443) && !policy.trusts_host("evil.registry.lan", 443));
    assert_eq!(AddressPolicy::everything().check("127.0.0.1".parse().unwrap()), Ok(()));
}

#[test]
fn malformed_networks_are_refused() {
    for text in ["", "10.0.0.0", "10.0.0.0/33", "::/129", "x/8", "10.0.0.0/-1"] {
        assert!(text.parse::<Network>().is_err(), "{text}");
    }
    assert!(
        "0.0.0.0/0"
            .parse::<Network>()
            .unwrap()
            .contains("9.9.9.9".parse().unwrap())
    );
}
