use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

/// Path -> what it is: `dir`, `-> TARGET`, or mode and content.
fn listing(archive: &[u8]) -> BTreeMap<String, String> {
    let mut reader = tar::Archive::new(archive);
    let entries = reader.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        assert_eq!((entry.header().uid().unwrap(), entry.header().gid().unwrap()), (0, 0));
        let what = match entry.header().entry_type() {
            tar::EntryType::Directory => "dir".to_owned(),
            tar::EntryType::Symlink => format!("-> {}", entry.link_name().unwrap().unwrap().display()),
            tar::EntryType::Regular => {
                let mut text = String::new();
                entry.read_to_string(&mut text).unwrap();
                format!("{:o} {text}", entry.header().mode().unwrap())
            }
            other => panic!("{path} is {other:?}"),
        };
        (path, what)
    });
    entries.collect()
}

fn packed(parts: Vec<Part>, source: &Path) -> Result<BTreeMap<String, String>, PackError> {
    let mut out = Vec::new();
    pack(&PackJob { mtime: 7, parts }, Some(source), &mut out)?;
    Ok(listing(&out))
}

fn path(text: &str) -> RelativePath {
    text.parse().unwrap()
}

fn whole(to: &str) -> Part {
    Part::Tree {
        from: RelativePath::root(),
        to: path(to),
        s2i_ignore: false,
        without: vec![],
    }
}

fn file(at: &str, text: &str) -> Part {
    Part::File {
        path: path(at),
        contents: text.as_bytes().to_vec(),
    }
}

