use k8s_openapi::api::core::v1::Container;

use super::ConfigError;

/// Thousandths of the unit: `500m` is 500, `2` is 2000, `1Ki` is 1024000. Rounded up, as Kubernetes rounds.
pub(crate) fn thousandths(text: &str) -> Option<u128> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let (mantissa, fraction_digits) = decimal(number)?;
    let (factor, divisor) = scale(suffix)?;
    let numerator = mantissa.checked_mul(factor)?.checked_mul(1000)?;
    let denominator = 10_u128.checked_pow(fraction_digits)?.checked_mul(divisor)?;
    Some(numerator.div_ceil(denominator))
}

/// `12.50` as 1250 and two digits.
fn decimal(number: &str) -> Option<(u128, u32)> {
    /// More digits than any number of bytes has.
    const MAX_DIGITS: usize = 24;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || whole.len() + fraction.len() > MAX_DIGITS || fraction.contains('.')
    {
        return None;
    }
    Some((
        format!("{whole}{fraction}").parse().ok()?,
        u32::try_from(fraction.len()).ok()?,
    ))
}

fn scale(suffix: &str) -> Option<(u128, u128)> {
    let binary = |power: u32| Some((1_u128 << (10 * power), 1));
    let decimal = |power: u32| Some((10_u128.pow(power), 1));
    match suffix {
        "" => Some((1, 1)),
        "n" => Some((1, 1_000_000_000)),
        "u" => Some((1, 1_000_000)),
        "m" => Some((1, 1_000)),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok()?;
            let size = 10_u128.checked_pow(power.unsigned_abs())?;
            Some(if power < 0 { (1, size) } else { (size, 1) })
        }
    }
}

/// Whole units, rounded up.
pub(crate) fn units(text: &str) -> Option<u64> {
    u64::try_from(thousandths(text)?.div_ceil(1000)).ok()
}

/// The value of `resourceFieldRef`.
pub(super) fn resource_value(
    container: &Container,
    resource: &str,
    divisor: Option<&str>,
) -> Result<String, ConfigError> {
    let unsupported = || {
        ConfigError(format!(
            "resourceFieldRef \"{resource}\" is not supported or not set on the container"
        ))
    };
    let resources = container.resources.as_ref().ok_or_else(unsupported)?;
    let (list, name) = match resource.split_once('.') {
        Some(("limits", name)) => (&resources.limits, name),
        Some(("requests", name)) => (&resources.requests, name),
        _ => return Err(unsupported()),
    };
    let quantity = list.as_ref().and_then(|list| list.get(name)).ok_or_else(unsupported)?;
    let divisor = divisor
        .filter(|divisor| *divisor != "0" && !divisor.is_empty())
        .unwrap_or("1");
    let bad = || {
        ConfigError(format!(
            "resourceFieldRef \"{resource}\": {:?} by {divisor:?} is no number",
            quantity.0
        ))
    };
    let divisor = thousandths(divisor).filter(|divisor| *divisor > 0).ok_or_else(bad)?;
    Ok(thousandths(&quantity.0).ok_or_else(bad)?.div_ceil(divisor).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        for (text, expected) in [
            ("1", Some(1000)),
            ("500m", Some(500)),
            ("0.5", Some(500)),
            ("1.5", Some(1500)),
            ("1Ki", Some(1_024_000)),
            ("128Mi", Some(134_217_728_000)),
            ("1G", Some(1_000_000_000_000)),
            ("1e3", Some(1_000_000)),
            ("1E3", Some(1_000_000)),
            ("1e-3", Some(1)),
            ("100n", Some(1)),
            ("", None),
            (".", None),
            ("1x", None),
            ("-1", None),
            ("1.2.3", None),
            ("99999999999999999999999999", None),
        ] {
            assert_eq!(thousandths(text), expected, "{text}");
        }
    }
}
