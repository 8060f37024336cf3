use serde_json::{Value, json};

use super::server::*;

/// images 3, 10, 14
#[tokio::test]
async fn a_new_stream_has_its_repository_defaults_and_generation_one() {
    let api = TestServer::start().await;
    let mut asked = stream("s", json!([external("a", "r.io/x:1")]));
    asked["status"] = json!({"dockerImageRepository": "mine", "tags": [{"tag": "x", "items": null}]});
    let (code, made) = api.post("ns/imagestreams", asked).await;
    assert_eq!(code, 201);
    assert_eq!(made["status"], json!({"dockerImageRepository": "registry:5000/ns/s"}));
    assert_eq!(made["metadata"]["generation"], 1);
    let expected = json!({
        "name": "a", "annotations": null, "generation": 1,
        "from": {"kind": "DockerImage", "name": "r.io/x:1"},
        "importPolicy": {"importMode": "Legacy"}, "referencePolicy": {"type": "Source"},
    });
    assert_eq!(*wish(&made, "a"), expected);
    assert_eq!(made["spec"]["lookupPolicy"], json!({"local": false}));
}

/// images 4, 5
#[tokio::test]
async fn repositories_are_those_of_the_server() {
    let homeless = TestServer::with(|config| config.registry_host.clear()).await;
    let mut asked = stream("s", json!([]));
    asked["spec"]["dockerImageRepository"] = "r.io/a/b".into();
    let (_, made) = homeless.post("ns/imagestreams", asked.clone()).await;
    assert_eq!(made["status"], json!({"dockerImageRepository": "r.io/a/b"}));
    let public = TestServer::with(|config| config.public_registry_host = Some("reg.example".into())).await;
    let (_, made) = public.post("ns/imagestreams", asked).await;
    assert_eq!(made["status"]["publicDockerImageRepository"], "reg.example/ns/s");
    let (_, listed) = public.get("ns/imagestreams").await;
    assert_eq!(listed["items"][0]["status"], made["status"]);
}

/// images 6
#[tokio::test]
async fn a_put_needs_a_version() {
    let api = TestServer::start().await;
    let mut stream = api.stream(json!([])).await;
    stream["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    let (code, answer) = api.put("ns/imagestreams/s", stream).await;
    assert_eq!(code, 422);
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("must be specified for an update"),
        "{answer}"
    );
}

/// images 7, 8, 11, 12, 13
#[tokio::test]
async fn what_a_stream_may_not_be() {
    let api = TestServer::start().await;
    let tag = |tag: Value| stream("s", json!([tag]));
    let mut scheduled = following("t", "s:a");
    scheduled["importPolicy"] = json!({"scheduled": true});
    let mut mode = external("t", "r.io/x:1");
    mode["importPolicy"] = json!({"importMode": "Other"});
    let mut policy = external("t", "r.io/x:1");
    policy["referencePolicy"] = json!({"type": "Other"});
    let mut repository = stream("s", json!([]));
    repository["spec"]["dockerImageRepository"] = "r.io/a/b:t".into();
    let table = [
        (stream("My_App", json!([])), "metadata.name", "must match"),
        (
            stream(&"a".repeat(253), json!([])),
            "metadata.name",
            "cannot be longer than 255 characters",
        ),
        (
            tag(json!({"name": "t", "from": {"kind": "Foo", "name": "x"}})),
            "spec.tags[t].from.kind",
            "valid values are 'DockerImage', 'ImageStreamImage', 'ImageStreamTag'",
        ),
        (
            tag(json!({"name": "t", "from": {"kind": "DockerImage"}})),
            "spec.tags[t].from.name",
            "Required value",
        ),
        (
            tag(external("t", "Upper/case")),
            "spec.tags[t].from.name",
            "must be lowercase",
        ),
        (
            tag(scheduled),
            "spec.tags[t].importPolicy.scheduled",
            "only tags pointing to Docker repositories",
        ),
        (
            tag(mode),
            "spec.tags[t].importPolicy.importMode",
            "invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'",
        ),
        (
            tag(policy),
            "spec.tags[t].referencePolicy.type",
            "valid values are \"Source\", \"Local\"",
        ),
        (
            tag(external("a:b", "r.io/x:1")),
            "spec.tags[a:b].name",
            "a tag starts with",
        ),
        (
            repository,
            "spec.dockerImageRepository",
            "the repository name may not contain a tag",
        ),
    ];
    for (asked, field, message) in table {
        let (code, answer) = api.post("ns/imagestreams", asked).await;
        let cause = &answer["details"]["causes"][0];
        assert_eq!((code, cause["field"].as_str()), (422, Some(field)), "{answer}");
        assert!(cause["message"].as_str().unwrap().contains(message), "{answer}");
    }
}

