//! What callers tell, as tables.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use weir_api::build::{BuildSource, GitBuildSource};

use super::payload::{Delivery, Told};
use super::provider::Provider;

type Headers<'a> = &'a [(&'a str, &'a str)];

fn source(branch: &str) -> BuildSource {
    BuildSource {
        git: Some(GitBuildSource {
            r#ref: branch.to_owned(),
            ..GitBuildSource::default()
        }),
        ..BuildSource::default()
    }
}

/// What a call means in short: the commit, `branch` for a build without one, `-` for no build, or the refusal.
fn read(provider: Provider, headers: Headers<'_>, body: &str, source: &BuildSource) -> String {
    let pairs = headers.iter().map(|(name, value)| {
        let name: HeaderName = name.parse().unwrap();
        (name, HeaderValue::from_str(value).unwrap())
    });
    let headers: HeaderMap = pairs.collect();
    let delivery = Delivery {
        headers: &headers,
        body: body.as_bytes(),
        source,
        allow_env: false,
    };
    match provider.read(&delivery) {
        Ok(Told::Build(wish)) => {
            let commit = wish.revision.and_then(|revision| revision.git).map(|git| git.commit);
            let warning = wish.warning.map(|warning| format!("! {warning}")).unwrap_or_default();
            commit.unwrap_or_else(|| "branch".to_owned()) + &warning
        }
        Ok(Told::Nothing { warning }) => format!("-{}", warning.unwrap_or_default()),
        Err(error) => format!("{} {}", error.code, error.message),
    }
}

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

fn event(provider: Provider, event: (&str, &str), body: Value) -> String {
    read(provider, &[JSON, event], &body.to_string(), &source(""))
}

