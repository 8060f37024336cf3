use std::collections::BTreeMap;

use super::BuildFacts;
use super::environment_file;
use super::facts::merged;
use super::quote::{DEFAULT_ESCAPE, is_plain_path, pairs};
use crate::context::{Part, RelativePath};

const SCRIPTS_URL_LABEL: &str = "io.openshift.s2i.scripts-url";
const DESTINATION_LABEL: &str = "io.openshift.s2i.destination";
const ASSEMBLE_USER_LABEL: &str = "io.openshift.s2i.assemble-user";
const BUILDER_IMAGE_LABEL: &str = "io.openshift.build.image";
const DEFAULT_SCRIPTS: &str = "/usr/libexec/s2i";
const DEFAULT_DESTINATION: &str = "/tmp";
const DEFAULT_USER: &str = "1001";
/// Where injected content goes when the image does not say where it works.
const DEFAULT_WORKING_DIR: &str = "/opt/app-root/src";
/// Scripts that decide how a source build runs; `usage` is for people.
const PLACED_SCRIPTS: [&str; 3] = ["assemble", "run", "save-artifacts"];

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

/// Content of a Secret or ConfigMap that the assemble script may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Injection {
    /// Name inside the context.
    pub name: String,
    /// As the build says it: absolute, or relative to where the image works.
    pub destination: String,
    pub files: Vec<(String, Vec<u8>)>,
    /// Taken out again once the assemble script has run.
    pub secret: bool,
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

/// Who runs what from where.
struct Layout {
    user: String,
    destination: String,
    /// Scripts of the image.
    scripts: String,
    /// Scripts that the source brings along.
    overrides: Vec<(String, RelativePath)>,
    remarks: Vec<String>,
}

impl Layout {
    fn of(input: &S2iInput<'_>) -> Result<Self, S2iError> {
        let label = |key: &str| {
            input
                .builder
                .labels
                .get(key)
                .map(String::as_str)
                .filter(|value| !value.is_empty())
        };
        let from_strategy = strategy_scripts(input.scripts_url)?;
        let overrides: Vec<_> = match from_strategy {
            Some(_) => Vec::new(),
            None => input
                .source_scripts
                .iter()
                .filter(|(name, _)| PLACED_SCRIPTS.contains(&name.as_str()))
                .cloned()
                .collect(),
        };
        let scripts = from_strategy
            .or_else(|| label(SCRIPTS_URL_LABEL).and_then(|url| url.strip_prefix("image://")))
            .unwrap_or(DEFAULT_SCRIPTS);
        let legacy = overrides.iter().any(|(_, path)| path.as_str().starts_with(".sti/"));
        let remarks = if legacy {
            vec!["DEPRECATED: Use .s2i/bin instead of .sti/bin".to_owned()]
        } else {
            Vec::new()
        };
        Ok(Self {
            user: user(input)?,
            destination: plain(
                "the destination of the builder image",
                label(DESTINATION_LABEL).unwrap_or(DEFAULT_DESTINATION),
            )?,
            scripts: plain("the scripts directory", scripts)?,
            overrides,
            remarks,
        })
    }

    fn overrides(&self, script: &str) -> bool {
        self.overrides.iter().any(|(name, _)| name == script)
    }

    /// Path of a script in the image.
    fn script(&self, name: &str) -> String {
        let directory = if self.overrides(name) {
            format!("{}/scripts", self.destination)
        } else {
            self.scripts.clone()
        };
        format!("{directory}/{name}")
    }

    fn is_root(&self) -> bool {
        matches!(self.user.as_str(), "root" | "0")
    }

    fn become_user(&self) -> Option<String> {
        (!self.is_root()).then(|| format!("USER {}", self.user))
    }

    fn copy(&self, from: &str, to: &str) -> String {
        format!("COPY --chown={}:0 {from} {to}", self.user)
    }

    fn cached_stage(&self, previous: &Previous) -> Vec<String> {
        let script = self.script("save-artifacts");
        let mut lines = vec![format!("FROM {} as cached", previous.engine_name)];
        if self.overrides("save-artifacts") {
            lines.push("# Copying in override save-artifacts script".into());
            lines.push(self.copy("upload/scripts/save-artifacts", &script));
        } else {
            lines.push(
                "# Save-artifacts script sourced from builder image based on user input or image metadata.".into(),
            );
        }
        lines.extend(self.become_user());
        lines.push(format!(
            "RUN if [ -s {script} ]; then {script} > /tmp/artifacts.tar; else touch /tmp/artifacts.tar; fi"
        ));
        lines
    }

