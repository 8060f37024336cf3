use futures::TryStreamExt;
use weir_engine::{Credentials, EngineError, EngineStream, Transfer};

use crate::bench::Bench;
use crate::programs::TRUE;

async fn digest_at_end(transfer: EngineStream<Transfer>) -> Result<Option<String>, EngineError> {
    let items: Vec<Transfer> = transfer.try_collect().await?;
    match items.last() {
        Some(Transfer::Done { digest }) => Ok(digest.clone()),
        other => panic!("a transfer ends with Done, not {other:?}"),
    }
}

pub async fn an_image_can_be_named_and_unnamed(bench: &Bench) {
    let name = format!("localhost/{}:2", bench.name("named"));
    let image = bench.engine.image(&bench.base_image).await.unwrap();
    bench.engine.tag(&bench.base_image, &name).await.unwrap();
    let named = bench.engine.image(&name).await.unwrap();
    assert_eq!(named.id, image.id);
    assert!(named.tags.contains(&name), "{:?}", named.tags);
    assert_eq!(bench.engine.image(&image.id).await.unwrap().id, image.id);

    bench.engine.remove_image(&name, false).await.unwrap();
    assert!(bench.engine.image(&name).await.unwrap_err().is_not_found());
    assert!(
        bench.engine.image(&bench.base_image).await.is_ok(),
        "the image itself stays"
    );
    assert!(
        bench
            .engine
            .remove_image(&name, false)
            .await
            .unwrap_err()
            .is_not_found()
    );
}

pub async fn the_configuration_of_an_image_is_seen(bench: &Bench) {
    let image = bench.engine.image(&bench.base_image).await.unwrap();
    assert!(
        image.config.env.contains(&("BASE".to_owned(), "yes".to_owned())),
        "{:?}",
        image.config.env
    );
    assert_eq!(image.config.cmd, ["/bin/busybox", "sleep", "600"]);
    assert!(image.config.entrypoint.is_empty());
    assert_eq!((image.os.as_str(), image.architecture.as_str()), ("linux", "amd64"));
    assert!(image.size_bytes > 0 && image.id.starts_with("sha256:"), "{image:?}");
}

pub async fn a_pushed_image_comes_back_by_digest(bench: &Bench) {
    let repository = format!("{}/contract/{}", bench.registry, bench.name("pushed"));
    let name = format!("{repository}:1");
    let image = bench.engine.image(&bench.base_image).await.unwrap();
    bench.engine.tag(&bench.base_image, &name).await.unwrap();
    // Characters that differ between the alphabets of base64.
    let login = Credentials {
        username: "<token>".to_owned(),
        password: "a?b>c~d".to_owned(),
    };
    let digest = digest_at_end(bench.engine.push(&name, Some(&login)))
        .await
        .unwrap()
        .expect("a push tells the digest");
    assert!(digest.starts_with("sha256:") && digest.len() == 71, "{digest}");
    bench.engine.remove_image(&name, false).await.unwrap();

    let by_digest = format!("{repository}@{digest}");
    digest_at_end(bench.engine.pull(&by_digest, Some(&login)))
        .await
        .unwrap();
    let pulled = bench.engine.image(&by_digest).await.unwrap();
    assert_eq!(pulled.id, image.id);
    assert!(pulled.digests.contains(&by_digest), "{:?}", pulled.digests);
    let mut spec = bench.container(TRUE);
    spec.image = by_digest.clone();
    let id = bench.run(&spec).await;
    assert_eq!(bench.engine.wait(&id).await.unwrap(), 0);
    bench.drop_container(&id).await;

    digest_at_end(bench.engine.pull(&name, None)).await.unwrap();
    assert_eq!(bench.engine.image(&name).await.unwrap().id, image.id);
    bench.engine.remove_image(&name, false).await.unwrap();
}

pub async fn a_missing_manifest_is_not_found(bench: &Bench) {
    let name = format!("{}/contract/nothing:1", bench.registry);
    let error = digest_at_end(bench.engine.pull(&name, None)).await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    assert!(error.to_string().contains(&name) || bench.fake.is_some(), "{error}");
}

pub async fn a_registry_that_is_away_is_named(bench: &Bench) {
    let name = "127.0.0.1:9/contract/nothing:1";
    if let Some(fake) = &bench.fake {
        let message = format!("cannot pull {name}: connection refused (check that 127.0.0.1:9 can be reached)");
        fake.reject(name, EngineError::Registry { message });
    }
    let error = digest_at_end(bench.engine.pull(name, None)).await.unwrap_err();
    assert!(matches!(error, EngineError::Registry { .. }), "{error:?}");
    assert!(error.to_string().contains("127.0.0.1:9 can be reached"), "{error}");
}

pub async fn a_bad_name_is_refused(bench: &Bench) {
    let name = format!("{}/Contract/UPPER:1", bench.registry);
    if let Some(fake) = &bench.fake {
        fake.reject(&name, EngineError::refused("repository name must be lowercase"));
    }
    let error = digest_at_end(bench.engine.pull(&name, None)).await.unwrap_err();
    assert!(matches!(error, EngineError::Refused { .. }), "{error:?}");
}
