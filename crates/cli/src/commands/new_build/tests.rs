use serde_json::{Value, json};

use super::repository::Look;
use super::words::{Source, Wish};
use super::{Args, Strategy, words};
use crate::failure::Failure;
use crate::testing::Server;

const STREAMS: &str = "/apis/image.openshift.io/v1/namespaces/myproject/imagestreams";
const SHARED: &str = "GET /apis/image.openshift.io/v1/namespaces/openshift/imagestreams?limit=500";
const CONFIGS: &str = "POST /apis/build.openshift.io/v1/namespaces/myproject/buildconfigs";
const IMPORT: &str = "POST /apis/image.openshift.io/v1/namespaces/myproject/imagestreamimports";

fn args(words: &[&str]) -> Args {
    Args {
        words: words.iter().map(|word| word.to_string()).collect(),
        ..Args::default()
    }
}

/// Where repositories have no Dockerfile.
fn wish(args: &Args, dockerfile: Option<&str>) -> Result<Wish, Failure> {
    words::wish(args, dockerfile, &|_, _| Ok(Look::Without))
}

fn metadata() -> Value {
    json!({"Id": "sha256:73c2dd5aaaa", "Created": "2024-12-20T00:00:00Z", "Config": {"Labels": {
        "io.k8s.display-name": "nodejs-22", "io.openshift.tags": "builder,nodejs"}}})
}

fn server() -> Server {
    let server = Server::new();
    server.on(&format!("GET {STREAMS}?limit=500"), 200, json!({"items": []}));
    let nodejs = json!({"metadata": {"name": "nodejs"},
        "spec": {"tags": [{"name": "latest", "from": {"kind": "ImageStreamTag", "name": "22-ubi9"}}]},
        "status": {"tags": [{"tag": "latest", "items": [{"image": "sha256:1"}]}, {"tag": "22-ubi9", "items": [{"image": "sha256:1"}]}]}});
    server.on(SHARED, 200, json!({"items": [nodejs]}));
    server.on(
        "GET /apis/image.openshift.io/v1/namespaces/openshift/imagestreamimages/nodejs@sha256:1",
        200,
        json!({"image": {"dockerImageMetadata": metadata()}}),
    );
    server
        .on(&format!("POST {STREAMS}"), 201, json!({}))
        .on(CONFIGS, 201, json!({}));
    server
}

#[test]
fn words_say_what_is_built_how_and_under_which_name() {
    for (words, strategy, image, name) in [
        (
            &["nodejs~https://github.com/sclorg/nodejs-ex.git"][..],
            Strategy::Source,
            Some("nodejs"),
            "nodejs-ex",
        ),
        (
            &["openshift/nodejs:20", "git@host:team/My_App.git"],
            Strategy::Source,
            Some("openshift/nodejs:20"),
            "my-app",
        ),
    ] {
        let wish = wish(&args(words), None).unwrap();
        assert_eq!(
            (
                wish.strategy,
                wish.image.map(|image| image.text).as_deref(),
                wish.name.as_str()
            ),
            (strategy, image, name)
        );
    }
    let reference = wish(&args(&["a~https://h/x#dev"]), None).unwrap().source;
    assert_eq!(
        reference,
        Source::Git {
            uri: "https://h/x".into(),
            reference: Some("dev".into())
        }
    );
    let dockerfile = wish(&args(&[]), Some("FROM nginx:1")).unwrap();
    assert_eq!(
        (dockerfile.strategy, dockerfile.name.as_str()),
        (Strategy::Docker, "nginx")
    );
    for words in [
        &[][..],
        &["~https://x"],
        &["https://h/x.git"],
        &["nodejs"],
        &["a~https://x", "b~https://y"],
    ] {
        assert!(wish(&args(words), None).is_err(), "{words:?}");
    }
    let named = Args {
        name: Some("-x".into()),
        ..args(&["a~https://h/x"])
    };
    assert!(wish(&named, None).is_err());
}

