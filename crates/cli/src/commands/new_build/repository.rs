//! A look into a git repository, by git itself.

use std::path::Path;
use std::process::{Command, Output};

use crate::failure::Failure;

/// Whoever sends less for longer is not waited for.
const SLOWEST_BYTES_PER_SECOND: u32 = 1000;
const SLOW_SECONDS: u32 = 30;

/// What is known of a repository's Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// There is one, with this text.
    Dockerfile(String),
    Without,
    /// The repository cannot be read from here; whoever builds may be able to.
    Unknown,
}

/// Fetches the newest commit of a branch, tag or commit, by default of the repository's own choice, and reads the
/// Dockerfile of that directory.
pub fn dockerfile(uri: &str, reference: Option<&str>, directory: &str, max_bytes: u64) -> Result<Look, Failure> {
    let place = tempfile::tempdir().map_err(|error| unread(uri, &format!("no temporary directory: {error}")))?;
    let git = |words: &[&str]| run(place.path(), words).map_err(|error| unread(uri, &error));
    done(uri, git(&["init", "--quiet"])?)?;
    let reference = reference.unwrap_or("HEAD");
    done(
        uri,
        git(&["fetch", "--quiet", "--depth=1", "--no-tags", "--", uri, reference])?,
    )?;
    let path = match directory.trim_matches(['/', '.']) {
        "" => "FETCH_HEAD:Dockerfile".to_owned(),
        _ => format!("FETCH_HEAD:{}/Dockerfile", directory.trim_end_matches('/')),
    };
    let size = git(&["cat-file", "-s", &path])?;
    if !size.status.success() {
        return Ok(Look::Without);
    }
    let size: u64 = text(&size.stdout).parse().unwrap_or(u64::MAX);
    if size > max_bytes {
        return Err(unread(
            uri,
            &format!("its Dockerfile has {size} bytes, more than {max_bytes}"),
        ));
    }
    let file = done(uri, git(&["cat-file", "blob", &path])?)?;
    Ok(Look::Dockerfile(String::from_utf8_lossy(&file.stdout).into_owned()))
}

fn run(place: &Path, words: &[&str]) -> Result<Output, String> {
    Command::new("git")
        .arg("-C")
        .arg(place)
        .args(["-c", &format!("http.lowSpeedLimit={SLOWEST_BYTES_PER_SECOND}")])
        .args(["-c", &format!("http.lowSpeedTime={SLOW_SECONDS}")])
        .args(words)
        // Nobody is asked for a password: without one the repository is as good as unreadable.
        .env("GIT_TERMINAL_PROMPT", "0")
        .output()
        .map_err(|error| format!("git cannot be started: {error}"))
}

fn done(uri: &str, output: Output) -> Result<Output, Failure> {
    match output.status.success() {
        true => Ok(output),
        false => Err(unread(uri, &text(&output.stderr))),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn unread(uri: &str, why: &str) -> Failure {
    Failure::refused(format!("cannot read the repository {uri}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(place: &Path) -> String {
        let git = |words: &[&str]| {
            let identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"];
            let output = run(place, &[&identity, words].concat()).unwrap();
            assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
        };
        std::fs::create_dir(place.join("sub")).unwrap();
        std::fs::write(place.join("sub/Dockerfile"), "FROM nginx\n").unwrap();
        git(&["init", "--quiet", "--initial-branch=main"]);
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message=First"]);
        format!("file://{}", place.display())
    }

    #[test]
    fn the_dockerfile_is_read_where_it_is() {
        let place = tempfile::tempdir().unwrap();
        let uri = repository(place.path());
        let found = Look::Dockerfile("FROM nginx\n".into());
        for (reference, directory, look) in [
            (None, "sub", found.clone()),
            (Some("main"), "sub/", found),
            (None, "", Look::Without),
            (None, "nosuch", Look::Without),
        ] {
            assert_eq!(
                dockerfile(&uri, reference, directory, 1000).unwrap(),
                look,
                "{reference:?} {directory}"
            );
        }
        for (uri, reference, directory, max_bytes) in [
            (uri.as_str(), Some("nosuch"), "", 1000),
            ("file:///nosuch/repository", None, "", 1000),
            (uri.as_str(), None, "sub", 3),
        ] {
            assert!(
                dockerfile(uri, reference, directory, max_bytes).is_err(),
                "{uri} {reference:?}"
            );
        }
    }
}
