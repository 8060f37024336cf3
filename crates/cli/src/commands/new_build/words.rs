//! What the words of the command mean, before anybody is asked. Pure but for reading the Dockerfile.

use std::path::Path;

use super::lookup::Builder;
use super::repository::{self, Look};
use super::{Args, Strategy, base_image};
use crate::failure::Failure;
use crate::session::Session;

/// Longest name a build config may have, so that its builds and pods still have valid names.
const NAME_CHARS: usize = 58;
/// The largest Dockerfile that is taken; servers take objects of this size.
const DOCKERFILE_BYTES: u64 = 1024 * 1024;

/// Label of images that build from source.
const BUILDER_LABEL: &str = "io.openshift.s2i.scripts-url";

/// Looks into a repository at a branch, tag or commit.
pub type Looking<'a> = &'a dyn Fn(&str, Option<&str>) -> Result<Look, Failure>;

/// What shall be built from what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub name: String,
    pub strategy: Strategy,
    pub source: Source,
    /// The image to build with or upon, as it was written.
    pub image: Option<Image>,
    pub env: Vec<(String, String)>,
    pub build_args: Vec<(String, String)>,
    pub labels: Vec<(String, String)>,
}

/// An image as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub text: String,
    /// Whether the build cannot do without finding it: a Dockerfile's base image may be known to the engine alone.
    pub required: bool,
    pub kind: Option<ImageKind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageKind {
    Stream,
    Registry,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Git {
        uri: String,
        reference: Option<String>,
    },
    Dockerfile(String),
    /// Uploaded with each build.
    Binary,
}

pub fn read(args: &Args, session: &Session<'_>) -> Result<Wish, Failure> {
    let dockerfile = match args.dockerfile.as_deref() {
        Some("-") => {
            let text = session.terminal.read_input(DOCKERFILE_BYTES);
            Some(text.map_err(|error| Failure::refused(format!("cannot read the Dockerfile: {error}")))?)
        }
        other => other.map(str::to_string),
    };
    let look = |uri: &str, reference: Option<&str>| {
        session.progress(format!("looking for a Dockerfile in {uri}"));
        let directory = args.context_dir.as_deref().unwrap_or_default();
        match repository::dockerfile(uri, reference, directory, DOCKERFILE_BYTES) {
            // How to build was said: that it cannot be read here does not mean that it cannot be built.
            Err(failure) if args.strategy.is_some() => {
                session
                    .terminal
                    .note(format!("warning: {}", failure.text().unwrap_or_default()));
                Ok(Look::Unknown)
            }
            look => look,
        }
    };
    wish(args, dockerfile.as_deref(), &look)
}

/// Reads the words; `look` looks into a repository whose Dockerfile decides how it is built.
pub fn wish(args: &Args, dockerfile: Option<&str>, look: Looking<'_>) -> Result<Wish, Failure> {
    refuse_files_of_images(args)?;
    let (mut images, mut sources) = sort(args)?;
    if images.len() > 1 || sources.len() > 1 {
        return Err(
            Failure::usage("one build config builds one source with one image").hint("call the command once for each")
        );
    }
    if args.binary && (dockerfile.is_some() || !sources.is_empty()) {
        return Err(Failure::usage(
            "--binary stands for a source that is uploaded with each build: neither a repository nor a Dockerfile goes with it",
        ));
    }
    let source = match (sources.pop(), dockerfile) {
        (None, None) if args.binary => Source::Binary,
        (Some(text), None) => git(&text)?,
        (None, Some(text)) if !text.trim().is_empty() => Source::Dockerfile(text.into()),
        (None, Some(_)) => return Err(Failure::usage("the Dockerfile is empty")),
        (None, None) => {
            return Err(
                Failure::usage("say what to build: a git repository or a Dockerfile (-D)")
                    .hint("for example: new-build nodejs~https://github.com/sclorg/nodejs-ex.git"),
            );
        }
        (Some(_), Some(_)) => {
            return Err(Failure::usage(
                "a git repository and a Dockerfile (-D) exclude each other",
            ));
        }
    };
    let explicit = images.pop();
    let look = match (&source, explicit.is_none(), args.strategy) {
        (Source::Git { uri, reference }, true, None | Some(Strategy::Docker)) => look(uri, reference.as_deref())?,
        _ => Look::Unknown,
    };
    let strategy = strategy(args, &source, explicit.as_ref(), &look)?;
    let image = explicit.or_else(|| implied(&source, &look));
    Ok(Wish {
        name: name(args, &source, image.as_ref())?,
        strategy,
        source,
        image,
        env: pairs(&args.env)?,
        build_args: pairs(&args.build_arg)?,
        labels: pairs(&args.labels)?,
    })
}

/// Files of another image come into a build with the Dockerfile, and in no other way.
fn refuse_files_of_images(args: &Args) -> Result<(), Failure> {
    match (&args.source_image, &args.source_image_path) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(Failure::usage(
            "--source-image-path must be specified when --source-image is specified.",
        )),
        (None, Some(_)) => Err(Failure::usage(
            "--source-image must be specified when --source-image-path is specified.",
        )),
        (Some(image), Some(_)) => Err(Failure::refused(format!(
            "the builder does not copy files of the image \"{image}\" into the source"
        ))
        .hint("a Dockerfile can: `COPY --from=NAME`, where spec.source.images[].as of the build config has that NAME")
        .hint("such a build config is written in a file and made with `create -f`")),
    }
}

