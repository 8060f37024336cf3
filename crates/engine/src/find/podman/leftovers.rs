use std::path::Path;

use serde::Deserialize;

use super::cleanup::run;
use super::directories::Directories;

/// A larger list is not looked through; every entry takes less than a kilobyte.
const MAX_LIST_BYTES: u64 = 64 << 20;
/// How builds call the containers of their steps; a number follows when the name is taken.
const STEP_CONTAINER: &str = "-working-container";

#[derive(Deserialize)]
struct Stored {
    id: String,
    #[serde(default)]
    names: Vec<String>,
    /// Containers that were made by name carry their settings here.
    metadata: Option<String>,
}

/// Removes the containers of build steps. They live as long as the service that builds; those that are there before it
/// starts belong to builds that were cut off, and no call of the API shows them.
pub(super) fn remove(podman: &Path, directories: &Directories) {
    let list = directories.storage.join("overlay-containers").join("containers.json");
    let small = std::fs::metadata(&list).is_ok_and(|metadata| metadata.len() <= MAX_LIST_BYTES);
    let Some(text) = small.then(|| std::fs::read(&list).ok()).flatten() else {
        return;
    };
    let ids = step_containers(&text);
    if ids.is_empty() {
        return;
    }
    let arguments: Vec<&str> = ["rm", "--force"]
        .into_iter()
        .chain(ids.iter().map(String::as_str))
        .collect();
    match run(podman, directories, &arguments) {
        Ok(()) => tracing::info!(
            count = ids.len(),
            "removed what interrupted builds have left in the engine"
        ),
        Err(error) => tracing::warn!(%error, "cannot remove what interrupted builds have left in the engine"),
    }
}

fn step_containers(list: &[u8]) -> Vec<String> {
    let stored: Vec<Stored> = serde_json::from_slice(list).unwrap_or_default();
    let is_step = |name: &String| {
        let end = name.rsplit_once(STEP_CONTAINER).map(|(_, end)| end);
        end.is_some_and(|end| end.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit()))
    };
    let of_steps = stored
        .into_iter()
        .filter(|one| one.metadata.is_none() && one.names.iter().any(is_step));
    of_steps.map(|one| one.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_containers_of_steps_are_taken() {
        let list = br#"[
            {"id": "a", "names": ["127.0.0.1-working-container"], "image": "x"},
            {"id": "b", "names": ["node-working-container-12"]},
            {"id": "c", "names": ["weir_web"], "metadata": "{}"},
            {"id": "d", "names": ["my-working-container"], "metadata": "{\"pod-name\":\"x\"}"},
            {"id": "e", "names": ["my-working-container-x"]},
            {"id": "f"}
        ]"#;
        assert_eq!(step_containers(list), ["a", "b"]);
        assert!(step_containers(b"nonsense").is_empty());
    }
}
