use std::collections::HashMap;

use weir_api::image::ImageStreamImportSpec;
use weir_oci::Reference;

/// Which repositories of a request are read insecurely: the first entry for a repository decides for all of them, so
/// that one repository is not asked in two ways.
pub(super) struct Insecure(HashMap<String, bool>);

impl Insecure {
    pub(super) fn of(spec: &ImageStreamImportSpec) -> Insecure {
        let images = spec
            .images
            .iter()
            .map(|image| (&image.from, image.import_policy.insecure));
        let repository = spec
            .repository
            .iter()
            .map(|whole| (&whole.from, whole.import_policy.insecure));
        let mut decided = HashMap::new();
        for (from, insecure) in images.chain(repository) {
            if let Ok(reference) = from.name.as_deref().unwrap_or_default().parse::<Reference>() {
                decided.entry(key(&reference)).or_insert(insecure);
            }
        }
        Insecure(decided)
    }

    pub(super) fn is(&self, reference: &Reference) -> bool {
        self.0.get(&key(reference)).copied().unwrap_or(false)
    }
}

fn key(reference: &Reference) -> String {
    format!("{}/{}", reference.registry_host(), reference.repository_path())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// images 100
    #[test]
    fn the_first_entry_of_a_repository_decides() {
        let image = |name: &str, insecure: bool| json!({"from": {"kind": "DockerImage", "name": name}, "importPolicy": {"insecure": insecure}});
        let images = [
            image("r.io/a:1", true),
            image("r.io/a:2", false),
            image("r.io/b:1", false),
            image("r.io/b:2", true),
        ];
        let insecure = Insecure::of(&serde_json::from_value(json!({"images": images})).unwrap());
        for (name, expected) in [("r.io/a:2", true), ("r.io/b:2", false), ("r.io/c", false)] {
            assert_eq!(insecure.is(&name.parse().unwrap()), expected, "{name}");
        }
    }
}