/// images 15, 16, 17
#[tokio::test]
async fn generations_count_wishes() {
    let api = TestServer::start().await;
    api.stream(json!([external("a", "r.io/x:1")])).await;
    let generations = |stream: &Value| {
        (
            stream["metadata"]["generation"].clone(),
            wish(stream, "a")["generation"].clone(),
        )
    };
    let (_, labelled) = api
        .patch("ns/imagestreams/s", json!({"metadata": {"labels": {"k": "v"}}}))
        .await;
    assert_eq!(generations(&labelled), (json!(1), json!(1)));
    let mut more = labelled.clone();
    more["spec"]["tags"]
        .as_array_mut()
        .unwrap()
        .push(external("b", "r.io/x:2"));
    let (_, more) = api.put("ns/imagestreams/s", more).await;
    assert_eq!(generations(&more), (json!(2), json!(1)));
    assert_eq!(wish(&more, "b")["generation"], 2);
    let mut renewed = more.clone();
    renewed["spec"]["tags"][0]["generation"] = 0.into();
    let (_, renewed) = api.put("ns/imagestreams/s", renewed).await;
    assert_eq!(generations(&renewed), (json!(3), json!(3)));
}

/// images 20, 37
#[tokio::test]
async fn a_pointer_is_known_at_once_and_remembered() {
    let api = TestServer::start().await;
    let made = api.stream(json!([pointer("a", "r.io/x:1")])).await;
    let event = &items(&made, "a")[0];
    assert_eq!(
        (&event["image"], &event["dockerImageReference"]),
        (&json!(""), &json!("r.io/x:1"))
    );
    let (_, emptied) = api.patch("ns/imagestreams/s", json!({"spec": {"tags": null}})).await;
    assert_eq!(items(&emptied, "a").len(), 1);
    assert!(wish(&emptied, "a").is_null());
}

/// images 22, 24, 26
#[tokio::test]
async fn tags_of_other_streams_are_copied_once_into_the_own_repository() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    let first = api.push("ns/s:a", "1").await;
    let asked = stream("d", json!([across("t", "ns", "s:a")]));
    let (code, copy) = api.post("other/imagestreams", asked).await;
    assert_eq!(code, 201, "{copy}");
    let event = &items(&copy, "t")[0];
    assert_eq!(event["dockerImageReference"], format!("{HOST}/other/d@{first}"));
    let (_, source) = api.get("ns/imagestreams/s").await;
    assert_eq!(event["created"], items(&source, "a")[0]["created"]);
    api.push("ns/s:a", "2").await;
    let (_, later) = api.get("other/imagestreams/d").await;
    assert_eq!(items(&later, "t").len(), 1);
}

/// images 25
#[tokio::test]
async fn a_missing_source_stream_is_an_error_and_a_missing_tag_is_not() {
    let api = TestServer::start().await;
    let (code, answer) = api
        .post("ns/imagestreams", stream("d", json!([following("t", "none:a")])))
        .await;
    assert_eq!(code, 422);
    let cause = &answer["details"]["causes"][0];
    assert_eq!(cause["reason"], "InternalError");
    assert!(cause.get("field").is_none_or(|field| field == ""), "{cause}");
    let message = "Internal error: imagestreams \"d\" is invalid: spec.tags[t].from.name: Not found: \"none:a\"";
    assert_eq!(cause["message"], message);
    let whole = format!("ImageStream.image.openshift.io \"d\" is invalid: : {message}");
    assert_eq!(answer["message"], whole);
    api.stream(json!([])).await;
    let (code, made) = api
        .post("ns/imagestreams", stream("d", json!([following("t", "s:a")])))
        .await;
    assert_eq!((code, items(&made, "t").len()), (201, 0));
}

/// images 28
#[tokio::test]
async fn what_one_may_not_pull_cannot_be_tagged() {
    let api = TestServer::start().await;
    let (code, _) = api.post("closed/imagestreams", stream("s", json!([]))).await;
    assert_eq!(code, 201);
    let asked = stream("d", json!([across("t", "closed", "s:a")]));
    let (code, answer) = api.call(GUEST, "POST", "ns/imagestreams", asked.clone()).await;
    assert_eq!(code, 422);
    let message = answer["details"]["causes"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("spec.tags[t].from: Forbidden: closed/s: \"\" \"\""),
        "{message}"
    );
    assert_eq!(api.post("ns/imagestreams", asked).await.0, 201);
}

/// images 29
#[tokio::test]
async fn tags_that_follow_each_other_are_accepted() {
    let api = TestServer::start().await;
    let made = api.stream(json!([following("a", "b"), following("b", "s:a")])).await;
    assert_eq!(made["status"].get("tags"), None);
}