#[test]
fn a_provider_must_name_its_event_and_send_json() {
    use Provider::{Bitbucket, GitHub, GitLab};
    let form = ("content-type", "application/x-www-form-urlencoded");
    let bad_form = "400 unsupported Content-Type application/x-www-form-urlencoded: choose application/json in the \
                    settings of the webhook";
    let missing = "400 missing Content-Type: the payload must be application/json";
    let table: [(Provider, Headers<'_>, &str); 12] = [
        (GitHub, &[JSON], "400 missing X-GitHub-Event or X-Gogs-Event"),
        (
            GitHub,
            &[JSON, ("x-github-event", "")],
            "400 missing X-GitHub-Event or X-Gogs-Event",
        ),
        (
            GitHub,
            &[JSON, ("x-github-event", "issues")],
            "400 Unknown X-GitHub-Event or X-Gogs-Event issues",
        ),
        (GitHub, &[form, ("x-github-event", "ping")], bad_form),
        (GitHub, &[("x-github-event", "ping")], missing),
        (GitHub, &[JSON, ("x-gogs-event", "ping")], "-"),
        (GitLab, &[JSON], "400 missing X-Gitlab-Event"),
        (
            GitLab,
            &[JSON, ("x-gitlab-event", "Tag Push Hook")],
            "400 Unknown X-Gitlab-Event Tag Push Hook",
        ),
        (GitLab, &[form], bad_form),
        (Bitbucket, &[JSON], "400 missing X-Event-Key"),
        (
            Bitbucket,
            &[JSON, ("x-event-key", "pr:merged")],
            "400 Unknown Bitbucket X-Event-Key pr:merged",
        ),
        (Bitbucket, &[form], bad_form),
    ];
    for (provider, headers, wanted) in table {
        assert_eq!(
            read(provider, headers, "{}", &source("")),
            wanted,
            "{provider:?} {headers:?}"
        );
    }
}

#[test]
fn a_push_to_the_default_branch_concerns_a_config_that_names_none() {
    let github = ("x-github-event", "push");
    let push = |branch: &str, default: &str| json!({"ref": format!("refs/heads/{branch}"), "head_commit": {"id": "abc"}, "repository": {"default_branch": default}});
    assert_eq!(event(Provider::GitHub, github, push("main", "main")), "abc");
    assert_eq!(event(Provider::GitHub, github, push("master", "main")), "-");
    assert_eq!(event(Provider::GitHub, github, push("master", "master")), "abc");
    let gitlab = ("x-gitlab-event", "Push Hook");
    let push = json!({"ref": "refs/heads/main", "commits": [{"id": "abc"}], "project": {"default_branch": "main"}});
    assert_eq!(event(Provider::GitLab, gitlab, push), "abc");
}

#[test]
fn a_branch_that_is_gone_builds_nothing() {
    let zeros = "0".repeat(40);
    let github = json!({"ref": "refs/heads/master", "deleted": true, "after": zeros, "head_commit": null});
    assert_eq!(event(Provider::GitHub, ("x-github-event", "push"), github), "-");
    let gitlab = json!({"ref": "refs/heads/master", "after": zeros, "checkout_sha": null, "commits": []});
    assert_eq!(event(Provider::GitLab, ("x-gitlab-event", "Push Hook"), gitlab), "-");
    let cloud = json!({"push": {"changes": [{"old": {"type": "branch", "name": "master"}, "new": null}]}});
    assert_eq!(event(Provider::Bitbucket, ("x-event-key", "repo:push"), cloud), "-");
    let server = json!({"changes": [{"ref": {"displayId": "master"}, "type": "DELETE", "toHash": zeros}]});
    assert_eq!(
        event(Provider::Bitbucket, ("x-event-key", "repo:refs_changed"), server),
        "-"
    );
}

#[test]
fn a_push_without_commits_builds_what_the_branch_points_to() {
    let push = json!({"ref": "refs/heads/master", "after": "abc", "commits": []});
    assert_eq!(event(Provider::GitLab, ("x-gitlab-event", "Push Hook"), push), "abc");
    let push = json!({"ref": "refs/heads/master", "commits": null});
    assert_eq!(event(Provider::GitLab, ("x-gitlab-event", "Push Hook"), push), "branch");
    let push = json!({"ref": "refs/heads/master", "after": "abc", "head_commit": null});
    assert_eq!(event(Provider::GitHub, ("x-github-event", "push"), push), "abc");
    let made = json!({"push": {"changes": [{"old": null, "commits": [],
        "new": {"type": "branch", "name": "master", "target": {"hash": "abc"}}}]}});
    assert_eq!(event(Provider::Bitbucket, ("x-event-key", "repo:push"), made), "abc");
}

#[test]
fn of_several_branches_the_one_that_is_built_counts() {
    let change = |kind: &str, name: &str, hash: &str| {
        let branch = json!({"type": kind, "name": name});
        json!({"old": branch, "new": branch, "commits": [{"hash": hash}]})
    };
    let cloud = json!({"push": {"changes": [
        change("branch", "dev", "a"), change("tag", "master", "b"), change("branch", "master", "c"),
    ]}});
    assert_eq!(event(Provider::Bitbucket, ("x-event-key", "repo:push"), cloud), "c");
    let change = |kind: &str, name: &str, hash: &str| json!({"ref": {"displayId": name, "type": kind}, "toHash": hash});
    let server = json!({"changes": [
        change("BRANCH", "dev", "a"), change("TAG", "master", "b"), change("BRANCH", "master", "c"),
    ]});
    assert_eq!(
        event(Provider::Bitbucket, ("x-event-key", "repo:refs_changed"), server),
        "c"
    );
    let none = "400 Unable to extract valid event from payload: it tells of no changes";
    for payload in [json!({}), json!({"push": {"changes": []}}), json!({"changes": null})] {
        assert_eq!(
            event(Provider::Bitbucket, ("x-event-key", "repo:push"), payload.clone()),
            none
        );
        assert_eq!(
            event(Provider::Bitbucket, ("x-event-key", "repo:refs_changed"), payload),
            none
        );
    }
}

#[test]
fn authors_of_bitbucket_have_a_name_or_a_line_as_git_writes_it() {
    let by = |author: Value| {
        let branch = json!({"name": "master"});
        let push = json!({"push": {"changes": [{"new": branch, "commits": [{"hash": "a", "author": author}]}]}});
        let headers: HeaderMap = [("content-type", JSON.1), ("x-event-key", "repo:push")]
            .into_iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_static(value)))
            .collect();
        let told = Provider::Bitbucket.read(&Delivery {
            headers: &headers,
            body: push.to_string().as_bytes(),
            source: &source(""),
            allow_env: false,
        });
        let Ok(Told::Build(wish)) = told else {
            panic!("{told:?}")
        };
        let author = wish.revision.and_then(|revision| revision.git).unwrap().author;
        (author.name, author.email)
    };
    let pair = |name: &str, email: &str| (name.to_owned(), email.to_owned());
    assert_eq!(by(json!({"username": "jane"})), pair("jane", ""));
    assert_eq!(
        by(json!({"user": {"username": "jane"}, "raw": "J <j@example.com>"})),
        pair("jane", "j@example.com")
    );
    assert_eq!(
        by(json!({"raw": "Jane Doe <j@example.com>"})),
        pair("Jane Doe", "j@example.com")
    );
    assert_eq!(by(Value::Null), pair("", ""));
}