fn source(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

#[test]
fn tree_is_packed_with_plain_modes_and_no_owner() {
    let source = source(&[("a.txt", "a"), ("bin/run", "r")]);
    std::fs::set_permissions(source.path().join("bin/run"), PermissionsExt::from_mode(0o4777)).unwrap();
    let listing = packed(vec![whole("upload/src")], source.path()).unwrap();
    let expected = [
        ("upload/src", "dir"),
        ("upload/src/a.txt", "644 a"),
        ("upload/src/bin", "dir"),
        ("upload/src/bin/run", "755 r"),
    ];
    assert_eq!(listing, expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
}

#[test]
fn links_are_archived_and_never_followed() {
    let outside = source(&[("secret", "s3cret")]);
    let source = source(&[("a", "a")]);
    symlink(outside.path(), source.path().join("out")).unwrap();
    symlink("/etc/passwd", source.path().join("passwd")).unwrap();
    symlink("../../..", source.path().join("up")).unwrap();
    std::fs::hard_link(source.path().join("a"), source.path().join("b")).unwrap();
    let listing = packed(vec![whole("")], source.path()).unwrap();
    assert_eq!(listing["passwd"], "-> /etc/passwd");
    assert_eq!(listing["up"], "-> ../../..");
    assert_eq!(listing["out"], format!("-> {}", outside.path().display()));
    assert_eq!(listing["b"], "644 a");
    assert!(!listing.values().any(|what| what.contains("s3cret")));
}

#[test]
fn files_of_ours_replace_those_of_the_source() {
    let source = source(&[("Dockerfile", "FROM theirs"), ("x", "x")]);
    symlink("/etc/passwd", source.path().join("secret")).unwrap();
    let listing = packed(
        vec![whole(""), file("Dockerfile", "FROM ours"), file("secret", "s")],
        source.path(),
    )
    .unwrap();
    assert_eq!(listing["Dockerfile"], "644 FROM ours");
    assert_eq!(listing["secret"], "644 s");
    assert_eq!(listing["x"], "644 x");
}

#[test]
fn files_of_ours_do_not_go_through_links_of_the_source() {
    let source = source(&[("real/x", "x")]);
    symlink("/etc", source.path().join("config")).unwrap();
    symlink("config", source.path().join("chain")).unwrap();
    for target in ["config/passwd", "chain/passwd", "config/deep/er"] {
        let error = packed(vec![whole(""), file(target, "s")], source.path()).unwrap_err();
        assert!(matches!(error, PackError::Link { .. }), "{target}: {error}");
    }
    assert!(packed(vec![whole(""), file("real/y", "s")], source.path()).is_ok());
}

#[test]
fn ignore_file_and_exclusions_are_obeyed() {
    let source = source(&[
        (".s2iignore", "*.md\n!README.md\ndocs"),
        ("a.md", ""),
        ("README.md", ""),
        ("docs/x", ""),
        ("sub/a.md", ""),
        (".s2i/bin/assemble", "#!"),
        (".s2i/environment", "A=1"),
    ]);
    let tree = Part::Tree {
        from: RelativePath::root(),
        to: path("s"),
        s2i_ignore: true,
        without: vec![path(".s2i/bin/assemble")],
    };
    let script = Part::Script {
        from: path(".s2i/bin/assemble"),
        to: path("scripts/assemble"),
    };
    let listing = packed(vec![tree, script], source.path()).unwrap();
    let names: Vec<&str> = listing.keys().map(String::as_str).collect();
    let expected = [
        "s",
        "s/.s2i",
        "s/.s2i/bin",
        "s/.s2i/environment",
        "s/.s2iignore",
        "s/README.md",
        "s/sub",
        "s/sub/a.md",
        "scripts/assemble",
    ];
    assert_eq!(names, expected);
    assert_eq!(listing["scripts/assemble"], "755 #!");
}

#[test]
fn script_outside_the_tree_is_refused() {
    let source = source(&[("x", "")]);
    symlink("/bin/sh", source.path().join("assemble")).unwrap();
    let script = Part::Script {
        from: path("assemble"),
        to: path("scripts/assemble"),
    };
    assert!(matches!(
        packed(vec![script], source.path()),
        Err(PackError::Source { .. })
    ));
}

#[test]
fn pipes_are_left_out_with_a_remark() {
    let source = source(&[("x", "")]);
    rustix::fs::mkfifoat(rustix::fs::CWD, source.path().join("pipe"), rustix::fs::Mode::RUSR).unwrap();
    let mut out = Vec::new();
    let remarks = pack(
        &PackJob {
            mtime: 0,
            parts: vec![whole("")],
        },
        Some(source.path()),
        &mut out,
    )
    .unwrap();
    assert_eq!(remarks.len(), 1);
    assert_eq!(listing(&out).len(), 1);
}

#[test]
fn trees_that_are_too_deep_are_refused() {
    let source = tempfile::tempdir().unwrap();
    let deep: PathBuf = std::iter::repeat_n("d", 140).collect();
    std::fs::create_dir_all(source.path().join(deep)).unwrap();
    assert!(matches!(packed(vec![whole("")], source.path()), Err(PackError::Depth)));
}

#[test]
fn long_names_and_strange_bytes_survive() {
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(200));
    let source = source(&[(&long, "x"), ("naïve\u{1b}[31m", "y")]);
    let listing = packed(vec![whole("p")], source.path()).unwrap();
    assert_eq!(listing[&format!("p/{long}")], "644 x");
    assert!(listing.contains_key("p/naïve\u{1b}[31m"));
}

#[test]
fn same_tree_gives_the_same_archive() {
    let pack_once = || {
        let source = source(&[("b", "1"), ("a", "2"), ("c/d", "3")]);
        let mut out = Vec::new();
        pack(
            &PackJob {
                mtime: 7,
                parts: vec![whole("")],
            },
            Some(source.path()),
            &mut out,
        )
        .unwrap();
        out
    };
    assert_eq!(pack_once(), pack_once());
}

#[test]
fn a_build_without_source_has_only_our_files() {
    let mut out = Vec::new();
    let job = PackJob {
        mtime: 0,
        parts: vec![whole(""), file("Dockerfile", "FROM x")],
    };
    pack(&job, None, &mut out).unwrap();
    assert_eq!(listing(&out).into_keys().collect::<Vec<_>>(), ["Dockerfile"]);
}
