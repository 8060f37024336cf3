//! Amounts as Kubernetes writes them: `500m`, `1Gi`, `2e3`.

use std::fmt;
use std::ops::Add;

/// Billionths are the finest that is kept; finer amounts are rounded up.
const NANO: i128 = 1_000_000_000;
/// The largest amount: what does not fit is taken for it, as Kubernetes takes it.
const MAX: i128 = i64::MAX as i128 * NANO;
/// Digits of a fraction that are read; what follows only rounds up.
const FRACTION_DIGITS: usize = 12;
/// Digits before the point that can be below [`MAX`] for any suffix.
const WHOLE_DIGITS: usize = 28;
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/// An amount, and the way its owner likes to write it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quantity {
    nano: i128,
    form: Form,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Decimal,
    Binary,
    Exponent,
}

impl Quantity {
    pub const ZERO: Self = Self {
        nano: 0,
        form: Form::Decimal,
    };

    pub fn whole(number: usize) -> Self {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            nano: i128::from(number) * NANO,
            form: Form::Decimal,
        }
    }

    /// `None` for what is no amount.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let digits = unsigned
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(unsigned.len());
        let (number, suffix) = unsigned.split_at(digits);
        let (form, scale) = scale(suffix)?;
        let nano = magnitude(number, scale)?;
        Some(Self {
            nano: if negative { -nano } else { nano },
            form,
        })
    }

    pub fn is_zero(self) -> bool {
        self.nano == 0
    }

    pub fn is_negative(self) -> bool {
        self.nano < 0
    }

    /// Whether there is no fraction down to thousandths.
    pub fn is_whole(self) -> bool {
        self.thousandths() % 1000 == 0
    }

    /// How often `other` is contained in it.
    pub fn ratio(self, other: Self) -> f64 {
        self.nano as f64 / other.nano as f64
    }

    fn thousandths(self) -> i128 {
        let thousandth = NANO / 1000;
        self.nano.div_euclid(thousandth) + i128::from(self.nano.rem_euclid(thousandth) != 0)
    }

    fn fmt_binary(self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut number, mut power) = (self.nano / NANO, 0);
        while number % 1024 == 0 && power + 1 < BINARY.len() {
            number /= 1024;
            power += 1;
        }
        write!(out, "{number}{}", BINARY[power])
    }

    fn fmt_decimal(self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut number, mut power) = (self.nano, 0);
        while number % 1000 == 0 && power + 1 < DECIMAL.len() {
            number /= 1000;
            power += 1;
        }
        match self.form {
            Form::Exponent if DECIMAL[power].is_empty() => write!(out, "{number}"),
            Form::Exponent => write!(out, "{number}e{}", power as i32 * 3 - 9),
            _ => write!(out, "{number}{}", DECIMAL[power]),
        }
    }
}

impl fmt::Display for Quantity {
    /// The shortest way to write it in its form without losing anything.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loses = self.nano % NANO != 0 || self.nano.abs() < 1024 * NANO;
        match self.form {
            _ if self.nano == 0 => out.write_str("0"),
            Form::Binary if !loses => self.fmt_binary(out),
            Form::Binary => Self {
                form: Form::Decimal,
                ..*self
            }
            .fmt_decimal(out),
            _ => self.fmt_decimal(out),
        }
    }
}

impl Add for Quantity {
    type Output = Self;

