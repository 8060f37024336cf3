use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use std::io::Read;

use super::dockerfile::{self, Instruction};
use super::world::{World, with_tag};
use super::{End, FakeEngine};
use crate::{BuildProgress, BuildSpec, Builds, ByteStream, EngineError, EngineStream, Image, ImageConfig, ImportSpec};

#[async_trait]
impl Builds for FakeEngine {
    fn build(&self, spec: BuildSpec) -> EngineStream<BuildProgress> {
        let engine = self.clone();
        futures::stream::once(async move {
            let context = collect(spec.context).await?;
            let dockerfile = file_in(&context, &spec.dockerfile)?;
            let mut world = engine.enter("build", spec.tag.as_deref().unwrap_or_default())?;
            let mut log = Vec::new();
            let outcome = run(&mut world, &dockerfile, &mut log);
            let end = outcome.map(|mut config| {
                config.labels.extend(spec.labels);
                let tags = spec.tag.as_deref().map(with_tag).into_iter().collect();
                let image = world.store_image(Image {
                    tags,
                    config,
                    ..named()
                });
                BuildProgress::Built { image_id: image.id }
            });
            let lines = log.into_iter().map(|line| Ok(BuildProgress::Log(line)));
            Ok::<_, EngineError>(futures::stream::iter(lines.chain([end]).collect::<Vec<_>>()))
        })
        .try_flatten()
        .boxed()
    }

    async fn import(&self, spec: ImportSpec) -> Result<String, EngineError> {
        collect(spec.rootfs).await?;
        let mut world = self.enter("import", &spec.reference)?;
        let mut config = ImageConfig::default();
        for (line, instruction) in dockerfile::parse(&spec.changes.join("\n"))? {
            match instruction {
                Instruction::Configure(verb, rest) => dockerfile::configure(&mut config, &verb, &rest),
                _ => return Err(EngineError::refused(format!("{line} is not a valid change command"))),
            }
        }
        let image = world.store_image(Image {
            tags: vec![with_tag(&spec.reference)],
            config,
            ..named()
        });
        Ok(image.id)
    }
}

fn named() -> Image {
    Image {
        architecture: "amd64".to_owned(),
        os: "linux".to_owned(),
        size_bytes: 1,
        ..Image::default()
    }
}

fn run(world: &mut World, dockerfile: &str, log: &mut Vec<String>) -> Result<ImageConfig, EngineError> {
    let instructions = dockerfile::parse(dockerfile)?;
    let count = instructions.len();
    let mut config = ImageConfig::default();
    for (index, (line, instruction)) in instructions.into_iter().enumerate() {
        log.push(format!("STEP {}/{count}: {line}\n", index + 1));
        match instruction {
            Instruction::From(name) if name == "scratch" => config = ImageConfig::default(),
            Instruction::From(name) => config = world.image(&name)?.config.clone(),
            Instruction::Run(command) => step(world, &command, log)?,
            Instruction::Configure(verb, rest) => dockerfile::configure(&mut config, &verb, &rest),
            Instruction::Ignored => {}
        }
    }
    Ok(config)
}

fn step(world: &World, command: &[String], log: &mut Vec<String>) -> Result<(), EngineError> {
    let script = world.scripts.get(command).cloned().unwrap_or_default();
    log.extend(
        [script.stdout, script.stderr]
            .into_iter()
            .filter(|text| !text.is_empty()),
    );
    match script.end {
        End::Exit(code) if code != 0 => {
            let command = command.join(" ");
            Err(EngineError::refused(format!(
                "the command '{command}' returned a non-zero code: {code}"
            )))
        }
        End::CannotStart { message } => Err(EngineError::refused(message)),
        _ => Ok(()),
    }
}

async fn collect(mut stream: ByteStream) -> Result<Vec<u8>, EngineError> {
    let mut all = Vec::new();
    while let Some(bytes) = stream
        .try_next()
        .await
        .map_err(|error| EngineError::unavailable(error.to_string()))?
    {
        all.extend_from_slice(&bytes);
    }
    Ok(all)
}

fn file_in(archive: &[u8], path: &str) -> Result<String, EngineError> {
    let broken = |error: std::io::Error| EngineError::refused(format!("cannot read the build context: {error}"));
    for entry in tar::Archive::new(archive).entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = entry
            .path()
            .map_err(broken)?
            .to_string_lossy()
            .trim_start_matches("./")
            .to_owned();
        if name == path.trim_start_matches("./") {
            let mut text = String::new();
            entry.read_to_string(&mut text).map_err(broken)?;
            return Ok(text);
        }
    }
    Err(EngineError::refused(format!(
        "cannot locate specified Dockerfile: {path}: no such file or directory"
    )))
}
