use super::git::{Git, GitError, Protocols};
use crate::context::RelativePath;
use crate::source::GitUrl;

/// Submodules of submodules; deeper ones are refused.
const MAX_DEPTH: usize = 8;
/// Each is a clone of its own.
const MAX_SUBMODULES: usize = 100;
const MAX_LIST_BYTES: u64 = 256 * 1024;

/// Fetches the submodules one after the other, each level only after its list was looked through: paths and addresses
/// in it come from the repository.
pub(super) async fn update(git: &Git, log: &dyn Fn(String)) -> Result<(), GitError> {
    let mut pending = vec![(RelativePath::root(), 0)];
    let mut count = 0;
    while let Some((parent, depth)) = pending.pop() {
        for path in listed(git, &parent).await? {
            count += 1;
            if depth == MAX_DEPTH || count > MAX_SUBMODULES {
                return Err(GitError::Refused(format!(
                    "the repository has more than {MAX_SUBMODULES} submodules or nests them deeper than {MAX_DEPTH}"
                )));
            }
            let whole = parent.join(&path);
            log(format!("Fetching submodule \"{whole}\" ..."));
            let directory = git.source().join(parent.as_path());
            let arguments = [
                "submodule",
                "--quiet",
                "update",
                "--init",
                "--jobs=1",
                "--",
                path.as_str(),
            ];
            git.run(&directory, &arguments, Protocols::Submodules).await?;
            pending.push((whole, depth + 1));
        }
    }
    Ok(())
}

/// Paths of the submodules that the commit checked out in `parent` names.
async fn listed(git: &Git, parent: &RelativePath) -> Result<Vec<RelativePath>, GitError> {
    let directory = git.source().join(parent.as_path());
    let tree = ["ls-tree", "--name-only", "-z", "HEAD", "--", ".gitmodules"];
    if git.output(&directory, &tree, MAX_LIST_BYTES).await?.is_empty() {
        return Ok(Vec::new());
    }
    let arguments = ["config", "--blob", "HEAD:.gitmodules", "--null", "--list"];
    let printed = git.output(&directory, &arguments, MAX_LIST_BYTES).await?;
    paths(&String::from_utf8_lossy(&printed)).map_err(GitError::Refused)
}

/// Reads `submodule.NAME.KEY<newline>VALUE<nul>...`.
fn paths(listing: &str) -> Result<Vec<RelativePath>, String> {
    let mut paths = Vec::new();
    for item in listing.split('\0') {
        let Some((key, value)) = item.split_once('\n') else {
            continue;
        };
        let Some((name, field)) = key.strip_prefix("submodule.").and_then(|rest| rest.rsplit_once('.')) else {
            continue;
        };
        if name.split('/').any(|part| part == "..") || name.chars().any(char::is_control) {
            return Err(format!(
                "the submodule \"{}\" has a name that is not allowed",
                name.escape_debug()
            ));
        }
        match field {
            "path" => paths.push(path(value)?),
            "url" => check_url(value)?,
            _ => {}
        }
    }
    Ok(paths)
}

fn path(value: &str) -> Result<RelativePath, String> {
    let refused = || format!("the submodule path \"{}\" is not allowed", value.escape_debug());
    if value.starts_with(['-', '/']) || value.ends_with(char::is_whitespace) {
        return Err(refused());
    }
    let path: RelativePath = value.parse().map_err(|_| refused())?;
    let reserved = path.as_str().split('/').any(|part| part.eq_ignore_ascii_case(".git"));
    if path.is_root() || reserved {
        Err(refused())
    } else {
        Ok(path)
    }
}

fn check_url(value: &str) -> Result<(), String> {
    if value.starts_with("./") || value.starts_with("../") {
        return if value.chars().any(char::is_control) {
            Err("a submodule has a strange address".into())
        } else {
            Ok(())
        };
    }
    match value.parse::<GitUrl>() {
        Ok(url) if url.is_local() => Err(format!(
            "the submodule address \"{}\" is on a local file system, which is not allowed",
            value.escape_debug()
        )),
        Ok(_) => Ok(()),
        Err(error) => Err(format!(
            "the submodule address \"{}\" is not allowed: {error}",
            value.escape_debug()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(path: &str, url: &str) -> String {
        format!("submodule.lib.path\n{path}\0submodule.lib.url\n{url}\0")
    }

    #[test]
    fn usual_submodules_are_found() {
        let text = listing("vendor/lib", "https://h/lib.git") + &listing("other", "../other.git");
        let found: Vec<String> = paths(&text).unwrap().into_iter().map(String::from).collect();
        assert_eq!(found, ["vendor/lib", "other"]);
    }

    #[test]
    fn hostile_submodules_are_refused() {
        let table = [
            ("a\r", "https://h/x"),
            ("-u./payload", "https://h/x"),
            ("../up", "https://h/x"),
            ("/etc", "https://h/x"),
            (".git/modules/x", "https://h/x"),
            ("a/.GIT", "https://h/x"),
            ("a", "-oProxyCommand=id"),
            ("a", "ext::sh"),
            ("a", "file:///etc"),
            ("a", "/etc"),
            ("a", "ssh://h/x"),
            ("a", "../x\u{1}"),
        ];
        for (path, url) in table {
            assert!(paths(&listing(path, url)).is_err(), "{path:?} {url:?}");
        }
        assert!(paths("submodule.../../x.path\na\0").is_err());
    }
}
