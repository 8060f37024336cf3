use super::*;

fn schemes(headers: &[&str]) -> Vec<String> {
    parse(headers.iter().copied())
        .into_iter()
        .map(|challenge| challenge.scheme)
        .collect()
}

#[test]
fn a_bearer_challenge_has_realm_service_and_scope() {
    let header =
        r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
    let challenges = parse([header]);
    assert_eq!(challenges.len(), 1);
    assert_eq!(challenges[0].scheme, "bearer");
    assert_eq!(challenges[0].parameter("realm"), Some("https://auth.docker.io/token"));
    assert_eq!(challenges[0].parameter("scope"), Some("repository:a/b:pull,push"));
    assert_eq!(challenges[0].parameter("error"), None);
}

#[test]
fn several_challenges_in_one_or_more_headers_are_all_found() {
    assert_eq!(
        schemes(&[r#"Basic realm="x", Bearer realm="y",service=z"#]),
        ["basic", "bearer"]
    );
    assert_eq!(
        schemes(&[r#"Bearer realm="y""#, r#"BASIC realm="x""#]),
        ["bearer", "basic"]
    );
    assert_eq!(schemes(&["Negotiate, Basic realm=x"]), ["negotiate", "basic"]);
    assert_eq!(schemes(&["Negotiate"]), ["negotiate"]);
}

#[test]
fn quotes_may_be_missing_and_characters_escaped() {
    let challenges = parse([r#"Basic realm=openshift,error="say \"no\"", Bearer realm=http://h:1/openshift/token"#]);
    assert_eq!(challenges[0].parameter("realm"), Some("openshift"));
    assert_eq!(challenges[0].parameter("error"), Some("say \"no\""));
    assert_eq!(challenges[1].parameter("realm"), Some("http://h:1/openshift/token"));
}

#[test]
fn names_and_schemes_ignore_case() {
    let challenges = parse([r#"bEARER Realm = "x" , SERVICE= y"#]);
    assert_eq!(challenges[0].parameter("realm"), Some("x"));
    assert_eq!(challenges[0].parameter("service"), Some("y"));
}

#[test]
fn hostile_headers_end_without_harm() {
    let many = "Basic realm=x,".repeat(10_000);
    assert_eq!(parse([many.as_str()]).len(), CHALLENGES);
    for header in [
        "",
        ",,,",
        "=",
        "Bearer realm=\"open",
        "Bearer realm=\"\\",
        "\u{e9}",
        "Bearer =x",
        "Bearer realm",
        "Basic ,=,=,",
    ] {
        assert!(parse([header]).len() <= 2, "{header}");
    }
}
