use super::*;

const SHOWN: &str = "docker-registry.default.svc:5000/";

struct Case {
    from: Option<&'static str>,
    environment: Vec<(String, String)>,
    build_args: BTreeMap<String, String>,
    image_names: BTreeMap<String, String>,
    labels: Vec<(String, String)>,
    facts: BuildFacts,
}

fn plain() -> Case {
    Case {
        from: None,
        environment: vec![],
        build_args: BTreeMap::new(),
        image_names: BTreeMap::new(),
        labels: vec![],
        facts: BuildFacts {
            name: "app-1".into(),
            namespace: "hello".into(),
            ..BuildFacts::default()
        },
    }
}

impl Case {
    fn run(&self, text: &str) -> Result<Rewritten, RewriteError> {
        rewrite(
            text,
            &Rewrite {
                from: self.from,
                environment: &self.environment,
                build_args: &self.build_args,
                image_names: &self.image_names,
                facts: &self.facts,
                labels: &self.labels,
                engine_name: &|name| name.replace(SHOWN, "127.0.0.1:5000/"),
            },
        )
    }

    /// The text without the instructions that every build gets at its end.
    fn body(&self, text: &str) -> String {
        let rewritten = self.run(text).unwrap().text;
        let (body, trailer) = rewritten.split_once("ENV OPENSHIFT_BUILD_NAME=").unwrap();
        assert!(trailer.contains("\nLABEL io.openshift.build.name="), "{trailer}");
        body.to_owned()
    }
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn every_build_gets_its_environment_and_labels_at_the_end() {
    let mut case = plain();
    case.facts = super::super::facts::tests::example();
    case.labels = vec![pair("io.openshift.build.name", "mine"), pair("team", "a \"b\"")];
    let expected = concat!(
        "FROM node:20\nRUN npm ci\n",
        "ENV OPENSHIFT_BUILD_NAME=\"app-1\" OPENSHIFT_BUILD_NAMESPACE=\"hello\" ",
        "OPENSHIFT_BUILD_SOURCE=\"https://h/app.git\" OPENSHIFT_BUILD_REFERENCE=\"main\" ",
        "OPENSHIFT_BUILD_COMMIT=\"0123456789abcdef0123456789abcdef01234567\"\n",
        "LABEL io.openshift.build.commit.author=\"Ann <ann@x>\" ",
        "io.openshift.build.commit.date=\"Mon Nov 23 10:00:00 2026 +0100\" ",
        "io.openshift.build.commit.id=\"0123456789abcdef0123456789abcdef01234567\" ",
        "io.openshift.build.commit.message=\"Cost: \\$5 \\\"net\\\"\" ",
        "io.openshift.build.commit.ref=\"main\" io.openshift.build.name=\"mine\" ",
        "io.openshift.build.namespace=\"hello\" io.openshift.build.source-location=\"https://h/app.git\" ",
        "team=\"a \\\"b\\\"\"\n",
    );
    assert_eq!(case.run("FROM node:20\nRUN npm ci").unwrap().text, expected);
}

#[test]
fn strategy_image_replaces_the_last_from_only() {
    let mut case = plain();
    case.from = Some("docker-registry.default.svc:5000/openshift/nodejs@sha256:aa");
    let text = "FROM golang AS build\nRUN make\nFROM --platform=linux/amd64 alpine AS final\nCOPY --from=build /x /x\n";
    let rewritten = case.run(text).unwrap();
    assert!(
        rewritten.text.contains(
            "FROM --platform=linux/amd64 127.0.0.1:5000/openshift/nodejs@sha256:aa AS final\nCOPY --from=build"
        )
    );
    assert!(rewritten.text.starts_with("FROM golang AS build\n"));
    assert_eq!(
        rewritten.images,
        ["golang", "docker-registry.default.svc:5000/openshift/nodejs@sha256:aa"]
    );
    assert_eq!(rewritten.replaced.as_deref(), Some("alpine"));
}

#[test]
fn strategy_environment_follows_every_from() {
    let mut case = plain();
    case.environment = vec![pair("X", "1"), pair("Y", "a b")];
    let body = case.body("FROM a AS one\nRUN x\nFROM b\nRUN y\n");
    assert_eq!(
        body,
        "FROM a AS one\nENV X=\"1\" Y=\"a b\"\nRUN x\nFROM b\nENV X=\"1\" Y=\"a b\"\nRUN y\n"
    );
}

#[test]
fn environment_survives_odd_ways_of_writing_from() {
    let mut case = plain();
    case.environment = vec![pair("X", "1")];
    let table = [
        ("from a as b\nRUN x\n", "from a as b\nENV X=\"1\"\nRUN x\n"),
        ("FROM a \\\n  AS b\nRUN x\n", "FROM a \\\n  AS b\nENV X=\"1\"\nRUN x\n"),
        ("# c\nARG V=1\nFROM a:$V\n", "# c\nARG V=1\nFROM a:1\nENV X=\"1\"\n"),
        ("FROM a\r\nRUN x\r\n", "FROM a\nENV X=\"1\"\r\nRUN x\r\n"),
        (
            "# escape=`\nFROM a\nRUN x `\n y\n",
            "# escape=`\nFROM a\nENV X=\"1\"\nRUN x `\n y\n",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(case.body(text), expected, "{text:?}");
    }
}

#[test]
fn heredocs_and_continuations_stay_as_they_are() {
    let case = plain();
    let text = "FROM a\nRUN <<EOF\nFROM not-an-image\nEOF\nRUN one \\\n # comment\n two\n";
    assert_eq!(case.body(text), text);
    assert_eq!(case.run(text).unwrap().images, ["a"]);
}

#[test]
fn named_images_are_replaced_where_they_match_exactly() {
    let mut case = plain();
    case.image_names = BTreeMap::from([(
        "base".to_owned(),
        "docker-registry.default.svc:5000/n/b@sha256:bb".to_owned(),
    )]);
    let text = "FROM base AS x\nFROM x\nCOPY --from=base /a /a\nCOPY --from=x /b /b\nCOPY --from=0 /c /c\nCOPY --from=basement /d /d\n";
    let expected = "FROM 127.0.0.1:5000/n/b@sha256:bb AS x\nFROM x\nCOPY --from=127.0.0.1:5000/n/b@sha256:bb /a /a\nCOPY --from=x /b /b\nCOPY --from=0 /c /c\nCOPY --from=basement /d /d\n";
    assert_eq!(case.body(text), expected);
    assert_eq!(
        case.run(text).unwrap().images,
        ["docker-registry.default.svc:5000/n/b@sha256:bb", "basement"]
    );
}

#[test]
fn arguments_before_from_choose_the_image() {
    let mut case = plain();
    let text = "ARG REG=docker-registry.default.svc:5000\nARG V=\"18\"\nFROM ${REG}/n/node:${V}\n";
    assert_eq!(
        case.run(text).unwrap().images,
        ["docker-registry.default.svc:5000/n/node:18"]
    );
    case.build_args = BTreeMap::from([("V".to_owned(), "20".to_owned())]);
    assert_eq!(
        case.body(text),
        "ARG REG=docker-registry.default.svc:5000\nARG V=\"18\"\nFROM 127.0.0.1:5000/n/node:20\n"
    );
}

#[test]
fn scratch_and_stages_are_no_images() {
    let case = plain();
    assert_eq!(
        case.run("FROM scratch\nCOPY a /a\n").unwrap().images,
        Vec::<String>::new()
    );
    assert_eq!(case.run("FROM a AS Build\nFROM build\n").unwrap().images, ["a"]);
}

#[test]
fn unusable_dockerfiles_are_refused_with_the_reason() {
    let case = plain();
    assert_eq!(case.run(""), Err(RewriteError::NoFrom));
    assert_eq!(case.run("# nothing\n"), Err(RewriteError::NoFrom));
    assert_eq!(
        case.run("ARG X\nFROM $X\n"),
        Err(RewriteError::EmptyImage("$X".to_owned()))
    );
    assert!(matches!(case.run("FROM a\nNONSENSE x\n"), Err(RewriteError::Syntax(_))));
    let error = case
        .run("FROM a\n\nRUN --mount=type=bind,source=/,target=/x ls\n")
        .unwrap_err();
    assert!(matches!(error, RewriteError::Forbidden { line: 3, .. }), "{error}");
    assert!(matches!(
        case.run("FROM a\nONBUILD RUN --security=insecure ls\n"),
        Err(RewriteError::Forbidden { .. })
    ));
}

#[test]
fn values_cannot_add_instructions() {
    let mut case = plain();
    case.environment = vec![pair("X", "1\nRUN curl evil")];
    case.labels = vec![pair("k\nRUN id", "v\"\nRUN id")];
    let rewritten = case.run("FROM a\n").unwrap().text;
    let parsed = parse_dockerfile::parse(&rewritten).unwrap();
    assert!(
        !parsed
            .instructions
            .iter()
            .any(|instruction| matches!(instruction, Instruction::Run(_))),
        "{rewritten}"
    );
}
