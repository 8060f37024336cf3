//! Keys and values from the command line and from files, for config maps and secrets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Larger than any object that a server stores.
const FILE_BYTES: u64 = 4 * 1024 * 1024;

#[derive(clap::Args, Debug, Default)]
pub struct DataArgs {
    /// A key and its value
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    from_literal: Vec<(String, String)>,
    /// A file, or the files of a directory; the key is the file's name unless it is given
    #[arg(long, value_name = "[KEY=]PATH")]
    from_file: Vec<String>,
    /// A file with lines KEY=VALUE
    #[arg(long, value_name = "PATH")]
    from_env_file: Vec<PathBuf>,
}

/// Values are bytes: files need not be text.
pub type Data = BTreeMap<String, Vec<u8>>;

pub fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.into(), value.into())),
        _ => Err(format!("`{text}` has not the form KEY=VALUE")),
    }
}

impl DataArgs {
    pub fn read(&self) -> Result<Data, Failure> {
        let mut data = Data::new();
        for source in &self.from_file {
            add_files(&mut data, source)?;
        }
        for path in &self.from_env_file {
            add_lines(&mut data, path)?;
        }
        for (key, value) in &self.from_literal {
            add(&mut data, key, value.clone().into_bytes())?;
        }
        Ok(data)
    }
}

fn add(data: &mut Data, key: &str, value: Vec<u8>) -> Result<(), Failure> {
    match data.insert(key.into(), value) {
        None => Ok(()),
        Some(_) => Err(Failure::refused(format!("the key \"{key}\" is given twice"))),
    }
}

fn add_files(data: &mut Data, source: &str) -> Result<(), Failure> {
    let (key, path) = match source.split_once('=') {
        Some((key, path)) => (Some(key), Path::new(path)),
        None => (None, Path::new(source)),
    };
    if !path.is_dir() {
        let key = key.map_or_else(|| file_name(path), str::to_owned);
        return add(data, &key, read(path)?);
    }
    if key.is_some() {
        return Err(Failure::usage(format!(
            "a key cannot name the directory {}",
            path.display()
        )));
    }
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    for entry in entries {
        let file = entry.map_err(|error| unreadable(path, &error))?.path();
        if file.is_file() {
            add(data, &file_name(&file), read(&file)?)?;
        }
    }
    Ok(())
}

fn add_lines(data: &mut Data, path: &Path) -> Result<(), Failure> {
    let text = String::from_utf8(read(path)?)
        .map_err(|_| Failure::refused(format!("{} is not UTF-8 text", path.display())))?;
    let lines = text.lines().map(str::trim_start);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        add(data, key.trim_end(), value.as_bytes().to_vec())?;
    }
    Ok(())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let length = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if length > FILE_BYTES {
        return Err(Failure::refused(format!(
            "{} has {length} bytes; an object holds less than {FILE_BYTES}",
            path.display()
        )));
    }
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::refused(format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lines_and_literals_come_together() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::create_dir(path("d")).unwrap();
        for (name, content) in [("d/a.txt", "A"), ("d/b.txt", "B"), ("env", "# note\nX=1\n Y=a=b\n")] {
            std::fs::write(path(name), content).unwrap();
        }
        let args = DataArgs {
            from_literal: vec![("k".into(), "v".into())],
            from_file: vec![
                path("d").display().to_string(),
                format!("other={}", path("d/a.txt").display()),
            ],
            from_env_file: vec![path("env")],
        };
        let data = args.read().unwrap();
        let shown: Vec<String> = data
            .iter()
            .map(|(key, value)| format!("{key}={}", String::from_utf8_lossy(value)))
            .collect();
        assert_eq!(shown, ["X=1", "Y=a=b", "a.txt=A", "b.txt=B", "k=v", "other=A"]);
    }

    #[test]
    fn a_key_is_given_once() {
        let pair = || ("k".to_owned(), "v".to_owned());
        let args = DataArgs {
            from_literal: vec![pair(), pair()],
            ..DataArgs::default()
        };
        assert!(args.read().is_err());
    }
}
