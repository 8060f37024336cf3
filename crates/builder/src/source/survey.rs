use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::context::{RelativePath, Tree};

/// Larger Dockerfiles are refused; the API takes inline ones of 60 000 bytes.
const MAX_DOCKERFILE_BYTES: u64 = 1024 * 1024;
const MAX_ENVIRONMENT_BYTES: u64 = 64 * 1024;
/// Scripts that a source can bring along.
const SCRIPTS: [&str; 4] = ["assemble", "run", "save-artifacts", "usage"];
const SCRIPT_DIRECTORIES: [&str; 2] = [".s2i/bin", ".sti/bin"];

/// What to look for in the fetched tree.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SurveyJob {
    pub context_dir: RelativePath,
    /// Path of the Dockerfile inside the context, for a Dockerfile build that has none inline.
    pub dockerfile: Option<RelativePath>,
    /// Look for the files of a source build.
    pub s2i: bool,
}

/// What the tree says about how it wants to be built. All of it is hostile text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Survey {
    pub dockerfile: Option<String>,
    /// Text of `.s2i/environment`.
    pub environment: String,
    /// Scripts by name, with their path inside the context.
    pub scripts: Vec<(String, RelativePath)>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SurveyError {
    #[error("the directory \"{0}\" is not in the source; check spec.source.contextDir")]
    NoContextDirectory(RelativePath),
    #[error("cannot read {path} of the source: {source}")]
    Read { path: String, source: io::Error },
    #[error("{0} of the source is not UTF-8 text")]
    Text(String),
}

pub(crate) fn survey(source: &Path, job: &SurveyJob) -> Result<Survey, SurveyError> {
    let read = |path: &str, source| SurveyError::Read {
        path: path.to_owned(),
        source,
    };
    let root = Tree::open(source).map_err(|error| read(".", error))?;
    let context = root.directory(&job.context_dir).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            SurveyError::NoContextDirectory(job.context_dir.clone())
        }
        _ => read(job.context_dir.as_str(), error),
    })?;
    let mut survey = Survey::default();
    if let Some(path) = &job.dockerfile {
        survey.dockerfile = text(&context, path, MAX_DOCKERFILE_BYTES)?;
    }
    if job.s2i {
        let path = fixed(".s2i/environment")?;
        survey.environment = text(&context, &path, MAX_ENVIRONMENT_BYTES)?.unwrap_or_default();
        survey.scripts = scripts(&context)?;
    }
    Ok(survey)
}

fn text(tree: &Tree, path: &RelativePath, limit: u64) -> Result<Option<String>, SurveyError> {
    let bytes = tree.read(path, limit).map_err(|source| SurveyError::Read {
        path: path.to_string(),
        source,
    })?;
    bytes
        .map(|bytes| String::from_utf8(bytes).map_err(|_| SurveyError::Text(path.to_string())))
        .transpose()
}

fn scripts(tree: &Tree) -> Result<Vec<(String, RelativePath)>, SurveyError> {
    let mut found: Vec<(String, RelativePath)> = Vec::new();
    for directory in SCRIPT_DIRECTORIES {
        let directory = fixed(directory)?;
        let Ok(tree) = tree.directory(&directory) else { continue };
        let entries = tree.entries().map_err(|source| SurveyError::Read {
            path: directory.to_string(),
            source,
        })?;
        for name in SCRIPTS {
            let present = entries.iter().any(|entry| entry.name.to_bytes() == name.as_bytes());
            if present && !found.iter().any(|(known, _)| known == name) {
                found.push((name.to_owned(), directory.join(&fixed(name)?)));
            }
        }
    }
    Ok(found)
}

fn fixed(path: &str) -> Result<RelativePath, SurveyError> {
    path.parse().map_err(|error| SurveyError::Read {
        path: path.to_owned(),
        source: io::Error::other(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelativePath {
        text.parse().unwrap()
    }

    fn source(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        directory
    }

    #[test]
    fn files_of_a_source_build_are_found_in_the_context_directory() {
        let source = source(&[
            ("app/.s2i/environment", b"A=1"),
            ("app/.s2i/bin/assemble", b"#!"),
            ("app/.sti/bin/assemble", b"old"),
            ("app/.sti/bin/run", b"old"),
            ("app/.s2i/bin/unrelated", b""),
            (".s2i/environment", b"B=2"),
        ]);
        let found = survey(
            source.path(),
            &SurveyJob {
                context_dir: path("app"),
                dockerfile: None,
                s2i: true,
            },
        )
        .unwrap();
        assert_eq!(found.environment, "A=1");
        assert_eq!(
            found.scripts,
            [
                ("assemble".to_owned(), path(".s2i/bin/assemble")),
                ("run".to_owned(), path(".sti/bin/run")),
            ]
        );
        assert_eq!(found.dockerfile, None);
    }

    #[test]
    fn dockerfile_is_read_at_its_path() {
        let source = source(&[("d/My.Dockerfile", b"FROM x")]);
        let job = SurveyJob {
            context_dir: path("d"),
            dockerfile: Some(path("My.Dockerfile")),
            s2i: false,
        };
        assert_eq!(
            survey(source.path(), &job).unwrap().dockerfile.as_deref(),
            Some("FROM x")
        );
        let job = SurveyJob {
            dockerfile: Some(path("Dockerfile")),
            ..job
        };
        assert_eq!(survey(source.path(), &job).unwrap().dockerfile, None);
    }

    #[test]
    fn missing_context_directory_is_told_apart() {
        let source = source(&[("file", b"")]);
        for missing in ["nope", "file", "nope/deeper"] {
            let job = SurveyJob {
                context_dir: path(missing),
                ..SurveyJob::default()
            };
            assert!(
                matches!(survey(source.path(), &job), Err(SurveyError::NoContextDirectory(_))),
                "{missing}"
            );
        }
    }

    #[test]
    fn links_that_leave_the_source_are_refused() {
        let source = source(&[("x", b"")]);
        std::os::unix::fs::symlink("/etc", source.path().join("out")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", source.path().join("Dockerfile")).unwrap();
        let job = SurveyJob {
            context_dir: path("out"),
            ..SurveyJob::default()
        };
        assert!(matches!(survey(source.path(), &job), Err(SurveyError::Read { .. })));
        let job = SurveyJob {
            dockerfile: Some(path("Dockerfile")),
            ..SurveyJob::default()
        };
        assert!(matches!(survey(source.path(), &job), Err(SurveyError::Read { .. })));
    }

    #[test]
    fn binary_dockerfiles_are_refused() {
        let source = source(&[("Dockerfile", &[0xff, 0xfe])]);
        let job = SurveyJob {
            dockerfile: Some(path("Dockerfile")),
            ..SurveyJob::default()
        };
        assert!(matches!(survey(source.path(), &job), Err(SurveyError::Text(_))));
    }
}
