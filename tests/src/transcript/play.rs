use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output, Stdio};

use anyhow::{Context, Result, ensure};

use super::client::Client;
use super::normal::Normal;
use super::step::{Said, Step, Transcript};
use crate::Weir;

/// How long one command may take, in seconds; the `timeout` of coreutils ends it.
const COMMAND_SECONDS: &str = "120";

/// A server, and a directory in which one client works on it.
pub struct Stage<'a> {
    pub weir: &'a Weir,
    pub place: &'a Path,
    /// Where the sources are and the image that builds them, where pods can run.
    pub props: Option<Props>,
}

/// What builds need; commands find them as `$GIT` and `$TINY`.
pub struct Props {
    pub git: String,
    pub tiny: String,
}

/// What a client said, command by command, in the order of the transcript; `None` where it has no line.
pub type Played = Vec<Option<Said>>;

/// Lets one client play all of its commands.
pub fn play(transcript: &Transcript, client: &Client, stage: &Stage) -> Result<Played> {
    let shell = Shell::new(transcript, client, stage)?;
    let mut played = Vec::new();
    for step in &transcript.steps {
        match step {
            Step::Prose(_) => {}
            Step::Setup(line) => shell.set(line)?,
            Step::Command(command) if command.is_for(client.who, transcript) => {
                played.push(Some(shell.say(&command.line)?));
            }
            Step::Command(_) => played.push(None),
        }
    }
    Ok(played)
}

struct Shell<'a> {
    weir: &'a Weir,
    work: PathBuf,
    path: String,
    kubeconfig: PathBuf,
    server: String,
    props: Vec<(&'static str, String)>,
    normal: Normal,
}

impl<'a> Shell<'a> {
    fn new(transcript: &Transcript, client: &Client, stage: &Stage<'a>) -> Result<Self> {
        let work = stage.place.join("work");
        copy_files(&transcript.path.with_file_name("files"), &work)?;
        // A copy: a session of one's own, and the same words whatever the path.
        let kubeconfig = stage.place.join("kubeconfig");
        fs::copy(stage.weir.kubeconfig(), &kubeconfig)?;
        let programs = client.programs(stage.place)?;
        let server = fs::read_to_string(stage.weir.data().join("run/api-address"))?;
        let server = format!("https://{}", server.trim());
        let props = stage.props.as_ref();
        let mut normal = Normal::new(client.who, &server, &stage.weir.registry()?, stage.place)?;
        if let Some(props) = props {
            normal.also(&props.git, "http://<git>");
        }
        Ok(Self {
            weir: stage.weir,
            path: format!("{}:{}", programs.display(), std::env::var("PATH")?),
            normal,
            props: props
                .map(|props| vec![("GIT", props.git.clone()), ("TINY", props.tiny.clone())])
                .unwrap_or_default(),
            work,
            kubeconfig,
            server,
        })
    }

    fn set(&self, line: &str) -> Result<()> {
        let output = self.run(line)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{line}`: {}\n{said}", output.status);
        Ok(())
    }

    fn say(&self, line: &str) -> Result<Said> {
        let output = self.run(line)?;
        Ok(Said {
            out: self.normal.lines(&output.stdout),
            err: self.normal.lines(&output.stderr),
            code: output.status.code().unwrap_or(-1),
        })
    }

    fn run(&self, line: &str) -> Result<Output> {
        Process::new("timeout")
            .args([COMMAND_SECONDS, "sh", "-c", line])
            .current_dir(&self.work)
            .env("PATH", &self.path)
            .env("HOME", self.work.join("home"))
            .env("KUBECONFIG", &self.kubeconfig)
            .env("WEIR_DATA_DIR", self.weir.data())
            .env("SERVER", &self.server)
            .env("REGISTRY", self.weir.registry()?)
            .envs(self.props.iter().map(|(name, value)| (name, value)))
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .output()
            .context("timeout sh -c")
    }
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_files(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