#[test]
fn a_repository_with_a_dockerfile_is_built_with_it() {
    let looking = |look: Look| {
        move |uri: &str, reference: Option<&str>| {
            assert_eq!((uri, reference), ("https://h/web.git", Some("dev")));
            Ok(look.clone())
        }
    };
    let plain = args(&["https://h/web.git#dev"]);
    let docker = Args {
        strategy: Some(Strategy::Docker),
        ..plain.clone()
    };
    let there = looking(Look::Dockerfile("FROM nginx:1\n".into()));
    for args in [&plain, &docker] {
        let wish = words::wish(args, None, &there).unwrap();
        let image = wish.image.unwrap();
        assert_eq!(
            (wish.strategy, image.text.as_str(), image.required),
            (Strategy::Docker, "nginx:1", false)
        );
    }
    assert!(words::wish(&plain, None, &looking(Look::Without)).is_err());
    assert!(words::wish(&docker, None, &looking(Look::Without)).is_err());
    // Whoever builds may be able to read what cannot be read here.
    assert_eq!(words::wish(&docker, None, &looking(Look::Unknown)).unwrap().image, None);
    // With a builder there is nothing to look for.
    let with_builder = args(&["nodejs~https://h/web.git#dev"]);
    let nobody_looks = |_: &str, _: Option<&str>| panic!("nothing to look for");
    assert_eq!(
        words::wish(&with_builder, None, &nobody_looks).unwrap().strategy,
        Strategy::Source
    );
}

