use serde::Serialize;
use serde_json::Value;
use serde_json::ser::PrettyFormatter;

/// JSON as `kubectl` prints it: four blanks per level, and a final newline.
pub fn render(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(b"    "));
    match value.serialize(&mut serializer) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned() + "\n",
        // Memory takes every byte, so this cannot come; the compact form is as true.
        Err(_) => format!("{value}\n"),
    }
}
