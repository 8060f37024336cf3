//! YAML as `kubectl` writes it: sorted keys, lists not indented, quotes only where the text would read as something else.

use serde_json::Value;

/// The document with its final newline.
pub fn render(value: &Value) -> String {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: true,
        prefer_block_scalars: true,
        // Only text that has lines of its own is written as lines.
        folded_wrap_chars: usize::MAX,
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
            "items": [{"name": "x", "value": "1"}, {"empty": {}, "none": []}],
            "a": "text", "count": 3, "on": true, "nothing": null, "looks": "true", "date": "2026-01-01T00:00:00Z",
            "lines": "one\ntwo\n", "url": "http://x:80/y", "digest": "sha256:abc", "star": "*",
        });
        let text = "a: text\ncount: 3\ndate: \"2026-01-01T00:00:00Z\"\ndigest: sha256:abc\nitems:\n- name: x\n  value: \"1\"\n\
                    - empty: {}\n  none: []\nlines: |\n  one\n  two\nlooks: \"true\"\nnothing: null\n\"on\": true\nstar: \"*\"\nurl: http://x:80/y\n";
        assert_eq!(render(&value), text);
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let long = "word ".repeat(60);
        for value in [
            json!(long),
            json!({"script": "#!/bin/sh\n\techo hi\n\nexit 0"}),
            json!([[], [[1]], ""]),
            json!("  x\ny "),
        ] {
            let back: Value = serde_saphyr::from_str(&render(&value)).unwrap();
            assert_eq!(back, value, "{}", render(&value));
        }
    }
}