#[tokio::test]
async fn a_source_build_takes_its_builder_from_the_shared_streams() {
    let server = server();
    let outcome = server
        .run("new-build nodejs~http://127.0.0.1:8090/sclorg/nodejs-ex.git --name node-build")
        .await;
    assert_eq!(
        outcome.out,
        "--> Found image 73c2dd5 (23 months old) in image stream \"openshift/nodejs\" under tag \"22-ubi9\" for \"nodejs\"

    nodejs-22 
    --------- 
    Tags: builder, nodejs

    * A source build using source code from http://127.0.0.1:8090/sclorg/nodejs-ex.git will be created
      * The resulting image will be pushed to image stream tag \"node-build:latest\"
      * Use 'weir start-build' to trigger a new build

--> Creating resources with label build=node-build ...
    imagestream.image.openshift.io \"node-build\" created
    buildconfig.build.openshift.io \"node-build\" created
--> Success
"
    );
    let sent = server.body(CONFIGS);
    assert_eq!(sent["metadata"]["labels"], json!({"build": "node-build"}));
    assert_eq!(
        sent["spec"]["source"],
        json!({"type": "Git", "git": {"uri": "http://127.0.0.1:8090/sclorg/nodejs-ex.git"}})
    );
    assert_eq!(
        sent["spec"]["output"],
        json!({"to": {"kind": "ImageStreamTag", "name": "node-build:latest"}})
    );
    assert_eq!(
        sent["spec"]["strategy"],
        json!({"type": "Source", "sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "nodejs:22-ubi9", "namespace": "openshift"}}})
    );
    let types: Vec<&str> = sent["spec"]["triggers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trigger| trigger["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["GitHub", "Generic", "ConfigChange", "ImageChange"]);
}

#[tokio::test]
async fn an_image_of_a_registry_is_followed_by_a_stream_of_its_own() {
    let server = server();
    let found = json!({"status": {"images": [{"status": {"status": "Success"}, "image": {"dockerImageMetadata": metadata()}}]}});
    server.on(IMPORT, 201, found);
    let outcome = server
        .run("new-build registry.example.com/ubi9/nodejs-20~https://h/app.git --name builder")
        .await;
    for line in [
        "--> Found container image 73c2dd5 (23 months old) from registry.example.com for \"registry.example.com/ubi9/nodejs-20\"\n",
        "    * An image stream tag will be created as \"nodejs-20:latest\" that will track the source image\n",
        "      * Every time \"nodejs-20:latest\" changes a new build will be triggered\n",
        "    imagestream.image.openshift.io \"nodejs-20\" created\n    imagestream.image.openshift.io \"builder\" created\n",
    ] {
        assert!(outcome.out.contains(line), "{line:?} is not in:\n{}", outcome.out);
    }
    let from = json!({"kind": "ImageStreamTag", "name": "nodejs-20:latest"});
    assert_eq!(server.body(CONFIGS)["spec"]["strategy"]["sourceStrategy"]["from"], from);
}

#[tokio::test]
async fn an_image_that_is_nowhere_is_explained() {
    let server = server();
    server.on(
        IMPORT,
        201,
        json!({"status": {"images": [{"status": {"status": "Failure"}}]}}),
    );
    let outcome = server.run("new-build foo~https://h/app.git").await;
    assert!(
        outcome
            .err
            .starts_with("error: unable to locate any images in image streams or registries with name \"foo\"\n"),
        "{}",
        outcome.err
    );
    assert!(outcome.err.contains("weir import-builder foo"), "{}", outcome.err);
    assert_eq!(outcome.code, 1);
}

#[tokio::test]
async fn a_dockerfile_is_built_even_when_only_the_engine_knows_its_base() {
    let server = server();
    server.on(
        IMPORT,
        201,
        json!({"status": {"images": [{"status": {"status": "Failure"}}]}}),
    );
    let outcome = server
        .run_words(
            &["new-build", "-D", "-", "--name", "web"],
            "FROM local/base\nRUN true\n",
        )
        .await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    let spec = &server.body(CONFIGS)["spec"];
    assert_eq!(
        spec["source"],
        json!({"type": "Dockerfile", "dockerfile": "FROM local/base\nRUN true\n"})
    );
    assert_eq!(spec["strategy"], json!({"type": "Docker", "dockerStrategy": {}}));
}

#[tokio::test]
async fn an_output_stream_that_exists_is_used() {
    let server = server();
    server.on(&format!("GET {STREAMS}/node-build"), 200, json!({}));
    let outcome = server.run("new-build nodejs~https://h/app.git --name node-build").await;
    assert!(
        !outcome.out.contains("imagestream.image.openshift.io") && outcome.out.contains("--> Success"),
        "{}",
        outcome.out
    );
}

#[tokio::test]
async fn names_are_printed_of_what_is_made() {
    let server = server();
    let outcome = server
        .run_words(&["new-build", "-D", "FROM scratch", "--name=web", "-o", "name"], "")
        .await;
    let expected = "imagestream.image.openshift.io/web\nbuildconfig.build.openshift.io/web\n";
    assert_eq!((outcome.out.as_str(), outcome.code), (expected, 0), "{}", outcome.err);
    assert_eq!(server.body(CONFIGS)["metadata"]["name"], "web");
    let outcome = server
        .run_words(&["new-build", "-D", "FROM scratch", "--name=other", "--dry-run"], "")
        .await;
    assert!(
        outcome.out.ends_with("created (dry run)\n--> Success (dry run)\n"),
        "{}",
        outcome.out
    );
}

#[tokio::test]
async fn a_result_is_pushed_with_a_secret() {
    let server = server();
    let words = [
        "new-build",
        "-D",
        "FROM scratch",
        "--name=web",
        "--to=r.example/team/web:v1",
        "--to-docker",
        "--push-secret=hub",
    ];
    let outcome = server.run_words(&words, "").await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert_eq!(
        server.body(CONFIGS)["spec"]["output"],
        json!({"to": {"kind": "DockerImage", "name": "r.example/team/web:v1"}, "pushSecret": {"name": "hub"}})
    );
}

#[tokio::test]
async fn files_of_an_image_are_refused_with_what_to_do_instead() {
    let server = Server::new();
    for (words, code, text) in [
        ("--source-image=a", 2, "--source-image-path must be specified"),
        ("--source-image-path=/a:.", 2, "--source-image must be specified"),
        ("--source-image=a --source-image-path=/a:.", 1, "COPY --from"),
    ] {
        let outcome = server.run(&format!("new-build b~https://h/x.git {words}")).await;
        assert_eq!(outcome.code, code, "{words}: {}", outcome.err);
        assert!(outcome.err.contains(text), "{words}: {}", outcome.err);
    }
    assert_eq!(server.calls(), [""; 0]);
}

#[tokio::test]
async fn refused_objects_fail_the_command_after_the_others_were_tried() {
    let server = Server::new();
    server.on(&format!("GET {STREAMS}?limit=500"), 200, json!({"items": []}));
    server.on(&format!("POST {STREAMS}"), 201, json!({}));
    let message = "buildconfigs.build.openshift.io \"web\" already exists";
    server.on(CONFIGS, 409, crate::testing::status(409, "AlreadyExists", message));
    let outcome = server
        .run_words(&["new-build", "--dockerfile=FROM scratch", "--name=web"], "")
        .await;
    assert!(
        outcome
            .out
            .ends_with("    imagestream.image.openshift.io \"web\" created\n--> Failed\n"),
        "{}",
        outcome.out
    );
    assert_eq!(
        (outcome.err, outcome.code),
        (format!("    Error from server (AlreadyExists): {message}\n"), 1)
    );
}

#[tokio::test]
async fn a_binary_build_waits_for_somebody_who_uploads() {
    let server = server();
    let outcome = server.run("new-build --binary --name=up").await;
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(
        outcome.out.starts_with(
            "    * A Docker build using binary input will be created\n\
             \x20     * The resulting image will be pushed to image stream tag \"up:latest\"\n\
             \x20     * A binary build was created, use 'weir start-build --from-dir' to trigger a new build\n"
        ),
        "{}",
        outcome.out
    );
    let spec = &server.body(CONFIGS)["spec"];
    assert_eq!(spec["source"], json!({"type": "Binary", "binary": {}}));
    assert_eq!(spec["strategy"], json!({"type": "Docker", "dockerStrategy": {}}));
    let triggers: Vec<&str> = spec["triggers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trigger| trigger["type"].as_str().unwrap())
        .collect();
    assert_eq!(triggers, ["GitHub", "Generic"]);
}

#[tokio::test]
async fn an_upload_is_built_as_its_image_says() {
    for (words, labels, expected) in [
        ("", json!({}), "dockerStrategy"),
        (
            "",
            json!({"io.openshift.s2i.scripts-url": "image:///x"}),
            "sourceStrategy",
        ),
        (" --strategy=source", json!({}), "sourceStrategy"),
    ] {
        let server = server();
        let mut image = json!({"image": {"dockerImageMetadata": metadata()}});
        image["image"]["dockerImageMetadata"]["Config"]["Labels"] = labels;
        server.on(
            "GET /apis/image.openshift.io/v1/namespaces/openshift/imagestreamimages/nodejs@sha256:1",
            200,
            image,
        );
        // The answer that is there already is given first.
        server.run("new-build --binary -i nodejs --name=first --dry-run").await;
        let outcome = server.run(&format!("new-build --binary -i nodejs{words}")).await;
        assert_eq!(outcome.code, 0, "{}", outcome.err);
        let body = server.body(CONFIGS);
        assert_eq!(body["metadata"]["name"], "nodejs");
        assert_eq!(
            body["spec"]["strategy"][expected]["from"]["name"], "nodejs:22-ubi9",
            "{body}"
        );
    }
}

#[test]
fn an_upload_goes_with_no_other_source() {
    let binary = |words: &[&str]| Args {
        binary: true,
        ..args(words)
    };
    assert!(wish(&binary(&["https://github.com/a/b.git"]), None).is_err());
    assert!(wish(&binary(&[]), Some("FROM scratch")).is_err());
    assert!(wish(&binary(&[]), None).is_err(), "it needs a name");
}
