use serde_json::{Value, json};

use crate::testing::Server;

const NAMESPACE: &str = "/api/v1/namespaces/myproject";

fn events(server: &Server, kind: &str, name: &str, items: Value) {
    let fields =
        format!("involvedObject.name%3D{name}%2CinvolvedObject.namespace%3Dmyproject%2CinvolvedObject.kind%3D{kind}");
    server.on(
        &format!("GET {NAMESPACE}/events?fieldSelector={fields}&limit=500"),
        200,
        json!({ "items": items }),
    );
}

fn metadata(name: &str) -> Value {
    json!({"name": name, "namespace": "myproject", "creationTimestamp": "2026-11-23T03:19:50Z"})
}

#[tokio::test]
async fn a_failed_build_says_why_and_what_to_do() {
    let server = Server::new();
    let path = "/apis/build.openshift.io/v1/namespaces/myproject/builds/node-build-1";
    let build = json!({
        "metadata": metadata("node-build-1"),
        "spec": {
            "source": {"type": "Git", "git": {"uri": "https://example.com/app.git"}},
            "strategy": {"type": "Source", "sourceStrategy": {"from": {"kind": "DockerImage", "name": "r/nodejs@sha256:1"}}},
            "output": {"to": {"kind": "ImageStreamTag", "name": "node-build:latest"}},
            "triggeredBy": [{"message": "Manually triggered"}],
        },
        "status": {
            "phase": "Failed", "reason": "FetchSourceFailed", "message": "Failed to fetch the input source.",
            "startTimestamp": "2026-11-23T03:19:50Z", "completionTimestamp": "2026-11-23T03:19:55Z",
            "config": {"kind": "BuildConfig", "name": "node-build"}, "logSnippet": "Cloning ...\nfatal: unable to access",
        },
    });
    server.on(&format!("GET {path}"), 200, build);
    let event = json!({"type": "Normal", "reason": "BuildFailed", "message": "Build failed", "lastTimestamp": "2026-11-23T03:19:55Z",
        "source": {"component": "build-controller"}});
    events(&server, "Build", "node-build-1", json!([event]));
    let outcome = server.run("describe build node-build-1").await;
    assert_eq!(
        outcome.out,
        "Name:         node-build-1
Namespace:    myproject
Created:      10 seconds ago
Labels:       <none>
Annotations:  <none>

Status:     Failed (FetchSourceFailed: Failed to fetch the input source.)
Started:    Mon, 23 Nov 2026 03:19:50 UTC
Duration:   5s
Next Step:  check that the git URL and the ref exist and can be reached from the server; a private repository needs a source secret

Build Config:  node-build

Strategy:    Source
URL:         https://example.com/app.git
From Image:  DockerImage r/nodejs@sha256:1
Output to:   ImageStreamTag node-build:latest

Build trigger cause:  Manually triggered

Log Tail:  Cloning ...
           fatal: unable to access

Events:
  Type    Reason       Age  From              Message
  Normal  BuildFailed  5s   build-controller  Build failed
"
    );
}

#[tokio::test]
async fn a_stream_shows_the_history_of_its_tags() {
    let server = Server::new();
    let stream = json!({
        "metadata": metadata("web"),
        "spec": {"lookupPolicy": {"local": false}, "tags": [
            {"name": "1.27", "from": {"kind": "DockerImage", "name": "docker.io/library/nginx:1.27"}, "importPolicy": {"scheduled": true}, "referencePolicy": {"type": "Local"}},
        ]},
        "status": {"dockerImageRepository": "registry/myproject/web", "tags": [
            {"tag": "1.27", "items": null, "conditions": [{"type": "ImportSuccess", "status": "False", "reason": "NotFound", "message": "no such image", "lastTransitionTime": "2026-11-23T03:19:00Z"}]},
            {"tag": "latest", "items": [
                {"created": "2026-11-23T03:19:58Z", "dockerImageReference": "registry/myproject/web@sha256:2", "image": "sha256:2", "generation": 1},
                {"created": "2026-11-23T03:19:52Z", "dockerImageReference": "registry/myproject/web@sha256:1", "image": "sha256:1", "generation": 1},
            ]},
        ]},
    });
    server.on(
        "GET /apis/image.openshift.io/v1/namespaces/myproject/imagestreams/web",
        200,
        stream,
    );
    assert_eq!(
        server.run("describe is/web").await.out,
        "Name:              web
Namespace:         myproject
Created:           10 seconds ago
Labels:            <none>
Annotations:       <none>
Image Repository:  registry/myproject/web
Image Lookup:      local=false
Unique Images:     2
Tags:              2

latest
  no spec tag

  * registry/myproject/web@sha256:2
      2 seconds ago

    registry/myproject/web@sha256:1
      8 seconds ago

1.27
  updates automatically from registry docker.io/library/nginx:1.27
    prefer registry pullthrough when referencing this tag

  ! error: Import failed (NotFound): no such image
      About a minute ago

  no image has been pushed or imported yet
"
    );
}

