use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Stdin, Write};
use std::path::Path;
use std::process::ExitCode;

use super::confine;
use super::protocol::{ChildEvent, ChildFailure, ChildFailureKind, ChildJob, Fetched, MAX_JOB_BYTES};
use crate::context::pack;
use crate::source::{FetchJob, Survey, SurveyError, SurveyJob, UnpackJob, clone, source_directory, survey, unpack};

/// Standard input behind the job.
type Input = BufReader<Stdin>;

/// The whole program of the child: `weir builder-child`. The job comes on standard input; the arguments only tell a
/// reader of the process list what it does. The work directory is the current one.
pub fn child_main(_arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let outcome = confine::confine()
        .and_then(|()| read_job())
        .map_err(|error| ChildFailure::child(error.to_string()))
        .and_then(|(job, input)| run(job, input, Path::new(".")));
    let (event, code) = match outcome {
        Ok(event) => (event, ExitCode::SUCCESS),
        Err(failure) => (ChildEvent::Failed(failure), ExitCode::FAILURE),
    };
    // Without a reader there is nobody left to tell.
    if emit(&event).is_err() { ExitCode::FAILURE } else { code }
}

/// The job, and what follows it.
fn read_job() -> io::Result<(ChildJob, Input)> {
    let mut input = BufReader::new(io::stdin());
    let mut line = Vec::new();
    input.by_ref().take(MAX_JOB_BYTES).read_until(b'\n', &mut line)?;
    let job = serde_json::from_slice(&line).map_err(io::Error::other)?;
    Ok((job, input))
}

fn run(job: ChildJob, input: Input, work: &Path) -> Result<ChildEvent, ChildFailure> {
    let work = std::path::absolute(work).map_err(|error| ChildFailure::child(error.to_string()))?;
    match job {
        ChildJob::Fetch { git, survey } => {
            confine::end_with_supervisor(input);
            fetch(&git, &survey, &work).map(|fetched| ChildEvent::Fetched(fetched.into()))
        }
        ChildJob::Unpack { upload, survey } => {
            take_in(&upload, &survey, input, &work).map(|fetched| ChildEvent::Fetched(fetched.into()))
        }
        ChildJob::Pack(job) => {
            confine::end_with_supervisor(input);
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
    Ok(Fetched {
        changed_at: commit.committed_at,
        survey: look_through(work, look_for)?,
        commit,
    })
}

/// Unpacks the upload. As long as it comes, its end tells of the supervisor's.
fn take_in(upload: &UnpackJob, look_for: &SurveyJob, input: Input, work: &Path) -> Result<Fetched, ChildFailure> {
    confine::limit_memory().map_err(|error| ChildFailure::child(error.to_string()))?;
    let mut content = input.take(upload.bytes);
    let remarks = unpack(upload, &mut content, work).map_err(|error| {
        ChildFailure::source(format!(
            "unable to extract binary build input, must be a zip, tar, or gzipped tar, or specified as a file: {error}"
        ))
    })?;
    // What follows the end of an archive is read too, so that the supervisor can send all of it.
    io::copy(&mut content, &mut io::sink()).map_err(|error| ChildFailure::child(error.to_string()))?;
    confine::end_with_supervisor(content.into_inner());
    remarks.into_iter().for_each(log);
    Ok(Fetched {
        changed_at: upload.uploaded_at,
        survey: look_through(work, look_for)?,
        ..Fetched::default()
    })
}

fn look_through(work: &Path, look_for: &SurveyJob) -> Result<Survey, ChildFailure> {
    survey(&source_directory(work), look_for).map_err(|error| ChildFailure {
        kind: match error {
            SurveyError::NoContextDirectory(_) => ChildFailureKind::NoContextDirectory,
            SurveyError::Read { .. } | SurveyError::Text(_) => ChildFailureKind::Source,
        },
        message: error.to_string(),
    })
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
