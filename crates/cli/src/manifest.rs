//! Objects written in files: YAML or JSON, several in one file, lists taken apart.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::discovery::Discovery;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::terminal::Terminal;

/// The largest manifest that is read; servers take objects of a fiftieth of it.
const MANIFEST_BYTES: u64 = 64 * 1024 * 1024;
/// How deep lists may stand in lists.
const NESTED_LISTS: usize = 8;

/// One object, and the file it stands in.
#[derive(Clone, Debug)]
pub struct Document {
    pub object: Value,
    pub source: String,
}

impl Document {
    pub fn kind(&self) -> &str {
        self.object["kind"].as_str().unwrap_or_default()
    }

    pub fn api_version(&self) -> &str {
        self.object["apiVersion"].as_str().unwrap_or_default()
    }

    pub fn name(&self) -> Result<String, Failure> {
        match self.object["metadata"]["name"].as_str() {
            Some(name) if !name.is_empty() => Ok(name.into()),
            _ => Err(Failure::refused(format!(
                "error parsing {}: a {} has no metadata.name",
                self.source,
                self.kind()
            ))),
        }
    }

    /// The namespace the object names, or the current one. A namespace asked for on the command line must agree.
    pub fn namespace(&self, current: &str, asked: Option<&str>) -> Result<String, Failure> {
        match (
            self.object["metadata"]["namespace"]
                .as_str()
                .filter(|name| !name.is_empty()),
            asked,
        ) {
            (Some(own), Some(asked)) if own != asked => Err(Failure::refused(format!(
                "the namespace from the provided object \"{own}\" does not match the namespace \"{asked}\". \
                 You must pass '--namespace={own}' to perform this operation."
            ))),
            (Some(own), _) => Ok(own.into()),
            (None, _) => Ok(current.into()),
        }
    }

    pub fn resource<'a>(&self, discovery: &'a Discovery) -> Result<&'a Resource, Failure> {
        discovery.of_object(self.api_version(), self.kind()).ok_or_else(|| {
            Failure::refused(format!(
                "resource mapping not found for name: \"{}\" namespace: \"{}\" from \"{}\": no matches for kind \"{}\" in version \"{}\"",
                self.object["metadata"]["name"].as_str().unwrap_or_default(),
                self.object["metadata"]["namespace"].as_str().unwrap_or_default(),
                self.source,
                self.kind(),
                self.api_version(),
            ))
        })
    }
}

/// Reads files, directories (with `recursive` those below too) and standard input (`-`).
pub fn read(paths: &[PathBuf], recursive: bool, terminal: &Terminal) -> Result<Vec<Document>, Failure> {
    let mut documents = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            let text = terminal
                .read_input(MANIFEST_BYTES)
                .map_err(|error| Failure::refused(format!("cannot read standard input: {error}")))?;
            parse(&text, "STDIN", &mut documents)?;
            continue;
        }
        for file in files(path, recursive)? {
            parse(&load(&file)?, &file.display().to_string(), &mut documents)?;
        }
    }
    if documents.is_empty() {
        return Err(Failure::refused("no objects passed: the files hold none"));
    }
    Ok(documents)
}

fn files(path: &Path, recursive: bool) -> Result<Vec<PathBuf>, Failure> {
    let wrong = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::refused(format!("the path \"{}\" does not exist", path.display())),
        _ => Failure::refused(format!("cannot read {}: {error}", path.display())),
    };
    if !fs::metadata(path).map_err(wrong)?.is_dir() {
        return Ok(vec![path.into()]);
    }
    let mut found = Vec::new();
    let mut entries = fs::read_dir(path)
        .map_err(wrong)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(wrong)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let is_directory = entry.file_type().map_err(wrong)?.is_dir();
        let known = path
            .extension()
            .is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
        if is_directory && recursive {
            found.extend(files(&path, true)?);
        } else if !is_directory && known {
            found.push(path);
        }
    }
    Ok(found)
}

