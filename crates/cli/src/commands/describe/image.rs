use jiff::Timestamp;
use serde_json::Value;

use super::head::{self, text};
use crate::age;
use crate::output::json_path::plain;
use crate::output::sheet::Sheet;

/// An ImageStreamTag or ImageStreamImage: the image under the name it was asked for by.
pub fn fill_named(now: Timestamp, object: &Value, sheet: &mut Sheet) {
    sheet.field("Image Name", text(&object["metadata"]["name"]));
    fill(now, &object["image"], sheet);
}

/// An image: where it is, how large, what it runs.
pub fn fill(now: Timestamp, image: &Value, sheet: &mut Sheet) {
    let metadata = &image["dockerImageMetadata"];
    let config = &metadata["Config"];
    sheet.field("Docker Image", text(&image["dockerImageReference"]));
    sheet.field("Name", text(&image["metadata"]["name"]));
    sheet.field("Created", head::created(now, &image["metadata"]));
    sheet.map("Annotations", &image["metadata"]["annotations"]);
    size(image, sheet);
    let created = head::time(&metadata["Created"]).map(|created| age::ago(created, now));
    sheet.field("Image Created", created.unwrap_or_default());
    sheet.field("Author", text(&metadata["Author"]));
    sheet.field("Arch", text(&metadata["Architecture"]));
    sheet.maybe("Entrypoint", words(&config["Entrypoint"]));
    sheet.field("Command", words(&config["Cmd"]).unwrap_or_default());
    sheet.field("Working Dir", text(&config["WorkingDir"]));
    sheet.field("User", text(&config["User"]));
    let ports = config["ExposedPorts"].as_object().into_iter().flatten();
    sheet.field(
        "Exposes Ports",
        ports.map(|(port, _)| port.as_str()).collect::<Vec<_>>().join(", "),
    );
    sheet.map("Docker Labels", &config["Labels"]);
    sheet.lines(
        "Environment",
        config["Env"].as_array().into_iter().flatten().map(plain).collect(),
    );
    sheet.maybe("Volumes", Some(keys(&config["Volumes"])));
}

fn size(image: &Value, sheet: &mut Sheet) {
    let layers = image["dockerImageLayers"].as_array().map_or(&[][..], Vec::as_slice);
    let sizes = layers.iter().filter_map(|layer| layer["size"].as_i64());
    let total = image["dockerImageMetadata"]["Size"]
        .as_i64()
        .filter(|size| *size > 0)
        .unwrap_or(sizes.sum());
    if layers.is_empty() {
        sheet.field("Image Size", bytes(total));
        return;
    }
    sheet.field("Image Size", format!("{} in {} layers", bytes(total), layers.len()));
    let line = |layer: &Value| {
        format!(
            "{:<8} {}",
            bytes(layer["size"].as_i64().unwrap_or(0)),
            text(&layer["name"])
        )
    };
    sheet.lines("Layers", layers.iter().map(line).collect());
}

fn words(value: &Value) -> Option<String> {
    let words: Vec<String> = value.as_array()?.iter().map(plain).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn keys(value: &Value) -> String {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

/// A size as people say it: `3MB`, `1.234GB`.
pub fn bytes(size: i64) -> String {
    let mut value = size as f64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB"] {
        if value < 1000.0 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    // Four digits that count, as people read sizes.
    let decimals = match value {
        value if value >= 1000.0 => 0,
        value if value >= 100.0 => 1,
        value if value >= 10.0 => 2,
        _ => 3,
    };
    let digits = format!("{value:.decimals$}");
    let shown = if decimals == 0 {
        digits.as_str()
    } else {
        digits.trim_end_matches('0').trim_end_matches('.')
    };
    format!("{shown}{unit}")
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_four_digits() {
        for (size, text) in [
            (0, "0B"),
            (999, "999B"),
            (1_000, "1kB"),
            (94_372_000, "94.37MB"),
            (1_234_567_890, "1.235GB"),
            (100_000_000, "100MB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }
}
