use std::collections::BTreeMap;

use super::BuildFacts;
use super::environment_file;
use super::facts::merged;
use super::quote::{DEFAULT_ESCAPE, is_plain_path, pairs};
use crate::context::{Part, RelativePath};

mod injection;
mod layout;
mod user;

pub(crate) use injection::Injection;
use injection::{Placed, place};
use layout::Layout;

const SCRIPTS_URL_LABEL: &str = "io.openshift.s2i.scripts-url";
const DESTINATION_LABEL: &str = "io.openshift.s2i.destination";
const BUILDER_IMAGE_LABEL: &str = "io.openshift.build.image";

/// What the builder image says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BuilderImage {
    /// Under the name that objects show.
    pub reference: String,
    /// Under the name that the engine knows.
    pub engine_name: String,
    pub user: String,
    pub working_dir: String,
    pub labels: BTreeMap<String, String>,
}

/// The image of the last build, whose artifacts an incremental build takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Previous {
    pub engine_name: String,
}

pub(crate) struct S2iInput<'a> {
    pub builder: &'a BuilderImage,
    pub facts: &'a BuildFacts,
    pub context_dir: &'a RelativePath,
    pub has_source: bool,
    /// Text of `.s2i/environment`.
    pub environment_file: &'a str,
    /// Scripts in the source, by name, with their path inside the context directory.
    pub source_scripts: &'a [(String, RelativePath)],
    /// `sourceStrategy.scripts`.
    pub scripts_url: &'a str,
    /// `sourceStrategy.env`.
    pub environment: &'a [(String, String)],
    /// `output.imageLabels`.
    pub labels: &'a [(String, String)],
    pub injections: &'a [Injection],
    pub previous: Option<&'a Previous>,
    /// Numbers of users that may run the assemble script, as in `1-` or `1000-2000,3000`; all when absent.
    pub allowed_users: Option<&'a str>,
}

/// A source build as a Dockerfile and the context it needs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct S2iPlan {
    pub dockerfile: String,
    pub parts: Vec<Part>,
    /// Lines for the build log.
    pub remarks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum S2iError {
    #[error(
        "scripts can be taken from the image (image:///PATH) or from .s2i/bin of the source, not from \"{0}\"; put the scripts into .s2i/bin"
    )]
    ScriptsUrl(String),
    #[error("{what} \"{}\" is not usable: an absolute path of letters, digits and / . _ - is needed", .path.escape_debug())]
    Path { what: &'static str, path: String },
    #[error("the user \"{}\" of the builder image is not usable", .0.escape_debug())]
    User(String),
    #[error(
        "the builder image runs its assemble script as \"{user}\", and this build may only run as users {allowed}; use a builder image with a numeric user in that range"
    )]
    UserForbidden { user: String, allowed: String },
    #[error("the file name \"{}\" of an injected secret or config map is not usable", .0.escape_debug())]
    FileName(String),
    #[error("the path is not usable: {0}")]
    ContextPath(#[from] crate::context::RelativePathError),
}

/// Plans a source build. The order of the instructions is upstream's.
pub(crate) fn plan_s2i(input: &S2iInput<'_>) -> Result<S2iPlan, S2iError> {
    let layout = Layout::of(input)?;
    let injections = input
        .injections
        .iter()
        .map(|one| place(one, input.builder))
        .collect::<Result<Vec<_>, _>>()?;
    let mut lines = Vec::new();
    if let Some(previous) = input.previous {
        lines.extend(layout.cached_stage(previous));
    }
    lines.push(format!("FROM {}", input.builder.engine_name));
    lines.extend(pairs("LABEL", &labels(input), " \\\n      ", DEFAULT_ESCAPE));
    lines.extend(pairs("ENV", &environment(input), " \\\n    ", DEFAULT_ESCAPE));
    lines.extend(layout.main_stage(input, &injections));
    Ok(S2iPlan {
        dockerfile: lines.join("\n") + "\n",
        parts: parts(input, &layout, &injections)?,
        remarks: layout.remarks,
    })
}

fn labels(input: &S2iInput<'_>) -> Vec<(String, String)> {
    let mut labels = input.facts.source_labels();
    labels.push((BUILDER_IMAGE_LABEL.to_owned(), input.builder.reference.clone()));
    if !input.scripts_url.is_empty() {
        labels.push((SCRIPTS_URL_LABEL.to_owned(), input.scripts_url.to_owned()));
    }
    if let Some(destination) = input
        .builder
        .labels
        .get(DESTINATION_LABEL)
        .filter(|value| !value.is_empty())
    {
        labels.push((DESTINATION_LABEL.to_owned(), destination.clone()));
    }
    labels.sort();
    merged(labels, input.labels)
}

fn environment(input: &S2iInput<'_>) -> Vec<(String, String)> {
    let from_source = merged(Vec::new(), &environment_file::parse(input.environment_file));
    merged(merged(from_source, &input.facts.environment()), input.environment)
}

fn parts(input: &S2iInput<'_>, layout: &Layout, injections: &[Placed<'_>]) -> Result<Vec<Part>, S2iError> {
    let mut parts = Vec::new();
    let source = "upload/src".parse()?;
    parts.push(if input.has_source {
        let without = layout.overrides.iter().map(|(_, path)| path.clone()).collect();
        Part::Tree {
            from: input.context_dir.clone(),
            to: source,
            s2i_ignore: true,
            without,
        }
    } else {
        Part::Directory { path: source }
    });
    for (name, path) in &layout.overrides {
        let to = format!("upload/scripts/{name}").parse()?;
        parts.push(Part::Script {
            from: input.context_dir.join(path),
            to,
        });
    }
    for one in injections {
        parts.push(Part::Directory {
            path: one.context_directory().parse()?,
        });
        for (name, contents) in &one.injection.files {
            let path = format!("{}/{name}", one.context_directory()).parse()?;
            parts.push(Part::File {
                path,
                contents: contents.clone(),
            });
        }
    }
    Ok(parts)
}

/// A path that may stand in an instruction, without a slash at its end.
fn plain(what: &'static str, path: &str) -> Result<String, S2iError> {
    let clean = path.trim_end_matches('/');
    if is_plain_path(clean) {
        Ok(clean.to_owned())
    } else {
        Err(S2iError::Path {
            what,
            path: path.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
