/// Whole bytes of a quantity such as `512Mi`.
pub(super) fn bytes(quantity: &str) -> Option<u64> {
    let digits = quantity
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(quantity.len());
    let (number, unit) = quantity.split_at(digits);
    let factor: f64 = match unit {
        "" => 1.0,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        _ => return None,
    };
    let value = number.parse::<f64>().ok()? * factor;
    (value.is_finite() && value >= 1.0).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_whole_bytes() {
        for (text, expected) in [
            ("1Gi", Some(1 << 30)),
            ("500M", Some(500_000_000)),
            ("1.5Ki", Some(1536)),
            ("1e3", None),
            ("x", None),
            ("0", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