fn load(file: &Path) -> Result<String, Failure> {
    let length = fs::metadata(file).map_or(0, |metadata| metadata.len());
    if length > MANIFEST_BYTES {
        return Err(Failure::refused(format!(
            "{} is larger than {MANIFEST_BYTES} bytes",
            file.display()
        )));
    }
    fs::read_to_string(file).map_err(|error| Failure::refused(format!("cannot read {}: {error}", file.display())))
}

fn parse(text: &str, source: &str, documents: &mut Vec<Document>) -> Result<(), Failure> {
    let wrong = |error: String| Failure::refused(format!("error parsing {source}: {error}"));
    let values: Vec<Value> = match serde_json::from_str(text) {
        Ok(value) => vec![value],
        Err(_) => serde_saphyr::from_multiple(text).map_err(|error| wrong(error.to_string()))?,
    };
    values
        .into_iter()
        .try_for_each(|value| take(value, source, documents, 0))
}

fn take(mut value: Value, source: &str, documents: &mut Vec<Document>, depth: usize) -> Result<(), Failure> {
    let wrong = |what: &str| Failure::refused(format!("error parsing {source}: {what}"));
    if value.is_null() {
        return Ok(());
    }
    if !value.is_object() {
        return Err(wrong("it is no object with apiVersion and kind"));
    }
    for field in ["apiVersion", "kind"] {
        if value[field].as_str().is_none_or(str::is_empty) {
            return Err(wrong(&format!(
                "Object '{}' is missing in it",
                if field == "kind" { "Kind" } else { field }
            )));
        }
    }
    let is_list = value["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
    match value["items"].take() {
        Value::Array(items) if is_list && depth < NESTED_LISTS => items
            .into_iter()
            .try_for_each(|item| take(item, source, documents, depth + 1)),
        Value::Array(_) if is_list => Err(wrong("too many lists stand in each other")),
        items => {
            if !items.is_null() {
                value["items"] = items;
            } else if let Some(fields) = value.as_object_mut() {
                fields.remove("items");
            }
            documents.push(Document {
                object: value,
                source: source.into(),
            });
            Ok(())
        }
    }
}

/// One YAML or JSON value, as in the argument of a patch.
pub fn parse_value<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, String> {
        let (terminal, _, _) = Terminal::captured(text);
        let documents = read(&["-".into()], false, &terminal).map_err(|failure| failure.text().unwrap())?;
        documents
            .iter()
            .map(|document| document.name().map_err(|failure| failure.text().unwrap()))
            .collect()
    }

    #[test]
    fn documents_and_lists_are_taken_apart() {
        let yaml = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n\
                    - apiVersion: v1\n  kind: Service\n  metadata: {name: b}\n- apiVersion: v1\n  kind: PodList\n  items:\n  \
                    - {apiVersion: v1, kind: Pod, metadata: {name: c}}\n";
        assert_eq!(names(yaml).unwrap(), ["a", "b", "c"]);
        assert_eq!(
            names(r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "j"}}"#).unwrap(),
            ["j"]
        );
    }

    #[test]
    fn what_is_no_object_is_named_with_its_file() {
        for (text, what) in [
            ("kind: Pod", "error parsing STDIN: Object 'apiVersion' is missing in it"),
            ("- a", "error parsing STDIN: it is no object with apiVersion and kind"),
            ("", "error: no objects passed"),
        ] {
            let error = names(text).unwrap_err();
            assert!(
                error
                    .trim_start_matches("error: ")
                    .starts_with(what.trim_start_matches("error: ")),
                "{error}"
            );
        }
    }

    #[test]
    fn directories_give_their_manifests_in_order() {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in [("b.yaml", "b"), ("a.json", "a"), ("notes.txt", "no")] {
            fs::write(
                directory.path().join(name),
                format!("{{apiVersion: v1, kind: Pod, metadata: {{name: {text}}}}}"),
            )
            .unwrap();
        }
        let (terminal, _, _) = Terminal::captured("");
        let documents = read(&[directory.path().into()], false, &terminal).unwrap();
        assert_eq!(
            documents
                .iter()
                .map(|document| document.name().unwrap())
                .collect::<Vec<_>>(),
            ["a", "b"]
        );
    }
}