/// Tells images from sources.
fn sort(args: &Args) -> Result<(Vec<Image>, Vec<String>), Failure> {
    let image = |text: &str, kind| Image {
        text: text.into(),
        required: true,
        kind,
    };
    let mut images = Vec::new();
    let mut sources = args.code.clone();
    for word in &args.words {
        match word.split_once('~') {
            Some((builder, source)) if !builder.is_empty() && !source.is_empty() => {
                images.push(image(builder, None));
                sources.push(source.into());
            }
            Some(_) => return Err(Failure::usage(format!("`{word}` must have the form IMAGE~SOURCE"))),
            None if is_source(word) => sources.push(word.clone()),
            None => images.push(image(word, None)),
        }
    }
    images.extend(
        args.image_stream
            .iter()
            .map(|text| image(text, Some(ImageKind::Stream))),
    );
    images.extend(args.image.iter().map(|text| image(text, Some(ImageKind::Registry))));
    Ok((images, sources))
}

fn is_source(word: &str) -> bool {
    word.contains("://")
        || word.starts_with("git@")
        || word.ends_with(".git")
        || word.starts_with(['.', '/']) && Path::new(word).is_dir()
}

/// A URL, `git@host:path`, or a directory on this machine; `#` names a branch, tag or commit.
fn git(text: &str) -> Result<Source, Failure> {
    let (uri, reference) = match text.split_once('#') {
        Some((uri, reference)) => (
            uri,
            Some(reference.to_string()).filter(|reference| !reference.is_empty()),
        ),
        None => (text, None),
    };
    if uri.starts_with('-') {
        return Err(Failure::usage(format!("`{uri}` is no git repository")));
    }
    let uri = match Path::new(uri).is_dir() {
        false => uri.to_string(),
        true => {
            let path =
                std::fs::canonicalize(uri).map_err(|error| Failure::refused(format!("cannot use {uri}: {error}")))?;
            format!("file://{}", path.display())
        }
    };
    Ok(Source::Git { uri, reference })
}

fn strategy(args: &Args, source: &Source, image: Option<&Image>, look: &Look) -> Result<Strategy, Failure> {
    match (args.strategy, source, image) {
        (Some(Strategy::Source), Source::Dockerfile(_), _) => Err(Failure::usage(
            "a Dockerfile is built with the docker strategy, not with source",
        )),
        (Some(Strategy::Source), Source::Binary, None) => Err(Failure::usage(
            "you must provide a builder image when using the source strategy with a binary build",
        )),
        (Some(Strategy::Source), _, None) => Err(Failure::usage(
            "a source build needs a builder image: write IMAGE~SOURCE",
        )),
        (Some(Strategy::Docker), Source::Git { .. }, None) if *look == Look::Without => Err(Failure::refused(
            "No Dockerfile was found in the repository and the requested build strategy is 'docker'",
        )),
        (Some(strategy), ..) => Ok(strategy),
        (None, Source::Dockerfile(_), _) | (None, Source::Binary, None) => Ok(Strategy::Docker),
        (None, _, Some(_)) => Ok(Strategy::Source),
        (None, Source::Git { uri, .. }, None) => match look {
            Look::Dockerfile(_) => Ok(Strategy::Docker),
            Look::Without | Look::Unknown => Err(Failure::usage(format!("how shall {uri} be built?"))
                .hint("with a builder image: write IMAGE~SOURCE, such as nodejs~https://...")
                .hint("it has no Dockerfile, which would be built")),
        },
    }
}

/// How to build an upload with an image depends on what the image says of itself, unless it was said.
pub fn settle(wish: &mut Wish, args: &Args, builder: Option<&Builder>) {
    if args.strategy.is_some() || wish.source != Source::Binary {
        return;
    }
    let labels = builder.map(|builder| &builder.metadata["Config"]["Labels"]);
    let builds = labels.is_some_and(|labels| labels[BUILDER_LABEL].is_string());
    wish.strategy = if builds { Strategy::Source } else { Strategy::Docker };
}

/// A Dockerfile names the image it begins with.
fn implied(source: &Source, look: &Look) -> Option<Image> {
    match (source, look) {
        (Source::Dockerfile(text), _) | (_, Look::Dockerfile(text)) => base_image::of(text).map(|text| Image {
            text,
            required: false,
            kind: None,
        }),
        _ => None,
    }
}

fn name(args: &Args, source: &Source, image: Option<&Image>) -> Result<String, Failure> {
    let needed =
        || Failure::usage("you must provide a --name when you don't specify a source repository or base image");
    let suggested = match (&args.name, source, image) {
        (Some(name), ..) => return check_name(name),
        (None, Source::Git { uri, .. }, _) => uri
            .trim_end_matches('/')
            .rsplit(['/', ':'])
            .next()
            .unwrap_or_default()
            .trim_end_matches(".git")
            .to_string(),
        (None, _, Some(image)) => {
            let last = image.text.rsplit('/').next().unwrap_or_default();
            last.split([':', '@']).next().unwrap_or_default().to_string()
        }
        (None, _, None) => return Err(needed()),
    };
    let cleaned: String = suggested
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(NAME_CHARS)
        .collect();
    check_name(cleaned.trim_matches('-')).map_err(|_| {
        Failure::usage(format!("no name for a build config can be made of \"{suggested}\""))
            .hint("give one with --name")
    })
}

fn check_name(name: &str) -> Result<String, Failure> {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = (1..=NAME_CHARS).contains(&name.len())
        && name.chars().all(valid)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-');
    match good {
        true => Ok(name.into()),
        false => Err(Failure::usage(format!(
            "\"{name}\" is no valid name: use at most {NAME_CHARS} lower case letters, digits and dashes, beginning with a letter"
        ))),
    }
}

fn pairs(texts: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let pair = |text: &String| match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_string(), value.to_string())),
        _ => Err(Failure::usage(format!("`{text}` has not the form KEY=VALUE"))),
    };
    texts.iter().map(pair).collect()
}
