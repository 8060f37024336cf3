use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use super::confine;
use super::protocol::{ChildEvent, ChildFailure, ChildFailureKind, ChildJob, Fetched, MAX_JOB_BYTES};
use crate::context::pack;
use crate::source::{FetchJob, SurveyError, SurveyJob, clone, source_directory, survey};

/// The whole program of the child: `weir builder-child`. The job comes on standard input; the arguments only tell a
/// reader of the process list what it does. The work directory is the current one.
pub fn child_main(_arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let outcome = confine::confine()
        .and_then(|()| read_job())
        .map_err(|error| ChildFailure::child(error.to_string()))
        .and_then(|job| run(job, Path::new(".")));
    let (event, code) = match outcome {
        Ok(event) => (event, ExitCode::SUCCESS),
        Err(failure) => (ChildEvent::Failed(failure), ExitCode::FAILURE),
    };
    // Without a reader there is nobody left to tell.
    if emit(&event).is_err() { ExitCode::FAILURE } else { code }
}

fn read_job() -> io::Result<ChildJob> {
    let mut input = BufReader::new(io::stdin());
    let mut line = Vec::new();
    input.by_ref().take(MAX_JOB_BYTES).read_until(b'\n', &mut line)?;
    confine::end_with_supervisor(input);
    serde_json::from_slice(&line).map_err(io::Error::other)
}

fn run(job: ChildJob, work: &Path) -> Result<ChildEvent, ChildFailure> {
    let work = std::path::absolute(work).map_err(|error| ChildFailure::child(error.to_string()))?;
    match job {
        ChildJob::Fetch { git, survey } => {
            fetch(&git, &survey, &work).map(|fetched| ChildEvent::Fetched(fetched.into()))
        }
        ChildJob::Pack(job) => {
            let source = source_directory(&work);
            let source = source.exists().then_some(source);
            let remarks = pack(&job, source.as_deref(), io::stdout().lock())
                .map_err(|error| ChildFailure::source(error.to_string()))?;
            remarks.into_iter().for_each(log);
            Ok(ChildEvent::Packed)
        }
    }
}

fn fetch(git: &FetchJob, look_for: &SurveyJob, work: &Path) -> Result<Fetched, ChildFailure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ChildFailure::child(error.to_string()))?;
    let commit = runtime.block_on(clone(git, work, &log)).map_err(ChildFailure::source)?;
    commit.log_lines().into_iter().for_each(log);
    let survey = survey(&source_directory(work), look_for).map_err(|error| ChildFailure {
        kind: match error {
            SurveyError::NoContextDirectory(_) => ChildFailureKind::NoContextDirectory,
            SurveyError::Read { .. } | SurveyError::Text(_) => ChildFailureKind::Source,
        },
        message: error.to_string(),
    })?;
    Ok(Fetched { commit, survey })
}

fn log(line: String) {
    // A supervisor that does not listen any more ends this process through its other pipe.
    let _told = emit(&ChildEvent::Log(line));
}

fn emit(event: &ChildEvent) -> io::Result<()> {
    let mut line = serde_json::to_vec(event).map_err(io::Error::other)?;
    line.push(b'\n');
    io::stderr().lock().write_all(&line)
}
