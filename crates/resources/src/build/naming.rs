//! Names that are made from other names and must stay within their bounds.

/// Longest name of an object.
const NAME_MAX: usize = 253;

/// `CONFIG-NUMBER`.
pub(super) fn build_name(config: &str, number: i64) -> String {
    joined(config, &number.to_string(), NAME_MAX)
}

/// `BUILD-build`.
pub(super) fn pod_name(build: &str) -> String {
    joined(build, "build", NAME_MAX)
}

/// `BASE-SUFFIX`; when that is too long, `BASE` is cut and its hash put in between, so that names stay distinct.
fn joined(base: &str, suffix: &str, max: usize) -> String {
    let whole = format!("{base}-{suffix}");
    if whole.len() <= max {
        return whole;
    }
    let hash = format!("{:08x}", fnv1a(base.as_bytes()));
    let room = max.saturating_sub(suffix.len() + hash.len() + 2);
    let kept: String = base.chars().take(room).collect();
    format!("{kept}-{hash}-{suffix}")
}

/// FNV-1a, 32 bits.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// builds 37
    #[test]
    fn long_names_keep_their_number_and_stay_distinct() {
        assert_eq!(build_name("web", 4), "web-4");
        let name = build_name(&"a".repeat(253), 12);
        assert_eq!(name.len(), 253);
        assert!(name.ends_with("-12"));
        let other = build_name(&format!("{}b", "a".repeat(252)), 12);
        assert_ne!(name, other);
    }

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0x811c_9dc5);
        assert_eq!(fnv1a(b"a"), 0xe40c_292c);
        assert_eq!(fnv1a(b"foobar"), 0xbf9c_f968);
    }
}
