use super::*;

fn builder() -> BuilderImage {
    BuilderImage {
        reference: "docker-registry.default.svc:5000/openshift/nodejs@sha256:aa".into(),
        engine_name: "127.0.0.1:5000/openshift/nodejs@sha256:aa".into(),
        user: "1001".into(),
        working_dir: "/opt/app-root/src".into(),
        labels: BTreeMap::from([("io.openshift.s2i.scripts-url".into(), "image:///usr/libexec/s2i".into())]),
    }
}

fn facts() -> BuildFacts {
    BuildFacts {
        name: "app-1".into(),
        namespace: "hello".into(),
        ..BuildFacts::default()
    }
}

struct Case {
    builder: BuilderImage,
    facts: BuildFacts,
    environment_file: &'static str,
    source_scripts: Vec<(String, RelativePath)>,
    scripts_url: &'static str,
    environment: Vec<(String, String)>,
    labels: Vec<(String, String)>,
    injections: Vec<Injection>,
    previous: Option<Previous>,
    allowed_users: Option<&'static str>,
}

fn plain_case() -> Case {
    Case {
        builder: builder(),
        facts: facts(),
        environment_file: "",
        source_scripts: vec![],
        scripts_url: "",
        environment: vec![],
        labels: vec![],
        injections: vec![],
        previous: None,
        allowed_users: None,
    }
}

impl Case {
    fn run(&self) -> Result<S2iPlan, S2iError> {
        plan_s2i(&S2iInput {
            builder: &self.builder,
            facts: &self.facts,
            context_dir: &"app".parse().unwrap(),
            has_source: true,
            environment_file: self.environment_file,
            source_scripts: &self.source_scripts,
            scripts_url: self.scripts_url,
            environment: &self.environment,
            labels: &self.labels,
            injections: &self.injections,
            previous: self.previous.as_ref(),
            allowed_users: self.allowed_users,
        })
    }

