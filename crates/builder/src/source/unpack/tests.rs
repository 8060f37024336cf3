use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::*;

/// An entry as it is, however bad its name.
fn entry(archive: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, target: &str, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_size(content.len() as u64);
    let raw = header.as_old_mut();
    raw.name[..name.len()].copy_from_slice(name.as_bytes());
    raw.linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    archive.append(&header, content).unwrap();
}

fn file(archive: &mut Builder<Vec<u8>>, name: &str, content: &str) {
    entry(archive, EntryType::Regular, name, "", content.as_bytes());
}

fn archived(fill: impl FnOnce(&mut Builder<Vec<u8>>)) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    fill(&mut archive);
    archive.into_inner().unwrap()
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Puts entries into an archive.
type Fill = fn(&mut Builder<Vec<u8>>);

struct Unpacked {
    work: tempfile::TempDir,
    result: Result<Vec<String>, UnpackError>,
}

impl Unpacked {
    fn of(bytes: &[u8]) -> Self {
        Self::as_file(bytes, None)
    }

    fn as_file(bytes: &[u8], name: Option<&str>) -> Self {
        let outer = tempfile::tempdir().unwrap();
        let work = outer.path().join("work");
        std::fs::create_dir(&work).unwrap();
        let job = UnpackJob {
            bytes: bytes.len() as u64,
            as_file: name.map(str::to_owned),
            uploaded_at: 7,
        };
        let result = unpack(&job, bytes, &work);
        Self { work: outer, result }
    }

    /// What a file of the tree says.
    fn text(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.work.path().join("work/source").join(path)).ok()
    }

    fn refusal(&self) -> String {
        // Nothing was written beside the tree, whatever the archive wanted.
        assert_eq!(std::fs::read_dir(self.work.path()).unwrap().count(), 1);
        assert_eq!(std::fs::read_dir(self.work.path().join("work")).unwrap().count(), 1);
        self.result.as_ref().unwrap_err().to_string()
    }
}

#[test]
fn archives_are_recognised_by_their_content() {
    let plain = archived(|archive| {
        entry(
            archive,
            EntryType::XGlobalHeader,
            "pax_global_header",
            "",
            b"13 comment=a\n",
        );
        entry(archive, EntryType::Directory, "./", "", b"");
        file(archive, "./Dockerfile", "FROM scratch");
        file(archive, "/deep/in/side", "x");
        entry(archive, EntryType::Directory, "deep/", "", b"");
        entry(archive, EntryType::Symlink, "deep/link", "../Dockerfile", b"");
        entry(archive, EntryType::Link, "same", "deep/in/side", b"");
    });
    for bytes in [plain.clone(), zipped(&plain)] {
        let unpacked = Unpacked::of(&bytes);
        assert_eq!(unpacked.result.as_ref().unwrap().len(), 0);
        assert_eq!(unpacked.text("Dockerfile").as_deref(), Some("FROM scratch"));
        assert_eq!(unpacked.text("deep/link").as_deref(), Some("FROM scratch"));
        assert_eq!(unpacked.text("same").as_deref(), Some("x"));
        let mode = |path: &str| {
            let path = unpacked.work.path().join("work/source").join(path);
            std::fs::metadata(path).unwrap().permissions().mode() & 0o111
        };
        assert_ne!(mode("Dockerfile"), 0, "it was executable");
    }
}

#[test]
fn long_names_of_both_kinds_are_understood() {
    let long = format!("{}/file", "d".repeat(150));
    let gnu = archived(|archive| {
        let mut header = Header::new_gnu();
        header.set_size(1);
        archive.append_data(&mut header, &long, b"g".as_slice()).unwrap();
    });
    assert_eq!(Unpacked::of(&gnu).text(&long).as_deref(), Some("g"));
    let pax = archived(|archive| {
        archive
            .append_pax_extensions([("path", long.as_bytes()), ("mtime", b"1.5")])
            .unwrap();
        file(archive, "short", "p");
    });
    assert_eq!(Unpacked::of(&pax).text(&long).as_deref(), Some("p"));
}

#[test]
fn one_file_is_laid_out_under_its_name() {
    let unpacked = Unpacked::as_file(b"FROM scratch", Some("Dockerfile"));
    assert!(unpacked.result.is_ok());
    assert_eq!(unpacked.text("Dockerfile").as_deref(), Some("FROM scratch"));
    assert_eq!(Unpacked::as_file(b"", Some("empty")).text("empty").as_deref(), Some(""));
    for name in ["../Dockerfile", "a/b", "..", "/"] {
        Unpacked::as_file(b"x", Some(name)).refusal();
    }
}

#[test]
fn archives_that_want_out_are_refused() {
    let table: [(&str, Fill); 6] = [
        ("..", |archive| file(archive, "../evil", "x")),
        ("..", |archive| file(archive, "a/../../evil", "x")),
        ("link", |archive| {
            entry(archive, EntryType::Symlink, "here", ".", b"");
            file(archive, "here/evil", "x");
        }),
        ("file of a directory", |archive| {
            file(archive, "a", "x");
            file(archive, "a/b", "x");
        }),
        ("..", |archive| {
            entry(archive, EntryType::Link, "evil", "../../etc/passwd", b"")
        }),
        ("not a file", |archive| {
            entry(archive, EntryType::Symlink, "l", "a", b"");
            entry(archive, EntryType::Link, "b", "l", b"");
        }),
    ];
    for (words, fill) in table {
        let refusal = Unpacked::of(&archived(fill)).refusal();
        assert!(refusal.contains(words), "{words}: {refusal}");
    }
}

