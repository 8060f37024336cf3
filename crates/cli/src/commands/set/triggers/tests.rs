use serde_json::{Value, json};

use super::change::{Change, Source, StreamTag};
use super::{build_config, deployment_config};
use crate::testing::Server;

const CONFIG: &str = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/app";

fn deployment(triggers: Value) -> Value {
    json!({"metadata": {"name": "app", "namespace": "myproject", "resourceVersion": "4"}, "spec": {
        "triggers": triggers, "template": {"spec": {"containers": [{"name": "default-container"}]}}}})
}

fn image(automatic: bool) -> Value {
    let mut parameters = json!({"containerNames": ["default-container"], "from": {"kind": "ImageStreamTag", "name": "node-build:latest"}});
    if automatic {
        parameters["automatic"] = true.into();
    }
    json!({"type": "ImageChange", "imageChangeParams": parameters})
}

fn config() -> Value {
    json!({"type": "ConfigChange"})
}

fn tag(text: &str) -> StreamTag {
    StreamTag::parse(text).unwrap()
}

fn from_image(text: &str) -> Source {
    Source::Image {
        tag: tag(text),
        containers: Vec::new(),
    }
}

#[test]
fn triggers_of_deployments_are_planned() {
    let set = |source, automatic| Change::Set { source, automatic };
    let latest = || from_image("myproject/node-build:latest");
    for (before, change, after) in [
        (json!([config()]), set(latest(), true), json!([config(), image(true)])),
        (
            json!([config(), image(true)]),
            set(latest(), true),
            json!([config(), image(true)]),
        ),
        (
            json!([config(), image(true)]),
            set(latest(), false),
            json!([config(), image(false)]),
        ),
        (
            json!([config(), image(true)]),
            Change::All { automatic: false },
            json!([image(false)]),
        ),
        (
            json!([image(false)]),
            Change::All { automatic: true },
            json!([config(), image(true)]),
        ),
        (
            json!([config(), image(true)]),
            Change::Remove(Source::Config),
            json!([image(true)]),
        ),
        (
            json!([config(), image(true)]),
            Change::Remove(from_image("node-build:latest")),
            json!([config()]),
        ),
        (
            json!([config(), image(true)]),
            Change::Remove(from_image("other/node-build:latest")),
            json!([config(), image(true)]),
        ),
        (json!([config(), image(true)]), Change::RemoveAll, json!([])),
        (json!(null), set(Source::Config, true), json!([config()])),
    ] {
        let planned = deployment_config::plan(&deployment(before.clone()), &change, "myproject").unwrap();
        assert_eq!(planned, after, "{before} {change:?}");
    }
}

#[test]
fn another_stream_takes_the_place_of_the_first() {
    let change = Change::Set {
        source: from_image("openshift/nodejs:20"),
        automatic: true,
    };
    let planned = deployment_config::plan(&deployment(json!([config(), image(true)])), &change, "myproject").unwrap();
    assert_eq!(
        planned[1]["imageChangeParams"]["from"],
        json!({"kind": "ImageStreamTag", "name": "nodejs:20", "namespace": "openshift"})
    );
    assert_eq!(planned.as_array().unwrap().len(), 2);
}

#[test]
fn a_container_that_is_not_there_is_named() {
    let change = Change::Set {
        source: Source::Image {
            tag: tag("a:b"),
            containers: vec!["nosuch".into()],
        },
        automatic: true,
    };
    let text = deployment_config::plan(&deployment(json!([])), &change, "myproject")
        .unwrap_err()
        .text()
        .unwrap();
    assert!(
        text.contains("\"nosuch\"") && text.contains("default-container"),
        "{text}"
    );
}

#[test]
fn triggers_of_builds_are_planned() {
    let object = |triggers: Value| {
        json!({"spec": {"triggers": triggers, "strategy": {"sourceStrategy": {
            "from": {"kind": "ImageStreamTag", "name": "nodejs:22", "namespace": "openshift"}}}}})
    };
    let plan = |before, change| build_config::plan(&object(before), &change, "myproject").unwrap();
    let set = |source| Change::Set {
        source,
        automatic: true,
    };
    let own = json!({"type": "ImageChange", "imageChange": {}});
    assert_eq!(plan(json!([]), set(from_image("openshift/nodejs:22"))), json!([own]));
    assert_eq!(plan(json!([own]), set(from_image("openshift/nodejs:22"))), json!([own]));
    assert_eq!(
        plan(json!([own]), Change::Remove(from_image("openshift/nodejs:22"))),
        json!([])
    );
    assert_eq!(
        plan(json!([own]), set(from_image("base:1")))[1],
        json!({"type": "ImageChange", "imageChange": {"from": {"kind": "ImageStreamTag", "name": "base:1"}}})
    );
    let hooks = plan(json!([]), set(Source::Webhook("GitHub")));
    assert_eq!(hooks[0]["github"]["secret"].as_str().unwrap().len(), 20);
    assert_eq!(plan(hooks, Change::Remove(Source::Webhook("GitHub"))), json!([]));
}

#[test]
fn stream_tags_need_a_tag() {
    for text in ["node", "node:", ":latest", "a/b/c:d", "/x:y", "x@sha256:1"] {
        let parsed = StreamTag::parse(text);
        assert!(parsed.is_err() || text.contains('@'), "{text}: {parsed:?}");
    }
    assert_eq!(tag("p/s:t").namespace.as_deref(), Some("p"));
}

#[tokio::test]
async fn an_image_trigger_is_set_as_typed() {
    let server = Server::new();
    server.on(&format!("GET {CONFIG}"), 200, deployment(json!([config()])));
    let call = format!("PATCH {CONFIG}?fieldManager=kubectl-set");
    server.on(&call, 200, json!({}));
    let outcome = server
        .run("set triggers dc/app --from-image=myproject/node-build:latest -c default-container")
        .await;
    assert_eq!(outcome.out, "deploymentconfig.apps.openshift.io/app triggers updated\n");
    assert_eq!(
        server.body(&call),
        json!({"metadata": {"resourceVersion": "4"}, "spec": {"triggers": [config(), image(true)]}})
    );
}

#[tokio::test]
async fn without_options_the_triggers_are_shown() {
    let server = Server::new();
    server.on(
        &format!("GET {CONFIG}"),
        200,
        deployment(json!([config(), image(true)])),
    );
    assert_eq!(
        server.run("set triggers dc/app").await.out,
        "NAME                   TYPE    VALUE                                  AUTO\n\
         deploymentconfigs/app  config                                         true\n\
         deploymentconfigs/app  image   node-build:latest (default-container)  true\n"
    );
}

#[tokio::test]
async fn one_type_at_a_time() {
    let outcome = Server::new()
        .run("set triggers bc/x --from-webhook --from-gitlab")
        .await;
    assert_eq!(
        (outcome.err.as_str(), outcome.code),
        ("error: you may only set one trigger type at a time\n", 1)
    );
}

#[test]
fn a_deployment_config_that_does_not_follow_its_template_says_so() {
    let shown = |triggers| super::Kind::DeploymentConfig.rows(&deployment(triggers));
    let config = |automatic| super::table::Row::new("config", "", Some(automatic));
    let image = |automatic| super::table::Row::new("image", "node-build:latest (default-container)", Some(automatic));
    assert_eq!(shown(json!([])), [config(false)]);
    assert_eq!(shown(json!([self::image(true)])), [config(false), image(true)]);
    assert_eq!(
        shown(json!([self::config(), self::image(false)])),
        [config(true), image(false)]
    );
}
