use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use super::projection::File;

/// An empty directory that every user of the pod may write to.
pub(super) fn make_empty(path: &Path, group: Option<i64>) -> std::io::Result<()> {
    make_parents(path)?;
    std::fs::create_dir(path)?;
    own(path, group)?;
    // New files belong to the pod's group too.
    let mode = if group.is_some() { 0o2777 } else { 0o777 };
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Writes into a directory beside and moves it into place, so that a volume is whole or not there.
pub(super) fn write_all(path: &Path, files: &[File], group: Option<i64>) -> std::io::Result<()> {
    make_parents(path)?;
    let draft = path.with_extension("draft");
    match std::fs::remove_dir_all(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    readable_directory(&draft)?;
    for file in files {
        let target = draft.join(&file.path);
        if let Some(parent) = target.parent() {
            readable_directory(parent)?;
        }
        write(&target, file, group)?;
    }
    std::fs::rename(&draft, path)
}

fn write(target: &Path, file: &File, group: Option<i64>) -> std::io::Result<()> {
    let mut open = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(target)?;
    open.write_all(&file.content)?;
    own(target, group)?;
    // The pod's group may read what its owner may read.
    let for_group = if group.is_some() { (file.mode & 0o400) >> 3 } else { 0 };
    open.set_permissions(Permissions::from_mode(file.mode | for_group))
}

fn own(path: &Path, group: Option<i64>) -> std::io::Result<()> {
    match group.and_then(|group| u32::try_from(group).ok()) {
        Some(group) => chown(path, None, Some(group)),
        None => Ok(()),
    }
}

/// Nobody but us looks into the directories above a volume.
fn make_parents(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().unwrap_or(path);
    DirBuilder::new().recursive(true).mode(0o700).create(parent)
}

fn readable_directory(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
        readable_directory(parent)?;
    }
    std::fs::create_dir(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o755))
}
