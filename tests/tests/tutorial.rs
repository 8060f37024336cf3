//! The tutorial of README on real parts: source, image, registry, stream, redeploy.

use anyhow::Result;
use weir_tests::{
    Directory, GitServer, Sample, Tutorial, Weir, WeirOptions, engine_missing, skip, tiny_builder_layout,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn source_becomes_an_image_and_a_new_version_redeploys_without_a_failed_request() -> Result<()> {
    if let Some(reason) = engine_missing() {
        skip("tutorial", &reason);
        return Ok(());
    }
    let directory = Directory::new("tutorial")?;
    let layout = directory.path().join("tiny");
    tiny_builder_layout(&layout)?;
    let sources = directory.path().join("git");
    let sample = Sample::create(&sources, "hello")?;
    let git = GitServer::start(&sources).await?;
    let weir = Weir::start(&directory.path().join("data"), WeirOptions::default())?;
    let from = Some(layout.display().to_string());
    let tutorial = Tutorial {
        weir: &weir,
        git: &git,
        sample: &sample,
        builder: "tiny",
        builder_from: from,
    };
    let walked = tutorial.walk().await;
    if walked.is_err() {
        println!("{}", weir.log()?);
    }
    weir.reset()?;
    walked.map(drop)
}