#[test]
fn links_out_of_the_tree_and_devices_are_left_out_and_told() {
    let unpacked = Unpacked::of(&archived(|archive| {
        entry(archive, EntryType::Symlink, "passwd", "/etc/passwd", b"");
        entry(archive, EntryType::Symlink, "a/up", "../../x", b"");
        entry(archive, EntryType::Char, "null", "", b"");
        entry(archive, EntryType::Fifo, "pipe", "", b"");
        file(archive, "kept", "x");
    }));
    let remarks = unpacked.result.as_ref().unwrap();
    assert_eq!(remarks.len(), 4, "{remarks:?}");
    assert_eq!(
        remarks[0],
        "WARNING: the link passwd points out of the source, to /etc/passwd, and is left out"
    );
    let names: Vec<_> = std::fs::read_dir(unpacked.work.path().join("work/source"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["kept"]);
}

#[test]
fn a_link_is_replaced_and_not_written_through() {
    let unpacked = Unpacked::of(&archived(|archive| {
        file(archive, "target", "old");
        entry(archive, EntryType::Symlink, "a", "target", b"");
        file(archive, "a", "new");
        file(archive, "a", "newer");
    }));
    assert!(unpacked.result.is_ok(), "{:?}", unpacked.result);
    assert_eq!(unpacked.text("target").as_deref(), Some("old"));
    assert_eq!(unpacked.text("a").as_deref(), Some("newer"));
}

#[test]
fn what_is_no_archive_is_refused() {
    let good = archived(|archive| file(archive, "a", &"x".repeat(2000)));
    for (bytes, words) in [
        (b"".as_slice(), "empty"),
        (b"PK\x03\x04rest", ""),
        (b"not an archive, not at all", ""),
        (&good[..700], ""),
        (&zipped(&good)[..40], ""),
    ] {
        let refusal = Unpacked::of(bytes).refusal();
        assert!(refusal.contains(words), "{refusal}");
    }
}

#[test]
fn bombs_are_refused_before_they_unfold() {
    // A header that promises more than a context may have.
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..1].copy_from_slice(b"a");
    header.set_entry_type(EntryType::Regular);
    header.set_size(crate::context::MAX_CONTEXT_BYTES + 1);
    header.set_cksum();
    let refusal = Unpacked::of(header.as_bytes()).refusal();
    assert!(refusal.contains("larger than 4 GiB"), "{refusal}");
    // A name that never ends.
    let mut long = Header::new_gnu();
    long.set_entry_type(EntryType::GNULongName);
    long.set_size(1 << 31);
    long.set_cksum();
    let mut bytes = long.as_bytes().to_vec();
    bytes.resize(4 << 20, b'a');
    let refusal = Unpacked::of(&bytes).refusal();
    assert!(refusal.contains("too long"), "{refusal}");
    // Second names of one file are as large as it when they are packed.
    let refusal = Unpacked::of(&archived(|archive| {
        entry(archive, EntryType::Regular, "a", "", &vec![0; 4 << 20]);
        for index in 0..1100 {
            entry(archive, EntryType::Link, &format!("b{index}"), "a", b"");
        }
    }))
    .refusal();
    assert!(refusal.contains("larger than 4 GiB"), "{refusal}");
}

#[test]
fn too_many_entries_are_refused() {
    let dirs = |count: u64| {
        let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::XGlobalHeader);
        header.set_size(0);
        header.set_cksum();
        for _ in 0..count {
            archive.append(&header, io::empty()).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    };
    let refusal = Unpacked::of(&dirs(crate::context::MAX_CONTEXT_ENTRIES + 1)).refusal();
    assert!(refusal.contains("more than 200000"), "{refusal}");
}

/// A zip archive of these entries: name, mode and content.
fn zip_of(entries: &[(&str, u32, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, mode, content) in entries {
        let options = zip::write::SimpleFileOptions::default().unix_permissions(*mode);
        match name.ends_with('/') {
            true => archive.add_directory(*name, options).unwrap(),
            false if mode & 0o170_000 == 0o120_000 => archive.add_symlink(*name, *content, options).unwrap(),
            false => {
                archive.start_file(*name, options).unwrap();
                archive.write_all(content.as_bytes()).unwrap();
            }
        }
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn zip_archives_are_unpacked_within_the_same_bounds() {
    let long = "x".repeat(100_000);
    let bytes = zip_of(&[
        ("Dockerfile", 0o100_644, "FROM scratch"),
        ("bin/", 0o040_755, ""),
        ("bin/run", 0o100_755, &long),
        ("link", 0o120_777, "bin/run"),
        ("out", 0o120_777, "/etc/passwd"),
    ]);
    let unpacked = Unpacked::of(&bytes);
    let remarks = unpacked.result.as_ref().unwrap();
    assert!(remarks.len() == 1 && remarks[0].contains("/etc/passwd"), "{remarks:?}");
    assert_eq!(unpacked.text("Dockerfile").as_deref(), Some("FROM scratch"));
    assert_eq!(unpacked.text("link"), Some(long));
    assert_eq!(unpacked.text("out"), None);
    let path = unpacked.work.path().join("work/source/bin/run");
    assert_ne!(std::fs::metadata(path).unwrap().permissions().mode() & 0o100, 0);
    for name in ["../evil", "a/../../evil"] {
        Unpacked::of(&zip_of(&[(name, 0o100_644, "x")])).refusal();
    }
    let mut broken = zip_of(&[("Dockerfile", 0o100_644, "FROM scratch")]);
    broken[45] ^= 1;
    Unpacked::of(&broken).refusal();
    Unpacked::of(&bytes[..bytes.len() / 2]).refusal();
}
