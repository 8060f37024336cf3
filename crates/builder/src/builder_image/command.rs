use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::process::Stdio;

use futures::StreamExt;
use tokio::io::AsyncRead;
use tokio::process::Command;
use tokio_util::codec::{FramedRead, LinesCodec};

/// Lines of output that are kept for the error message.
const LINES_KEPT: usize = 15;
/// A longer line is an error: nothing we run prints one.
const MAX_LINE_BYTES: usize = 64 * 1024;
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("the program {program} is not installed; install it: apt-get install {package}")]
    Missing { program: String, package: &'static str },
    #[error("cannot run {program}: {source}")]
    Run { program: String, source: std::io::Error },
    #[error("{program} failed ({status}):\n{output}")]
    Failed {
        program: String,
        status: std::process::ExitStatus,
        output: String,
    },
}

/// A program of the machine, with the environment it needs and none of ours.
pub(super) struct Tool {
    program: &'static str,
    package: &'static str,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
}

impl Tool {
    pub fn new(program: &'static str, package: &'static str) -> Self {
        let environment = vec![("PATH".into(), PATH.into()), ("LC_ALL".into(), "C.UTF-8".into())];
        Self {
            program,
            package,
            arguments: Vec::new(),
            environment,
        }
    }

    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub fn envs(mut self, variables: impl IntoIterator<Item = (String, OsString)>) -> Self {
        self.environment
            .extend(variables.into_iter().map(|(name, value)| (name.into(), value)));
        self
    }

    /// What the program prints on standard output.
    pub async fn output(self) -> Result<String, CommandError> {
        let output = self.command().output().await.map_err(|error| self.not_run(error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(CommandError::Failed {
            program: self.program.to_owned(),
            status: output.status,
            output: complaint,
        })
    }

    /// Runs the program to its end; every line it prints is shown to `line`. Dropping the future kills it.
    pub async fn run(self, mut line: impl FnMut(&str)) -> Result<(), CommandError> {
        let mut child = self.command().spawn().map_err(|error| self.not_run(error))?;
        let stdout = lines(child.stdout.take()).map(|line| (Pipe::Output, line));
        let stderr = lines(child.stderr.take()).map(|line| (Pipe::Error, line));
        let mut printed = futures::stream::select(stdout, stderr);
        let (mut output, mut errors) = (Tail::default(), Tail::default());
        while let Some((pipe, text)) = printed.next().await {
            line(&text);
            match pipe {
                Pipe::Output => output.push(text),
                Pipe::Error => errors.push(text),
            }
        }
        let status = child.wait().await.map_err(|error| self.not_run(error))?;
        if status.success() {
            return Ok(());
        }
        let output = [output.0, errors.0]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("\n");
        Err(CommandError::Failed {
            program: self.program.to_owned(),
            status,
            output,
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    fn not_run(&self, source: std::io::Error) -> CommandError {
        let program = self.program.to_owned();
        match source.kind() {
            std::io::ErrorKind::NotFound => CommandError::Missing {
                program,
                package: self.package,
            },
            _ => CommandError::Run { program, source },
        }
    }
}

enum Pipe {
    Output,
    Error,
}

/// The last lines of a pipe. The two are kept apart: which of them is read first says nothing.
#[derive(Default)]
struct Tail(VecDeque<String>);

impl Tail {
    fn push(&mut self, line: String) {
        if self.0.len() == LINES_KEPT {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }
}

fn lines(pipe: Option<impl AsyncRead + Send + Unpin + 'static>) -> futures::stream::BoxStream<'static, String> {
    match pipe {
        Some(pipe) => FramedRead::new(pipe, LinesCodec::new_with_max_length(MAX_LINE_BYTES))
            .filter_map(|line| async { line.ok() })
            .boxed(),
        None => futures::stream::empty().boxed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_shown_and_the_last_ones_are_in_the_error() {
        let mut seen = Vec::new();
        let script = "for i in $(seq 1 20); do echo line $i; done; echo oops >&2; exit 3";
        let error = Tool::new("sh", "dash")
            .args(["-c", script])
            .run(|line| seen.push(line.to_owned()))
            .await
            .unwrap_err();
        assert_eq!(seen.len(), 21);
        let text = error.to_string();
        assert!(
            text.contains("oops") && text.contains("line 20") && !text.contains("line 2\n"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn missing_programs_are_told_with_their_package() {
        let error = Tool::new("no-such-program", "its-package").output().await.unwrap_err();
        assert!(error.to_string().contains("apt-get install its-package"), "{error}");
    }

    #[tokio::test]
    async fn our_environment_stays_ours() {
        let printed = Tool::new("env", "coreutils")
            .envs([("A".to_owned(), "1".into())])
            .output()
            .await
            .unwrap();
        let mut names: Vec<&str> = printed
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.0))
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["A", "LC_ALL", "PATH"]);
    }
}