    /// Written as the first of them that is not nothing.
    fn add(self, other: Self) -> Self {
        Self {
            nano: (self.nano + other.nano).clamp(-MAX, MAX),
            form: if self.is_zero() { other.form } else { self.form },
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.nano.cmp(&other.nano)
    }
}

/// What a suffix multiplies and divides by.
#[derive(Clone, Copy)]
struct Scale {
    factor: i128,
    divisor: i128,
}

fn scale(suffix: &str) -> Option<(Form, Scale)> {
    let times = |factor| Scale { factor, divisor: 1 };
    if let Some(power) = DECIMAL.iter().position(|known| *known == suffix) {
        let exponent = power as i32 * 3 - 9;
        return Some((Form::Decimal, ten_to(exponent)));
    }
    if let Some(power) = BINARY.iter().position(|known| *known == suffix) {
        return Some((Form::Binary, times(1 << (10 * power))));
    }
    let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    // Past these bounds everything is too large, or next to nothing.
    let exponent = exponent.clamp(-30, 30) as i32;
    Some((Form::Exponent, ten_to(exponent)))
}

fn ten_to(exponent: i32) -> Scale {
    let size = 10_i128.pow(exponent.unsigned_abs());
    match exponent {
        0.. => Scale {
            factor: size,
            divisor: 1,
        },
        _ => Scale {
            factor: 1,
            divisor: size,
        },
    }
}

/// Billionths of `12.50` times the scale, rounded up and within [`MAX`].
fn magnitude(number: &str, scale: Scale) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    if whole.len() > WHOLE_DIGITS {
        return Some(MAX);
    }
    let (kept, dropped) = fraction.split_at(fraction.len().min(FRACTION_DIGITS));
    let digits = format!("{whole}{kept:0<FRACTION_DIGITS$}");
    let mantissa: i128 = digits.parse().ok()?;
    let mantissa = mantissa.checked_add(i128::from(!dropped.is_empty()));
    // In 10^-12 of the scaled unit; a thousandth of it is a billionth.
    let scaled = mantissa.and_then(|mantissa| mantissa.checked_mul(scale.factor));
    let Some(scaled) = scaled else { return Some(MAX) };
    let divisor = scale.divisor.saturating_mul(1000);
    let nano = scaled / divisor + i128::from(scaled % divisor != 0);
    Some(nano.min(MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_the_shortest_way_of_their_form() {
        for (text, written) in [
            ("1", "1"),
            ("0", "0"),
            ("0Gi", "0"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("5.", "5"),
            ("+1", "1"),
            ("-1", "-1"),
            ("-500m", "-500m"),
            ("1500m", "1500m"),
            ("1000m", "1"),
            ("1000", "1k"),
            ("1500", "1500"),
            ("1000000", "1M"),
            ("1024Mi", "1Gi"),
            ("1536Mi", "1536Mi"),
            ("1Ki", "1Ki"),
            ("0.5Gi", "512Mi"),
            ("0.5Ki", "512"),
            ("1.5Ki", "1536"),
            ("0.1Ki", "102400m"),
            ("2e3", "2e3"),
            ("2E3", "2e3"),
            ("20e2", "2e3"),
            ("1e-3", "1e-3"),
            ("1E", "1E"),
            ("100n", "100n"),
            ("0.0000000001", "1n"),
            ("0.1n", "1n"),
            ("0.00000000000000001", "1n"),
            ("99999999999999999999999999999", "9223372036854775807"),
            ("99999999999999999999E", "9223372036854775807"),
            ("1e40", "9223372036854775807e0"),
        ] {
            let quantity = Quantity::parse(text).unwrap_or_else(|| panic!("{text} is an amount"));
            let written = written.trim_end_matches("e0");
            assert_eq!(quantity.to_string(), written, "{text}");
            assert_eq!(Quantity::parse(written), Some(quantity), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_not_read() {
        for text in [
            "", "-", "+", ".", "1x", "x", "1.2.3", "--1", "1 ", "1Kib", "1e", "1e+x", "é", "1mm",
        ] {
            assert_eq!(Quantity::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn sums_are_written_like_the_first_that_is_not_nothing() {
        let sum = |a: &str, b: &str| (Quantity::parse(a).unwrap() + Quantity::parse(b).unwrap()).to_string();
        assert_eq!(sum("0", "512Mi"), "512Mi");
        assert_eq!(sum("512Mi", "512Mi"), "1Gi");
        assert_eq!(sum("100m", "900m"), "1");
        assert_eq!(sum("1G", "1Gi"), "2073741824");
        assert_eq!(sum("9E", "9E"), "9223372036854775807");
    }

    #[test]
    fn amounts_compare_by_size_whatever_their_form() {
        let quantity = |text| Quantity::parse(text).unwrap();
        assert!(quantity("1Gi") > quantity("1G"));
        assert_eq!(quantity("1000m"), quantity("1"));
        assert!(quantity("1").is_whole() && quantity("1k").is_whole());
        assert!(!quantity("500m").is_whole());
        assert!(quantity("-1").is_negative());
        assert!((quantity("3").ratio(quantity("1500m")) - 2.0).abs() < f64::EPSILON);
    }
}
