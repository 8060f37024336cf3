//! A manifest that is accepted keeps within every bound, says which type it is in a way that its own type confirms, and
//! is one that a plain JSON reader sees too.

use serde::Deserialize;
use serde::de::IgnoredAny;
use weir_oci::limits::{INDEX_ENTRIES, LAYERS};
use weir_oci::{ImageConfig, Manifest};

/// What a reader sees that knows nothing else.
#[derive(Deserialize)]
struct Plain {
    #[serde(rename = "schemaVersion")]
    schema_version: u64,
}

pub fn check(data: &[u8]) {
    if let Ok(manifest) = Manifest::parse(data, None) {
        bounded(&manifest);
        let plain: Plain = serde_json::from_slice(data).expect("a manifest is JSON");
        assert_eq!(plain.schema_version, 2);
        let named = manifest.media_type().to_string();
        let again = Manifest::parse(data, Some(&named)).expect("its own type");
        assert_eq!(again.media_type(), manifest.media_type());
    }
    if ImageConfig::parse(data).is_ok() {
        serde_json::from_slice::<IgnoredAny>(data).expect("a config is JSON");
    }
}

fn bounded(manifest: &Manifest) {
    match manifest {
        Manifest::Image(image) => {
            assert!(image.layers.len() <= LAYERS);
            assert!(image.required_blobs().count() <= LAYERS + 1);
        }
        Manifest::Index(index) => {
            assert!(index.manifests.len() <= INDEX_ENTRIES);
            assert_eq!(index.select(&[]).is_none(), index.manifests.is_empty());
        }
    }
}
