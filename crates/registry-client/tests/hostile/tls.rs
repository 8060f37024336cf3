use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use weir_component::{Authority, ServeOptions, serve};
use weir_oci::Tag;
use weir_registry_client::{
    AddressPolicy, FetchError, HttpRegistryClient, HttpRegistryConfig, RegistryClient, Selector, Source,
};

use crate::server::{Server, client, config, good_manifest};

fn latest() -> Selector {
    Selector::Tag(Tag::latest())
}

/// A registry whose certificate is of an authority that nobody knows. Returns the authority too.
async fn tls_server(name: &str) -> (Server, String) {
    let directory = TempDir::new().unwrap();
    let authority = Authority::load_or_create(directory.path()).unwrap();
    let tls = authority.server_config(&[name.to_owned()]).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::at(address);
    let router = server.router(|_| good_manifest());
    tokio::spawn(serve(
        listener,
        Some(tls),
        router,
        ServeOptions::default(),
        CancellationToken::new(),
    ));
    (server, authority.certificate().to_owned())
}

fn secure(server: &Server) -> Source {
    Source {
        insecure: false,
        ..server.source()
    }
}

#[tokio::test]
async fn plain_http_is_not_spoken_unless_somebody_asked() {
    let server = Server::start(|_| good_manifest()).await;
    let result = client().fetch_manifest(&secure(&server), &latest()).await;
    assert!(matches!(result, Err(FetchError::HttpOnly)), "{result:?}");
    assert!(server.asked().is_empty());
    assert!(client().fetch_manifest(&server.source(), &latest()).await.is_ok());
}

#[tokio::test]
async fn an_unknown_certificate_is_refused_unless_somebody_asked() {
    let (server, _) = tls_server("127.0.0.1").await;
    let result = client().fetch_manifest(&secure(&server), &latest()).await;
    assert!(matches!(result, Err(FetchError::Connect { .. })), "{result:?}");
    assert!(server.asked().is_empty());
    assert!(client().fetch_manifest(&server.source(), &latest()).await.is_ok());
}

#[tokio::test]
async fn an_authority_can_be_added_and_names_are_still_checked() {
    for (name, accepted) in [("127.0.0.1", true), ("registry.example", false)] {
        let (server, authority) = tls_server(name).await;
        let config = HttpRegistryConfig {
            extra_roots: authority.into_bytes(),
            ..config(AddressPolicy::everything())
        };
        let result = HttpRegistryClient::new(config)
            .fetch_manifest(&secure(&server), &latest())
            .await;
        assert_eq!(result.is_ok(), accepted, "{name}: {result:?}");
    }
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_told_with_the_reason() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let source = Source::anonymous(&format!("{closed}/a/b").parse().unwrap());
    let failure = client().fetch_manifest(&source, &latest()).await.unwrap_err();
    assert!(matches!(&failure, FetchError::Connect { .. }));
    assert!(failure.to_string().contains("refused"), "{failure}");
}
