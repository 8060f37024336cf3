use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};

use super::git::{Git, GitError, Protocols};
use crate::context::{MAX_CONTEXT_BYTES, MAX_CONTEXT_ENTRIES};

/// One line of the listing: a path of 4 KiB and some words before it. Git does not make longer ones.
const MAX_ENTRY_BYTES: usize = 64 * 1024;

/// Adds up what a checkout would write, before a file of it is written: a repository of a few kilobytes can unfold into
/// millions of files.
pub(super) async fn check(git: &Git, commit: &str) -> Result<(), GitError> {
    let arguments = ["ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--"];
    let mut child = git.spawn(&git.source(), &arguments, Protocols::None, Stdio::piped())?;
    let Some(stdout) = child.stdout.take() else {
        return Ok(());
    };
    let mut listing = BufReader::new(stdout);
    let (mut entries, mut bytes) = (0_u64, 0_u64);
    let mut entry = Vec::new();
    loop {
        entry.clear();
        if listing.read_until(0, &mut entry).await? == 0 {
            break;
        }
        entries += 1;
        bytes = bytes.saturating_add(size_of(&entry));
        if entries > MAX_CONTEXT_ENTRIES || bytes > MAX_CONTEXT_BYTES || entry.len() > MAX_ENTRY_BYTES {
            // Dropping the child ends it.
            return Err(GitError::Refused(format!(
                "the commit is too large to be built: more than {MAX_CONTEXT_ENTRIES} files or {} GiB",
                MAX_CONTEXT_BYTES / (1024 * 1024 * 1024)
            )));
        }
    }
    let status = child.wait().await?;
    if status.success() {
        Ok(())
    } else {
        Err(GitError::Complaint(format!("the commit cannot be listed: {status}")))
    }
}

/// `MODE TYPE ID SIZE<tab>PATH`; submodules have `-` for their size.
fn size_of(entry: &[u8]) -> u64 {
    let head = entry.split(|&byte| byte == b'\t').next().unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    text.split_whitespace()
        .nth(3)
        .and_then(|size| size.parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_is_the_fourth_word() {
        assert_eq!(size_of(b"100644 blob 0123    4711\tname with 99 words\0"), 4711);
        assert_eq!(size_of(b"160000 commit 0123       -\tsub\0"), 0);
        assert_eq!(size_of(b""), 0);
    }
}