    fn main_stage(&self, input: &S2iInput<'_>, injections: &[Placed<'_>]) -> Vec<String> {
        let destination = &self.destination;
        let mut lines = Vec::new();
        if input.previous.is_some() {
            lines.push(format!(
                "COPY --chown={}:0 --from=cached /tmp/artifacts.tar /tmp/artifacts.tar",
                self.user
            ));
        }
        if !self.overrides.is_empty() {
            lines.push("# Copying in override assemble/run scripts".into());
            lines.push(self.copy("upload/scripts", &format!("{destination}/scripts")));
        }
        lines.push("# Copying in source code".into());
        lines.push(self.copy("upload/src", &format!("{destination}/src")));
        if !injections.is_empty() {
            lines.push("# Copying in injected content".into());
            lines.extend(
                injections
                    .iter()
                    .map(|one| self.copy(&one.context_directory(), &one.destination)),
            );
        }
        lines.extend(self.become_user());
        if input.previous.is_some() {
            lines.push("# Extract artifact content".into());
            lines.push(format!(
                "RUN if [ -s /tmp/artifacts.tar ]; then mkdir -p {destination}/artifacts; tar -xf /tmp/artifacts.tar -C {destination}/artifacts; fi && \\\n    rm /tmp/artifacts.tar"
            ));
        }
        lines.extend(self.script_comment("assemble", "Assemble"));
        lines.push(format!("RUN {}", self.script("assemble")));
        let secrets: Vec<String> = injections
            .iter()
            .filter(|one| one.injection.secret)
            .flat_map(Placed::files)
            .collect();
        if !secrets.is_empty() {
            lines.push("# Cleaning up injected secret content".into());
            lines.push(format!("RUN rm {}", secrets.join(" && \\\n    rm ")));
        }
        lines.extend(self.script_comment("run", "Run"));
        // Upstream writes the shell form. Many shells then stay as the first process, which hears no SIGTERM, and every
        // rollout waits for the grace period; the script itself hears it.
        lines.push(format!("CMD [{}]", serde_json::Value::from(self.script("run"))));
        lines
    }

    fn script_comment(&self, name: &str, title: &str) -> Vec<String> {
        if self.overrides(name) {
            return Vec::new();
        }
        vec![
            format!("# {title} script sourced from builder image based on user input or image metadata."),
            "# If this file does not exist in the image, the build will fail.".into(),
        ]
    }
}

/// An injection and where it goes in the image.
struct Placed<'a> {
    injection: &'a Injection,
    destination: String,
}

impl Placed<'_> {
    fn context_directory(&self) -> String {
        format!("upload/injections/{}", self.injection.name)
    }

    fn files(&self) -> Vec<String> {
        self.injection
            .files
            .iter()
            .map(|(name, _)| format!("{}/{name}", self.destination.trim_end_matches('/')))
            .collect()
    }
}

fn place<'a>(injection: &'a Injection, builder: &BuilderImage) -> Result<Placed<'a>, S2iError> {
    let working_dir = if builder.working_dir.is_empty() {
        DEFAULT_WORKING_DIR
    } else {
        &builder.working_dir
    };
    let destination = match injection.destination.trim_start_matches("./") {
        absolute if absolute.starts_with('/') => absolute.to_owned(),
        "" | "." => working_dir.to_owned(),
        relative => format!("{}/{relative}", working_dir.trim_end_matches('/')),
    };
    if let Some((name, _)) = injection.files.iter().find(|(name, _)| !is_file_name(name)) {
        return Err(S2iError::FileName(name.clone()));
    }
    Ok(Placed {
        injection,
        destination: plain("the destinationDir", &destination)?,
    })
}

/// Keys of Secrets and ConfigMaps.
fn is_file_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && !matches!(name, "." | "..") && !name.starts_with('-') && name.chars().all(plain)
}

/// `Some` when the strategy names scripts in the image; these rule out those of the source.
fn strategy_scripts(url: &str) -> Result<Option<&str>, S2iError> {
    match url.strip_prefix("image://") {
        Some(path) => Ok(Some(path)),
        None if url.is_empty() => Ok(None),
        None => Err(S2iError::ScriptsUrl(url.to_owned())),
    }
}

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

fn user(input: &S2iInput<'_>) -> Result<String, S2iError> {
    let label = input
        .builder
        .labels
        .get(ASSEMBLE_USER_LABEL)
        .filter(|user| !user.is_empty());
    let configured = label.unwrap_or(&input.builder.user);
    let user = configured
        .split(':')
        .next()
        .filter(|user| !user.is_empty())
        .unwrap_or(DEFAULT_USER);
    let usable = user
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !user.starts_with('-');
    if !usable {
        return Err(S2iError::User(user.to_owned()));
    }
    match input.allowed_users {
        Some(allowed) if !is_allowed(user, allowed) => Err(S2iError::UserForbidden {
            user: user.to_owned(),
            allowed: allowed.to_owned(),
        }),
        _ => Ok(user.to_owned()),
    }
}

/// Only numbers can be compared with a range.
fn is_allowed(user: &str, ranges: &str) -> bool {
    let Ok(number) = user.parse::<u32>() else { return false };
    ranges.split(',').any(|range| {
        let (low, high) = range.trim().split_once('-').unwrap_or((range.trim(), range.trim()));
        let low = if low.is_empty() { Some(0) } else { low.parse().ok() };
        let high = if high.is_empty() {
            Some(u32::MAX)
        } else {
            high.parse().ok()
        };
        low.zip(high).is_some_and(|(low, high)| (low..=high).contains(&number))
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

#[cfg(test)]
mod tests;