/// images 30
#[tokio::test]
async fn a_digest_must_name_one_image() {
    let api = TestServer::start().await;
    let made = api.stream(json!([])).await;
    let event = |image: &str| json!({"created": "2026-01-01T00:00:00Z", "dockerImageReference": "r.io/x:1", "image": image, "generation": 1});
    let mut status = made.clone();
    status["status"]["tags"] = json!([{"tag": "a", "items": [event("sha256:ab1"), event("sha256:ab2")]}]);
    assert_eq!(api.put("ns/imagestreams/s/status", status).await.0, 200);
    let tag = json!({"name": "t", "from": {"kind": "ImageStreamImage", "name": "s@ab"}});
    let (code, answer) = api.patch("ns/imagestreams/s", json!({"spec": {"tags": [tag]}})).await;
    assert_eq!(code, 422);
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("multiple images match the prefix"),
        "{answer}"
    );
}

#[tokio::test]
async fn status_takes_the_history_and_nothing_else() {
    let api = TestServer::start().await;
    let made = api.stream(json!([external("a", "r.io/x:1")])).await;
    let mut changed = made.clone();
    changed["spec"]["lookupPolicy"]["local"] = true.into();
    changed["spec"]["tags"] = json!([]);
    let event = json!({"created": "2026-01-01T00:00:00Z", "dockerImageReference": format!("r.io/x@{}", digest_of("1")), "image": digest_of("1"), "generation": 0});
    changed["status"]["tags"] = json!([{"tag": "a", "items": [event]}]);
    let (code, stored) = api.put("ns/imagestreams/s/status", changed).await;
    assert_eq!((code, &stored["spec"]), (200, &made["spec"]), "{stored}");
    assert_eq!(items(&stored, "a")[0]["generation"], 1);
    let (_, main) = api.patch("ns/imagestreams/s", json!({"status": null})).await;
    assert_eq!(main["status"], stored["status"]);
}

/// images 54
#[tokio::test]
async fn only_pull_secrets_are_shown_to_imports() {
    let api = TestServer::start().await;
    let secret = |name: &str, kind: &str, excluded: &str| json!({"metadata": {"name": name, "annotations": {"openshift.io/image.excludeSecret": excluded}}, "type": kind});
    for asked in [
        secret("cfg", "kubernetes.io/dockercfg", ""),
        secret("opaque", "Opaque", ""),
        secret("hidden", "kubernetes.io/dockerconfigjson", "true"),
    ] {
        assert_eq!(api.post("ns/secrets", asked).await.0, 201);
    }
    let (code, list) = api.get("ns/imagestreams/any/secrets").await;
    assert_eq!((code, &list["kind"]), (200, &json!("SecretList")), "{list}");
    let names: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["metadata"]["name"])
        .collect();
    assert_eq!(names, ["cfg"]);
}

/// images 97
#[tokio::test]
async fn the_table_of_streams_has_the_columns_that_people_know() {
    let api = TestServer::start().await;
    api.stream(json!([])).await;
    api.push("ns/s:v1", "1").await;
    let table = api.table("ns/imagestreams").await;
    let columns: Vec<&Value> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| &column["name"])
        .collect();
    assert_eq!(columns, ["Name", "Docker Repo", "Tags", "Updated"]);
    assert_eq!(
        table["rows"][0]["cells"].as_array().unwrap()[..3],
        [json!("s"), json!("registry:5000/ns/s"), json!("v1")]
    );
    for (path, first) in [("ns/imagestreamtags", "s:v1"), ("ns/imagetags", "s:v1")] {
        assert_eq!(api.table(path).await["rows"][0]["cells"][0], first);
    }
    assert_eq!(api.table("images").await["rows"][0]["cells"][0], digest_of("1"));
}

#[tokio::test]
async fn streams_are_selected_by_their_repository() {
    let api = TestServer::start().await;
    let mut asked = stream("s", json!([]));
    asked["spec"]["dockerImageRepository"] = "r.io/a/b".into();
    assert_eq!(api.post("ns/imagestreams", asked).await.0, 201);
    for (value, count) in [("r.io/a/b", 1), ("r.io/a/c", 0)] {
        let (_, list) = api
            .get(&format!(
                "ns/imagestreams?fieldSelector=spec.dockerImageRepository%3D{value}"
            ))
            .await;
        assert_eq!(list["items"].as_array().unwrap().len(), count);
    }
    assert_eq!(api.get("ns/imagestreams?fieldSelector=spec.tags%3Dx").await.0, 400);
}

#[tokio::test]
async fn a_dry_run_leaves_no_trace() {
    let api = TestServer::start().await;
    publish(&api.registries, "r.io/a/b:1", "1");
    let import = json!({"metadata": {"name": "s"}, "spec": {"import": true, "images": [{"from": {"kind": "DockerImage", "name": "r.io/a/b:1"}}]}});
    let (code, answer) = api.post("ns/imagestreamimports?dryRun=All", import).await;
    assert_eq!(
        (code, items(&answer["status"]["import"], "1").len()),
        (201, 1),
        "{answer}"
    );
    assert_eq!(api.get("ns/imagestreams/s").await.0, 404);
    assert_eq!(api.get(&format!("images/{}", digest_of("1"))).await.0, 404);
}