#[test]
fn a_generic_payload_says_what_it_likes() {
    let generic = |content_type: &str, body: &str, source: &BuildSource| {
        read(Provider::Generic, &[("content-type", content_type)], body, source)
    };
    let no_git = "branch! no git information found in payload, ignoring and continuing with build";
    let json = "application/json";
    let table = [
        (json, "{}", no_git),
        (json, "null", no_git),
        (
            json,
            r#"{"type": "git", "git": {"uri": "x", "ref": "dev", "commit": "a1"}}"#,
            "a1",
        ),
        (json, r#"{"git": {"ref": "refs/heads/dev"}}"#, "branch"),
        (
            json,
            r#"{"git": {"refs": [{"ref": "main", "commit": "a1"}, {"ref": "dev", "commit": "b2"}]}}"#,
            "b2",
        ),
        (
            json,
            r#"{"git": {"refs": []}}"#,
            "-skipping build. None of the supplied refs matched \"dev\"",
        ),
        ("application/yaml", "git:\n  ref: dev\n  commit: a1\n", "a1"),
        ("application/json", "", "branch"),
    ];
    for (content_type, body, wanted) in table {
        assert_eq!(generic(content_type, body, &source("dev")), wanted, "{body}");
    }
    let without_git = BuildSource::default();
    assert_eq!(
        generic(json, r#"{"git": {"ref": "dev", "commit": "a1"}}"#, &without_git),
        "branch"
    );
    for (content_type, body) in [(json, "{"), (json, "[]"), ("application/yaml", "a: b: c")] {
        let told = generic(content_type, body, &without_git);
        assert!(told.starts_with("branch! error unmarshalling payload: "), "{told}");
    }
    assert_eq!(read(Provider::Generic, &[], "", &source("dev")), "branch");
    let told = read(Provider::Generic, &[], "x", &source("dev"));
    assert!(told.starts_with("branch! invalid Content-Type"), "{told}");
}

/// Every value inside, as a path to it.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, item)| (at.to_string(), item))
            .collect(),
        _ => Vec::new(),
    };
    for (key, value) in members {
        places(value, &format!("{here}/{key}"), all);
    }
}

#[test]
fn a_payload_with_anything_anywhere_is_read_or_refused() {
    let person = json!({"name": "Jane", "email": "j@example.com", "username": "jane", "user": {"username": "j"}, "raw": "J <j>"});
    let commit = json!({"id": "a1", "message": "m", "author": person, "committer": person});
    let hashed = json!({"hash": "a1", "message": "m", "author": person});
    let branch = json!({"type": "branch", "name": "master", "target": hashed});
    let examples = [
        (
            Provider::GitHub,
            ("x-github-event", "push"),
            json!({"ref": "refs/heads/master", "after": "a1",
            "head_commit": commit, "repository": {"default_branch": "master"}}),
        ),
        (
            Provider::GitLab,
            ("x-gitlab-event", "Push Hook"),
            json!({"ref": "refs/heads/master", "after": "a1",
            "commits": [commit], "project": {"default_branch": "master"}}),
        ),
        (
            Provider::Bitbucket,
            ("x-event-key", "repo:push"),
            json!({"push": {"changes": [{"old": branch, "new": branch, "commits": [hashed]}]}}),
        ),
        (
            Provider::Bitbucket,
            ("x-event-key", "repo:refs_changed"),
            json!({"changes": [{"ref": {"displayId": "master", "type": "BRANCH"}, "toHash": "a1"}]}),
        ),
        (
            Provider::Generic,
            ("x-any", "x"),
            json!({"git": {"ref": "master", "commit": "a1", "author": person,
            "refs": [{"ref": "master", "commit": "a1", "message": "m"}]}, "env": [{"name": "A", "value": "b"}],
            "dockerStrategyOptions": {"noCache": true, "buildArgs": [{"name": "A", "value": "b"}]}}),
        ),
    ];
    let long = "ä".repeat(100_000);
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!(long),
        json!([]),
        json!([[]]),
        json!({"": {}}),
    ];
    for (provider, header, example) in examples {
        assert_eq!(event(provider, header, example.clone()), "a1", "{provider:?}");
        let mut all = Vec::new();
        places(&example, "", &mut all);
        for (place, odd) in all.iter().flat_map(|place| odd.iter().map(move |odd| (place, odd))) {
            let mut payload = example.clone();
            *payload.pointer_mut(place).unwrap() = odd.clone();
            let told = event(provider, header, payload);
            let is_refused = told.starts_with("400 ");
            assert!(told.len() < 1_000, "{provider:?} {place}: {}", told.len());
            assert!(
                !is_refused || provider != Provider::Generic,
                "generic calls build whatever they say: {told}"
            );
        }
    }
}