#[tokio::test]
async fn a_deployment_says_which_tag_and_digest_it_runs() {
    let server = Server::new();
    let config = json!({
        "metadata": metadata("app"),
        "spec": {
            "replicas": 1, "selector": {"app": "x"}, "strategy": {"type": "Rolling"},
            "triggers": [{"type": "ConfigChange"}, {"type": "ImageChange", "imageChangeParams": {
                "automatic": true, "containerNames": ["c"], "from": {"kind": "ImageStreamTag", "name": "web:latest"}, "lastTriggeredImage": "r/web@sha256:1"}}],
            "template": {"metadata": {}, "spec": {"containers": [{"name": "c", "image": "r/web@sha256:1"}]}},
        },
        "status": {"latestVersion": 2, "details": {"message": "image change", "causes": [
            {"type": "ImageChange", "imageTrigger": {"from": {"kind": "DockerImage", "name": "r/web@sha256:1"}}}]}},
    });
    server.on(
        "GET /apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/app",
        200,
        config,
    );
    server.on(
        "GET /apis/image.openshift.io/v1/namespaces/myproject/imagestreamtags/web:latest",
        200,
        json!({"image": {"dockerImageReference": "r/web@sha256:1"}}),
    );
    let controller = |version: &str, phase: &str| {
        json!({
            "metadata": {"name": format!("app-{version}"), "creationTimestamp": "2026-11-23T03:19:50Z", "annotations": {
                "openshift.io/deployment-config.latest-version": version, "openshift.io/deployment.phase": phase,
                "openshift.io/deployment.status-reason": "image change"}},
            "spec": {"replicas": 1, "selector": {"deployment": format!("app-{version}")}}, "status": {"replicas": 1},
        })
    };
    server.on(
        &format!(
            "GET {NAMESPACE}/replicationcontrollers?labelSelector=openshift.io%2Fdeployment-config.name%3Dapp&limit=500"
        ),
        200,
        json!({"items": [controller("1", "Complete"), controller("2", "Running")]}),
    );
    let pod = json!({"metadata": {"name": "app-2-x"}, "status": {"phase": "Pending", "containerStatuses": [
        {"name": "c", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such manifest"}}}]}});
    server.on(
        &format!("GET {NAMESPACE}/pods?labelSelector=deployment%3Dapp-2&limit=500"),
        200,
        json!({"items": [pod]}),
    );
    events(&server, "DeploymentConfig", "app", json!([]));
    let out = server.run("describe dc app").await.out;
    for line in [
        "Triggers:        Config, Image(web@latest, auto=true)\n",
        "Cause:           image change: r/web@sha256:1\n",
        "Image Trigger:   web:latest -> c\n                 deployed r/web@sha256:1, as the tag says\n",
        "Deployment #2 (latest):\n  Name:         app-2\n",
        "  Pods Status:  0 Running / 1 Waiting / 0 Succeeded / 0 Failed\n",
        "  Problem:      pod app-2-x, container c: ImagePullBackOff: no such manifest (check that the image exists",
        "Deployment #1:\n",
        "Events:  <none>\n",
    ] {
        assert!(out.contains(line), "{line:?} is not in:\n{out}");
    }
}

#[tokio::test]
async fn a_secret_that_keeps_a_token_shows_the_token() {
    let server = Server::new();
    let data = json!({"ca.crt": "UEVN", "token": "ZXlK"});
    let secret = json!({"metadata": metadata("s"), "data": data, "type": "kubernetes.io/service-account-token"});
    server.on(&format!("GET {NAMESPACE}/secrets/s"), 200, secret);
    events(&server, "Secret", "s", json!([]));
    let out = server.run("describe secret s").await.out;
    let end = "\nType:  kubernetes.io/service-account-token\n\nData\n====\nca.crt:  3 bytes\ntoken:   eyJ\n\nEvents:  <none>\n";
    assert!(out.ends_with(end), "{out}");
}

#[tokio::test]
async fn an_account_names_the_secrets_that_keep_its_tokens() {
    let server = Server::new();
    let mut account = json!({"metadata": metadata("robot"), "secrets": [{"name": "mounted"}]});
    account["metadata"]["uid"] = "u1".into();
    server.on(&format!("GET {NAMESPACE}/serviceaccounts/robot"), 200, account);
    let secret = |name: &str, account: &str, uid: &str| {
        let annotations =
            json!({"kubernetes.io/service-account.name": account, "kubernetes.io/service-account.uid": uid});
        json!({"metadata": {"name": name, "annotations": annotations}})
    };
    let items = [
        secret("own", "robot", "u1"),
        secret("old", "robot", "u0"),
        secret("other", "human", "u2"),
    ];
    let list = format!("GET {NAMESPACE}/secrets?fieldSelector=type%3Dkubernetes.io%2Fservice-account-token&limit=500");
    server.on(&list, 200, json!({ "items": items }));
    server.on(
        &list,
        403,
        json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"}),
    );
    let events = "involvedObject.name%3Drobot%2CinvolvedObject.namespace%3Dmyproject%2CinvolvedObject.uid%3Du1\
                  %2CinvolvedObject.kind%3DServiceAccount";
    server.on(
        &format!("GET {NAMESPACE}/events?fieldSelector={events}&limit=500"),
        200,
        json!({"items": []}),
    );
    let out = server.run("describe sa robot").await.out;
    let secrets = "Image pull secrets:  <none>\nMountable secrets:   mounted\nTokens:              own\n";
    assert!(out.contains(secrets), "{out}");
    let out = server.run("describe sa robot").await.out;
    assert!(out.contains("Tokens:              <hidden>\n"), "{out}");
}

#[tokio::test]
async fn secrets_stay_secret() {
    let server = Server::new();
    let secret = json!({"metadata": metadata("s"), "data": {"password": "aHVudGVyMg=="}, "type": "Opaque"});
    server.on(&format!("GET {NAMESPACE}/secrets/s"), 200, secret);
    events(&server, "Secret", "s", json!([]));
    let out = server.run("describe secret s").await.out;
    assert!(
        out.contains("password:  7 bytes") && !out.contains("aHVudGVyMg") && !out.contains("hunter2"),
        "{out}"
    );
}

#[tokio::test]
async fn webhooks_are_described_by_type_without_their_secrets() {
    let server = Server::new();
    let config = json!({"kind": "BuildConfig", "metadata": {"name": "web", "namespace": "myproject"}, "spec": {"triggers": [
        {"type": "Generic", "generic": {"secret": "s3cret"}}, {"type": "ConfigChange"},
        {"type": "GitHub", "github": {"secret": "s3cret"}}, {"type": "GitHub", "github": {"secret": "other"}},
        {"type": "Generic", "generic": {"secret": "s3cret", "allowEnv": true}},
    ]}});
    let base = "/apis/build.openshift.io/v1/namespaces/myproject";
    server.on(&format!("GET {base}/buildconfigs/web"), 200, config);
    let builds = "builds?labelSelector=openshift.io%2Fbuild-config.name%3Dweb&limit=500";
    server.on(&format!("GET {base}/{builds}"), 200, json!({"items": []}));
    let shown = server.run("describe bc/web").await.out;
    let hooks = format!("https://127.0.0.1:8443{base}/buildconfigs/web/webhooks/<secret>");
    let wanted = format!(
        "Webhook Generic:\n  URL:       {hooks}/generic\n  AllowEnv:  false\n  URL:       {hooks}/generic\n  AllowEnv:  true\n\
         Webhook GitHub:\n  URL:  {hooks}/github\n"
    );
    assert!(shown.contains(&wanted), "{shown}");
}

#[tokio::test]
async fn a_build_tells_which_webhook_started_it() {
    let server = Server::new();
    let git = json!({"commit": "0123456789", "message": "Mend it\n\nAll of it", "author": {"name": "Jane"}, "committer": {"name": "Jane"}});
    let build = json!({"kind": "Build", "metadata": {"name": "web-1", "namespace": "myproject"}, "spec": {"triggeredBy": [
        {"message": "GitHub WebHook", "githubWebHook": {"secret": "<secret>", "revision": {"type": "Git", "git": git}}},
    ]}, "status": {"phase": "New"}});
    server.on(
        "GET /apis/build.openshift.io/v1/namespaces/myproject/builds/web-1",
        200,
        build,
    );
    let shown = server.run("describe build/web-1").await.out;
    let cause = shown
        .lines()
        .skip_while(|line| !line.starts_with("Build trigger cause"));
    let lines: Vec<&str> = cause
        .take(4)
        .map(|line| line.trim_start_matches("Build trigger cause:").trim())
        .collect();
    assert_eq!(
        lines,
        [
            "GitHub WebHook",
            "Commit: 0123456 (Mend it)",
            "Author/Committer: Jane",
            "Secret: <secret>"
        ],
        "{shown}"
    );
}

#[tokio::test]
async fn quotas_and_limits_are_described_as_tables() {
    let server = Server::new();
    let quota = json!({"metadata": metadata("q"), "spec": {"scopes": ["BestEffort"]},
        "status": {"hard": {"limits.memory": "1Gi", "pods": "2"}, "used": {"pods": "1"}}});
    server.on(&format!("GET {NAMESPACE}/resourcequotas/q"), 200, quota);
    assert_eq!(
        server.run("describe quota q").await.out,
        "Name:       q\nNamespace:  myproject\nScopes:     BestEffort\n * Matches all pods that do not have resource \
         requirements set. These pods have a best effort quality of service.\nResource       Used  Hard\n--------       \
         ----  ----\nlimits.memory  0     1Gi\npods           1     2\n"
    );
    let item = json!({"type": "Container", "max": {"cpu": "2"}, "default": {"memory": "1Gi"}});
    let range = json!({"metadata": metadata("l"), "spec": {"limits": [item]}});
    server.on(&format!("GET {NAMESPACE}/limitranges/l"), 200, range);
    let out = server.run("describe limits l").await.out;
    for line in [
        "Name:       l\n",
        "Type        Resource  Min  Max  Default Request  Default Limit  Max Limit/Request Ratio\n",
        "Container   cpu       -    2    -                -              -\n",
        "Container   memory    -    -    -                1Gi            -\n",
    ] {
        assert!(out.contains(line), "{line:?} is not in:\n{out}");
    }
}
