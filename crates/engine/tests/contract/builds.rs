use std::collections::BTreeMap;

use weir_engine::{BuildSpec, EngineError, ImportSpec};

use crate::bench::{Bench, archive, words};
use crate::programs::{FAIL_BUILD, TRUE};

fn build(dockerfile: &str) -> BuildSpec {
    BuildSpec::new(archive(&[("Dockerfile", dockerfile.as_bytes(), 0o644)]))
}

pub async fn a_build_gives_its_log_and_an_image(bench: &Bench) {
    let name = format!("localhost/{}:1", bench.name("built"));
    let run = serde_json::to_string(TRUE).unwrap();
    let dockerfile = format!("FROM {}\nRUN {run}\nENV A=1\nUSER 1001\n", bench.base_image);
    let (log, id) = bench
        .build(BuildSpec {
            tag: Some(name.clone()),
            ..build(&dockerfile)
        })
        .await
        .unwrap();
    assert!(log.contains("USER 1001"), "{log}");
    let image = bench.engine.image(&name).await.unwrap();
    assert_eq!(image.id, id);
    assert_eq!(image.config.user, "1001");
    assert!(image.config.env.contains(&("A".to_owned(), "1".to_owned())));
    bench.engine.remove_image(&name, true).await.unwrap();
}

pub async fn arguments_and_labels_arrive(bench: &Bench) {
    let name = format!("localhost/{}:1", bench.name("labelled"));
    let labels = bench.label("built");
    let dockerfile = format!(
        "FROM {}\nARG WHO=nobody\nLABEL \"own\"=\"yes it is\"\n",
        bench.base_image
    );
    let spec = BuildSpec {
        tag: Some(name.clone()),
        build_args: BTreeMap::from([("WHO".to_owned(), "me".to_owned())]),
        labels: labels.clone(),
        no_cache: true,
        dockerfile: "Dockerfile".to_owned(),
        ..build(&dockerfile)
    };
    let (_, id) = bench.build(spec).await.unwrap();
    let image = bench.engine.image(&id).await.unwrap();
    assert_eq!(image.config.labels.get("own").map(String::as_str), Some("yes it is"));
    let found = bench.engine.images(&labels).await.unwrap();
    assert!(found.iter().any(|image| image.id == id), "{found:?}");
    bench.engine.remove_image(&name, true).await.unwrap();
}

pub async fn a_failing_step_is_refused_after_its_output(bench: &Bench) {
    let run = serde_json::to_string(FAIL_BUILD).unwrap();
    let dockerfile = format!("FROM {}\nRUN {run}\n", bench.base_image);
    let (log, error) = bench.build(build(&dockerfile)).await.unwrap_err();
    assert!(log.contains("before"), "{log}");
    assert!(matches!(error, EngineError::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains('9'), "the exit code is told: {error}");
}

pub async fn a_missing_dockerfile_is_refused(bench: &Bench) {
    let spec = BuildSpec {
        dockerfile: "Elsewhere".to_owned(),
        ..build("FROM scratch\n")
    };
    let (_, error) = bench.build(spec).await.unwrap_err();
    assert!(
        matches!(error, EngineError::Refused { .. } | EngineError::Failed { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("Elsewhere"), "{error}");
}

pub async fn an_archive_becomes_an_image_with_a_configuration(bench: &Bench) {
    let name = format!("localhost/{}:1", bench.name("imported"));
    let busybox = std::fs::read("/bin/busybox").unwrap_or_default();
    let spec = ImportSpec {
        rootfs: archive(&[("bin/busybox", &busybox, 0o755)]),
        reference: name.clone(),
        changes: vec![
            format!("CMD {}", serde_json::to_string(TRUE).unwrap()),
            "USER 1001".to_owned(),
            "LABEL io.openshift.s2i.scripts-url=image:///usr/libexec/s2i".to_owned(),
            "EXPOSE 8080".to_owned(),
        ],
    };
    let id = bench.engine.import(spec).await.unwrap();
    let image = bench.engine.image(&name).await.unwrap();
    assert_eq!(image.id, id);
    assert_eq!(
        (image.config.user.as_str(), image.config.cmd.clone()),
        ("1001", words(TRUE))
    );
    assert_eq!(
        image.config.labels["io.openshift.s2i.scripts-url"],
        "image:///usr/libexec/s2i"
    );
    assert_eq!(image.config.exposed_ports, ["8080/tcp"]);

    let mut container = bench.container(&[]);
    (container.image, container.entrypoint) = (name.clone(), None);
    let container = bench.run(&container).await;
    assert_eq!(bench.engine.wait(&container).await.unwrap(), 0);
    bench.drop_container(&container).await;
    bench.engine.remove_image(&name, true).await.unwrap();
}
