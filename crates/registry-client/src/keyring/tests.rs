use super::*;

fn keyring(entries: &[&str]) -> Keyring {
    let mut keyring = Keyring::default();
    for entry in entries {
        keyring.add(entry, Credentials::password(*entry, "p")).unwrap();
    }
    keyring
}

fn found(keyring: &Keyring, repository: &str) -> Option<String> {
    keyring
        .find(&repository.parse().unwrap())
        .map(|credentials| match credentials {
            Credentials::Password { user, .. } => user.clone(),
            other => panic!("{other:?}"),
        })
}

#[test]
fn the_most_specific_entry_wins_and_only_that_one() {
    let ring = keyring(&[
        "*.r.io",
        "hub.r.io",
        "hub.r.io/team",
        "hub.r.io/team/app",
        "hub.r.io:5000",
    ]);
    let table = [
        ("x.r.io/a/b", Some("*.r.io")),
        ("hub.r.io/a/b", Some("hub.r.io")),
        ("hub.r.io/team/other", Some("hub.r.io/team")),
        ("hub.r.io/team/app", Some("hub.r.io/team/app")),
        ("hub.r.io/team2/app", Some("hub.r.io")),
        ("hub.r.io:5000/a/b", Some("hub.r.io:5000")),
        ("hub.r.io:5001/a/b", None),
        ("a.b.r.io/x", None),
        ("r.io/x", None),
        ("evilr.io/x", None),
    ];
    for (repository, expected) in table {
        assert_eq!(found(&ring, repository).as_deref(), expected, "{repository}");
    }
}

#[test]
fn all_spellings_of_docker_hub_are_one() {
    for key in [
        "docker.io",
        "index.docker.io",
        "https://index.docker.io/v1/",
        "https://index.docker.io/v1",
    ] {
        let ring = keyring(&[key]);
        for repository in ["busybox", "docker.io/a/b", "index.docker.io/a/b"] {
            assert!(found(&ring, repository).is_some(), "{key} {repository}");
        }
        assert_eq!(found(&ring, "quay.io/a/b"), None);
    }
}

#[test]
fn both_kinds_of_docker_files_are_read() {
    let mut ring = Keyring::default();
    ring.add_docker_config_json(
        br#"{"auths":{"a.io":{"auth":"dXNlcjpwYXNzOndvcmQ="},"b.io":{"username":"u","password":"p","auth":"!"},
            "c.io":{"identitytoken":"id"},"d.io":{"registrytoken":"rt"},"e.io":{}},"credsStore":"x"}"#,
    )
    .unwrap();
    ring.add_dockercfg(br#"{"https://f.io/v2/":{"auth":"dTpw","email":"x@y"}}"#)
        .unwrap();
    let find = |host: &str| ring.find(&format!("{host}/x/y").parse().unwrap()).cloned();
    assert_eq!(find("a.io"), Some(Credentials::password("user", "pass:word")));
    assert_eq!(find("b.io"), Some(Credentials::password("u", "p")));
    assert_eq!(find("c.io"), Some(Credentials::IdentityToken(Secret::new("id"))));
    assert_eq!(find("d.io"), Some(Credentials::RegistryToken(Secret::new("rt"))));
    assert_eq!(find("e.io"), None);
    assert_eq!(find("f.io"), Some(Credentials::password("u", "p")));
}

#[test]
fn a_broken_file_adds_nothing_and_its_message_shows_nothing_of_it() {
    let mut ring = Keyring::default();
    let error = ring
        .add_docker_config_json(br#"{"auths":{"a.io":{"auth":"dTpw"},"b.io":{"auth":"hunter2!"}}}"#)
        .unwrap_err();
    assert!(!error.to_string().contains("hunter2"));
    assert!(ring.is_empty());
    let error = ring.add_docker_config_json(br#"{"auths":"hunter2"}"#).unwrap_err();
    assert!(matches!(error, KeyringError::Json { .. }) && !error.to_string().contains("hunter2"));
}

#[test]
fn secrets_are_never_shown() {
    let credentials = Credentials::password("user", "hunter2");
    assert!(!format!("{credentials:?}").contains("hunter2"));
    assert!(!format!("{:?}", keyring(&["a.io"])).contains("\"p\""));
}

#[test]
fn the_number_of_entries_is_bounded() {
    let mut ring = Keyring::default();
    for index in 0..KEYRING_ENTRIES {
        ring.add(&format!("r{index}.io"), Credentials::password("u", "p"))
            .unwrap();
    }
    assert_eq!(
        ring.add("x.io", Credentials::password("u", "p")),
        Err(KeyringError::TooManyEntries)
    );
}
