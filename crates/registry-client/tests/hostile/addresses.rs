use std::net::SocketAddr;

use weir_oci::Tag;
use weir_registry_client::{
    AddressClass, AddressPolicy, FetchError, HostPort, HttpRegistryClient, HttpRegistryConfig, RegistryClient,
    Selector, Source,
};

use crate::server::{Server, answer, client, client_with, config, good_manifest};

fn latest() -> Selector {
    Selector::Tag(Tag::latest())
}

/// Only this server, and public addresses.
fn only(address: SocketAddr) -> AddressPolicy {
    AddressPolicy::public_only().allow_host(HostPort {
        host: address.ip().to_string(),
        port: Some(address.port()),
    })
}

fn source(host: &str) -> Source {
    Source {
        insecure: true,
        ..Source::anonymous(&format!("{host}/a/b").parse().unwrap())
    }
}

#[tokio::test]
async fn addresses_inside_are_refused_however_they_are_written() {
    let server = Server::start(|_| good_manifest()).await;
    let port = server.address.port();
    let client = client_with(AddressPolicy::public_only());
    let table = [
        ("127.0.0.1", AddressClass::Loopback),
        ("127.1", AddressClass::Loopback),
        ("0x7f.0.0.1", AddressClass::Loopback),
        ("0177.0.0.1", AddressClass::Loopback),
        ("2130706433", AddressClass::Loopback),
        ("localhost", AddressClass::Loopback),
        ("[::1]", AddressClass::Loopback),
        ("[::ffff:127.0.0.1]", AddressClass::Loopback),
        ("0.0.0.0", AddressClass::Reserved),
        ("10.0.0.1", AddressClass::Private),
        ("169.254.169.254", AddressClass::LinkLocal),
    ];
    for (host, expected) in table {
        let result = client
            .fetch_manifest(&source(&format!("{host}:{port}")), &latest())
            .await;
        assert!(
            matches!(result, Err(FetchError::AddressRefused { class, .. }) if class == expected),
            "{host}: {result:?}"
        );
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_host_that_the_administrator_names_is_contacted_at_its_port_only() {
    let server = Server::start(|_| good_manifest()).await;
    let other = Server::start(|_| good_manifest()).await;
    let client = client_with(only(server.address));
    assert!(client.fetch_manifest(&server.source(), &latest()).await.is_ok());
    let result = client.fetch_manifest(&other.source(), &latest()).await;
    assert!(matches!(result, Err(FetchError::AddressRefused { .. })));
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_redirect_leads_to_permitted_addresses_only() {
    let secret = Server::start(|_| answer(200, &[], "secret")).await;
    let targets = [
        format!("http://{}/v2/a/b/x", secret.address),
        format!("http://localhost:{}/", secret.address.port()),
        format!("http://0x7f000001:{}/", secret.address.port()),
    ];
    for target in targets {
        let location = target.clone();
        let server = Server::start(move |_| answer(307, &[("location", &location)], "")).await;
        let result = client_with(only(server.address))
            .fetch_manifest(&server.source(), &latest())
            .await;
        assert!(
            matches!(result, Err(FetchError::AddressRefused { .. })),
            "{target}: {result:?}"
        );
    }
    assert!(secret.asked().is_empty());
}

#[tokio::test]
async fn redirects_are_followed_a_few_times_and_not_away_from_http() {
    let storage = Server::start(|_| good_manifest()).await;
    let location = format!("http://{}/elsewhere", storage.address);
    let server = Server::start(move |_| answer(307, &[("location", &location)], "")).await;
    assert!(client().fetch_manifest(&server.source(), &latest()).await.is_ok());
    for location in [
        "/v2/a/b/manifests/latest",
        "file:///etc/passwd",
        "ftp://example.com/",
        "//",
        "",
    ] {
        let server = Server::start(move |_| answer(302, &[("location", location)], "")).await;
        let result = client().fetch_manifest(&server.source(), &latest()).await;
        assert!(matches!(result, Err(FetchError::Protocol(_))), "{location}: {result:?}");
    }
    let server = Server::start(|_| answer(302, &[], "")).await;
    assert!(matches!(
        client().fetch_manifest(&server.source(), &latest()).await,
        Err(FetchError::Protocol(_))
    ));
}

#[tokio::test]
async fn our_own_registry_is_found_by_its_name_and_nothing_else_there() {
    let server = Server::start(|_| good_manifest()).await;
    let internal = vec![("registry.svc:5000".to_owned(), server.address)];
    let config = HttpRegistryConfig {
        internal_hosts: internal,
        ..config(AddressPolicy::public_only())
    };
    let client = HttpRegistryClient::new(config);
    let own = Source::anonymous(&"registry.svc:5000/a/b".parse().unwrap());
    assert!(client.fetch_manifest(&own, &latest()).await.is_ok());
    let result = client.fetch_manifest(&server.source(), &latest()).await;
    assert!(matches!(result, Err(FetchError::AddressRefused { .. })));
}