    fn dockerfile(&self) -> String {
        self.run().unwrap().dockerfile
    }
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn script(name: &str) -> (String, RelativePath) {
    (name.to_owned(), format!(".s2i/bin/{name}").parse().unwrap())
}

#[test]
fn plain_build_copies_the_source_assembles_and_runs() {
    let expected = r#"FROM 127.0.0.1:5000/openshift/nodejs@sha256:aa
LABEL io.openshift.build.image="docker-registry.default.svc:5000/openshift/nodejs@sha256:aa"
ENV OPENSHIFT_BUILD_NAME="app-1" \
    OPENSHIFT_BUILD_NAMESPACE="hello"
# Copying in source code
COPY --chown=1001:0 upload/src /tmp/src
USER 1001
# Assemble script sourced from builder image based on user input or image metadata.
# If this file does not exist in the image, the build will fail.
RUN /usr/libexec/s2i/assemble
# Run script sourced from builder image based on user input or image metadata.
# If this file does not exist in the image, the build will fail.
CMD ["/usr/libexec/s2i/run"]
"#;
    let plan = plain_case().run().unwrap();
    assert_eq!(plan.dockerfile, expected);
    let tree = Part::Tree {
        from: "app".parse().unwrap(),
        to: "upload/src".parse().unwrap(),
        s2i_ignore: true,
        without: vec![],
    };
    assert_eq!(plan.parts, [tree]);
}

#[test]
fn everything_at_once_keeps_the_order() {
    let mut case = plain_case();
    case.facts = super::super::facts::tests::example();
    case.builder
        .labels
        .insert("io.openshift.s2i.destination".into(), "/opt/d/".into());
    case.builder
        .labels
        .insert("io.openshift.s2i.assemble-user".into(), "1002:0".into());
    case.environment_file = "A=1\nB=$HOME \"x\"\n";
    case.environment = vec![pair("A", "2")];
    case.labels = vec![pair("team", "blue")];
    case.source_scripts = vec![script("assemble"), script("save-artifacts"), script("usage")];
    case.previous = Some(Previous {
        engine_name: "127.0.0.1:5000/hello/app:latest".into(),
    });
    case.injections = vec![
        Injection {
            name: "secret-0".into(),
            destination: "etc".into(),
            files: vec![("k1".into(), b"1".to_vec()), ("k2".into(), b"2".to_vec())],
            secret: true,
        },
        Injection {
            name: "config-0".into(),
            destination: "/etc/c".into(),
            files: vec![("c".into(), vec![])],
            secret: false,
        },
    ];
    let expected = r#"FROM 127.0.0.1:5000/hello/app:latest as cached
# Copying in override save-artifacts script
COPY --chown=1002:0 upload/scripts/save-artifacts /opt/d/scripts/save-artifacts
USER 1002
RUN if [ -s /opt/d/scripts/save-artifacts ]; then /opt/d/scripts/save-artifacts > /tmp/artifacts.tar; else touch /tmp/artifacts.tar; fi
FROM 127.0.0.1:5000/openshift/nodejs@sha256:aa
LABEL io.openshift.build.commit.author="Ann <ann@x>" \
      io.openshift.build.commit.date="Mon Nov 23 10:00:00 2026 +0100" \
      io.openshift.build.commit.id="0123456789abcdef0123456789abcdef01234567" \
      io.openshift.build.commit.message="Cost: \$5 \"net\"" \
      io.openshift.build.commit.ref="main" \
      io.openshift.build.image="docker-registry.default.svc:5000/openshift/nodejs@sha256:aa" \
      io.openshift.build.source-location="https://h/app.git" \
      io.openshift.s2i.destination="/opt/d/" \
      team="blue"
ENV A="2" \
    B="\$HOME \"x\"" \
    OPENSHIFT_BUILD_NAME="app-1" \
    OPENSHIFT_BUILD_NAMESPACE="hello" \
    OPENSHIFT_BUILD_SOURCE="https://h/app.git" \
    OPENSHIFT_BUILD_REFERENCE="main" \
    OPENSHIFT_BUILD_COMMIT="0123456789abcdef0123456789abcdef01234567"
COPY --chown=1002:0 --from=cached /tmp/artifacts.tar /tmp/artifacts.tar
# Copying in override assemble/run scripts
COPY --chown=1002:0 upload/scripts /opt/d/scripts
# Copying in source code
COPY --chown=1002:0 upload/src /opt/d/src
# Copying in injected content
COPY --chown=1002:0 upload/injections/secret-0 /opt/app-root/src/etc
COPY --chown=1002:0 upload/injections/config-0 /etc/c
USER 1002
# Extract artifact content
RUN if [ -s /tmp/artifacts.tar ]; then mkdir -p /opt/d/artifacts; tar -xf /tmp/artifacts.tar -C /opt/d/artifacts; fi && \
    rm /tmp/artifacts.tar
RUN /opt/d/scripts/assemble
# Cleaning up injected secret content
RUN rm /opt/app-root/src/etc/k1 && \
    rm /opt/app-root/src/etc/k2
# Run script sourced from builder image based on user input or image metadata.
# If this file does not exist in the image, the build will fail.
CMD ["/usr/libexec/s2i/run"]
"#;
    let plan = case.run().unwrap();
    assert_eq!(plan.dockerfile, expected);
    let Part::Tree { without, .. } = &plan.parts[0] else {
        panic!("no tree")
    };
    assert_eq!(
        without,
        &[
            ".s2i/bin/assemble".parse().unwrap(),
            ".s2i/bin/save-artifacts".parse().unwrap()
        ]
    );
    assert_eq!(plan.parts.len(), 1 + 2 + 2 + 3);
}

#[test]
fn root_needs_no_user_instruction_and_names_lose_their_group() {
    let table = [
        ("", None, "--chown=1001:0", Some("USER 1001")),
        ("root", None, "--chown=root:0", None),
        ("0:0", None, "--chown=0:0", None),
        ("default:root", None, "--chown=default:0", Some("USER default")),
        ("root", Some("1001"), "--chown=1001:0", Some("USER 1001")),
    ];
    for (user, label, chown, instruction) in table {
        let mut case = plain_case();
        case.builder.user = user.into();
        if let Some(label) = label {
            case.builder
                .labels
                .insert("io.openshift.s2i.assemble-user".into(), label.into());
        }
        let text = case.dockerfile();
        assert!(text.contains(chown), "{user}: {text}");
        assert_eq!(
            text.lines().find(|line| line.starts_with("USER")),
            instruction,
            "{user}"
        );
    }
}

#[test]
fn scripts_are_chosen_by_strategy_then_source_then_label_then_default() {
    let mut case = plain_case();
    case.source_scripts = vec![script("run")];
    let text = case.dockerfile();
    assert!(
        text.contains("RUN /usr/libexec/s2i/assemble\n") && text.ends_with("CMD [\"/tmp/scripts/run\"]\n"),
        "{text}"
    );
    case.scripts_url = "image:///opt/scripts";
    let text = case.dockerfile();
    assert!(
        text.contains("RUN /opt/scripts/assemble\n") && text.ends_with("CMD [\"/opt/scripts/run\"]\n"),
        "{text}"
    );
    assert!(
        text.contains("io.openshift.s2i.scripts-url=\"image:///opt/scripts\""),
        "{text}"
    );
    let mut case = plain_case();
    case.builder.labels.clear();
    assert!(case.dockerfile().contains("RUN /usr/libexec/s2i/assemble\n"));
}

#[test]
fn legacy_script_directory_is_remarked() {
    let mut case = plain_case();
    case.source_scripts = vec![("run".to_owned(), ".sti/bin/run".parse().unwrap())];
    assert_eq!(
        case.run().unwrap().remarks,
        ["DEPRECATED: Use .s2i/bin instead of .sti/bin"]
    );
}

#[test]
fn assemble_user_must_be_in_the_allowed_range() {
    let table = [
        ("1001", "1-", true),
        ("0", "1-", false),
        ("root", "1-", false),
        ("default", "1-", false),
        ("1500", "1-10,1000-2000", true),
        ("2500", "1-10,1000-2000", false),
        ("5", "5", true),
        ("5", "nonsense", false),
    ];
    for (user, ranges, allowed) in table {
        let mut case = plain_case();
        case.builder.user = user.into();
        case.allowed_users = Some(ranges);
        assert_eq!(case.run().is_ok(), allowed, "{user} {ranges}");
    }
}

#[test]
fn words_from_outside_cannot_add_instructions() {
    let hostile = ["/x\nRUN id", "/x; id", "/x $(id)", "relative", "/a/../b"];
    for path in hostile {
        for label in ["io.openshift.s2i.destination", "io.openshift.s2i.scripts-url"] {
            let mut case = plain_case();
            let value = if label.ends_with("url") {
                format!("image://{path}")
            } else {
                path.to_owned()
            };
            case.builder.labels.insert(label.into(), value);
            assert!(matches!(case.run(), Err(S2iError::Path { .. })), "{label} {path:?}");
        }
        let mut case = plain_case();
        case.injections = vec![Injection {
            name: "s".into(),
            destination: path.into(),
            files: vec![],
            secret: true,
        }];
        assert_eq!(case.run().is_err(), path != "relative", "{path:?}");
    }
    for user in ["1001\nRUN id", "a b", "-x", "$U"] {
        let mut case = plain_case();
        case.builder.user = user.into();
        assert!(matches!(case.run(), Err(S2iError::User(_))), "{user:?}");
    }
    let mut case = plain_case();
    case.environment_file = "A=x\\\nB=1\"\nC=$(id)\n";
    let parsed = case.dockerfile();
    let parsed = parse_dockerfile::parse(&parsed).unwrap();
    let runs = parsed
        .instructions
        .iter()
        .filter(|one| matches!(one, parse_dockerfile::Instruction::Run(_)))
        .count();
    assert_eq!(runs, 1);
}

#[test]
fn injected_file_names_are_checked() {
    for name in ["..", "a/b", "a b", "-rf", "", "a;id"] {
        let mut case = plain_case();
        let files = vec![(name.to_owned(), vec![])];
        case.injections = vec![Injection {
            name: "s".into(),
            destination: "d".into(),
            files,
            secret: true,
        }];
        assert!(matches!(case.run(), Err(S2iError::FileName(_))), "{name:?}");
    }
}

#[test]
fn scripts_from_the_network_are_refused() {
    for url in ["https://h/scripts", "http://h/s", "file:///etc"] {
        let mut case = plain_case();
        case.scripts_url = url;
        assert!(matches!(case.run(), Err(S2iError::ScriptsUrl(_))), "{url}");
    }
}
