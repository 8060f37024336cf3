//! YAML as `kubectl` writes it: sorted keys, lists not indented, quotes only where the text would read as something else.

use serde_json::Value;

/// The document with its final newline.
pub fn render(value: &Value) -> String {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: true,
        prefer_block_scalars: false,
    };
    let mut text = String::new();
    match serde_saphyr::to_fmt_writer_with_options(&mut text, value, options) {
        Ok(()) => text,
        // A JSON value has no anchors, tags or other things that could not be written; and JSON is YAML.
        Err(_) => format!("{value}\n"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_lists_are_not_indented() {
        let value = json!({
            "b": [{"name": "x", "value": "1"}, {"name": "y", "empty": {}, "none": []}],
            "a": "text", "n": 3, "yes": true, "nothing": null, "looks": "true", "date": "2026-01-01T00:00:00Z",
            "lines": "one\ntwo\n", "url": "http://x:80/y", "digest": "sha256:abc", "star": "*", "long": "x ".repeat(60),
        });
        println!("{}", render(&value));
        let back: Value = serde_saphyr::from_str(&render(&value)).unwrap();
        assert_eq!(back, value);
    }
}
