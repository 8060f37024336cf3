use serde_json::json;

use super::*;

fn pod(build: serde_json::Value, extra: &[(&str, &str)]) -> Pod {
    let mut env = vec![json!({"name": "BUILD", "value": build.to_string()})];
    env.extend(extra.iter().map(|(name, value)| json!({"name": name, "value": value})));
    serde_json::from_value(json!({
        "metadata": {"name": "app-1-build", "namespace": "hello", "uid": "u-1",
                     "annotations": {"openshift.io/build.name": "app-1"}},
        "spec": {
            "activeDeadlineSeconds": 600,
            "initContainers": [{"name": "git-clone"}],
            "containers": [{"name": "sti-build", "env": env, "resources": {"limits": {"memory": "512Mi"}}}],
        },
    }))
    .unwrap()
}

fn job(build: serde_json::Value, extra: &[(&str, &str)]) -> Result<Job, BuildFailure> {
    Job::from_pod(&pod(build, extra), &PodKey::new("hello", "app-1-build").unwrap())
}

#[test]
fn source_build_is_read() {
    let build = json!({
        "metadata": {"name": "app-1", "namespace": "hello"},
        "spec": {
            "source": {"type": "Git", "git": {"uri": "https://h/app", "ref": "main", "httpsProxy": "http://p"},
                       "contextDir": "/web/", "sourceSecret": {"name": "s"},
                       "secrets": [{"secret": {"name": "npm"}, "destinationDir": "etc"}]},
            "revision": {"type": "Git", "git": {"commit": "abc"}},
            "strategy": {"type": "Source", "sourceStrategy": {
                "from": {"kind": "DockerImage", "name": "docker-registry.default.svc:5000/openshift/nodejs@sha256:aa"},
                "env": [{"name": "A", "value": "1"}, {"name": "E"}], "incremental": true}},
            "output": {"imageLabels": [{"name": "l", "value": "v"}], "pushSecret": {"name": "push"}},
            "postCommit": {"script": "npm test"},
        },
        "status": {"outputDockerImageReference": "docker-registry.default.svc:5000/hello/app:latest"},
    });
    let job = job(
        build,
        &[("BUILD_LOGLEVEL", "5"), ("NO_PROXY", "local"), ("ALLOWED_UIDS", "1-")],
    )
    .unwrap();
    assert_eq!(job.account, "builder");
    assert_eq!(
        (job.clone_container.as_deref(), job.main_container.as_str()),
        (Some("git-clone"), "sti-build")
    );
    assert_eq!(job.deadline, Some(Duration::from_secs(600)));
    let git = job.git.unwrap();
    assert_eq!(
        (git.reference.as_deref(), git.commit.as_deref()),
        (Some("main"), Some("abc"))
    );
    assert_eq!(
        (git.https_proxy.as_deref(), git.no_proxy.as_deref()),
        (Some("http://p"), Some("local"))
    );
    assert_eq!(job.context_dir.as_str(), "web");
    assert_eq!(job.secrets, [("npm".to_owned(), "etc".to_owned())]);
    assert_eq!(
        job.output.as_deref(),
        Some("docker-registry.default.svc:5000/hello/app:latest")
    );
    assert_eq!(
        (job.log_level, job.memory_bytes, job.allowed_users.as_deref()),
        (5, Some(512 << 20), Some("1-"))
    );
    assert!(job.post_commit.is_some());
    let Strategy::Source {
        environment,
        incremental: true,
        ..
    } = job.strategy
    else {
        panic!("{:?}", job.strategy)
    };
    assert_eq!(
        environment,
        [("A".to_owned(), "1".to_owned()), ("E".to_owned(), String::new())]
    );
}

#[test]
fn dockerfile_build_is_read() {
    let build = json!({
        "spec": {
            "source": {"dockerfile": "FROM base", "images": [{"from": {"kind": "DockerImage", "name": "x/y@sha256:b"}, "as": ["base"]}]},
            "strategy": {"dockerStrategy": {"buildArgs": [{"name": "V", "value": "1"}], "noCache": true,
                         "dockerfilePath": "docker/Dockerfile", "imageOptimizationPolicy": "SkipLayers"}},
            "output": {"to": {"kind": "DockerImage", "name": "quay.example/x/y:1"}},
        },
    });
    let job = job(build, &[]).unwrap();
    assert_eq!(job.inline_dockerfile.as_deref(), Some("FROM base"));
    assert_eq!(job.output.as_deref(), Some("quay.example/x/y:1"));
    assert_eq!(job.git, None);
    let Strategy::Docker {
        build_args,
        dockerfile_path,
        no_cache,
        single_layer,
        image_names,
        from,
        ..
    } = job.strategy
    else {
        panic!("{:?}", job.strategy)
    };
    assert_eq!(
        (
            build_args["V"].as_str(),
            dockerfile_path.as_str(),
            no_cache,
            single_layer
        ),
        ("1", "docker/Dockerfile", true, true)
    );
    assert_eq!((image_names["base"].as_str(), from), ("x/y@sha256:b", None));
}

#[test]
fn what_cannot_be_built_is_refused_with_its_reason() {
    let docker = json!({"dockerStrategy": {}});
    let table = [
        (
            json!({"source": {"images": [{"from": {}, "paths": [{"sourcePath": "/a", "destinationDir": "b"}]}]}, "strategy": docker}),
            FailureReason::FetchImageContent,
        ),
        (
            json!({"source": {"contextDir": "../x"}, "strategy": docker}),
            FailureReason::InvalidContextDirectory,
        ),
        (
            json!({"strategy": {"dockerStrategy": {"dockerfilePath": "../x"}}}),
            FailureReason::ManageDockerfile,
        ),
        (json!({"strategy": {"customStrategy": {}}}), FailureReason::GenericBuild),
        (
            json!({"strategy": {"dockerStrategy": {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]}}}),
            FailureReason::GenericBuild,
        ),
    ];
    for (spec, reason) in table {
        assert_eq!(job(json!({"spec": spec}), &[]).unwrap_err().reason, reason, "{spec}");
    }
    let bare: Pod = serde_json::from_value(json!({"metadata": {}, "spec": {"containers": [{"name": "x"}]}})).unwrap();
    assert!(Job::from_pod(&bare, &PodKey::new("a", "b").unwrap()).is_err());
}

#[test]
fn an_upload_is_an_archive_or_one_file() {
    for (binary, as_file) in [(json!({}), None), (json!({"asFile": "Dockerfile"}), Some("Dockerfile"))] {
        let build = json!({"spec": {"source": {"binary": binary}, "strategy": {"dockerStrategy": {}}}});
        let binary = job(build, &[]).unwrap().binary.unwrap();
        assert_eq!(
            (binary.as_file.as_deref(), binary.container.as_str()),
            (as_file, "git-clone")
        );
    }
}
