use super::injection::Placed;
use super::user::user;
use super::{DESTINATION_LABEL, Previous, S2iError, S2iInput, SCRIPTS_URL_LABEL, plain};
use crate::context::RelativePath;

const DEFAULT_SCRIPTS: &str = "/usr/libexec/s2i";
const DEFAULT_DESTINATION: &str = "/tmp";
/// Scripts that decide how a source build runs; `usage` is for people.
const PLACED_SCRIPTS: [&str; 3] = ["assemble", "run", "save-artifacts"];

/// Who runs what from where.
pub(super) struct Layout {
    pub user: String,
    destination: String,
    /// Scripts of the image.
    scripts: String,
    /// Scripts that the source brings along.
    pub overrides: Vec<(String, RelativePath)>,
    pub remarks: Vec<String>,
}

impl Layout {
    pub fn of(input: &S2iInput<'_>) -> Result<Self, S2iError> {
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

    pub fn cached_stage(&self, previous: &Previous) -> Vec<String> {
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

    pub fn main_stage(&self, input: &S2iInput<'_>, injections: &[Placed<'_>]) -> Vec<String> {
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

/// `Some` when the strategy names scripts in the image; these rule out those of the source.
fn strategy_scripts(url: &str) -> Result<Option<&str>, S2iError> {
    match url.strip_prefix("image://") {
        Some(path) => Ok(Some(path)),
        None if url.is_empty() => Ok(None),
        None => Err(S2iError::ScriptsUrl(url.to_owned())),
    }
}
